"""Arrow data and polars frames."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from catchment.core.errors import ConfigError, UnsafeInputError
from catchment.influxdb import lines
from catchment.influxdb.lines import Report

from tests.unit.influxdb.line_parser import Parsed, parse

pa = pytest.importorskip("pyarrow")
pl = pytest.importorskip("polars")


def encoded(data: Any, **options: Any) -> list[Parsed]:
    """Return what a reader of the protocol gets."""
    return parse(b"".join(chunk.body for chunk in lines.encode(data, measurement="m", **options)))


def stamps(count: int, unit: str = "ns", tz: str | None = None) -> Any:
    """Return timestamps from 1970 on, one unit apart."""
    return pa.array(range(count), pa.timestamp(unit, tz))


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array([1.5, None, float("inf")]), [("float", 1.5), None, None]),
        (pa.array([0.1], pa.float32()), [("float", 0.1)]),
        (pa.array([1.5], pa.float16()), [("float", 1.5)]),
        (pa.array([1, None], pa.uint8()), [("integer", 1), None]),
        (pa.array([True, None]), [("boolean", True), None]),
        (pa.array(['a"', None]), [("string", 'a"'), None]),
        (pa.array(["a\\"], pa.large_string()), [("string", "a\\")]),
        (pa.array(["é"], pa.string_view()), [("string", "é")]),
        (pa.array(["x", None, "y"]).dictionary_encode(), [("string", "x"), None, ("string", "y")]),
        (pa.array([7, 7]).dictionary_encode(), [("integer", 7), ("integer", 7)]),
        (pa.array([Decimal("0.1"), None]), [("float", 0.1), None]),
        (pa.array([None, None]), [None, None]),
        (pa.array([dt.date(2020, 1, 1)]), [("string", "2020-01-01")]),
        (pa.array([5, None], pa.timestamp("s")), [("string", "1970-01-01T00:00:05Z"), None]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_arrow_columns_become_fields_of_their_kind(array: Any, expected: list[object]) -> None:
    """Whatever the width of offsets and indices."""
    table = pa.table({"time": stamps(len(array)), "v": array, "zz": [True] * len(array)})
    assert [p.fields.get("v") for p in encoded(table)] == expected


@pytest.mark.parametrize("array", [pa.array([b"x"]), pa.array([[1]]), pa.array([1], pa.duration("s"))])
def test_arrow_columns_without_a_form_are_refused(array: Any) -> None:
    """The column is named."""
    with pytest.raises(UnsafeInputError, match="column 'v' holds"):
        encoded(pa.table({"time": stamps(1), "v": array}))


@pytest.mark.parametrize(("unit", "size"), [("s", 10**9), ("ms", 10**6), ("us", 10**3), ("ns", 1)])
@pytest.mark.parametrize("tz", [None, "Asia/Tokyo"])
def test_arrow_times_are_exact(unit: str, size: int, tz: str | None) -> None:
    """An aware timestamp is UTC inside; a naive one is taken for UTC."""
    table = pa.table({"t": stamps(3, unit, tz), "v": [1, 2, 3]})
    assert [p.time for p in encoded(table, time_column="t")] == [0, size, 2 * size]


@pytest.mark.parametrize(
    ("array", "options", "expected"),
    [
        (pa.array([dt.date(1970, 1, 2)]), {}, 86_400 * 10**9),
        (pa.array(["1970-01-01T00:00:01"]), {}, 10**9),
        (pa.array([5]), {"precision": "s"}, 5),
        (pa.array([0], pa.timestamp("s")), {"timezone": "Asia/Tokyo"}, -9 * 3600 * 10**9),
    ],
)
def test_other_time_columns(array: Any, options: dict[str, Any], expected: int) -> None:
    """Dates, text, integers with a precision, and naive times in a zone."""
    table = pa.table({"time": array, "v": [1]})
    assert encoded(table, **options)[0].time == expected


@pytest.mark.parametrize(
    ("columns", "options", "why"),
    [
        ({"v": [1]}, {}, "not one column 'time'"),
        ({"time": [1], "v": [1]}, {}, "time column 'time' holds int64"),
        ({"time": [0.5], "v": [1]}, {"precision": "s"}, "holds double"),
        ({"time": stamps(1), "v": [1]}, {"tag_columns": ["x"]}, "tag column 'x'"),
        ({"time": stamps(1), "v": [1]}, {"tags": {"v": "x"}}, "given for all rows"),
        ({"time": stamps(1)}, {}, "no field"),
    ],
)
def test_tables_that_are_no_points_are_refused(columns: dict[str, Any], options: dict[str, Any], why: str) -> None:
    """Nothing is sent, and the message says what to do."""
    with pytest.raises(UnsafeInputError, match=why):
        encoded(pa.table(columns), **options)


def test_missing_arrow_times_are_refused_or_dropped() -> None:
    """By row, counted over all batches."""
    table = pa.table({"time": pa.array([1, None], pa.timestamp("ns")), "v": [1, 2]})
    stream = pa.concat_tables([pa.table({"time": stamps(3), "v": [1, 2, 3]}), table])
    report = Report()
    with pytest.raises(UnsafeInputError, match="row 4, time"):
        encoded(stream)
    assert len(encoded(stream, on_invalid="drop", report=report)) == 4
    assert report.dropped == 1


class Stream:
    """Something that has only Arrow's capsule, and says when it is read."""

    def __init__(self) -> None:
        self.read = 0

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        schema = pa.schema({"time": pa.timestamp("ns"), "v": pa.int64()})
        return pa.RecordBatchReader.from_batches(schema, self._batches(schema)).__arrow_c_stream__(requested_schema)

    def _batches(self, schema: Any) -> Iterator[Any]:
        for start in range(0, 100_000, 10_000):
            self.read += 1
            numbers = range(start, start + 10_000)
            yield pa.record_batch([pa.array(numbers, pa.timestamp("ns")), pa.array(numbers)], schema=schema)


def test_streams_are_read_batch_by_batch() -> None:
    """Memory holds one batch, whatever the length of the stream."""
    stream = Stream()
    chunks = lines.encode(stream, measurement="m", max_lines=5_000)
    assert stream.read == 0
    assert next(chunks).lines == 5_000
    assert stream.read <= 2
    assert sum(chunk.lines for chunk in chunks) == 95_000
    assert stream.read == 10


def frame() -> Any:
    """Return a polars frame with most kinds of columns."""
    return pl.DataFrame(
        {
            "time": pl.Series([1, 2, 3]).cast(pl.Datetime("us", "UTC")),
            "t": ["a b", None, "a b"],
            "c": pl.Series(["x", "y", None], dtype=pl.Categorical),
            "f": [0.5, None, float("nan")],
            "g": pl.Series([0.1, 0.2, 0.3], dtype=pl.Float32),
            "i": [1, None, 3],
            "b": [True, False, None],
            "s": ['"', None, "\\"],
            "d": pl.Series([Decimal("0.1"), None, None]),
            "n": pl.Series([1, None, 3]).cast(pl.Datetime("ns")),
            "u": pl.Series([1, 2, 3], dtype=pl.UInt64),
        }
    )


def test_polars_frames_come_back(engine: str) -> None:
    """With pyarrow, and without it, which polars does not need."""
    found = encoded(frame(), tag_columns=["t"])
    assert [p.tags for p in found] == [{"t": "a b"}, {}, {"t": "a b"}]
    assert [p.time for p in found] == [1_000, 2_000, 3_000]
    assert found[0].fields == {
        "c": ("string", "x"), "f": ("float", 0.5), "g": ("float", 0.1), "i": ("integer", 1), "b": ("boolean", True),
        "s": ("string", '"'), "d": ("float", 0.1), "n": ("string", "1970-01-01T00:00:00.000000001Z"),
        "u": ("integer", 1),
    }  # fmt: skip
    assert found[1].fields == {"c": ("string", "y"), "g": ("float", 0.2), "b": ("boolean", False), "u": ("integer", 2)}
    assert set(found[2].fields) == {"g", "i", "s", "n", "u"}


def test_polars_categories_and_numbers_may_be_tags(engine: str) -> None:
    """As of pandas."""
    found = encoded(frame().select("time", "c", "i", "u"), tag_columns=["i"], category_tags=True)
    assert [p.tags for p in found] == [{"c": "x", "i": "1"}, {"c": "y"}, {"i": "3"}]


@pytest.mark.parametrize(
    ("time", "options", "expected"),
    [
        (pl.Series([dt.date(1970, 1, 2)]), {}, 86_400 * 10**9),
        (pl.Series(["1970-01-01T00:00:01"]), {}, 10**9),
        (pl.Series([5]), {"precision": "s"}, 5),
        (pl.Series([0]).cast(pl.Datetime("ms")), {"timezone": "Asia/Tokyo"}, -9 * 3600 * 10**9),
    ],
)
def test_polars_time_columns(engine: str, time: Any, options: dict[str, Any], expected: int) -> None:
    """Dates, text, integers with a precision, and naive times in a zone."""
    assert encoded(pl.DataFrame({"time": time, "v": [1]}), **options)[0].time == expected


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"v": [1]}, "not one column 'time'"),
        ({"time": [1], "v": [1]}, "time column 'time' holds"),
        ({"time": [dt.date(2020, 1, 1)], "v": [[1]]}, "column 'v' holds"),
        ({"time": [dt.date(2020, 1, 1)], "v": [dt.timedelta(1)]}, "column 'v' holds"),
        ({"time": [dt.date(2020, 1, 1)], "v": pl.Series([2**63], dtype=pl.UInt64)}, "row 0, column 'v'"),
        ({"time": [None, dt.date(2020, 1, 1)], "v": [1, 2]}, "row 0, time"),
    ],
)
def test_polars_frames_that_are_no_points_are_refused(engine: str, columns: dict[str, Any], why: str) -> None:
    """As of pandas."""
    with pytest.raises(UnsafeInputError, match=why):
        encoded(pl.DataFrame(columns))


def test_arrow_data_needs_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the extra that brings it."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigError, match=r"catchment\[arrow\]"):
        encoded(Stream())
