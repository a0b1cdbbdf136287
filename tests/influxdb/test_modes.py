"""One class or the other: how each way to ask for the blocking one leads there, and what the two do not share."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pandas as pd
import pytest
from catchment import influxdb
from catchment.influxdb import AsyncInfluxDBClient, InfluxDBClient, aio

from tests.influxdb.doubles import Place

POINT = {"measurement": "m", "fields": {"v": 1.0}, "time": 1}
BLOCKING: list[dict[str, Any]] = [
    {"mode": "blocking"},
    {"async_": False},
    {"async": False},
    {"mode": "dataframe"},
    {"dataframe": True},
]


@pytest.mark.parametrize("asked", BLOCKING)
def test_each_way_to_block(local: Place, asked: dict[str, Any]) -> None:
    """Hands out the blocking class, whose calls return results."""
    client = AsyncInfluxDBClient(local=local.stack, database="db", **asked)
    assert type(client) is InfluxDBClient
    with client:
        assert client.write(POINT) is True
        found = client.query("SELECT v FROM m")
    assert isinstance(found, pd.DataFrame if "dataframe" in str(asked) else dict)


def test_each_way_to_await(local: Place) -> None:
    """From the blocking class back; and by the module of awaited names."""
    for client in (
        InfluxDBClient(local=local.stack, db="db", mode="async"),
        aio.InfluxDBClient(local=local.stack, db="db"),
    ):
        assert type(client) is AsyncInfluxDBClient
    assert aio.AsyncInfluxDBClient is AsyncInfluxDBClient


def test_blocking_inside_a_running_loop(socket: Place) -> None:
    """As in a notebook: no loop of the caller's is touched."""

    async def cell() -> object:
        with AsyncInfluxDBClient(**socket.options, db="db", mode="blocking") as client:
            client.write(POINT)
            return client.query("SELECT v FROM m")["results"][0]["series"][0]["values"]

    assert asyncio.run(cell()) == [[1, 1.0]]


def test_one_client_in_several_loops_and_threads(socket: Place) -> None:
    """One after the other and at the same time."""
    client = AsyncInfluxDBClient(**socket.options, db="db")
    seen: list[bool] = []

    def work() -> None:
        async def write() -> None:
            seen.append(await client.write(POINT))
            await client.query("SELECT v FROM m")

        for _ in range(3):
            asyncio.run(write())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [True] * 12
    asyncio.run(client.aclose())


async def test_many_calls_at_once(socket: Place) -> None:
    """In one loop, over one pool."""
    async with AsyncInfluxDBClient(**socket.options, db="db") as client:
        results = await asyncio.gather(*(client.write({**POINT, "time": number}) for number in range(40)))
        assert all(results)
        assert len(await client.query_result("SELECT v FROM m")) == 40


async def test_awaited_chunks_are_an_iterator(local: Place) -> None:
    """`await query(..., chunked=True)` returns what yields documents, frames or points."""
    async with AsyncInfluxDBClient(local=local.stack, db="db") as client:
        await client.write("m v=1 1\nm v=2 2\nm v=3 3")
        parts = await client.query("SELECT v FROM m", chunked=True, chunk_size=2)
        assert isinstance(parts, AsyncIterator)
        assert [len(part["results"][0]["series"][0]["values"]) async for part in parts] == [2, 1]
        frames = await client.query("SELECT v FROM m", chunked=True, chunk_size=2, output="dataframe")
        assert [len(frame) async for frame in frames] == [2, 1]
        result = await client.query("SELECT v FROM m", chunked=True, chunk_size=2, output="iterable")
        assert isinstance(result, influxdb.InfluxDBChunkedResult)
        assert [point async for point in result] == [[1, 1.0], [2, 2.0], [3, 3.0]]
        result = await client.query("SELECT v FROM m", chunked=True, chunk_size=2, output="iterable")
        assert [len(part) async for part in result.iterchunks(wrap=True)] == [2, 1]
        result = await client.query("SELECT v FROM m", chunked=True, chunk_size=2, output="iterable")
        assert [list(part) async for part in result.iterchunks()] == [["results"]] * 2


def test_blocking_chunks_are_refused_as_in_the_original(local: Place) -> None:
    """A `ValueError` that names what to use."""
    with InfluxDBClient(local=local.stack, db="db") as client:
        with pytest.raises(ValueError, match="asynchronous") as caught:
            client.query("SELECT v FROM m", chunked=True)
        assert "stream" in str(caught.value.hint)  # type: ignore[attr-defined]
    assert local.count("/query") == 0


async def test_the_original_has_one_name_for_closing(local: Place) -> None:
    """`close` and `aclose` are the same where calls are awaited."""
    client = AsyncInfluxDBClient(local=local.stack, db="db")
    assert await client.ping()
    await client.close()
    await client.aclose()
