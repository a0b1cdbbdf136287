"""What is measured of `catchment.v3io` where memory must not grow: scans and large objects."""

from __future__ import annotations

import asyncio
from pathlib import Path

import child
from catchment.v3io import Client, aio

KEY = "some-access-key"
NAMES = ("age", "feature")


def scan(url: str, count: int) -> child.Action:
    """Walk through a table, and keep nothing."""
    return _scan(url, count, 1)


def scan_segments(url: str, count: int) -> child.Action:
    """Walk through eight shares of a table at once; the server answers each with all of it."""
    return _scan(url, count, 8)


def _scan(url: str, count: int, segments: int) -> child.Action:
    client = Client(endpoint=url, access_key=KEY)

    def run() -> int:
        done = 0
        for item in client.kv.items("users", "table", attribute_names=NAMES, segments=segments):
            done += "age" in item
        if done != count * segments:
            raise RuntimeError(f"{done} items came")
        return done

    return run


def upload(url: str, source: str) -> child.Action:
    """Upload a file."""
    client = Client(endpoint=url, access_key=KEY)
    return lambda: client.object.upload("users", "uploaded", Path(source))


def upload_async(url: str, source: str) -> child.Action:
    """Upload a file, awaited."""

    async def work() -> int:
        async with aio.Client(endpoint=url, access_key=KEY) as client:
            return await client.object.upload("users", "uploaded", Path(source))

    return lambda: asyncio.run(work())


def download(url: str, size: int, target: str) -> child.Action:
    """Download an object to a file."""
    client = Client(endpoint=url, access_key=KEY)
    return lambda: client.object.download("users", f"large/{size}", target)


def download_async(url: str, size: int, target: str) -> child.Action:
    """Download an object to a file, awaited."""

    async def work() -> int:
        async with aio.Client(endpoint=url, access_key=KEY) as client:
            return await client.object.download("users", f"large/{size}", target)

    return lambda: asyncio.run(work())


if __name__ == "__main__":
    cases = (scan, scan_segments, upload, upload_async, download, download_async)
    child.serve({case.__name__: case for case in cases})
