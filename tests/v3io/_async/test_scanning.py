"""Whole tables and folders: every item and entry once, lazily, resumable, in bounded memory."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest
from catchment.core.errors import UnsafeInputError
from catchment.local import V3IOOptions
from catchment.local.faults import Fault
from catchment.testing import frozen_time
from catchment.v3io.aio.dataplane import Client
from catchment.v3io.errors import ResourceNotFoundError
from catchment.v3io.expressions import attr
from catchment.v3io.outputs import ContainerCommonPrefix

from tests.v3io.doubles import ACCESS_KEY, WatchedStack

COUNT = 60


@pytest.fixture
def options() -> V3IOOptions:
    """Pages of few slices, so that many are short and some are empty."""
    return V3IOOptions(access_key=ACCESS_KEY, slices_per_page=64)


async def filled(client: Client, stack: WatchedStack) -> Client:
    """Write a table of sixty items."""
    batch = client.create_batch()
    for number in range(COUNT):
        batch.kv.put("users", "t", f"key{number:03}", {"age": number, "even": number % 2 == 0})
    await batch.wait()
    stack.begin()
    return client


@pytest.mark.parametrize("segments", [1, 2, 7, 40])
async def test_every_item_comes_once(client: Client, stack: WatchedStack, segments: int) -> None:
    """However many segments there are, and although many pages are empty."""
    await filled(client, stack)
    found = await client.kv.items("users", "t", segments=segments).to_list()
    assert sorted(item["age"] for item in found) == list(range(COUNT))
    assert stack.count("GetItems") >= 16


async def test_filters_are_expressions(client: Client, stack: WatchedStack) -> None:
    """Built conditions go where text goes; attributes asked for come, and no others."""
    await filled(client, stack)
    wanted = (attr("age") >= 50) & (attr("even") == True)  # noqa: E712 - a literal of the language
    found = await client.kv.items("users", "t", filter_expression=wanted, attribute_names=["age"]).to_list()
    assert sorted(item["age"] for item in found) == [50, 52, 54, 56, 58]
    assert all(set(item) == {"age"} for item in found)


async def test_nothing_is_sent_before_the_first_item(client: Client, stack: WatchedStack) -> None:
    """An iterator is made without a request."""
    await filled(client, stack)
    client.kv.items("users", "t", segments=4)
    assert stack.requests == []


@pytest.mark.parametrize("segments", [1, 3])
async def test_a_scan_goes_on_elsewhere(client: Client, stack: WatchedStack, segments: int) -> None:
    """The state is plain JSON, and no item is missed: at most the page that was not used up comes again."""
    await filled(client, stack)
    first = client.kv.items("users", "t", segments=segments)
    taken = [await anext(first) for _ in range(25)]
    state = json.loads(json.dumps(first.state))
    await first.aclose()
    rest = await client.kv.items("users", "t", segments=segments, state=state).to_list()
    assert {item["age"] for item in [*taken, *rest]} == set(range(COUNT))
    assert len(rest) < COUNT


async def test_a_finished_scan_has_nothing_left(client: Client, stack: WatchedStack) -> None:
    """Its state says so, and a new one with it sends nothing."""
    await filled(client, stack)
    items = client.kv.items("users", "t", segments=2)
    await items.to_list()
    assert items.state == [None, None]
    stack.begin()
    assert await client.kv.items("users", "t", segments=2, state=items.state).to_list() == []
    assert stack.requests == []


@pytest.mark.parametrize("segments", [1, 5])
async def test_a_limit_counts_over_all_pages(client: Client, stack: WatchedStack, segments: int) -> None:
    """And ends the scan, so that no further page is asked for."""
    await filled(client, stack)
    found = await client.kv.items("users", "t", segments=segments, limit=13).to_list()
    assert len({item["age"] for item in found}) == 13
    stack.begin()
    assert await client.kv.items("users", "t", segments=segments, limit=0).to_list() == []
    assert stack.requests == []


async def test_a_missing_table_is_told(client: Client) -> None:
    """It is not an empty one."""
    with pytest.raises(ResourceNotFoundError):
        await client.kv.items("users", "nowhere", segments=2).to_list()


@pytest.mark.parametrize(
    "arguments",
    [
        {"segments": 0},
        {"segments": 1025},
        {"segments": 2, "sharding_key": "a"},
        {"segments": 2, "state": [""]},
        {"state": "abc"},
        {"limit": -1},
        {"filter_expression": 5},
        {"sort_key_range_start": "a"},
    ],
)
async def test_bad_arguments_are_told_at_once(client: Client, stack: WatchedStack, arguments: dict[str, Any]) -> None:
    """Before the first item is asked for, and before anything is sent."""
    with pytest.raises(UnsafeInputError):
        client.kv.items("users", "t", **arguments)
    assert stack.requests == []


async def test_a_table_that_is_made_anew_is_read_on(client: Client, stack: WatchedStack) -> None:
    """513 asks to reissue the request; nothing is lost by it."""
    await filled(client, stack)
    stack.faults.add(Fault("status", service="v3io", operation="getItems", nth=3, status=513))
    assert len(await client.kv.items("users", "t", segments=2).to_list()) == COUNT


async def test_ranges_of_one_sharding_key_are_in_order(client: Client) -> None:
    """A range of sorting keys comes in their order, the end not included."""
    for number in (3, 1, 2, 4):
        await client.kv.put("users", "t", f"a.{number}", {"n": number})
    await client.kv.put("users", "t", "b.1", {"n": 9})
    items = client.kv.items("users", "t", sharding_key="a", sort_key_range_start="2", sort_key_range_end="4")
    assert [item["n"] async for item in items] == [2, 3]


async def test_a_slow_reader_meets_no_deadline(client: Client, stack: WatchedStack) -> None:
    """The page that lies ready while another one is used for hours is not late: the time was the reader's own."""
    with frozen_time(datetime(2024, 5, 1, tzinfo=UTC)) as time:
        await filled(client, stack)
        found = 0
        async for _ in client.kv.items("users", "t"):
            found += 1
            time.advance(3600)
    assert found == COUNT
    assert stack.count("GetItems") == 16


async def test_dropping_a_scan_gives_its_pages_up(client: Client, stack: WatchedStack) -> None:
    """The client can be used at once: no connection is left with somebody else's answer on it."""
    await filled(client, stack)
    for _ in range(40):
        items = client.kv.items("users", "t", segments=8)
        await anext(items)
        await items.aclose()
    assert (await client.kv.get("users", "t", "key007")).output.item["age"] == 7


async def test_memory_does_not_grow_with_the_table(client: Client, stack: WatchedStack, door: str) -> None:
    """Pages go as they are used: the second half of a scan holds what the first did."""
    if door != "in-process":
        pytest.skip("the server's memory would be counted, too")
    await filled(client, stack)
    tracemalloc.start()
    try:
        peaks: list[int] = []
        for rounds in (3, 30):
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(rounds):
                async for _ in client.kv.items("users", "t", segments=4):
                    pass
            stack.begin()
            peaks.append(tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 512 * 1024


# -- folders -----------------------------------------------------------------------------------------------------------


async def test_entries_are_files_and_folders_in_order(client: Client) -> None:
    """Both kinds are one sequence in byte order, over all pages."""
    for name in ("b.txt", "a/x", "c/y", "a.txt", "stream-10", "stream-9"):
        await client.object.put("users", f"top/{name}", body=b"1")
    found = [entry async for entry in client.container.entries("users", "top", page_size=2)]
    paths = [entry.prefix if isinstance(entry, ContainerCommonPrefix) else entry.key for entry in found]
    assert paths == ["top/a/", "top/a.txt", "top/b.txt", "top/c/", "top/stream-10", "top/stream-9"]


async def test_entries_go_on_behind_a_path(client: Client) -> None:
    """The cursor of one listing starts the next one."""
    for name in "abcde":
        await client.object.put("users", f"top/{name}", body=b"1")
    first = client.container.entries("users", "top", page_size=2)
    taken = [(await anext(first)).key for _ in range(3)]  # type: ignore[union-attr]
    rest = client.container.entries("users", "top", after=first.cursor)
    assert taken + [entry.key async for entry in rest] == [f"top/{name}" for name in "abcde"]  # type: ignore[union-attr]


async def test_entries_can_be_limited_to_folders(client: Client) -> None:
    """And an empty folder has none, while a missing one is an error."""
    await client.object.put("users", "top/file", body=b"1")
    await client.object.put("users", "top/folder/")
    found = await client.container.entries("users", "top", directories_only=True).to_list()
    assert [entry.prefix for entry in found] == ["top/folder/"]  # type: ignore[union-attr]
    assert await client.container.entries("users", "top/folder").to_list() == []
    with pytest.raises(ResourceNotFoundError):
        await client.container.entries("users", "nowhere").to_list()
