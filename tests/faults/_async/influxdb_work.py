"""Workflows of InfluxDB: writes at once and in batches, queries as they stream, buckets, databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from catchment.influxdb import aio as influxdb
from catchment.local import InfluxDBOptions
from catchment.local.influxdb import service  # loads numpy, for which no client's patience is meant

from tests.faults._async.scenes import Scene, Workflow
from tests.faults.stage import hasty, stage, theatre

__all__ = ["service"]

SECRET = "the-password"
POINTS = 12
SERIES = 3


OPTIONS = InfluxDBOptions(version="1.8.10", username="root", password=SECRET, auth=True)


@asynccontextmanager
async def scene(*, served: bool = False, silence: float = 5.0) -> AsyncIterator[Scene]:
    """Set the scene and leave nothing of it."""
    who = {"db": "db", "username": "root", "password": SECRET}
    if served:
        with theatre("influxdb", influxdb=OPTIONS) as (stack, hurry, running):
            async with influxdb.InfluxDBClient(running.environment["INFLUX_URL"], **who, **hasty(silence)) as client:
                await client.admin.create_database("db")
                yield Scene(stack, client, hurry, "influxdb", SECRET)
        return
    with stage(influxdb=OPTIONS) as (stack, time):
        async with influxdb.InfluxDBClient(local=stack, **who) as client:
            await client.admin.create_database("db")
            yield Scene(stack, client, time, "influxdb", SECRET)


async def nothing_there(here: Scene) -> None:
    """Begin with no point, also after an earlier piece of work."""
    await here.client.query("DROP MEASUREMENT m")


def points(first: int = 0, count: int = POINTS, *, stamped: bool = True) -> list[dict[str, object]]:
    """Return numbered points, in turn of several series; the number is the time where there is one."""
    return [
        {
            "measurement": "m",
            "tags": {"s": str(number % SERIES)},
            "fields": {"v": number},
            **({"time": number + 1} if stamped else {}),
        }
        for number in range(first, first + count)
    ]


async def stored(here: Scene) -> list[int]:
    """Return the numbers of all points, in order."""
    return sorted([row["v"] async for row in here.client.query_stream("SELECT v, s FROM m")])


async def writes(here: Scene) -> None:
    """Write points that have times, in several requests; compressed ones, and into a bucket."""
    await here.client.write(points(), batch_size=5)
    here.done += map(str, range(POINTS))
    await here.client.write(points(POINTS, 3), gzip=True)
    await here.client.v2.write(points(POINTS + 3, 3), bucket="db/autogen")
    here.results["all"] = POINTS + 6


async def wrote(here: Scene) -> None:
    """All are there, each once."""
    assert await stored(here) == list(range(here.results["all"]))


async def write_law(here: Scene) -> None:
    """What was reported written is there, and nothing that was not sent."""
    there = await stored(here)
    assert set(map(int, here.done)) <= set(there)
    assert there == list(range(len(there)))


async def writes_unstamped(here: Scene) -> None:
    """Write points that get the server's time, which would be others if they were sent again."""
    for number in range(4):
        await here.client.write(points(number, 1, stamped=False))
        here.done.append(str(number))
        here.time.advance(1)


async def wrote_unstamped(here: Scene) -> None:
    """All are there, each once."""
    assert await stored(here) == list(range(4))


async def writes_in_batches(here: Scene) -> None:
    """Write points in batches, half of them stamped by the writer."""
    lost: list[object] = []
    async with here.client.writer(batch_size=4, flush_interval=60, error=lambda *loss: lost.append(loss)) as writer:
        await writer.write(points())
        await writer.flush()
        here.done += map(str, range(POINTS))
        await writer.write(points(POINTS, 6, stamped=False))
        try:
            await writer.flush()
        finally:
            here.results["stats"] = writer.stats
            here.results["lost"] = lost
    here.results["all"] = POINTS + 6


async def wrote_in_batches(here: Scene) -> None:
    """All are there, each once, and nothing was told to be lost."""
    assert await stored(here) == list(range(POINTS + 6))
    assert (here.results["stats"].written, here.results["lost"]) == (POINTS + 6, [])


async def batches_law(here: Scene) -> None:
    """What a flush reported is there, and nothing is there twice, whatever was sent again."""
    there = await stored(here)
    assert set(map(int, here.done)) <= set(there)
    assert len(there) == len(set(there))
    assert set(there) <= set(range(POINTS + 6))


async def put_points(here: Scene) -> None:
    """Put points there to read."""
    await here.client.write(points())


async def queries(here: Scene) -> None:
    """Read them in every form in which an answer can be read."""
    client, q = here.client, "SELECT v, s FROM m"
    found = here.results
    found["stream"] = [row["v"] async for row in client.query_stream(q, chunk_size=5)]
    found["parts"] = [
        values[1]
        async for part in client.stream(q, chunk_size=5)
        for result in part["results"]
        for series in result.get("series", [])
        for values in series["values"]
    ]
    found["frame"] = (await client.query_data_frame(q, chunk_size=5))["v"].tolist()
    found["frames"] = [v async for frame in client.query_data_frame_stream(q, chunk_size=5) for v in frame["v"]]
    found["result"] = [point["v"] for point in (await client.query_result(q)).to_dicts()]
    found["get"] = [values[1] for values in _values(await client.query(q, method="GET"))]
    found["csv"] = [int(line.split(",")[3]) for line in (await client.query_csv(q)).splitlines()[1:]]


def _values(document: dict[str, list[dict[str, list[dict[str, list[list[int]]]]]]]) -> list[list[int]]:
    return document["results"][0]["series"][0]["values"]


async def queried(here: Scene) -> None:
    """Every form has every point once."""
    found = {name: values for name, values in here.results.items() if name not in {"caught", "errors"}}
    assert found == {name: list(range(POINTS)) for name in found}
    assert len(found) == 7


async def query_law(here: Scene) -> None:
    """Nothing was written by reading."""
    assert len(here.stack.ledger) == here.before


async def administers(here: Scene) -> None:
    """Make a database and a policy, delete points, drop the database."""
    admin = here.client.admin
    await admin.create_database("other")
    await admin.create_retention_policy("week", "7d", db="other")
    here.results["policies"] = [policy.name for policy in await admin.list_retention_policies("other")]
    await admin.delete("m", tags={"s": "0"})
    here.done.append("deleted")
    await admin.drop_database("other")
    here.done.append("dropped")


async def administered(here: Scene) -> None:
    """It was done."""
    assert here.results["policies"] == ["autogen", "week"]
    assert await stored(here) == [number for number in range(POINTS) if number % SERIES]


async def administration_law(here: Scene) -> None:
    """What was reported is so; points of others stay."""
    there = await stored(here)
    assert {number for number in range(POINTS) if number % SERIES} <= set(there)
    if "deleted" in here.done:
        assert len(there) == POINTS - POINTS // SERIES
    if "dropped" in here.done:
        assert "other" not in await here.client.admin.list_databases()


AT = ("influxdb",)
WRITE = frozenset({"writePoints"})
QUERY = frozenset({"queryPost"})

WORKFLOWS = (
    Workflow("influxdb write", scene, nothing_there, writes, wrote, write_law, AT),
    Workflow("influxdb without times", scene, nothing_there, writes_unstamped, wrote_unstamped, write_law, AT, WRITE),
    Workflow(
        "influxdb batches",
        scene,
        nothing_there,
        writes_in_batches,
        wrote_in_batches,
        batches_law,
        AT,
        in_background=True,
    ),
    Workflow("influxdb queries", scene, put_points, queries, queried, query_law, AT),
    Workflow("influxdb administration", scene, put_points, administers, administered, administration_law, AT, QUERY),
)
