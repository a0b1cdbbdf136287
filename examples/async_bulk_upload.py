"""Many uploads at once, a few under way at any time, inside one transaction."""

from __future__ import annotations

import asyncio

from catchment.lakefs import aio as lakefs
from catchment.local import Stack

AT_ONCE = 16


async def upload_all(tx: lakefs.BranchTransaction, files: dict[str, bytes]) -> int:
    """Upload everything and return the number of bytes."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(path: str, data: bytes) -> int:
        async with places:
            return (await tx.upload(data, path)).size_bytes or 0

    return sum(await asyncio.gather(*(one(path, data) for path, data in files.items())))


async def main() -> None:
    """Upload 500 small files."""
    files = {f"parts/{number:03}.bin": bytes(1000) for number in range(500)}
    with Stack() as stack:
        async with lakefs.Client(local=stack) as client:
            repo = await lakefs.repository("bulk", client).create("s3://bucket/bulk")
            branch = repo.branch("main")
            async with branch.transaction(commit_message="500 parts") as tx:
                size = await upload_all(tx, files)
            found = [item async for item in branch.objects(prefix="parts/")]
            print(f"{len(found)} objects, {size} bytes, in commit {(tx.merge_commit_id or '')[:8]}")


if __name__ == "__main__":
    asyncio.run(main())
