"""The same calls by `aioinflux`."""

from __future__ import annotations

import asyncio
import urllib.parse
from collections.abc import Awaitable, Callable
from typing import Any

import child
import influx_data
import numpy as np

if not hasattr(np, "float"):
    np.float = float  # type: ignore[attr-defined]  # aioinflux 0.9 asks for it

from aioinflux import InfluxDBClient

DATABASE = "bench_theirs"


def _action(server: str, work: Callable[[Any], Awaitable[int]], **options: Any) -> child.Action:
    place = urllib.parse.urlsplit(server)

    async def run() -> int:
        async with InfluxDBClient(host=place.hostname, port=place.port, db=DATABASE, **options) as client:
            return await work(client)

    return lambda: asyncio.run(run())


def write_frame(server: str, rows: int) -> child.Action:
    """Write a frame, which the queries then read."""
    data = influx_data.frame(rows).replace({"region": {"ap 2": "ap-2"}})

    async def work(client: Any) -> int:
        await client.write(data, "m", tag_columns=influx_data.TAGS)
        return rows

    return _action(server, work)


def write_points(server: str, rows: int) -> child.Action:
    """Write mappings."""
    data = influx_data.points(rows, "int")

    async def work(client: Any) -> int:
        await client.write(data, "p")
        return rows

    return _action(server, work)


def query_frame(server: str, rows: int) -> child.Action:
    """Read what `write_frame` wrote."""
    del rows

    async def work(client: Any) -> int:
        return len(await client.query("SELECT f0, f1, f2, f3, f4, i, msg FROM m"))

    return _action(server, work, output="dataframe")


if __name__ == "__main__":
    child.serve({case.__name__: case for case in (write_frame, write_points, query_frame)})
