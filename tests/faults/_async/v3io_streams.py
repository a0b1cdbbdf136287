"""Workflows of V3IO's streams: made and deleted, many records in and out, a consumer group of two."""

from __future__ import annotations

from catchment.core.errors import BulkError

from tests.faults._async.scenes import Scene, Workflow, nothing
from tests.faults._async.v3io_scene import WHERE, counted_once, records_of, scene

SHARDS = 2
RECORDS = [str(number) for number in range(8)]
IDLE = 0.001
"""Seconds without a record after which a member of a group goes; time stands still, so that any will do."""


async def makes_stream(here: Scene) -> None:
    """Make a stream, give it shards, write, describe it; make another one and delete it."""
    streams = here.client.stream
    await streams.create(WHERE, "s", 1, retention_period_hours=2)
    await streams.update(WHERE, "s", SHARDS)
    found = (await streams.describe(WHERE, "s")).output
    here.results["made"] = (found.shard_count, found.retention_period_hours)
    await streams.create(WHERE, "other", SHARDS)
    await here.client.kv.put(WHERE, "other", "readers-state.json", {"state": "{}"})
    await streams.delete(WHERE, "other")
    here.done.append("deleted")


async def made_stream(here: Scene) -> None:
    """One is there as it was made, and nothing of the other."""
    assert here.results["made"] == (SHARDS, 2)
    assert here.applied("createStream") == 2
    assert here.applied("deleteObject") == 2


async def stream_law(here: Scene) -> None:
    """No stream was made twice; a deletion that was reported left nothing."""
    assert here.applied("createStream") <= 2
    if "deleted" in here.done:
        gone = await here.client.container.list(WHERE, "other", raise_for_status=[404])
        assert gone.status_code == 404


async def prepare_stream(here: Scene) -> None:
    """Make a stream."""
    await here.client.stream.create(WHERE, "s", SHARDS)


async def puts_all(here: Scene) -> None:
    """Put records in several requests, and read them."""
    records = [{"data": name, "shard_id": int(name) % SHARDS} for name in RECORDS]
    try:
        done = await here.client.stream.put_all(WHERE, "s", records)
    except BulkError as error:
        here.done += [RECORDS[place] for place in error.succeeded]
        raise
    here.done += RECORDS
    here.results["count"] = done.count
    here.results["read"] = await records_of(here)


async def put_them_all(here: Scene) -> None:
    """Each was written once, and read once, those of a shard in order."""
    assert here.results["count"] == len(RECORDS)
    for shard in range(SHARDS):
        assert [name for name in here.results["read"] if int(name) % SHARDS == shard] == RECORDS[shard::SHARDS]


async def records_law(here: Scene) -> None:
    """Records that were reported are there once, and none of the others twice."""
    counted_once(await records_of(here), here.done, RECORDS)
    noted = [tuple(place) for entry in here.stack.ledger.of("putRecords", "v3io") for place in entry.subject["records"]]
    assert len(noted) == len(set(noted))


async def put_for_group(here: Scene) -> None:
    """Make a stream that a group can read."""
    await prepare_stream(here)
    await here.client.stream.put_all(WHERE, "s", [{"data": name, "shard_id": int(name) % SHARDS} for name in RECORDS])


async def consumes(here: Scene) -> None:
    """Read with two members, one after the other; note what each is done with."""
    group = here.client.stream.consumer_group(WHERE, "s", "readers", max_replicas=2, page_size=3)
    async with group.member("a") as a, group.member("b") as b:
        for member in (a, b):
            async for record in member.records(idle=IDLE):
                here.done.append(record.data.decode())


async def consumed(here: Scene) -> None:
    """Each record came once, all of them are done, and both members have left."""
    assert sorted(here.done) == RECORDS
    group = here.client.stream.consumer_group(WHERE, "s", "readers", max_replicas=2)
    assert await group.lag() == dict.fromkeys(range(SHARDS), 0)
    assert (await group.state()).sessions == ()


async def group_law(here: Scene) -> None:
    """What no member had comes to whoever takes over when the members are taken for dead."""
    here.time.advance(11)
    group = here.client.stream.consumer_group(WHERE, "s", "readers", max_replicas=1)
    async with group.member("heir") as heir:
        rest = [record.data.decode() async for record in heir.records(idle=IDLE)]
    assert set(here.done) | set(rest) == set(RECORDS)
    for shard in range(SHARDS):
        mine = [name for name in rest if int(name) % SHARDS == shard]
        assert mine == RECORDS[shard::SHARDS][len(RECORDS) // SHARDS - len(mine) :]


PUT = frozenset({"putRecords"})

WORKFLOWS = (
    Workflow("v3io streams", scene, nothing, makes_stream, made_stream, stream_law, ("v3io",), tidying=None),
    Workflow("v3io records", scene, prepare_stream, puts_all, put_them_all, records_law, ("v3io",), PUT, tidying=None),
    Workflow("v3io group", scene, put_for_group, consumes, consumed, group_law, ("v3io",), tidying=None),
)
