"""Series to frames: the server's types, exact nanoseconds, shapes by statement and series, nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from catchment.core import extras
from catchment.core.errors import DecodeError, UnsafeInputError
from catchment.influxdb import frames_in
from catchment.influxdb.documents import SeriesDict
from catchment.influxdb.frames_in import FrameOptions, Tables
from hypothesis import given
from hypothesis import strategies as st

OPTIONS = FrameOptions()
FIRST = 1_577_836_800_000_000_001


def series(columns: dict[str, list[Any]], *, name: str = "m", **facts: Any) -> SeriesDict:
    """Make a series out of columns."""
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    return {"name": name, "columns": list(columns), "values": rows, **facts}  # type: ignore[typeddict-item]


def tables(*statements: list[SeriesDict]) -> Any:
    """Read series by columns."""
    found = Tables()
    for number, some in enumerate(statements):
        found.add(number, some)
    return found.found


def frame(one: SeriesDict, options: FrameOptions = OPTIONS, types: Any = None) -> pd.DataFrame:
    """Make a frame of one series."""
    made = frames_in.shaped(tables([one]), options, types)
    assert isinstance(made, pd.DataFrame)
    return made


@pytest.fixture(params=["pyarrow", "plain"])
def arrow(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """With and without pyarrow."""
    if request.param == "plain":
        monkeypatch.setattr(extras, "optional", lambda name: None)
    yield request.param  # noqa: PT022


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1.0, 2.0], "float64"),
        ([1.5, None], "float64"),
        ([1, 2], "int64"),
        ([1, None], "Int64"),
        ([2**63 - 1, None], "Int64"),
        ([True, False], "bool"),
        ([True, None], "boolean"),
        ([None, None], "object"),
        (["a", None], None),
        ([1, "a"], "object"),
        ([True, 1], "object"),
        ([1, 2.5], "float64"),
        ([2**53 + 1, 2.5], "object"),
        ([[1], [2]], "object"),
        ([2**63, 1], "object"),
    ],
)
def test_types_are_the_servers(arrow: str, values: list[Any], dtype: str | None) -> None:
    """Whole floats stay floats, integers with gaps stay integers, mixtures stay what they are."""
    made = frame(series({"time": [FIRST, FIRST + 1], "v": values}))
    assert dtype is None or str(made["v"].dtype) == dtype
    back = [None if one is pd.NA or one is None or one != one else one for one in made["v"].tolist()]
    assert back == values
    assert [type(one) for one in back] == [
        float if dtype == "float64" and one is not None else type(one) for one in values
    ]


@given(st.lists(st.integers(-(2**63) + 2, 2**63 - 2), min_size=1).filter(any))
def test_times_are_exact_to_the_nanosecond(times: list[int]) -> None:
    """Over the whole range that the server stores."""
    made = frame(series({"time": times, "v": [1.0] * len(times)}))
    assert made.index.tz is not None
    assert made.index.as_unit("ns").asi8.tolist() == times
    assert made.index.name is None


def test_other_epochs_are_scaled() -> None:
    """An answer in seconds is not read as nanoseconds; what nanoseconds cannot hold is refused."""
    made = frame(series({"time": [1_577_836_800], "v": [1]}), FrameOptions("s"))
    assert made.index[0] == pd.Timestamp("2020-01-01", tz="UTC")
    with pytest.raises(DecodeError):
        frame(series({"time": [2**62], "v": [1]}), FrameOptions("h"))


def test_all_times_zero_mean_no_times() -> None:
    """As of an aggregate without GROUP BY time."""
    made = frame(series({"time": [0], "mean": [1.5]}))
    assert isinstance(made.index, pd.RangeIndex)
    assert list(made.columns) == ["mean"]


def test_series_without_times_are_plain_tables() -> None:
    """As of SHOW statements; a column of text called time is text."""
    made = frame(series({"key": ["a", "b"], "value": ["1", "2"]}))
    assert made.to_dict("list") == {"key": ["a", "b"], "value": ["1", "2"]}
    assert list(frame(series({"time": ["2020-01-01T00:00:00Z"], "v": [1]})).columns) == ["time", "v"]


def test_tags_are_columns_and_labels(arrow: str) -> None:
    """A column of the same name keeps it, and the tag is numbered, as the server does."""
    made = frame(series({"time": [FIRST], "v": [1], "host": [5]}, tags={"host": "a", "x": ""}))
    assert made.iloc[0].to_dict() == {"v": 1, "host": 5, "host_1": "a", "x": ""}
    assert made.attrs == {"name": "m", "tags": {"host": "a", "x": ""}, "statement_id": 0}


def test_shapes() -> None:
    """One series, several, none; several statements."""
    a, b = (series({"time": [FIRST], "v": [1]}, tags={"h": h}) for h in "ab")
    assert isinstance(frames_in.shaped(tables([a]), OPTIONS), pd.DataFrame)
    assert list(frames_in.shaped(tables([a, b]), OPTIONS)) == ["m,h=a", "m,h=b"]
    assert frames_in.shaped(tables([]), OPTIONS) == {}
    assert frames_in.shaped([], OPTIONS) == {}
    assert [list(one) for one in frames_in.shaped(tables([a], [], [b]), OPTIONS)] == [["m,h=a"], [], ["m,h=b"]]


def test_series_with_the_same_label_are_not_lost() -> None:
    """Two subqueries may give two series of one name."""
    one = series({"time": [FIRST], "v": [1]})
    assert list(frames_in.shaped(tables([one, one]), OPTIONS)) == ["m", "m_1"]


def test_parts_become_one_series() -> None:
    """Types are decided when all parts are there."""
    found = Tables()
    for values, partial in (([1, 2], True), ([None, 4], True), ([5], False)):
        found.add(0, [series({"time": [FIRST] * len(values), "v": values}, partial=partial)])
    made = frames_in.shaped(found.found, OPTIONS)
    assert isinstance(made, pd.DataFrame)
    assert str(made["v"].dtype) == "Int64"
    assert made["v"].sum() == 12


def test_columns_without_any_value_have_their_fields_type() -> None:
    """What is missing everywhere does not show its type; the server knows it."""
    types = {"m": {"f": "float", "i": "integer", "b": "boolean", "s": "string"}}
    made = frame(
        series({"time": [FIRST], "f": [None], "i": [None], "b": [None], "s": [None], "x": [None]}), types=types
    )
    assert [str(made[name].dtype) for name in "fib"] == ["float64", "Int64", "boolean"]
    assert str(made["x"].dtype) == "object"
    assert made.isna().all().all()


def test_no_rows_keep_their_columns() -> None:
    """A series without values, or with an empty list of them."""
    for one in (series({"time": [], "v": []}), {"name": "m", "columns": ["a"]}):
        made = frame(one)  # type: ignore[arg-type]
        assert len(made) == 0


def test_integers_with_gaps_as_floats_only_without_loss() -> None:
    """Beyond 2**53 a float would be another number."""
    small = series({"time": [FIRST, FIRST], "v": [2**53, None]})
    assert str(frame(small, FrameOptions(integers="float64"))["v"].dtype) == "float64"
    with pytest.raises(UnsafeInputError, match="altered"):
        frame(series({"time": [FIRST, FIRST], "v": [2**53 + 1, None]}), FrameOptions(integers="float64"))
    with pytest.raises(UnsafeInputError, match="integers"):
        FrameOptions(integers="x")  # type: ignore[arg-type]


def test_nullable_types_for_all(arrow: str) -> None:
    """So that parts of a stream are alike."""
    made = frame(series({"time": [FIRST], "f": [1.0], "i": [1], "b": [True], "s": ["x"]}), FrameOptions(nullable=True))
    assert [str(dtype) for dtype in made.dtypes] == ["Float64", "Int64", "boolean", "string"]


def test_index_zone_and_dtypes_as_asked() -> None:
    """Columns, tags and the time may make the index."""
    one = series({"time": [FIRST], "v": [1], "c": ["x"]}, tags={"h": "a"})
    assert frame(one, FrameOptions(index=["h", "time"])).index.names == ["h", "time"]
    assert frame(one, FrameOptions(index=["c"])).index.tolist() == ["x"]
    assert str(frame(one, FrameOptions(tz="Europe/Berlin")).index.tz) == "Europe/Berlin"
    typed = frame(one, FrameOptions(dtypes={"v": "int32", "missing": "int8"}))
    assert str(typed["v"].dtype) == "int32"
    assert typed.attrs["name"] == "m"


def test_combined_frames_have_categories_and_all_columns() -> None:
    """Series without a column have nothing there; names are a column where there are several."""
    some = [
        series({"time": [FIRST, FIRST + 1], "v": [1, 2]}, tags={"h": "a"}),
        series({"time": [FIRST], "w": [1.5]}, name="n", tags={"h": "b"}),
        series({"time": [FIRST], "v": [4]}, tags={"z": "c"}),
    ]
    made = frames_in.shaped(tables(some), FrameOptions(combine=True))
    assert isinstance(made, pd.DataFrame)
    assert made["v"].tolist() == [1, 2, pd.NA, 4]
    assert made["measurement"].tolist() == ["m", "m", "n", "m"]
    assert made["h"].astype(object).where(made["h"].notna(), None).tolist() == ["a", "a", "b", None]
    assert isinstance(made["h"].dtype, pd.CategoricalDtype)
    assert len(made.index) == 4


def test_arrow_and_polars_are_exact() -> None:
    """Timestamps in nanoseconds, tags as dictionaries, gaps as nulls."""
    some = [series({"time": [FIRST, FIRST + 1], "v": [1, None], "s": ["a", None], "o": [1, "x"]}, tags={"h": "a"})]
    made = frames_in.arrow(tables(some)[0], OPTIONS)
    assert made.schema.field("time").type == pa.timestamp("ns", "UTC")
    assert made["time"].cast(pa.int64()).to_pylist() == [FIRST, FIRST + 1]
    assert made["v"].to_pylist() == [1, None]
    assert made["o"].to_pylist() == ["1", "x"]
    assert made["h"].to_pylist() == ["a", "a"]
    polars = frames_in.polars(tables(some)[0], OPTIONS)
    assert polars["time"].dtype == pl.Datetime("ns", "UTC")
    assert polars["v"].to_list() == [1, None]


def test_rows_of_another_width_are_an_error() -> None:
    """The server's SHOW DIAGNOSTICS in msgpack is such a stream."""
    with pytest.raises(DecodeError):
        Tables().add(0, [{"name": "m", "columns": ["a", "b"], "values": [[1]]}])
    with pytest.raises(DecodeError):
        Tables().add(0, [{"name": "m", "columns": ["a"], "values": [[1], [1, 2]]}])


def test_object_columns_hold_lists_too() -> None:
    """As SHOW SUBSCRIPTIONS has them."""
    made = frames_in.arrow(tables([series({"d": [["udp://a"], ["udp://b", "udp://c"]]})])[0], OPTIONS)
    assert made["d"].to_pylist() == [["udp://a"], ["udp://b", "udp://c"]]
    assert np.array_equal(frame(series({"d": [["a"], ["b"]]}))["d"].tolist(), [["a"], ["b"]])
