"""V3IO for workflows, and how what was written to it is counted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from catchment.local import V3IOOptions
from catchment.v3io.aio.dataplane import Client

from tests.faults._async.scenes import Scene
from tests.faults.stage import hasty, stage, theatre
from tests.v3io.doubles import place_of

SECRET = "the-access-key"
WHERE = "users"
OPTIONS = V3IOOptions(access_key=SECRET, slices_per_page=512)


@asynccontextmanager
async def scene(*, served: bool = False, silence: float = 5.0) -> AsyncIterator[Scene]:
    """Set the scene and leave nothing of it."""
    if served:
        with theatre("v3io", v3io=OPTIONS) as (stack, hurry, running):
            async with Client(max_connections=4, **place_of(running), **hasty(silence)) as client:
                yield Scene(stack, client, hurry, "v3io", SECRET)
        return
    with stage(v3io=OPTIONS) as (stack, time):
        async with Client(local=stack, max_connections=8) as client:
            yield Scene(stack, client, time, "v3io", SECRET)


def counted_once(found: Iterable[str], done: Iterable[str], sent: Iterable[str]) -> None:
    """What was reported written is there once, nothing is there twice, and nothing that nobody sent."""
    there = list(found)
    assert len(there) == len(set(there)), f"twice: {sorted(one for one in there if there.count(one) > 1)}"
    assert set(done) <= set(there), f"lost: {set(done) - set(there)}"
    assert set(there) <= set(sent)


def pieces_of(text: str) -> list[str]:
    """Take a log apart into what was appended, each written as `<...>`."""
    assert not text or (text[0], text[-1]) == ("<", ">"), text
    return text[1:-1].split("><") if text else []


async def log_of(here: Scene, path: str = "log") -> list[str]:
    """Return what was appended to an object."""
    response = await here.client.object.get(WHERE, path, raise_for_status=[200, 404])
    return pieces_of(response.body.decode()) if response.status_code == 200 else []


async def records_of(here: Scene, stream: str = "s") -> list[str]:
    """Return the data of all records of a stream, those of a shard in order."""
    return [record.data.decode() async for record in here.client.stream.records(WHERE, stream)]
