"""Frames into tables and back: every value as it was, nothing dropped without a word."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from catchment.core.errors import OutcomeUnknownError, UnsafeInputError
from catchment.local.faults import Fault
from catchment.testing import no_waiting
from catchment.v3io.aio.dataplane import Client
from catchment.v3io.bulk import WriteFrameError
from catchment.v3io.errors import ConditionFalseError, ItemExistsError, ResourceNotFoundError
from catchment.v3io.expressions import attr

from tests.v3io.doubles import WatchedStack

STAMP = pd.Timestamp("2024-05-01T08:00:00.123456789Z")


def planes() -> pd.DataFrame:
    """A frame with a column of each kind, and something missing in most."""
    return pd.DataFrame(
        {
            "tail": ["N1", "N2", "N3"],
            "seats": pd.array([140, None, 2**60 + 1], dtype="Int64"),
            "load": [0.5, np.nan, 0.25],
            "jet": pd.array([True, None, False], dtype="boolean"),
            "maker": ["Airbus", None, "Größe"],
            "seen": [STAMP, pd.NaT, STAMP],
        }
    )


async def test_a_frame_comes_back_as_it_was(client: Client) -> None:
    """Types, the nanosecond and what is missing included."""
    assert await client.kv.write_frame("users", "planes", planes(), key="tail") == 3
    back = (await client.kv.read_frame("users", "planes")).sort_index()
    assert list(back.index) == ["N1", "N2", "N3"]
    expected = planes().set_index(back.index)
    pd.testing.assert_frame_equal(back[list(expected.columns)], expected, check_dtype=False)
    kinds = {name: str(dtype) for name, dtype in back.dtypes.items()}
    assert kinds["seats"] == "Int64"
    assert kinds["load"] == "float64"
    assert kinds["jet"] == "boolean"
    assert kinds["seen"] == "datetime64[ns, UTC]"


async def test_what_is_missing_is_left_out(client: Client) -> None:
    """The item simply lacks the attribute."""
    await client.kv.write_frame("users", "planes", planes(), key="tail")
    assert (await client.kv.get("users", "planes", "N2")).output.item == {"tail": "N2"}


async def test_a_read_frame_can_be_written_back(client: Client) -> None:
    """Its index names the items."""
    await client.kv.write_frame("users", "planes", planes(), key="tail")
    back = await client.kv.read_frame("users", "planes")
    await client.kv.write_frame("users", "copy", back)
    again = await client.kv.read_frame("users", "copy")
    pd.testing.assert_frame_equal(back.sort_index(), again.sort_index()[list(back.columns)])


@pytest.mark.parametrize("kind", ["arrow", "polars", "mappings"])
async def test_other_tables_are_written_alike(client: Client, kind: str) -> None:
    """What becomes of a row does not depend on what the table is made of."""
    frame = planes()
    rows = [
        {name: value for name, value in row.items() if not pd.isna(value)} for row in frame.to_dict(orient="records")
    ]
    table: Any = rows
    if kind != "mappings":
        table = importlib.import_module("pyarrow").Table.from_pandas(frame, preserve_index=False)
        table = table if kind == "arrow" else importlib.import_module("polars").from_arrow(table)
    await client.kv.write_frame("users", kind, table, key="tail")
    await client.kv.write_frame("users", "pandas", frame, key="tail")
    for tail in ("N1", "N2", "N3"):
        one = (await client.kv.get("users", kind, tail)).output.item
        assert one == (await client.kv.get("users", "pandas", tail)).output.item


async def test_items_come_as_arrow_and_polars(client: Client) -> None:
    """With the name as a column, and nulls where an item lacks an attribute."""
    await client.kv.write_frame("users", "planes", planes(), key="tail")
    arrow = (await client.kv.items("users", "planes").to_arrow()).sort_by("__name")
    assert arrow.column("seats").to_pylist() == [140, None, 2**60 + 1]
    assert str(arrow.schema.field("seen").type) == "timestamp[ns, tz=UTC]"
    polars = (await client.kv.items("users", "planes").to_polars()).sort("__name")
    assert polars["maker"].to_list() == ["Airbus", None, "Größe"]


async def test_two_columns_name_by_sharding_and_sorting_key(client: Client) -> None:
    """And both stay attributes."""
    frame = pd.DataFrame({"plane": ["a", "a", "b"], "day": [1, 2, 1], "n": [1, 2, 3]})
    await client.kv.write_frame("users", "t", frame, key=["plane", "day"])
    back = await client.kv.read_frame("users", "t", sharding_key="a")
    assert list(back.index) == ["a.1", "a.2"]
    assert list(back["n"]) == [1, 2]


async def test_columns_and_filters_of_reading(client: Client) -> None:
    """Only what is asked for, in that order."""
    await client.kv.write_frame("users", "planes", planes(), key="tail")
    back = await client.kv.read_frame(
        "users",
        "planes",
        columns=["maker", "load", "gone"],
        filter_expression=attr("jet") == True,  # noqa: E712
    )
    assert list(back.columns) == ["maker", "load", "gone"]
    assert list(back.index) == ["N1"]


async def test_a_schema_says_what_values_do_not(client: Client) -> None:
    """The wire writes 1.0 as 1; a `double` of the schema is a float all the same. The schema itself is no row."""
    fields = [{"name": "id", "type": "string"}, {"name": "x", "type": "double"}, {"name": "none", "type": "long"}]
    await client.kv.create_schema("users", "t", key="id", fields=fields)
    await client.kv.write_frame("users", "t", pd.DataFrame({"id": ["a", "b"], "x": [1.0, 2.0]}), key="id")
    back = await client.kv.read_frame("users", "t")
    assert list(back.columns) == ["id", "x", "none"]
    assert sorted(back.index) == ["a", "b"]
    assert str(back["x"].dtype) == "float64"
    assert str(back["none"].dtype) == "Int64"


async def test_bytes_arrays_and_early_instants_stay_python_objects(client: Client) -> None:
    """What a frame has no type for is not bent into one."""
    early = datetime(1600, 1, 1, tzinfo=UTC)
    rows = [{"id": "a", "raw": b"\x00", "list": [1, 2], "early": early}]
    await client.kv.write_frame("users", "t", rows, key="id")
    back = (await client.kv.read_frame("users", "t")).loc["a"]
    assert (back["raw"], back["list"], back["early"]) == (b"\x00", [1, 2], early)


async def test_modes_and_conditions(client: Client) -> None:
    """Replace, merge, create only, or under a condition; refused rows are told by key, and the others are written."""
    first = pd.DataFrame({"id": ["a", "b"], "x": [1, 2]})
    second = pd.DataFrame({"id": ["b", "c"], "y": [3, 4]})
    await client.kv.write_frame("users", "t", first, key="id")
    with pytest.raises(WriteFrameError) as caught:
        await client.kv.write_frame("users", "t", second, key="id", update_mode="CreateNewItemOnly")
    assert {key: type(error) for key, error in caught.value.failed.items()} == {"b": ItemExistsError}
    assert caught.value.written == 1
    await client.kv.write_frame("users", "t", second, key="id", update_mode="CreateOrReplaceAttributes")
    assert (await client.kv.get("users", "t", "b")).output.item == {"id": "b", "x": 2, "y": 3}
    with pytest.raises(WriteFrameError) as caught:
        await client.kv.write_frame("users", "t", second, key="id", condition=attr("x") == 2)
    assert {key: type(error) for key, error in caught.value.failed.items()} == {"c": ConditionFalseError}
    assert (await client.kv.get("users", "t", "b")).output.item == {"id": "b", "y": 3}


async def test_many_rows_are_written_side_by_side(client: Client) -> None:
    """All of them, once."""
    frame = pd.DataFrame({"id": range(2500), "n": np.arange(2500) * 2})
    assert await client.kv.write_frame("users", "t", frame, key="id") == 2500
    back = await client.kv.read_frame("users", "t", segments=4)
    assert sorted(back["n"]) == list(range(0, 5000, 2))


async def test_a_bad_row_far_down_says_what_was_written(client: Client) -> None:
    """It is found when it is reached, and nothing of its thousand rows is sent."""
    rows = [{"id": str(number), "x": 2**70 if number == 1500 else number} for number in range(3000)]
    with pytest.raises(WriteFrameError, match="64 bits|beyond|range") as caught:
        await client.kv.write_frame("users", "t", rows, key="id")
    assert caught.value.written == 1000
    assert isinstance(caught.value.failed[""], UnsafeInputError)
    assert len(await client.kv.items("users", "t").to_list()) == 1000


async def test_rows_behind_a_lost_server_are_not_sent(client: Client, stack: WatchedStack) -> None:
    """Nobody answers: the rows under way are told, and the others need not wait for the same."""
    frame = pd.DataFrame({"id": range(3000), "n": 1})
    stack.faults.add(Fault("reset", service="v3io", operation="putItem", nth=1200, count=100_000))
    with no_waiting(), pytest.raises(WriteFrameError) as caught:
        await client.kv.write_frame("users", "t", frame, key="id")
    assert caught.value.written + len(caught.value.failed) == 2000
    assert not any(isinstance(error, OutcomeUnknownError) for error in caught.value.failed.values())


@pytest.mark.parametrize(
    ("frame", "key", "why"),
    [
        (pd.DataFrame({"id": ["a", "a"]}), "id", "twice"),
        (pd.DataFrame({"id": [1.5]}), "id", "whole numbers"),
        (pd.DataFrame({"id": [None, "b"]}), "id", "missing"),
        (pd.DataFrame({"id": [""]}), "id", "empty"),
        (pd.DataFrame({"id": ["a/b"]}), "id", "slash"),
        (pd.DataFrame({"x": ["a"]}), "id", "missing"),
        (pd.DataFrame({"id": ["a"], "not good": [1]}), "id", "cannot be stored"),
        (pd.DataFrame({"id": ["a"], "__size": [1]}), "id", "system"),
        (pd.DataFrame([["a", 1]], columns=["id", "id"]), "id", "two columns"),
        (pd.DataFrame({"id": ["a"], "t": [datetime(2024, 1, 1)]}), "id", "time zone"),
        (pd.DataFrame({"a": ["x.y"], "b": [1]}), ["a", "b"], "dot"),
        (pd.DataFrame({"a": [1], "b": [1], "c": [1]}), ["a", "b", "c"], "or two"),
        (pd.DataFrame({"n": [1]}, index=pd.MultiIndex.from_tuples([("a", "b")])), None, "several levels"),
        ({"id": "a"}, "id", "no table"),
        ([["a"]], "id", "mapping"),
        ("text", "id", "no table"),
    ],
)
async def test_what_cannot_be_written_is_told(
    client: Client, stack: WatchedStack, frame: Any, key: Any, why: str
) -> None:
    """Before anything is sent."""
    with pytest.raises(UnsafeInputError) as caught:
        await client.kv.write_frame("users", "t", frame, key=key)
    assert why in "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
    assert stack.requests == []


async def test_a_missing_table_is_told(client: Client) -> None:
    """It is not an empty frame."""
    with pytest.raises(ResourceNotFoundError):
        await client.kv.read_frame("users", "nowhere")
