"""pandas frames, by every combination of the optional packages."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import lines, tables
from catchment.influxdb.lines import Report
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.influxdb.line_parser import Parsed, bits, parse

CASES = json.loads((Path(__file__).parents[2] / "data" / "influx_escaping_cases.json").read_text())["structured"]


def frame(**columns: Any) -> pd.DataFrame:
    """Return a frame whose rows are 1 ns apart."""
    made = pd.DataFrame(columns)
    made.index = pd.DatetimeIndex(np.arange(len(made)).astype("M8[ns]"))
    return made


def encoded(data: Any, **options: Any) -> list[Parsed]:
    """Return what a reader of the protocol gets."""
    body = b"".join(chunk.body for chunk in lines.encode(data, measurement="m", **options))
    return parse(body)


def fields(data: Any, name: str = "v", **options: Any) -> list[object]:
    """Return one field's values with their types, in order of time; `None` where it is missing."""
    data = data.assign(zz=True)
    return [p.fields.get(name) for p in sorted(encoded(data, **options), key=lambda p: p.time or 0)]


# -- round trips -------------------------------------------------------------------------------------------------------

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.text('\\,= "#\n\ta', max_size=5)
storable = text.filter(lambda value: "\n" not in value and not value.endswith("\\") and "\\ " not in value)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "tag a": storable | st.none(),
            "tag,b": st.sampled_from(["x", "y=", ""]),
            "f": st.floats() | st.none(),
            "g": st.floats(allow_nan=False, allow_infinity=False),
            "n": st.none() | st.floats(width=32),
            "i": st.integers(-(2**63), 2**63 - 1),
            "j": st.integers(-(2**63), 2**63 - 1) | st.none(),
            "b": st.booleans(),
            "c": st.booleans() | st.none(),
            "s": text,
            "o": text | st.none(),
            "time": st.integers(-(2**63) + 2, 2**63 - 2),
        }
    ),
    min_size=1,
    max_size=12,
)
KINDS = {"f": "float", "g": "float", "n": "float", "i": "integer", "j": "integer", "b": "boolean", "c": "boolean"}
DTYPES = {"f": "float64", "g": "float64", "n": "float32", "i": "int64", "j": "Int64", "b": "bool", "c": "boolean",
          "s": object, "o": "str", "tag a": object, "tag,b": "category"}  # fmt: skip


def _expected(row: dict[str, Any], columns: list[str]) -> Parsed:
    found: dict[str, tuple[str, object]] = {}
    for name in columns:
        value = row[name]
        if value is None or (isinstance(value, float) and not np.isfinite(value)):
            continue
        if name == "n":
            value = float(str(np.float32(value)))
        found[name] = (KINDS.get(name, "string"), bits(value))
    tags = {name: row[name] for name in ("tag a", "tag,b") if row[name]}
    return Parsed("m", tags, found, row["time"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(rows, st.sets(st.sampled_from(list("fgnijbcso")), min_size=1))
def test_frames_come_back(engine: str, given_rows: list[dict[str, Any]], columns: set[str]) -> None:
    """Types, bits of floats, gaps, escapes, times and order survive, whatever is installed."""
    names = sorted(columns)
    data = pd.DataFrame({name: pd.Series([row[name] for row in given_rows], dtype=DTYPES[name])
                         for name in ["tag a", "tag,b", *names]})  # fmt: skip
    data.index = pd.DatetimeIndex(np.array([row["time"] for row in given_rows], "M8[ns]"), tz="UTC")
    report = Report()
    found = encoded(data, tag_columns=["tag a", "tag,b"], report=report)
    compared = [p._replace(fields={k: (kind, bits(v)) for k, (kind, v) in p.fields.items()}) for p in found]
    wanted = [_expected(row, names) for row in given_rows]
    assert compared == [point for point in wanted if point.fields]
    assert report.skipped == sum(not point.fields for point in wanted)


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in CASES if "limits" not in c["id"]])
def test_frames_are_escaped_as_points_are(engine: str, case: dict[str, Any]) -> None:
    """A frame of one row is sent by the same line as the point, or refused as it is."""
    point = case["point"]
    values = {
        k: [float(f["value"]) if f["type"] == "float" else _whole(f["value"])] for k, f in point["fields"].items()
    }
    if set(values) & set(point["tags"]) or not values:
        pytest.skip("a frame has no two columns of one name, and needs a field")
    data = pd.DataFrame({**values, **{k: [v] for k, v in point["tags"].items()}})
    given_point = {**point, "fields": {k: v[0] for k, v in values.items()}}
    options = {"tag_columns": list(point["tags"]), "precision": "ns", "object_types": "infer"}
    try:
        data.index = pd.Index([point["time"]])
        found = encoded_body(data, point["measurement"], **options)
    except UnsafeInputError:
        with pytest.raises(UnsafeInputError):
            encoded_body(given_point, None)
        return
    assert parse(found) == parse(encoded_body(given_point, None))


def _whole(value: Any) -> Any:
    return value["repeat"] * value["count"] if isinstance(value, dict) else value


def encoded_body(data: Any, measurement: str | None, **options: Any) -> bytes:
    """Return everything in one body."""
    return b"".join(chunk.body for chunk in lines.encode(data, measurement=measurement, **options))


def test_slabs_and_chunks_lose_nothing(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame larger than slab and chunk is written row by row, in order."""
    monkeypatch.setattr(tables, "FAST_ROWS", 100)
    monkeypatch.setattr(tables, "PLAIN_ROWS", 100)
    count = 1_234
    data = frame(
        v=np.arange(count), w=np.where(np.arange(count) % 3, np.nan, 1.5), t=[f"t{i % 7}" for i in range(count)]
    )
    chunks = list(lines.encode(data, measurement="m", tag_columns=["t"], max_lines=64, max_bytes=2_000))
    assert all(chunk.lines <= 64 and len(chunk.body) <= 2_000 and chunk.stamped for chunk in chunks)
    assert sum(chunk.lines for chunk in chunks) == count
    found = [p for chunk in chunks for p in parse(chunk.body)]
    assert [(p.fields["v"][1], p.tags["t"], "w" in p.fields) for p in found] == [
        (i, f"t{i % 7}", i % 3 == 0) for i in range(count)
    ]


def test_heavy_strings_cut_slabs(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held at once is bounded by bytes too."""
    monkeypatch.setattr(tables, "SLAB_TEXT", 1_000)
    data = frame(v=["x" * 600, "y" * 600, "z"] * 3)
    assert [value[1][:1] for value in fields(data) if value] == list("xyz" * 3)  # type: ignore[index]


# -- kinds of columns --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.array([True, None], "boolean"), [("boolean", True), None]),
        (pd.array([2**63 - 1, None], "UInt64"), [("integer", 2**63 - 1), None]),
        (np.array([200, 1], "uint8"), [("integer", 200), ("integer", 1)]),
        (np.array([200, 1], ">u2"), [("integer", 200), ("integer", 1)]),
        (np.array([0.1, np.nan], ">f8"), [("float", 0.1), None]),
        (np.array([0.1, np.inf], "float32"), [("float", 0.1), None]),
        (np.array([0.1, -np.inf], "float16"), [("float", 0.1), None]),
        (np.array([0.1, 1], "longdouble"), [("float", 0.1), ("float", 1.0)]),
        (pd.array([0.5, pd.NA], "Float32"), [("float", 0.5), None]),
        (pd.Categorical(["a", None]), [("string", "a"), None]),
        (pd.Categorical([3, 5]), [("integer", 3), ("integer", 5)]),
        (pd.Categorical([None, None]), [None, None]),
        (pd.Series([1, "x"], dtype=object), [("string", "1"), ("string", "x")]),
        (pd.Series([True, None], dtype=object), [("string", "True"), None]),
        (pd.Series([Decimal("0.1"), None], dtype=object), [("float", 0.1), None]),
        (pd.Series([np.nan, pd.NA], dtype=object), [None, None]),
        (pd.to_datetime(["2020-01-01", None]), [("string", "2020-01-01T00:00:00Z"), None]),
        (pd.to_datetime(["2020-01-01 00:00:00.5", None]).tz_localize("Asia/Tokyo"),
         [("string", "2019-12-31T15:00:00.5Z"), None]),
        (pd.Series([dt.date(2020, 1, 1), None], dtype=object), [("string", "2020-01-01"), None]),
    ],
)  # fmt: skip
def test_columns_become_fields_of_their_kind(engine: str, column: Any, expected: list[object]) -> None:
    """Nullable, narrow, categorical and object columns; what is missing is left out of its row."""
    assert fields(frame(v=column)) == expected


def test_object_columns_may_be_looked_at_value_by_value(engine: str) -> None:
    """By `object_types="infer"` each value has its own type."""
    column = pd.Series([True, 1, 0.5, "x", None], dtype=object)
    found = fields(frame(v=column), object_types="infer")
    assert found == [("boolean", True), ("integer", 1), ("float", 0.5), ("string", "x"), None]


def test_times_in_fields_may_be_numbers(engine: str) -> None:
    """Nanoseconds, exactly, from any unit."""
    column = pd.DatetimeIndex(["1970-01-01T00:00:01", None]).as_unit("s")
    assert fields(frame(v=column), datetimes="ns") == [("integer", 10**9), None]


def test_categories_may_be_tags(engine: str) -> None:
    """As one of the peers had it."""
    (point,) = encoded(frame(v=[1], t=pd.Categorical(["x"])), category_tags=True)
    assert (point.tags, set(point.fields)) == ({"t": "x"}, {"v"})


@pytest.mark.parametrize(
    "column",
    [np.array([1j]), pd.to_timedelta([1]), pd.period_range("2020", periods=1), pd.arrays.SparseArray([1j])],
)
def test_columns_without_a_form_are_refused(engine: str, column: Any) -> None:
    """The column is named, and nothing is sent."""
    with pytest.raises(UnsafeInputError, match="column 'v' holds"):
        encoded(frame(v=column))


@pytest.mark.parametrize(
    ("column", "wanted", "expected"),
    [
        ([0, 1], "float", [("float", 0.0), ("float", 1.0)]),
        ([1.0, np.nan], "int", [("integer", 1), None]),
        ([True, False], "int", [("integer", 1), ("integer", 0)]),
        ([1, 2], "str", [("string", "1"), ("string", "2")]),
        (pd.array([1, None], "Int64"), "float", [("float", 1.0), None]),
        (["1", "x"], "str", [("string", "1"), ("string", "x")]),
        (["1", "2"], "int", [("integer", 1), ("integer", 2)]),
        (np.array([2**63, 1], "uint64"), "float", [("float", 2.0**63), ("float", 1.0)]),
    ],
)
def test_field_types_hold_for_columns(engine: str, column: Any, wanted: str, expected: list[object]) -> None:
    """The server keeps one type for a field, and Python data mixes 0 and 0.5."""
    assert fields(frame(v=column), field_types={"v": wanted}) == expected


@pytest.mark.parametrize(
    ("column", "options", "where"),
    [
        (np.array([1, 2**63], "uint64"), {}, "row 1, column 'v'"),
        ([0.5, 1.5], {"field_types": {"v": "int"}}, "row 0, column 'v'"),
        (pd.Series(["a", "b\ud800"], dtype=object), {}, "row 1, column 'v'"),
        (pd.Series([b"a", None], dtype=object), {}, "row 0, column 'v'"),
        (["a", "b\n"], {"tag_columns": ["v"]}, "row 1, tag 'v'"),
        (["a", "b\\"], {"tag_columns": ["v"]}, "row 1, tag 'v'"),
        (["a", "b" * 65_530], {"tag_columns": ["v"]}, "row 1, tags"),
    ],
)
def test_what_cannot_be_stored_is_named(engine: str, column: Any, options: dict[str, Any], where: str) -> None:
    """Row and column stand in the error, and nothing is sent."""
    with pytest.raises(UnsafeInputError, match=f"^{re.escape(where)}"):
        encoded(frame(v=column, w=[1, 2]), **options)


def test_replacing_and_dropping_are_counted_by_row(engine: str) -> None:
    """A tag's value is looked at once, and counted for each row that has it."""
    data = frame(v=np.array([1, 2**63, 3, 4], "uint64"), t=["a\n", "a\n", "b", "a\n"], n=[1.0, 1.0, 1.0, 1.0])
    replaced, dropped = Report(), Report()
    found = encoded(data, tag_columns=["t"], on_invalid="replace", report=replaced)
    assert [(p.tags["t"], p.fields["v"][1]) for p in found] == [("a ", 1), ("b", 3), ("a ", 4)]
    assert (replaced.replaced, replaced.dropped, replaced.lines) == (3, 1, 3)
    found = encoded(data, tag_columns=["t"], on_invalid="drop", report=dropped)
    assert [p.fields["v"][1] for p in found] == [3]
    assert (dropped.replaced, dropped.dropped, dropped.lines) == (0, 3, 1)


def test_rows_without_a_field_are_skipped_or_refused(engine: str) -> None:
    """Counted, or in strict mode named."""
    report = Report()
    data = frame(v=[1.0, np.nan, 2.0], w=[None, None, "x"])
    assert [p.time for p in encoded(data, report=report)] == [0, 2]
    assert (report.skipped, report.lines) == (1, 2)
    with pytest.raises(UnsafeInputError, match="row 1: no field"):
        encoded(data, strict=True)


def test_names_that_cannot_be_stored(engine: str) -> None:
    """Refused by default; replaced or left out with all their points if asked."""
    report = Report()
    with pytest.raises(UnsafeInputError, match="column 'time'"):
        encoded(frame(time=[1]))
    assert encoded(frame(time=[1]), on_invalid="replace")[0].fields == {"time_": ("integer", 1)}
    assert encoded(frame(time=[1]), on_invalid="drop", report=report) == []
    assert report.dropped == 1
    with pytest.raises(UnsafeInputError, match="measurement"):
        list(lines.encode(frame(v=[1]), measurement="#m"))


@pytest.mark.parametrize(
    ("data", "options", "why"),
    [
        (pd.DataFrame([[1, 2]], columns=["v", "v"]), {}, "column 'v' occurs twice"),
        (pd.DataFrame([[1, 2]], columns=[1, "1"]), {}, "column '1' occurs twice"),
        (pd.DataFrame({"v": [1]}), {"tag_columns": ["x"]}, "tag column 'x' is not in"),
        (pd.DataFrame({"v": [1]}), {"tag_columns": ["v"]}, "no field"),
        (pd.DataFrame({"v": [1], "t": ["x"]}), {"tags": {"t": "y"}}, "tag 't' is given for all rows"),
    ],
)
def test_columns_that_clash_are_refused(engine: str, data: pd.DataFrame, options: dict[str, Any], why: str) -> None:
    """Nothing is overwritten silently."""
    data.index = pd.DatetimeIndex(["2020-01-01"])
    with pytest.raises(UnsafeInputError, match=why):
        encoded(data, **options)


def test_names_may_be_other_than_text(engine: str) -> None:
    """Tag columns are found by the frame's own labels."""
    (point,) = encoded(frame(a=[1]).rename(columns={"a": 7}).assign(t=["x"]).rename(columns={"t": 8}),
                       tag_columns=[8], tags={"all": 1})  # fmt: skip
    assert point == Parsed("m", {"8": "x", "all": "1"}, {"7": ("integer", 1)}, 0)


def test_object_tags_keep_their_types_apart(engine: str) -> None:
    """1 and True are equal to pandas' factorisation."""
    data = frame(v=[1, 2, 3], t=pd.Series([1, True, None], dtype=object))
    assert [p.tags for p in encoded(data, tag_columns=["t"])] == [{"t": "1"}, {"t": "True"}, {}]


# -- times -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_index_units_and_zones_are_heeded(engine: str, unit: Any, zone: str | None) -> None:
    """Pandas 3 counts in microseconds unless asked; naive is UTC."""
    index = pd.DatetimeIndex(["1969-12-31T23:59:59", "2020-01-01"]).as_unit(unit)
    index = index if zone is None else index.tz_localize("UTC").tz_convert(zone)
    data = pd.DataFrame({"v": [1, 2]}, index=index)
    assert [p.time for p in encoded(data)] == [-(10**9), 1_577_836_800 * 10**9]
    assert [p.time for p in encoded(data, precision="m")] == [-1, 26_297_280]


def test_naive_indexes_may_be_in_a_zone(engine: str) -> None:
    """By `timezone`."""
    data = pd.DataFrame({"v": [1]}, index=pd.DatetimeIndex(["1970-01-01T09:00"]))
    assert encoded(data, timezone="Asia/Tokyo")[0].time == 0


@pytest.mark.parametrize(
    ("times", "options"),
    [
        (pd.to_datetime(["1970-01-01T00:00:05Z"]), {}),
        (pd.array(["1970-01-01T00:00:05"], "str"), {}),
        ([5], {"precision": "s"}),
        (pd.array([5], "Int64"), {"precision": "s"}),
    ],
)
def test_times_may_be_in_a_column(engine: str, times: Any, options: dict[str, Any]) -> None:
    """Times, text of times, and integers with a precision; the column is then no field, though it be named `time`."""
    (point,) = encoded(pd.DataFrame({"v": [1], "time": times}), time_column="time", **options)
    seconds = point.time if options else (point.time or 0) // 10**9
    assert (seconds, set(point.fields)) == (5, {"v"})


def test_periods_start_where_they_start(engine: str) -> None:
    """A period's time is its beginning."""
    data = pd.DataFrame({"v": [1]}, index=pd.period_range("1970-01-02", periods=1, freq="D"))
    assert encoded(data)[0].time == 86_400 * 10**9


@pytest.mark.parametrize("index", [pd.RangeIndex(1), pd.Index(["a"]), pd.Index([0.5])])
def test_an_index_without_times_is_refused(engine: str, index: Any) -> None:
    """Row numbers are no nanoseconds, unless the caller says so by naming a precision."""
    with pytest.raises(UnsafeInputError, match="points need times"):
        encoded(pd.DataFrame({"v": [1]}, index=index))


def test_missing_and_distant_times(engine: str) -> None:
    """NaT and the years beyond the server's range are refused by row, or dropped and counted."""
    for index in (pd.DatetimeIndex(["2020-01-01", None]), pd.DatetimeIndex(["2020-01-01", "2300-01-01"]).as_unit("s")):
        data = pd.DataFrame({"v": [1, 2]}, index=index)
        with pytest.raises(UnsafeInputError, match="row 1, time"):
            encoded(data)
        report = Report()
        assert len(encoded(data, on_invalid="drop", report=report)) == 1
        assert report.dropped == 1


def test_an_empty_frame_sends_nothing(engine: str) -> None:
    """There is nothing to ask of the server."""
    assert encoded(frame(v=[1]).iloc[:0]) == []
    assert encoded(pd.DataFrame(index=pd.DatetimeIndex([]))) == []


def test_a_frame_needs_a_measurement() -> None:
    """There is no name to guess."""
    with pytest.raises(UnsafeInputError, match="measurement"):
        list(lines.encode(frame(v=[1])))


def test_frames_stay_as_they_were(engine: str) -> None:
    """Encoding changes nothing of the caller's."""
    data = frame(v=[1.0, np.nan], t=pd.Categorical(["a", None]), s=['"', "\\"])
    before = data.copy(deep=True)
    encoded(data, tag_columns=["t"])
    pd.testing.assert_frame_equal(data, before)


def test_what_misleads_the_server_is_refused_by_row(engine: str) -> None:
    """A backslash before a space in a tag, with a quote in another name, hides the end of the line."""
    data = frame(v=["\n", "\n"], t=["a\\b", "a\\ b"], u=['"', '"'])
    with pytest.raises(UnsafeInputError, match="row 1, tags: .*hide the end"):
        encoded(data, tag_columns=["t", "u"])
    assert len(encoded(data.drop(columns="u"), tag_columns=["t"])) == 2
