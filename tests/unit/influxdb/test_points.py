"""Mappings as points."""

from __future__ import annotations

import sys
import warnings
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from typing import Any

import numpy as np
import pandas as pd
import pytest
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import lines
from catchment.influxdb.lines import Report
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.influxdb.line_parser import Parsed, bits, parse


def encoded(data: Any, **options: Any) -> bytes:
    """Return everything in one body."""
    return b"".join(chunk.body for chunk in lines.encode(data, **options))


def field(value: object, **options: Any) -> str:
    """Return the text of one field's value."""
    body = encoded({"measurement": "m", "fields": {"v": value, "z": True}}, **options).decode()
    head, _, rest = body.partition(" ")
    assert head == "m"
    return rest.removesuffix("\n").removesuffix("z=true").removesuffix(",").removeprefix("v=")


# -- round trips -------------------------------------------------------------------------------------------------------

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.text('\\,= "#\n\tab', max_size=6)


def _misleads(point: dict[str, Any]) -> bool:
    """Tell whether the server would lose the end of the line: an odd pair of a tag and another name."""
    tags = [*point["tags"], *point["tags"].values()]
    return any("\\ " in tag for tag in tags) and any(
        '"' in name for name in [point["measurement"], *tags, *point["fields"]]
    )


def _storable(*, measurement: bool = False, key: bool = False, field_key: bool = False) -> Any:
    def good(value: str) -> bool:
        if not value or "\n" in value or value.endswith("\\") or (key and value == "time"):
            return False
        if (measurement and (value[0] == "#" or '\\"' in value)) or ((measurement or field_key) and value[0] in "\t\0"):
            return False
        return not ((measurement or field_key) and any(f"\\{c}" in value for c in ", ="))

    return text.filter(good)


values = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | text
stamps = st.integers(-(2**63) + 2, 2**63 - 2)
points = st.fixed_dictionaries(
    {
        "measurement": _storable(measurement=True),
        "tags": st.dictionaries(_storable(key=True), _storable(), max_size=3),
        "fields": st.dictionaries(_storable(key=True, field_key=True), values, min_size=1, max_size=4),
        "time": st.none() | stamps,
    }
).filter(lambda point: not _misleads(point))


def _expected(point: dict[str, Any]) -> Parsed:
    kinds = {bool: "boolean", int: "integer", float: "float", str: "string"}
    fields = {key: (kinds[type(value)], bits(value)) for key, value in point["fields"].items()}
    return Parsed(point["measurement"], point["tags"], fields, point["time"])


def _comparable(points: list[Parsed]) -> list[Parsed]:
    return [p._replace(fields={key: (kind, bits(value)) for key, (kind, value) in p.fields.items()}) for p in points]


@given(st.lists(points, max_size=5))
def test_storable_points_come_back(given_points: list[dict[str, Any]]) -> None:
    """What a reader of the protocol gets are the points that were given: names, types, bits of floats, order."""
    assert _comparable(parse(encoded(given_points))) == [_expected(point) for point in given_points]


@given(st.lists(points, max_size=5))
def test_points_come_back_without_orjson(given_points: list[dict[str, Any]]) -> None:
    """The optional package changes no point."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "orjson", None)
        assert _comparable(parse(encoded(given_points))) == [_expected(point) for point in given_points]


rough = st.fixed_dictionaries(
    {"measurement": text},
    optional={
        "tags": st.dictionaries(text, text | st.none(), max_size=3),
        "time": st.none() | st.integers(-(2**64), 2**64),
        "fields": st.dictionaries(
            text, values | st.floats() | st.integers() | st.none() | st.just(object()), max_size=3
        ),
    },
)


@given(st.lists(rough, max_size=4))
def test_any_text_is_refused_or_stored_as_given(given_points: list[dict[str, Any]]) -> None:
    """Hostile text never becomes other points: a body has as many as were given, or none was made."""
    report = Report()
    try:
        found = parse(encoded(given_points, report=report))
    except UnsafeInputError:
        return
    assert len(found) == len(given_points) - report.skipped == report.lines
    assert {p.measurement for p in found} <= {p["measurement"] for p in given_points}


@given(st.lists(rough.map(lambda point: {"fields": {}, **point}), max_size=4), st.sampled_from(["replace", "drop"]))
def test_every_point_is_sent_or_counted(given_points: list[dict[str, Any]], on_invalid: Any) -> None:
    """With a policy other than raising, what is missing from the body stands in the report."""
    report = Report()
    try:
        found = parse(encoded(given_points, on_invalid=on_invalid, report=report))
    except UnsafeInputError as error:
        assert "occurs twice" in str(error)  # two keys became one: which of them is meant, nobody knows
        return
    assert len(found) == report.lines == len(given_points) - report.skipped - report.dropped
    if on_invalid == "drop":
        assert report.replaced == 0


# -- values ------------------------------------------------------------------------------------------------------------


class Level(IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "true"), (np.bool_(False), "false"), (1, "1i"), (Level.HIGH, "3i"), (np.int8(-3), "-3i"),
        (np.uint64(2**63 - 1), "9223372036854775807i"), (1.0, "1.0"), (np.float64(0.1), "0.1"),
        (np.float32(0.1), "0.1"), (np.float16(0.1), "0.1"), (Decimal("0.10"), "0.1"), (Decimal("1E+5"), "100000.0"),
        ("x", '"x"'), (np.str_("x"), '"x"'), (-0.0, "-0.0"), ("", '""'),
        (datetime(2020, 1, 1, 0, 0, 0, 5), '"2020-01-01T00:00:00.000005Z"'), (date(2020, 1, 1), '"2020-01-01"'),
        (pd.Timestamp("2020-01-01 00:00:00.123456789+01:00"), '"2019-12-31T23:00:00.123456789Z"'),
        (np.datetime64("2020-01-01T00:00:00.5"), '"2020-01-01T00:00:00.5Z"'),
    ],
)  # fmt: skip
def test_values_have_the_text_of_their_type(value: object, expected: str) -> None:
    """Bool goes before int, numpy scalars are what they stand for, narrow floats keep their short text."""
    assert field(value) == expected


@pytest.mark.parametrize(
    "value",
    [None, float("nan"), float("inf"), -np.inf, np.float32("nan"), pd.NA, pd.NaT, np.datetime64("NaT"), Decimal("NaN"),
     Decimal("-Infinity")],
)  # fmt: skip
def test_missing_values_leave_their_field_out(value: object) -> None:
    """The rest of the point is sent."""
    assert field(value) == ""


@pytest.mark.parametrize(
    "value",
    [
        2**63,
        -(2**63) - 1,
        np.uint64(2**63),
        Decimal("1e400"),
        1j,
        b"x",
        [1],
        {"a": 1},
        timedelta(1),
        "\ud800",
        object(),
    ],
)
def test_values_without_a_text_are_refused(value: object) -> None:
    """The error names row and field; nothing is rounded, clipped or printed as Python would."""
    good = {"measurement": "m", "fields": {"v": 1}}
    with pytest.raises(UnsafeInputError, match=r"^row 1, field 'v': "):
        encoded([good, {"measurement": "m", "fields": {"v": value}}])


@pytest.mark.parametrize(
    ("wanted", "value", "expected"),
    [
        ("float", 1, "1.0"), ("float", True, "1.0"), ("float", "0.5", "0.5"), ("float", 2**63, "9.223372036854776e+18"),
        (float, 1, "1.0"), ("int", 2.0, "2i"), ("uint", 5, "5i"), ("int", "7", "7i"), ("int", False, "0i"),
        ("str", 1, '"1"'), ("str", 'a"', '"a\\""'), ("bool", 1, "true"), ("bool", "False", "false"),
        ("float", None, ""), ("float", "nan", ""),
    ],
)  # fmt: skip
def test_field_types_make_one_type_of_many(wanted: object, value: object, expected: str) -> None:
    """A field keeps one type though its values have several."""
    assert field(value, field_types={"v": wanted}) == expected


@pytest.mark.parametrize(
    ("wanted", "value"), [("int", 0.5), ("int", "x"), ("int", 1e30), ("float", "x"), ("bool", 2), ("bool", "yes")]
)
def test_a_wanted_type_loses_nothing(wanted: str, value: object) -> None:
    """What does not fit into the type is refused."""
    with pytest.raises(UnsafeInputError, match="row 0, field 'v'"):
        field(value, field_types={"v": wanted})


def test_unknown_field_types_are_refused_at_once() -> None:
    """Before any data is read."""
    with pytest.raises(UnsafeInputError, match="field_types"):
        lines.encode(iter([]), field_types={"v": "double"})


# -- times, tags, names ------------------------------------------------------------------------------------------------

NINE = 1_257_894_000_000_000_000


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (5, 5), (np.int64(5), 5), (datetime(2009, 11, 10, 23), NINE), (datetime(2009, 11, 10, 23, tzinfo=UTC), NINE),
        (datetime(2009, 11, 11, 0, tzinfo=timezone(timedelta(hours=1))), NINE), (date(1970, 1, 2), 86_400 * 10**9),
        ("2009-11-10T23:00:00Z", NINE), ("2009-11-10T23:00:00.123456789Z", NINE + 123_456_789),
        ("2009-11-10 23:00", NINE), ("10 Nov 2009 23:00 +0000", NINE), ("1970-01-02", 86_400 * 10**9),
        (pd.Timestamp("2009-11-10T23:00:00.000000001Z"), NINE + 1), (np.datetime64("2009-11-10T23"), NINE),
        (np.datetime64("1970-02"), 31 * 86_400 * 10**9), (datetime(1969, 12, 31, 23, 59, 59, 500_000), -(5 * 10**8)),
    ],
)  # fmt: skip
def test_times_of_all_kinds_are_exact(time: object, expected: int) -> None:
    """Naive is UTC, and not one nanosecond is lost."""
    assert encoded({"measurement": "m", "fields": {"v": 1}, "time": time}) == f"m v=1i {expected}\n".encode()


@pytest.mark.parametrize("time", [None, pd.NaT, pd.NA, np.datetime64("NaT")])
def test_missing_times_are_left_to_the_server(time: object) -> None:
    """Nothing is stamped, and the chunk says so."""
    (chunk,) = lines.encode({"measurement": "m", "fields": {"v": 1}, "time": time})
    assert chunk == (b"m v=1i\n", 1, False)


@pytest.mark.parametrize("time", ["x", "12", "1257894000", "23:00", "Nov 2009", True, 1.5, [], "2009-11-10 23:00 XQZ"])
def test_what_is_no_time_is_refused(time: object) -> None:
    """Text that is no complete date is not guessed at."""
    with pytest.raises(UnsafeInputError, match="row 0, time"):
        encoded({"measurement": "m", "fields": {"v": 1}, "time": time})


@pytest.mark.parametrize("precision", ["us", "u", "µs", "µ", "μs"])
def test_microseconds_have_many_spellings(precision: str) -> None:
    """The server takes `us` for nanoseconds without an error; here it means what it says. Times are rounded down."""
    times = [datetime(1970, 1, 1, 0, 0, 0, 7), "1969-12-31T23:59:59.9999999", 3]
    body = encoded([{"measurement": "m", "fields": {"v": 1}, "time": t} for t in times], precision=precision)
    assert [p.time for p in parse(body)] == [7, -1, 3]


def test_unknown_precisions_are_refused_at_once() -> None:
    """The server would store wrong times."""
    with pytest.raises(UnsafeInputError, match="precision"):
        lines.encode([], precision="sec")


def test_a_point_stays_as_it_was_given() -> None:
    """Encoding changes none of the caller's objects."""
    point = {"measurement": "m", "tags": {"b": "1", "a": ""}, "fields": {"v": None, "w": 1}, "time": "2020-01-01"}
    before = repr(point)
    encoded(point, tags={"b": "2"})
    assert repr(point) == before


def test_tags_for_all_points_win() -> None:
    """The argument overrides a point's own tag, and tags are sorted by bytes."""
    point = {"measurement": "m", "tags": {"b": "1", "é": "x"}, "fields": {"v": 1}}
    assert encoded(point, tags={"b": "2", "z": "y"}).decode() == "m,b=2,z=y,é=x v=1i\n"


def test_other_keys_are_ignored_and_the_argument_is_the_default_measurement() -> None:
    """A point's own measurement goes first."""
    data = [{"fields": {"v": 1}, "comment": "x"}, {"fields": {"v": 1}, "measurement": "own"}]
    assert encoded(data, measurement="default") == b"default v=1i\nown v=1i\n"


@pytest.mark.parametrize("point", [{"fields": {"v": 1}}, {"measurement": "m"}, {"measurement": "m", "fields": 1},
                                   {"measurement": "m", "fields": {"v": 1}, "tags": "x"}])  # fmt: skip
def test_what_is_no_point_is_refused(point: dict[str, Any]) -> None:
    """Measurement and fields must be there, and be mappings where they must be."""
    with pytest.raises(UnsafeInputError, match="row 0"):
        encoded(point)


def test_names_and_tags_that_are_no_text_are_made_text_with_a_warning() -> None:
    """1, 1.0 and True are equal to a dict, and yet are three tags."""
    data = [{"measurement": "m", "tags": {"t": value}, "fields": {"v": 1}} for value in (1, True, 1.0)]
    with pytest.warns(UserWarning, match="tag 't'"):
        assert encoded(data) == b"m,t=1 v=1i\nm,t=True v=1i\nm,t=1.0 v=1i\n"
    with pytest.warns(UserWarning, match="field name 1"):
        assert encoded({"measurement": "m", "fields": {1: 1}}) == b"m 1=1i\n"
    with pytest.warns(UserWarning, match="made text"), pytest.raises(UnsafeInputError, match="twice"):
        encoded({"measurement": "m", "fields": {1: 1, "1": 2}})


def test_missing_tags_need_no_warning() -> None:
    """None, NaN and empty tags are left out."""
    tags = {"a": None, "b": float("nan"), "c": "", "d": pd.NA}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert encoded({"measurement": "m", "tags": tags, "fields": {"v": 1}}) == b"m v=1i\n"


# -- policies ----------------------------------------------------------------------------------------------------------


def test_replacing_is_reported() -> None:
    """What was altered is counted and named, and the rest is untouched."""
    report = Report()
    data = [
        {"measurement": "#m", "tags": {"t": "a\nb\\"}, "fields": {"v": 1}},
        {"measurement": "m", "fields": {"time": 1, "v": "\ud800"}},
    ]
    body = encoded(data, on_invalid="replace", report=report).decode()
    assert body == '_m,t=a\\ b/ v=1i\nm time_=1i,v="\ufffd"\n'
    assert (report.lines, report.replaced, report.dropped) == (2, 4, 0)
    assert [(f.row, f.action) for f in report.findings] == [(0, "replaced")] * 2 + [(1, "replaced")] * 2


def test_replacing_drops_what_nothing_can_replace() -> None:
    """An integer of more than 64 bits has no neighbour that would not be a lie."""
    report = Report()
    data = [{"measurement": "m", "fields": {"v": value}} for value in (1, 2**64, 2)]
    assert encoded(data, on_invalid="replace", report=report) == b"m v=1i\nm v=2i\n"
    assert (report.lines, report.dropped, report.findings[0].row) == (2, 1, 1)


def test_dropping_leaves_the_whole_point_out() -> None:
    """A point without one of its tags would land in another series."""
    report = Report()
    data = [{"measurement": "m", "tags": {"t": t}, "fields": {"v": 1}} for t in ("a", "b\n", "c")]
    assert encoded(data, on_invalid="drop", report=report) == b"m,t=a v=1i\nm,t=c v=1i\n"
    assert (report.lines, report.dropped, report.replaced) == (2, 1, 0)


def test_points_without_fields_are_counted_or_refused() -> None:
    """Never without a word."""
    report = Report()
    data = [{"measurement": "m", "fields": {"v": value}} for value in (None, 1)]
    assert encoded(data, report=report) == b"m v=1i\n"
    assert report.skipped == 1
    with pytest.raises(UnsafeInputError, match="row 0: no field"):
        encoded(data, strict=True)


def test_keys_have_a_limit() -> None:
    """65,535 bytes as sent: measurement, tags, four, field key."""
    fits = {"measurement": "m", "tags": {"t": "x" * (65_535 - 9)}, "fields": {"v": 1}}
    assert len(parse(encoded(fits))) == 1
    with pytest.raises(UnsafeInputError, match="65536 bytes"):
        encoded({**fits, "fields": {"vv": 1}})
    with pytest.raises(UnsafeInputError, match="bytes"):
        encoded({**fits, "tags": {"t": "é" * 33_000}})


@pytest.mark.parametrize("on_invalid", ["ignore", "", None])
def test_unknown_policies_are_refused_at_once(on_invalid: Any) -> None:
    """Before any data is read."""
    with pytest.raises(UnsafeInputError, match="on_invalid"):
        lines.encode([], on_invalid=on_invalid)


# -- found by writing random points to a server and reading them back --------------------------------------------------


@pytest.mark.parametrize(
    ("point", "why"),
    [
        ({"measurement": 'a\\"b', "fields": {"v": 1}}, "double quote, which the server would lose"),
        ({"measurement": "m", "fields": {"\tv": 1}}, "starts with a tab or NUL"),
        ({"measurement": "m", "fields": {"\0": 1}}, "starts with a tab or NUL"),
        ({"measurement": "m", "tags": {"a\\ b": "x", "c": '"'}, "fields": {"v": "\n"}}, "hide the end of the line"),
        ({"measurement": "m", "tags": {"a\\ b": "x"}, "fields": {"v": 1, 'w"': 1}}, "hide the end of the line"),
    ],
)
def test_what_only_a_server_shows_to_be_lost_is_refused(point: dict[str, Any], why: str) -> None:
    """The first three come back altered or not at all; the last two swallow what follows, or are cut in a string."""
    for data in ([point], [point, {"measurement": "m", "fields": {"v": 1}}]):
        with pytest.raises(UnsafeInputError, match=why):
            encoded(data)


def test_each_half_of_what_misleads_the_server_is_fine_alone() -> None:
    """A backslash before a space in a tag, and a quote in names, are stored as they are."""
    data = [
        {"measurement": "m", "tags": {"a\\ b": "x"}, "fields": {"v": '"'}},
        {"measurement": "m", "tags": {'c"': '"'}, "fields": {'v"': "\n"}},
    ]
    assert encoded(data).decode() == 'm,a\\\\ b=x v="\\""\nm,c"=" v"="\n"\n'
