"""Consumer groups on the wire: sharing, taking over, going on; nothing is lost, and the protocol is the platform's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from catchment.core.clock import ManualClock
from catchment.core.errors import DecodeError, UnsafeInputError
from catchment.local import V3IOOptions
from catchment.local.faults import Fault
from catchment.testing import frozen_time
from catchment.v3io.aio.dataplane import Client
from catchment.v3io.errors import IllegalLocationError, StreamNotFoundError
from catchment.v3io.groups import GroupFullError, MembershipLostError

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


def group_of(client: Client, replicas: int = 2, **settings: Any) -> Any:
    """Return a group of two."""
    return client.stream.consumer_group("users", "s", "readers", max_replicas=replicas, **settings)


async def stream_of(client: Client, *, shards: int = 8, records: int = 80) -> None:
    """Make a stream with records in all its shards."""
    await client.stream.create("users", "s", shards)
    await put(client, records, shards)


async def put(client: Client, records: int, shards: int = 8, first: int = 0) -> None:
    """Put numbered records, in turn of the shards."""
    numbers = range(first, first + records)
    await client.stream.put_all("users", "s", [{"data": str(n), "shard_id": n % shards} for n in numbers])


async def drained(member: Any) -> list[int]:
    """Return the numbers of all records that a member gets until there are no more."""
    return [int(record.data) async for record in member.records(idle=1)]


async def stored_state(client: Client) -> dict[str, Any]:
    """Return the group's state as it lies on the server."""
    item = (await client.kv.get("users", "s", "readers-state.json", attribute_names="state")).output.item
    return json.loads(item["state"])  # type: ignore[no-any-return, arg-type]


async def test_two_members_share_eight_shards(client: Client) -> None:
    """Each has one half; together they have every record once, in the order of its shard."""
    await stream_of(client)
    group = group_of(client)
    async with group.member("a") as a, group.member("b") as b:
        assert (a.shards, b.shards) == ((0, 1, 2, 3), (4, 5, 6, 7))
        first, second = await drained(a), await drained(b)
    assert sorted(first + second) == list(range(80))
    for shard in range(8):
        mine = [number for number in first + second if number % 8 == shard]
        assert mine == sorted(mine)


async def test_the_state_is_the_protocols(client: Client) -> None:
    """Item, attribute, schema, members, times and shards are as the platform's Go client reads them."""
    await stream_of(client)
    async with group_of(client).member("a"):
        assert await stored_state(client) == {
            "schema_version": "0.0.1",
            "session_states": [
                {"member_id": "a", "last_heartbeat_time": "2024-05-01T12:00:00Z", "shards": [0, 1, 2, 3]}
            ],
        }


async def test_writes_are_those_of_the_protocol(client: Client, stack: WatchedStack) -> None:
    """PutItem in the attributes' form, under the conditions that the Go client uses."""
    await stream_of(client, shards=1, records=1)
    stack.begin()
    async with group_of(client, replicas=1).member("a") as member:
        await drained(member)
    puts = [
        (line, json.loads(body))
        for line, body in zip(stack.requests, stack.bodies, strict=True)
        if line.startswith("PutItem")
    ]
    (first, begun), (shard, committed), (last, left) = puts
    assert first == last == "PutItem /users/s/readers-state.json"
    assert begun["ConditionExpression"] == "not(exists(state))"
    assert begun["UpdateMode"] == committed["UpdateMode"] == "CreateOrReplaceAttributes"
    assert left["ConditionExpression"].startswith("(__mtime_nsecs == ")
    assert ") AND (__mtime_secs == " in left["ConditionExpression"]
    assert shard == "PutItem /users/s/0"
    assert committed["Item"] == {"__readers_committed_sequence_number": {"N": "1"}}
    assert committed["ConditionExpression"] == "__obj_type == 3"


async def test_a_member_of_the_go_client_is_respected(client: Client, time: ManualClock) -> None:
    """Its shards are held as long as it beats, and free afterwards; its session goes with them."""
    await stream_of(client)
    theirs = {
        "schema_version": "0.0.1",
        "session_states": [
            {"member_id": "go-1", "last_heartbeat_time": "2024-05-01T14:00:00.123456789+02:00", "shards": [0, 1, 2, 3]}
        ],
    }
    await client.kv.put("users", "s", "readers-state.json", {"state": json.dumps(theirs)})
    async with group_of(client).member("a") as mine:
        assert mine.shards == (4, 5, 6, 7)
    time.advance(11)
    async with group_of(client).member("b") as mine:
        assert mine.shards == (0, 1, 2, 3)
        assert [one["member_id"] for one in (await stored_state(client))["session_states"]] == ["b"]


async def test_a_state_of_another_version_is_left_alone(client: Client) -> None:
    """Joining is refused rather than overwriting what others agreed on."""
    await stream_of(client)
    await client.kv.put("users", "s", "readers-state.json", {"state": '{"schema_version":"2","session_states":[]}'})
    with pytest.raises(DecodeError, match="version"):
        await group_of(client).member("a").join()


async def test_a_third_member_waits_and_is_refused(client: Client, time: ManualClock) -> None:
    """While two live there is nothing for it; it says so after the time that it was given."""
    await stream_of(client)
    group = group_of(client)
    async with group.member("a") as a, group.member("b") as b:
        with pytest.raises(GroupFullError):
            await group.member("c", wait=5).join()
        assert time.monotonic() == pytest.approx(5, abs=1)
        await a.heartbeat()
        await b.heartbeat()


async def test_a_killed_members_shards_are_taken_over(client: Client, time: ManualClock) -> None:
    """A newcomer that waits gets them after ten seconds, and goes on where the dead one's positions stand."""
    await stream_of(client)
    group = group_of(client)
    dead = await group.member("a").join()
    records = dead.records()
    got = [int((await anext(records)).data) for _ in range(12)]
    await dead.commit()
    async with group.member("b") as b, group.member("c", wait=20) as c:
        assert c.shards == (0, 1, 2, 3)
        assert time.monotonic() > 10
        rest = await drained(c)
        await b.heartbeat()
    assert set(got) | set(rest) == {n for n in range(80) if n % 8 < 4}
    assert len(got) + len(rest) == 40 + 1  # the record that was being handled comes again


async def test_a_silent_member_is_told_that_it_lost_its_shards(client: Client, time: ManualClock) -> None:
    """It stops reading, and its positions no longer count: the newcomer's do."""
    await stream_of(client)
    group = group_of(client)
    slow = await group.member("a").join()
    records = slow.records()
    await anext(records)
    time.advance(11)
    async with group.member("b") as b:
        assert b.shards == (0, 1, 2, 3)
        with pytest.raises(MembershipLostError):
            await anext(records)
        await slow.leave()
        assert await group.committed(0) is None
        assert len(await drained(b)) == 40


async def test_a_silent_member_goes_on_where_nobody_came(client: Client, time: ManualClock) -> None:
    """Its shards are still free, so that it takes them back."""
    await stream_of(client)
    async with group_of(client).member("a") as member:
        records = member.records()
        await anext(records)
        time.advance(60)
        await anext(records)
        assert (await stored_state(client))["session_states"][0]["last_heartbeat_time"] == "2024-05-01T12:01:00Z"


async def test_heartbeats_and_positions_are_sent_in_time(
    client: Client, stack: WatchedStack, time: ManualClock
) -> None:
    """Every 3 s and every 10 s, while records are asked for."""
    await stream_of(client)
    group = group_of(client)
    async with group.member("a") as member:
        stack.begin()
        records = member.records()
        for _ in range(31):
            await anext(records)
            time.advance(1)
        assert stack.count("PutItem /users/s/readers-state.json") == 10
        assert [await group.committed(shard) for shard in range(4)] == [10, 10, 10, None]


async def test_the_group_goes_on_where_it_stood(client: Client) -> None:
    """Across members, and with records that came in between."""
    await stream_of(client)
    group = group_of(client, replicas=1)
    async with group.member("a") as a:
        first = await drained(a)
    await put(client, 16, first=80)
    assert await group.lag() == dict.fromkeys(range(8), 2)
    async with group.member("b") as b:
        assert sorted(await drained(b)) == list(range(80, 96))
    assert sorted(first) == list(range(80))
    assert await group.lag() == dict.fromkeys(range(8), 0)


async def test_an_unfinished_record_comes_again(client: Client) -> None:
    """A record counts as done when the next one is asked for, not when it is handed out."""
    await stream_of(client, shards=1, records=5)
    group = group_of(client, replicas=1)
    with pytest.raises(RuntimeError):
        async with group.member("a") as member:
            async for record in member:
                if record.data == b"2":
                    raise RuntimeError("the handler failed")
    assert await group.committed(0) == 2
    async with group.member("b") as member:
        assert await drained(member) == [2, 3, 4]


async def test_reading_can_be_interrupted(client: Client) -> None:
    """What a page still held when a loop was left comes in the next loop: nothing is passed over."""
    await stream_of(client, shards=2, records=20)
    async with group_of(client, replicas=1).member("a") as member:
        found: list[int] = []
        for _ in range(5):
            async for record in member.records():
                found.append(int(record.data))
                if len(found) % 3 == 0:
                    break
        found += await drained(member)
    assert sorted(found) == list(range(20))


async def test_marks_can_be_set_by_hand(client: Client) -> None:
    """Without automatic marks nothing counts as done that was not marked."""
    await stream_of(client, shards=1, records=5)
    group = group_of(client, replicas=1, auto_mark=False)
    async with group.member("a") as member:
        async for record in member.records(idle=1):
            if record.data == b"1":
                member.mark(record)
    assert await group.committed(0) == 2


async def test_a_shard_that_appears_later_is_read_from_its_first_record(client: Client, stack: WatchedStack) -> None:
    """Also by a group that wants only new records: that one is new."""
    await client.stream.create("users", "s", 1)
    async with group_of(client, replicas=1, start="LATEST").member("a") as member:
        stack.meanwhile["GetItem /users/s/0"] = lambda: put_locally(stack)
        record = await anext(member.records())
        assert (record.data, record.sequence_number) == (b"x", 1)


async def test_a_group_can_begin_behind_the_newest_record(client: Client) -> None:
    """Where there is no position yet."""
    await stream_of(client, shards=1, records=5)
    async with group_of(client, replicas=1, start="LATEST").member("a") as member:
        assert await drained(member) == []
        await put(client, 1, shards=1, first=7)
        assert await drained(member) == [7]


async def test_trimmed_positions_are_told(client: Client, time: ManualClock) -> None:
    """Records that retention dropped before the group read them are not passed over without a word."""
    await client.stream.create("users", "s", 1, retention_period_hours=1)
    await put(client, 5, shards=1)
    group = group_of(client, replicas=1)
    async with group.member("a") as member:
        records = member.records()
        await anext(records)
        await anext(records)
    time.advance(7200)
    await put(client, 1, shards=1, first=9)
    with pytest.raises(IllegalLocationError):
        async with group.member("b") as member:
            await drained(member)
    async with group_of(client, replicas=1, on_trimmed="earliest").member("c") as member:
        assert await drained(member) == [9]


async def test_members_that_join_at_once_do_not_collide(client: Client, stack: WatchedStack) -> None:
    """A state that somebody changed between reading and writing is read again."""
    await stream_of(client)
    joined: list[Any] = []

    def other() -> None:
        from catchment import v3io

        rival = v3io.Client(local=stack)
        member = rival.stream.consumer_group("users", "s", "readers", max_replicas=2).member("rival")
        joined.append(member.join())

    stack.meanwhile["GetItem /users/s/readers-state.json"] = other
    async with group_of(client).member("a") as mine:
        assert joined[0].shards == (0, 1, 2, 3)
        assert mine.shards == (4, 5, 6, 7)


@pytest.mark.parametrize("applied", [True, False])
async def test_a_lost_answer_is_settled_by_reading(client: Client, stack: WatchedStack, applied: bool) -> None:
    """Whether joining was written or not, the member has its shards once."""
    await stream_of(client)
    stack.faults.add(Fault("reset", service="v3io", operation="putItem", applied=applied))
    async with group_of(client).member("a") as member:
        assert member.shards == (0, 1, 2, 3)
        assert len((await stored_state(client))["session_states"]) == 1


async def test_leaving_frees_the_shards_at_once(client: Client) -> None:
    """Nobody has to wait for ten seconds."""
    await stream_of(client)
    group = group_of(client, replicas=1)
    async with group.member("a"):
        pass
    assert (await group.state()).sessions == ()
    async with group.member("b", wait=0) as member:
        assert len(member.shards) == 8


async def test_more_members_than_shards(client: Client) -> None:
    """Some have none, and simply have nothing to read."""
    await stream_of(client, shards=1, records=3)
    group = group_of(client, replicas=2)
    async with group.member("a") as spare, group.member("b") as busy:
        assert (spare.shards, busy.shards) == ((), (0,))
        assert await drained(spare) == []
        assert await drained(busy) == [0, 1, 2]


async def test_a_missing_stream_is_told(client: Client) -> None:
    """Nothing is made of it."""
    with pytest.raises(StreamNotFoundError):
        await group_of(client).member("a").join()


@pytest.mark.parametrize(
    "settings", [{"replicas": 0}, {"replicas": 2, "start": "NEW"}, {"replicas": 2, "page_size": 0}]
)
async def test_bad_settings_are_told_at_once(client: Client, stack: WatchedStack, settings: dict[str, Any]) -> None:
    """Before anything is sent."""
    with pytest.raises(UnsafeInputError):
        group_of(client, **settings)
    assert stack.requests == []


def put_locally(stack: WatchedStack) -> None:
    """Put a record as somebody else would."""
    from catchment import v3io

    with v3io.Client(local=stack) as other:
        other.stream.put_records("users", "s", [{"data": "x", "shard_id": 0}])
