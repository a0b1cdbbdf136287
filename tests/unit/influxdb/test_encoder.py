"""Encoders that are kept between writes: what they remember never shows in what they write."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from typing import Any

import pytest
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import lines
from catchment.influxdb.encoder import Encoder, Encoders
from catchment.influxdb.known import Known
from catchment.influxdb.points import PointEncoder
from catchment.influxdb.reporting import Policy, Report
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.influxdb.line_parser import parse

SIZES = (100, 1 << 20)

# Few names, so that they come again; values that are equal and have other texts.
names = st.sampled_from(["a", "b c", "d,e", 'q"', "x\\", "time", "", 1, True])
loose = st.sampled_from(["1", "a b", "", 1, 1.0, True, None, "x\\", "n\nl", "\\ ", '"'])
field_values = (
    st.floats()
    | st.integers(-(2**64), 2**64)
    | st.booleans()
    | st.none()
    | st.text('a"\\\n,= \ud800é', max_size=4)
    | st.just(datetime(2024, 1, 1, tzinfo=UTC))
)
points = st.fixed_dictionaries(
    {"fields": st.dictionaries(names, field_values, max_size=3)},
    optional={
        "measurement": st.sampled_from(["m", "m,n", "#", 1, True, None]),
        "tags": st.dictionaries(names, loose, max_size=2) | st.none(),
        "time": st.none() | st.integers(-(2**64), 2**64) | st.sampled_from(["2024-01-01", "?", True, 1.5]),
    },
)
settings = st.fixed_dictionaries(
    {"measurement": st.sampled_from(["m", None])},
    optional={
        "tags": st.dictionaries(st.sampled_from(["a", "z"]), st.sampled_from(["1", "y z"]), max_size=1),
        "field_types": st.dictionaries(st.sampled_from(["a", "b c"]), st.sampled_from(["float", "str"]), max_size=1),
        "precision": st.sampled_from(["ns", "s", None]),
        "on_invalid": st.sampled_from(["raise", "replace", "drop"]),
    },
)


def _written(write: Any) -> object:
    """Return a body, or the error in place of it, and what was warned of."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            body: object = write()
        except UnsafeInputError as error:
            body = str(error)
    return body, [str(warning.message) for warning in told]


def _body(encoder: Encoder, point: object) -> tuple[list[Any], bool]:
    chunk = encoder.single(point)
    chunks = list(encoder.chunks(point, *SIZES)) if chunk is None else [chunk]
    return parse(b"".join(chunk.body for chunk in chunks)), all(chunk.stamped for chunk in chunks)


def _fresh(point: object, options: dict[str, Any]) -> tuple[list[Any], bool]:
    chunks = list(lines.encode(point, **options))
    return parse(b"".join(chunk.body for chunk in chunks)), all(chunk.stamped for chunk in chunks)


@given(st.lists(points, max_size=6), settings)
def test_points_one_by_one_are_written_as_each_alone(given_points: list[dict[str, Any]], options: Any) -> None:
    """Lines, refusals and warnings are those of a first point: nothing that came before it shows."""
    encoder = Encoder(**options)
    for point in given_points:
        here, alone = _written(lambda: _body(encoder, point)), _written(lambda: _fresh(point, options))  # noqa: B023
        assert repr(here) == repr(alone)  # NaN is never equal


@given(points, settings)
def test_one_point_and_a_list_of_it_are_one_line(point: dict[str, Any], options: Any) -> None:
    """The way for single points and the way for many know the same protocol."""
    encoder = Encoder(**options)
    single = encoder.single(point)
    if single is not None:
        assert repr(parse(single.body)) == repr(_body(encoder, [point, point])[0][:1])


def test_usual_points_take_the_short_way() -> None:
    """Otherwise the writer would pay the long one for each point, and nobody would see it."""
    point = {"measurement": "m", "tags": {"a": "b c"}, "fields": {"f": 0.5, "i": 1, "s": 'x"', "b": True}, "time": 7}
    chunk = Encoder().single(point)
    assert chunk is not None
    assert chunk == (b'm,a=b\\ c f=0.5,i=1i,s="x\\"",b=true 7\n', 1, True)


@pytest.mark.parametrize("data", [[], "m f=1", [{"fields": {"f": 1}}], {"fields": {}}, {"fields": {"f": float("nan")}}])
def test_other_data_is_left_to_the_long_way(data: object) -> None:
    """Counting, warning and refusing is done in one place."""
    assert Encoder(measurement="m").single(data) is None


def test_what_is_remembered_has_a_limit() -> None:
    """A tag that is new in each point does not fill the memory."""
    policy = Policy("raise", Report(), strict=False)
    known = Known(PointEncoder("m", {}, "n", {}, policy), most=10)
    for number in range(1000):
        known.head((None, ("id", str(number))))
        known.field_keys((f"f{number}", *[f"g{i}" for i in range(number % 3)]))
    assert len(known.heads) <= 10
    assert len(known.keys) <= 2_000


def test_field_names_that_never_come_again_have_a_limit() -> None:
    """Nor do fields."""
    encoder = Encoder(measurement="m")
    for number in range(2_100):
        assert encoder.single({"fields": {f"f{number}": 1}}) is not None
    assert len(encoder._single._known.keys) <= 2_000  # pyright: ignore[reportPrivateUsage]


# -- settings that come again --------------------------------------------------------------------------------------------


def test_the_same_settings_are_checked_once() -> None:
    """That is what encoders are kept for, mappings included."""
    encoders = Encoders()
    first = encoders.of(measurement="m", tags={"a": "b"}, field_types={"f": float})
    assert encoders.of(measurement="m", tags={"a": "b"}, field_types={"f": float}) is first


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"tags": {"a": "1"}}, {"tags": {"a": "2"}}),
        ({"tags": {"a": 1}}, {"tags": {"a": True}}),
        ({"tags": {1: "a"}}, {"tags": {True: "a"}}),
        ({"measurement": 1}, {"measurement": True}),
        ({"precision": "s"}, {"precision": "ms"}),
        ({"field_types": {"f": "int"}}, {"field_types": {"f": "float"}}),
        ({"tag_columns": ["a"]}, {"tag_columns": ["b"]}),
        ({"tags": {"float": "int"}}, {"field_types": {"float": "int"}}),
        ({"object_types": "infer"}, {"datetimes": "ns"}),
    ],
)
def test_other_settings_have_another_encoder(one: Any, other: Any) -> None:
    """Those that are equal to Python, and mean another text, too."""
    encoders = Encoders()
    assert encoders.of(**one) is not encoders.of(**other)


def test_tags_are_those_of_the_moment() -> None:
    """A mapping that its owner changes between two writes is not remembered as it was."""
    encoders, tags = Encoders(), {"a": "1"}
    point = {"fields": {"f": 1}}
    bodies: list[bytes] = []
    for value in ("1", "2"):
        tags["a"] = value
        chunk = encoders.of(measurement="m", tags=tags).single(point)
        bodies.append(b"" if chunk is None else chunk.body)
    assert bodies == [b"m,a=1 f=1i\n", b"m,a=2 f=1i\n"]


def test_a_report_counts_its_own_calls() -> None:
    """It belongs to one call, so its encoder is not kept."""
    encoders, reports = Encoders(), [Report(), Report()]
    for report in reports:
        encoders.of(measurement="m", report=report).single({"fields": {"f": 1}})
    assert [report.lines for report in reports] == [1, 1]


def test_few_settings_are_kept() -> None:
    """Tags that are new with each write do not fill the memory."""
    encoders = Encoders()
    for number in range(100):
        encoders.of(tags={"id": str(number)})
    assert len(encoders._kept) <= 8  # pyright: ignore[reportPrivateUsage]


def test_settings_that_cannot_be_are_refused_each_time() -> None:
    """A mistake is not remembered as an encoder."""
    encoders = Encoders()
    for _ in range(2):
        with pytest.raises(UnsafeInputError):
            encoders.of(precision="fortnight")
