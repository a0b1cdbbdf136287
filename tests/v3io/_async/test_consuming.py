"""Records read from all shards and written in any number: in order, once, and never lost without a word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from catchment.core.clock import ManualClock
from catchment.core.errors import OutcomeUnknownError, UnsafeInputError
from catchment.local import V3IOOptions
from catchment.local.faults import Fault
from catchment.testing import frozen_time
from catchment.v3io.aio.dataplane import Client
from catchment.v3io.errors import (
    IllegalLocationError,
    PutRecordsError,
    ShardOutOfRangeError,
    StreamNotFoundError,
)

from tests.v3io.doubles import WatchedStack

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def time() -> Iterator[ManualClock]:
    """Time that stands, for client and stack."""
    with frozen_time(NOON) as clock:
        yield clock


@pytest.fixture
def stack(options: V3IOOptions, time: ManualClock) -> Iterator[WatchedStack]:
    """A stack that has known no other time."""
    del time
    with WatchedStack(v3io=options) as made:
        yield made


async def stream_of(client: Client, *, shards: int = 4, records: int = 100, hours: int = 24) -> None:
    """Make a stream whose records say where they belong: shard 3 stays without any."""
    await client.stream.create("users", "s", shards, retention_period_hours=hours)
    made = [{"data": f"{number}", "shard_id": number % 3} for number in range(records)]
    if made:
        await client.stream.put_records("users", "s", made)


@pytest.mark.parametrize("page_size", [None, 1, 7])
async def test_all_records_come_once_and_in_order(client: Client, page_size: int | None) -> None:
    """Every shard's records in its own order, whatever the size of pages; a shard without any has none."""
    await stream_of(client)
    found = await client.stream.records("users", "s", page_size=page_size).to_list()
    assert sorted(int(record.data) for record in found) == list(range(100))
    for shard in range(3):
        mine = [record for record in found if record.shard_id == shard]
        assert [record.sequence_number for record in mine] == list(range(1, len(mine) + 1))
        assert [int(record.data) for record in mine] == list(range(shard, 100, 3))


async def test_records_say_all_that_was_written(client: Client) -> None:
    """Key, info and time of arrival come with the bytes."""
    await client.stream.create("users", "s", 1)
    await client.stream.put_records("users", "s", [{"data": b"\x00\xff", "client_info": "me", "partition_key": "k"}])
    record = await client.stream.records("users", "s").first()
    assert record is not None
    assert (record.data, record.client_info, record.partition_key) == (b"\x00\xff", b"me", "k")
    assert record.arrival_time_sec == int(NOON.timestamp())
    assert record.arrival_time - NOON < timedelta(seconds=1)


async def test_one_shard_or_some(client: Client) -> None:
    """Shards can be chosen; one that the stream does not have is an error."""
    await stream_of(client)
    assert {record.shard_id async for record in client.stream.records("users", "s", 1)} == {1}
    assert {record.shard_id async for record in client.stream.records("users", "s", [0, 2])} == {0, 2}
    with pytest.raises(ShardOutOfRangeError):
        await client.stream.records("users", "s", [0, 4]).to_list()


async def test_where_to_begin(client: Client, time: ManualClock) -> None:
    """The oldest, a sequence number, an instant, or behind the newest."""
    await client.stream.create("users", "s", 1)
    for number in range(5):
        await client.stream.put_records("users", "s", [{"data": str(number)}])
        time.advance(60)

    async def begun(start: Any) -> list[int]:
        return [int(record.data) async for record in client.stream.records("users", "s", start=start)]

    assert await begun("EARLIEST") == [0, 1, 2, 3, 4]
    assert await begun(4) == [3, 4]
    assert await begun(NOON + timedelta(minutes=2)) == [2, 3, 4]
    assert await begun(datetime(1960, 1, 1, tzinfo=UTC)) == [0, 1, 2, 3, 4]
    assert await begun("LATEST") == []


async def test_positions_go_on_elsewhere(client: Client) -> None:
    """What was handed out is behind them; shards that had nothing yet begin at their oldest record."""
    await stream_of(client)
    first = client.stream.records("users", "s", page_size=5)
    taken = [int((await anext(first)).data) for _ in range(37)]
    await client.stream.put_records("users", "s", [{"data": "100", "shard_id": 3}])
    rest = [int(record.data) async for record in client.stream.records("users", "s", start=first.positions)]
    assert sorted(taken + rest) == list(range(101))
    await first.aclose()


async def test_a_limit_counts_over_all_shards(client: Client) -> None:
    """And no request is made for more."""
    await stream_of(client)
    assert len(await client.stream.records("users", "s", limit=10, page_size=4).to_list()) == 10
    assert await client.stream.records("users", "s", limit=0).to_list() == []


async def test_following_waits_for_new_records(client: Client, stack: WatchedStack, time: ManualClock) -> None:
    """Also those of a shard that did not exist: its first record is a new one."""
    await stream_of(client, records=3)
    records = client.stream.records("users", "s", start="LATEST", follow=True)
    stack.meanwhile["GetRecords"] = lambda: put_locally(stack, 0, b"new")
    assert (await anext(records)).data == b"new"
    stack.meanwhile["SeekShard /users/s/3"] = lambda: put_locally(stack, 3, b"first")
    found = await anext(records)
    assert (found.shard_id, found.data, found.sequence_number) == (3, b"first", 1)
    assert set(time.waits) == {0.25}
    await records.aclose()


async def test_a_missing_shard_is_asked_for_once_a_second(
    client: Client, stack: WatchedStack, time: ManualClock
) -> None:
    """Not with every poll."""
    await client.stream.create("users", "s", 1)
    records = client.stream.records("users", "s", follow=True)
    stack.begin()

    def appear() -> None:
        if time.monotonic() < 3:
            stack.meanwhile["SeekShard"] = appear
        else:
            put_locally(stack, 0, b"x")

    stack.meanwhile["SeekShard"] = appear
    assert (await anext(records)).data == b"x"
    assert stack.count("SeekShard") == 5
    await records.aclose()


async def test_trimmed_records_are_told(client: Client, time: ManualClock) -> None:
    """What retention dropped before it was read is an error, unless the caller goes on at the oldest."""
    await stream_of(client, shards=1, records=0, hours=1)
    await client.stream.put_records("users", "s", [{"data": str(number)} for number in range(10)])
    strict = client.stream.records("users", "s", page_size=2)
    loose = client.stream.records("users", "s", page_size=2, on_trimmed="earliest")
    for records in (strict, loose):
        assert (await anext(records)).data == b"0"
    await client.stream.records("users", "s", page_size=2).first()
    time.advance(7200)
    await client.stream.put_records("users", "s", [{"data": "late"}])
    with pytest.raises(IllegalLocationError):
        await strict.to_list()
    assert [record.data for record in await loose.to_list()][-1] == b"late"


async def test_a_missing_stream_is_told(client: Client) -> None:
    """It is not an empty one."""
    with pytest.raises(StreamNotFoundError):
        await client.stream.records("users", "nowhere").to_list()


@pytest.mark.parametrize(
    "arguments",
    [
        {"start": "NEWEST"},
        {"start": 0},
        {"start": True},
        {"start": datetime(2024, 1, 1)},
        {"on_trimmed": "ignore"},
        {"limit": -1},
        {"page_size": -1},
        {"start": {-1: 3}},
    ],
)
async def test_bad_arguments_are_told_at_once(client: Client, stack: WatchedStack, arguments: dict[str, Any]) -> None:
    """Before anything is sent."""
    with pytest.raises(UnsafeInputError):
        client.stream.records("users", "s", **arguments)
    assert stack.requests == []


# -- writing -----------------------------------------------------------------------------------------------------------


async def test_any_number_of_records_is_put(client: Client, stack: WatchedStack) -> None:
    """In as many requests as they need; shards keep the order of the source."""
    await client.stream.create("users", "s", 3)
    done = await client.stream.put_all("users", "s", ({"data": str(n), "shard_id": n % 3} for n in range(2500)))
    assert (done.count, done.positions) == (2500, {0: 834, 1: 833, 2: 833})
    assert stack.count("PutRecords") == 3
    found = await client.stream.records("users", "s", 1).to_list()
    assert [int(record.data) for record in found] == list(range(1, 2500, 3))


async def test_no_records_are_no_request(client: Client, stack: WatchedStack) -> None:
    """An empty source is fine."""
    assert (await client.stream.put_all("users", "s", [])).count == 0
    assert stack.requests == []


async def test_refused_records_are_told_by_position(client: Client) -> None:
    """They do not keep the others, of the same request and of later ones, from being written."""
    await client.stream.create("users", "s", 2)
    records = [{"data": str(n), "shard_id": 9 if n in (3, 1700) else n % 2} for n in range(2200)]
    with pytest.raises(PutRecordsError) as caught:
        await client.stream.put_all("users", "s", records)
    assert sorted(caught.value.failed) == [3, 1700]
    assert all(isinstance(error, ShardOutOfRangeError) for error in caught.value.failed.values())
    assert len(caught.value.succeeded) == 2198
    assert len(await client.stream.records("users", "s").to_list()) == 2198


async def test_records_are_never_put_twice(client: Client, stack: WatchedStack) -> None:
    """Where the answer is lost, nobody knows: those are told, none is sent again, and none behind them is sent."""
    await client.stream.create("users", "s", 1)
    stack.faults.add(Fault("reset", service="v3io", operation="putRecords", nth=2, applied=True))
    with pytest.raises(PutRecordsError) as caught:
        await client.stream.put_all("users", "s", [{"data": str(n)} for n in range(3000)])
    assert sorted(caught.value.failed) == list(range(1000, 2000))
    assert isinstance(caught.value.failed[1000], OutcomeUnknownError)
    assert len(await client.stream.records("users", "s").to_list()) == 2000
    assert stack.count("PutRecords") == 2


async def test_a_bad_record_far_down_says_what_was_written(client: Client) -> None:
    """What comes before it in full requests is, and that must not be put again."""
    await client.stream.create("users", "s", 1)
    with pytest.raises(PutRecordsError, match="record 1500") as caught:
        await client.stream.put_all("users", "s", ({"data": 5 if n == 1500 else "x"} for n in range(3000)))
    assert caught.value.succeeded == list(range(1000))
    assert len(await client.stream.records("users", "s").to_list()) == 1000


async def test_a_bad_record_is_told_by_position(client: Client, stack: WatchedStack) -> None:
    """What comes before it in full requests is written; nothing of its own request is sent."""
    await client.stream.create("users", "s", 1)
    stack.begin()
    with pytest.raises(UnsafeInputError, match="record 5"):
        await client.stream.put_all("users", "s", [{"data": "x"}] * 5 + [{"date": "x"}])
    assert stack.requests == []


def put_locally(stack: WatchedStack, shard: int, data: bytes) -> None:
    """Put a record as somebody else would."""
    from catchment import v3io

    with v3io.Client(local=stack) as other:
        other.stream.put_records("users", "s", [{"data": data, "shard_id": shard}])
