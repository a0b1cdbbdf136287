"""Walks that are broken, mixed, interrupted and outrun: whatever is asked next, nothing is skipped and nothing doubled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from catchment.core.errors import CatchmentError, UnsafeInputError
from catchment.local import V3IOOptions
from catchment.local.faults import Fault
from catchment.testing import no_waiting
from catchment.v3io.aio.dataplane import Client
from catchment.v3io.errors import IllegalLocationError, PutRecordsError, StreamNotFoundError, TableChangedError

from tests.v3io.doubles import ACCESS_KEY, WatchedStack

COUNT = 120


@pytest.fixture
def options() -> V3IOOptions:
    """Pages of few slices."""
    return V3IOOptions(access_key=ACCESS_KEY, slices_per_page=64)


async def filled(client: Client, stack: WatchedStack) -> None:
    """Write a table, a folder and a stream of as many items, files and records."""
    for number in range(COUNT):
        client.batch.put_item("users", f"t/key{number:03}", {"n": number})
        client.batch.put_object("users", f"d/{number:03}", body="x")
    await client.batch.wait()
    await client.stream.create("users", "s", 3)
    await client.stream.put_all("users", "s", [{"data": str(n), "shard_id": n % 3} for n in range(COUNT)])
    stack.begin()


WALKS: dict[str, tuple[str, Callable[[Any], Any], Callable[[Any], int]]] = {
    "items": ("getItems", lambda client: client.kv.items("users", "t"), lambda item: item["n"]),
    "segments": ("getItems", lambda client: client.kv.items("users", "t", segments=4), lambda item: item["n"]),
    "cursor": ("getItems", lambda client: client.kv.new_cursor("users", "t"), lambda item: item["n"]),
    "entries": (
        "listDirectory",
        lambda client: client.container.entries("users", "d", page_size=7),
        lambda entry: int(entry.key[2:]),
    ),
    "records": (
        "getRecords",
        lambda client: client.stream.records("users", "s", page_size=9),
        lambda record: int(record.data),
    ),
}


async def consume(walk: Any, into: list[Any]) -> None:
    """Take what a walk gives until its end."""
    async for each in walk:
        into.append(each)  # noqa: PERF401 - what came before an error counts


@pytest.mark.parametrize("name", WALKS)
@pytest.mark.parametrize("nth", [1, 2, 3, 5, 8])
async def test_a_walk_goes_on_behind_an_error(client: Client, stack: WatchedStack, name: str, nth: int) -> None:
    """Whoever catches an error and iterates on gets the rest, all of it and once: the end is never a lie."""
    await filled(client, stack)
    operation, begin, number = WALKS[name]
    once = client.with_options(retries=0)
    walk = begin(once)
    stack.faults.add(*(Fault("status", service="v3io", operation=operation, status=500, nth=nth) for _ in range(2)))
    seen: list[Any] = []
    errors = 0
    while True:
        try:
            await consume(walk, seen)
            break
        except CatchmentError:
            errors += 1
    assert errors
    assert sorted(number(each) for each in seen) == list(range(COUNT))
    await once.aclose()


@pytest.mark.parametrize("name", ["items", "segments", "entries"])
@pytest.mark.parametrize("taken", [1, 5, 30])
async def test_ways_of_walking_can_be_mixed(client: Client, stack: WatchedStack, name: str, taken: int) -> None:
    """Single items first and pages then, or pages first and items then: together they are all."""
    await filled(client, stack)
    _, begin, number = WALKS[name]
    walk = begin(client)
    seen = [await walk.first() for _ in range(taken)]
    async for page in walk.by_page():
        seen += page
        if len(seen) > COUNT // 2:
            break
    await consume(walk, seen)
    assert sorted(number(each) for each in seen) == list(range(COUNT))
    assert await walk.first() is None


@pytest.mark.parametrize("segments", [1, 4])
async def test_what_is_left_becomes_a_frame(client: Client, stack: WatchedStack, segments: int) -> None:
    """A frame of a scan that was begun holds what is left of it."""
    await filled(client, stack)
    items = client.kv.items("users", "t", segments=segments)
    first: Any = await items.first()
    frame = await items.to_pandas()
    assert sorted([first["n"], *frame["n"]]) == list(range(COUNT))


@pytest.mark.parametrize("limit", [0, 1, 7, 119, 120, 500])
async def test_limits_hold_behind_errors(client: Client, stack: WatchedStack, limit: int) -> None:
    """A limit counts what was handed out, before and behind an error."""
    await filled(client, stack)
    once = client.with_options(retries=0)
    for _, begin in (
        (0, lambda: once.kv.items("users", "t", segments=3, limit=limit)),
        (1, lambda: once.stream.records("users", "s", page_size=9, limit=limit)),
        (2, lambda: once.container.entries("users", "d", page_size=7, limit=limit)),
    ):
        walk: Any = begin()
        stack.faults.add(Fault("status", service="v3io", operation="[gl]*", status=500, nth=4))
        seen: list[Any] = []
        while True:
            try:
                await consume(walk, seen)
                break
            except CatchmentError:
                pass
        stack.faults.clear()
        assert len(seen) == min(limit, COUNT)
    await once.aclose()


async def test_members_go_on_behind_an_error(client: Client, stack: WatchedStack) -> None:
    """A member that iterates on after an error gets the rest of its records."""
    await filled(client, stack)
    once = client.with_options(retries=0)
    group = once.stream.consumer_group("users", "s", "readers", max_replicas=1)
    seen: list[int] = []
    stack.faults.add(Fault("status", service="v3io", operation="getRecords", status=500, nth=2))
    async with group.member("a") as member:
        for _ in range(2):
            try:
                async for record in member:
                    seen.append(int(record.data))
                    if len(seen) == COUNT:
                        break
            except CatchmentError:
                continue
    assert sorted(seen) == list(range(COUNT))
    await once.aclose()


async def test_streams_that_grow_under_a_group(client: Client, stack: WatchedStack) -> None:
    """Shards that come later are dealt when members join anew; until then nobody reads them, and nothing is lost."""
    await client.stream.create("users", "s", 2)
    await client.stream.put_all("users", "s", [{"data": str(n), "shard_id": n % 2} for n in range(10)])
    group = client.stream.consumer_group("users", "s", "readers", max_replicas=2)

    async def drained(member: Any) -> list[int]:
        return [int(record.data) async for record in member.records(idle=0.01)]

    seen: list[int] = []
    with no_waiting():
        async with group.member("a") as a, group.member("b") as b:
            seen += await drained(a)
            await client.stream.update("users", "s", 4)
            await client.stream.put_all("users", "s", [{"data": str(n), "shard_id": n % 4} for n in range(10, 50)])
            seen += await drained(a) + await drained(b)
            assert {number % 4 for number in seen if number >= 10} == {0, 1}
        async with group.member("c") as c, group.member("d") as d:
            assert (c.shards, d.shards) == ((0, 1), (2, 3))
            seen += await drained(c) + await drained(d)
    assert sorted(seen) == list(range(50))


async def test_a_shard_without_records(client: Client) -> None:
    """A shard that was never written cannot be sought in, and its walk is empty, wherever it begins."""
    await client.stream.create("users", "s", 2)
    for seek_type in ("EARLIEST", "LATEST"):
        with pytest.raises(StreamNotFoundError):
            await client.stream.seek("users", "s", 0, seek_type)
    assert await client.stream.records("users", "s").to_list() == []
    assert await client.stream.records("users", "s", start="LATEST").to_list() == []


async def test_trimmed_records_are_told_or_passed(client: Client, stack: WatchedStack) -> None:
    """A location of dropped records is its own error each time, never an empty page; or the walk goes on by wish."""
    await client.stream.create("users", "s", 1)
    await client.stream.put_records("users", "s", [{"data": "old"}])
    body = b'{"ErrorCode":-1,"ErrorMessage":"IllegalLocationException"}'
    once = client.stream.records("users", "s")
    stack.faults.add(Fault("status", service="v3io", operation="getRecords", status=400, body=body, count=2))
    for _ in range(2):
        with pytest.raises(IllegalLocationError):
            await once.first()
    stack.faults.add(Fault("status", service="v3io", operation="getRecords", status=400, body=body))
    passed = await client.stream.records("users", "s", on_trimmed="earliest").to_list()
    assert [record.data for record in passed] == [b"old"]


async def test_a_table_that_keeps_changing(client: Client, stack: WatchedStack) -> None:
    """A 513 is repeated; one that stays is an error of every segment's walk, and the walk goes on once it is over."""
    await filled(client, stack)
    items = client.kv.items("users", "t", segments=4)
    seen: list[Any] = []
    stack.faults.add(Fault("status", service="v3io", operation="getItems", status=513, nth=3, count=50))
    with no_waiting(), pytest.raises(TableChangedError):
        await consume(items, seen)
    stack.faults.clear()
    await consume(items, seen)
    assert sorted(item["n"] for item in seen) == list(range(COUNT))


async def test_long_folders_come_whole(client: Client, stack: WatchedStack) -> None:
    """More entries than a page holds, read by the plain call and by the walk: `is_truncated` is what says so."""
    for number in range(1003):
        client.batch.object.put("users", f"long/{number:04}", body="")
    await client.batch.wait()
    keys: list[str] = []
    marker: str | None = None
    while True:
        page = (await client.container.list("users", "long", marker=marker)).output
        keys += [entry.key for entry in page.contents]
        if page.is_truncated != "true":
            break
        marker = page.next_marker
    assert len(keys) == len(set(keys)) == 1003
    stack.begin()
    assert [entry.key async for entry in client.container.entries("users", "long")] == keys  # type: ignore[union-attr]
    assert stack.count("prefix=long") == 2


async def test_some_of_many_records(client: Client, stack: WatchedStack) -> None:
    """Of thousands of records those that were refused are named by their places, and all others are stored, once."""
    await client.stream.create("users", "s", 2)
    records = [{"data": str(n), "shard_id": 9 if n % 500 == 3 else n % 2} for n in range(2500)]
    with pytest.raises(PutRecordsError) as caught:
        await client.stream.put_all("users", "s", records)
    assert list(caught.value.failed) == [3, 503, 1003, 1503, 2003]
    stored = [int(record.data) async for record in client.stream.records("users", "s")]
    assert sorted(stored) == sorted(caught.value.succeeded)
    assert len(stored) == 2495


@pytest.mark.parametrize("applied", [False, True])
async def test_many_records_and_a_lost_answer(client: Client, stack: WatchedStack, applied: bool) -> None:
    """The request without an answer is in doubt, those before it are stored, those behind it were not sent."""
    await client.stream.create("users", "s", 1)
    stack.faults.add(Fault("reset", service="v3io", operation="putRecords", nth=2, applied=applied))
    with no_waiting(), pytest.raises(PutRecordsError, match="2000 on were not sent") as caught:
        await client.stream.put_all("users", "s", ({"data": str(n)} for n in range(5000)))
    assert list(caught.value.failed) == list(range(1000, 2000))
    assert list(caught.value.succeeded) == list(range(1000))
    assert stack.count("PutRecords") == 2
    stored = [int(record.data) async for record in client.stream.records("users", "s")]
    assert stored == list(range(2000 if applied else 1000))


async def test_bad_records_before_anything_is_sent(client: Client, stack: WatchedStack) -> None:
    """What cannot be sent is told with its place, and nothing was sent."""
    await client.stream.create("users", "s", 1)
    stack.begin()
    bad: list[Any] = [
        [{"data": "x", "shard": 1}],
        [{"data": 5}],
        [{}],
        [{"data": "x", "client_info": "é" * 9}],
        [{"data": "x", "partition_key": "é" * 129}],
        [{"data": "x", "shard_id": -1}],
        [{"data": "x", "shard_id": True}],
        [{"data": b"x" * (2 * 1024 * 1024 + 1)}],
        [{"data": "x"}] * 1001,
        "text",
        {"data": "x"},
        None,
        5,
    ]
    for records in bad:
        with pytest.raises(UnsafeInputError):
            await client.stream.put_records("users", "s", records)
    assert not stack.requests
