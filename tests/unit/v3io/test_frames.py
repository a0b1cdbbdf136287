"""Items as columns, and tables as rows: types, what is missing, names."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from catchment.core.errors import UnsafeInputError
from catchment.v3io import frames
from catchment.v3io.frame_rows import keyed_rows
from catchment.v3io.frames import Rows
from catchment.v3io.schema import Schema, SchemaField
from catchment.v3io.timestamps import Timestamp


def rows_of(*pages: list[dict[str, object]], columns: list[str] | None = None, schema: Schema | None = None) -> Rows:
    """Return items as they come from a scan, page by page."""
    rows = Rows(columns, schema)
    for page in pages:
        rows.add(page)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    return rows


def kinds(rows: Rows) -> dict[str, str]:
    """Return the dtypes of the frame."""
    return {str(name): str(dtype) for name, dtype in frames.to_pandas(rows).dtypes.items()}


def test_types_are_decided_over_all_pages() -> None:
    """A page of whole numbers beside one of floats makes a float column, where floats hold them all."""
    pages = [[{"__name": "a", "x": 1, "y": 2**60}], [{"__name": "b", "x": 0.5, "y": 0.5}]]
    rows = rows_of(*pages)
    assert kinds(rows) == {"x": "float64", "y": "object"}
    assert frames.to_pandas(rows)["y"].tolist() == [2**60, 0.5]


def test_attributes_may_appear_late_or_vanish() -> None:
    """Items that lack one have nothing there, on whichever page they came."""
    rows = rows_of([{"__name": "a", "x": 1}], [{"__name": "b", "y": True}], [])
    frame = frames.to_pandas(rows)
    assert list(frame.columns) == ["x", "y"]
    assert frame["x"].tolist() == [1, pd.NA]
    assert kinds(rows) == {"x": "Int64", "y": "boolean"}


def test_no_items_are_an_empty_frame() -> None:
    """With the columns that were asked for."""
    assert list(frames.to_pandas(rows_of(columns=["x"])).columns) == ["x"]
    assert len(frames.to_pandas(rows_of([]))) == 0


def test_instants_keep_the_nanosecond() -> None:
    """Beyond what `datetime` holds, and as far as 64 bits reach."""
    stamp = Timestamp(2024, 5, 1, tzinfo=UTC, nanosecond=7)
    frame = frames.to_pandas(rows_of([{"__name": "a", "t": stamp}, {"__name": "b"}]))
    assert str(frame["t"].dtype) == "datetime64[ns, UTC]"
    assert frame["t"].iloc[0] == pd.Timestamp("2024-05-01T00:00:00.000000007Z")
    assert frame["t"].isna().tolist() == [False, True]
    far = datetime(9000, 1, 1, tzinfo=UTC)
    assert frames.to_pandas(rows_of([{"__name": "a", "t": far}]))["t"].tolist() == [far]


def test_mixed_values_stay_what_they_are() -> None:
    """Numbers and text of one attribute are not turned into one another."""
    frame = frames.to_pandas(rows_of([{"__name": "a", "x": 1}, {"__name": "b", "x": "1"}]))
    assert frame["x"].tolist() == [1, "1"]


def test_a_schema_types_what_values_do_not() -> None:
    """Whole floats are floats by it; columns without any value have its type, and its order."""
    fields = (SchemaField("x", "double"), SchemaField("n", "long"), SchemaField("id", "string"))
    rows = rows_of([{"__name": "a", "id": "a", "x": 1}], schema=Schema("id", fields))
    assert list(kinds(rows)) == ["x", "n", "id"]
    assert kinds(rows)["x"] == "float64"
    assert kinds(rows)["n"] == "Int64"


def test_a_double_that_no_float_holds_stays_whole() -> None:
    """The schema does not alter numbers."""
    schema = Schema("id", (SchemaField("x", "double"),))
    rows = rows_of([{"__name": "a", "x": 2**60 + 1}], schema=schema)
    assert frames.to_pandas(rows)["x"].tolist() == [2**60 + 1]


def test_the_schemas_own_object_is_no_row() -> None:
    """Scans list it beside the items."""
    assert list(frames.to_pandas(rows_of([{"__name": ".#schema"}, {"__name": "a"}])).index) == ["a"]


# -- rows --------------------------------------------------------------------------------------------------------------


def test_an_index_with_a_name_is_stored_without_one_is_not() -> None:
    """Either names the items."""
    frame = pd.DataFrame({"x": [1]}, index=pd.Index(["a"], name="id"))
    assert list(keyed_rows(frame, None)) == [("a", {"id": "a", "x": 1})]
    assert list(keyed_rows(frame.rename_axis(None), None)) == [("a", {"x": 1})]
    assert list(keyed_rows(frame.rename_axis("__name"), None)) == [("a", {"x": 1})]


def test_numbers_name_items_too() -> None:
    """As their decimal text, and apart from text that looks alike only where both are there."""
    assert [name for name, _ in keyed_rows(pd.DataFrame({"id": [1, 2]}), "id")] == ["1", "2"]
    with pytest.raises(UnsafeInputError, match="twice"):
        list(keyed_rows([{"id": 1}, {"id": "1"}], "id"))


def test_categories_are_their_values() -> None:
    """Text, as it would be without them."""
    frame = pd.DataFrame({"id": ["a", "b"], "c": pd.Categorical(["x", None])})
    assert list(keyed_rows(frame, "id")) == [("a", {"id": "a", "c": "x"}), ("b", {"id": "b"})]


def test_a_callers_frame_is_left_alone() -> None:
    """No column is added to it, and rows are copies."""
    frame = pd.DataFrame({"x": [1]}, index=["a"])
    rows = [{"__name": "a", "x": 1}]
    list(keyed_rows(frame, None))
    list(keyed_rows(rows, None))
    assert list(frame.columns) == ["x"]
    assert rows == [{"__name": "a", "x": 1}]
