"""Workflows of V3IO's items: conditions, creations, counters, scans, frames."""

from __future__ import annotations

import pandas as pd
from catchment.v3io.errors import ConditionFalseError, ItemExistsError

from tests.faults._async.scenes import Scene, Workflow, nothing
from tests.faults._async.v3io_scene import WHERE, scene

COUNTS = 3
ROWS = 24
WRITES = frozenset({"putItem", "updateItem"})


async def put_counter(here: Scene) -> None:
    """Put a counter there."""
    await here.client.kv.put(WHERE, "t", "n", {"n": 0})


async def changes_items(here: Scene) -> None:
    """Put, merge, put under a condition, create, count."""
    kv = here.client.kv
    await kv.put(WHERE, "t", "plain", {"a": 1, "b": 1})
    await kv.update(WHERE, "t", "plain", attributes={"b": 2})
    await kv.put(WHERE, "t", "first", {"a": 1}, condition="not(exists(a))")
    here.done.append("condition")
    await kv.update(WHERE, "t", "new", attributes={"a": 1}, update_mode="CreateNewItemOnly")
    here.done.append("creation")
    for number in range(COUNTS):
        await kv.update(WHERE, "t", "n", expression="n = n + 1", condition=f"n == {number}")
        here.done.append("count")


async def changed_items(here: Scene) -> None:
    """Each was done once."""
    kv = here.client.kv
    assert (await kv.get(WHERE, "t", "plain")).output.item == {"a": 1, "b": 2}
    assert (await kv.get(WHERE, "t", "first")).output.item == {"a": 1}
    assert (await kv.get(WHERE, "t", "new")).output.item == {"a": 1}
    assert (await kv.get(WHERE, "t", "n")).output.item == {"n": COUNTS}


async def items_law(here: Scene) -> None:
    """Nothing was counted twice, and what was reported is there; a second creation is refused as ever."""
    kv = here.client.kv
    counted = (await kv.get(WHERE, "t", "n")).output.item["n"]
    assert counted == here.applied("updateItem")
    assert here.done.count("count") <= counted <= here.done.count("count") + 1
    if "condition" in here.done:
        await refused(here, "first", ConditionFalseError)
    if "creation" in here.done:
        await refused(here, "new", ItemExistsError)


async def refused(here: Scene, key: str, error: type[Exception]) -> None:
    """See that an item is there, by trying to make it again."""
    try:
        if error is ConditionFalseError:
            await here.client.kv.put(WHERE, "t", key, {"a": 2}, condition="not(exists(a))")
        else:
            await here.client.kv.update(WHERE, "t", key, attributes={"a": 2}, update_mode="CreateNewItemOnly")
    except error:
        return
    raise AssertionError(f"{key} was not there")


async def put_table(here: Scene) -> None:
    """Put items there to scan."""
    await here.client.put_items(WHERE, "t", {f"k{number}": {"n": number} for number in range(ROWS)})


async def scans(here: Scene) -> None:
    """Read them in segments, by pages, and by the original's cursor."""
    kv = here.client.kv
    here.results["segments"] = [item["n"] async for item in kv.items(WHERE, "t", segments=3)]
    here.results["filtered"] = [item["n"] async for item in kv.items(WHERE, "t", filter_expression="n < 5", limit=3)]
    here.results["cursor"] = [item["n"] for item in await kv.new_cursor(WHERE, "t/").all()]


async def scanned(here: Scene) -> None:
    """Each item came once, whatever page it was on."""
    assert sorted(here.results["segments"]) == list(range(ROWS))
    assert sorted(here.results["cursor"]) == list(range(ROWS))
    assert len(set(here.results["filtered"])) == 3
    assert set(here.results["filtered"]) <= set(range(5))


async def scan_law(here: Scene) -> None:
    """Nothing was written by reading."""
    assert len(here.stack.ledger) == here.before


FRAME = pd.DataFrame(
    {"n": range(ROWS), "text": [f"<{n}>" for n in range(ROWS)]}, index=[f"k{n:02}" for n in range(ROWS)]
)


async def writes_frame(here: Scene) -> None:
    """Write a table, and read it back."""
    here.results["written"] = await here.client.kv.write_frame(WHERE, "frame", FRAME)
    here.results["frame"] = await here.client.kv.read_frame(WHERE, "frame", columns=["n", "text"], segments=2)


async def wrote_frame(here: Scene) -> None:
    """It is what it was."""
    assert here.results["written"] == ROWS
    assert here.results["frame"].sort_index().to_dict("index") == FRAME.to_dict("index")


async def frame_law(here: Scene) -> None:
    """Rows are there as they are in the table, all that were reported and no others."""
    items = await here.client.kv.items(WHERE, "frame").to_list() if here.applied("putItem") else []
    there = {item["__name"]: (item["n"], item["text"]) for item in items}
    assert there.items() <= {name: (row["n"], row["text"]) for name, row in FRAME.iterrows()}.items()
    assert len(items) == len(there) >= here.results.get("written", 0)


WORKFLOWS = (
    Workflow("v3io items", scene, put_counter, changes_items, changed_items, items_law, ("v3io",), WRITES),
    Workflow("v3io scan", scene, put_table, scans, scanned, scan_law, ("v3io",), tidying=None),
    Workflow("v3io frame", scene, nothing, writes_frame, wrote_frame, frame_law, ("v3io",), tidying=None),
)
