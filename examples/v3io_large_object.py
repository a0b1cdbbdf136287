"""A large object of V3IO up and down again, a few megabytes of it in memory at any time; to await."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from catchment import v3io
from catchment.local import Stack

MIB = 2**20


def made() -> Iterator[bytes]:
    """Yield 24 MiB in pieces, which nobody has ever seen together."""
    for number in range(24):
        yield bytes([number]) * MIB


async def travel(stack: Stack, target: Path) -> None:
    """Upload what is made on the way, download it to a file."""
    async with v3io.aio.dataplane.Client(local=stack) as client:
        size = await client.object.upload("bigdata", "raw/2013.bin", made())
        await client.object.download("bigdata", "raw/2013.bin", target)
        part = await client.object.get("bigdata", "raw/2013.bin", offset=5 * MIB - 1, num_bytes=2)
        print(f"{size} bytes; two of them, across a border: {part.body!r}")


def main() -> None:
    """Compare what came back with what was sent."""
    sent = hashlib.sha256()
    for piece in made():
        sent.update(piece)
    with Stack() as stack, TemporaryDirectory() as folder:
        target = Path(folder, "2013.bin")
        asyncio.run(travel(stack, target))
        with target.open("rb") as file:
            received = hashlib.file_digest(file, "sha256")
    print("the same on both ways:", sent.digest() == received.digest())


if __name__ == "__main__":
    main()
