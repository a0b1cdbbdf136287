"""What is measured of `catchment.lakefs`: the same cases by the same names, and some that only it has.

`--plain` hides the optional faster JSON reader.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path

if "--plain" in sys.argv:
    sys.modules["orjson"] = None  # type: ignore[assignment]

import child
from catchment.core.wire import Headers, RawResponse
from catchment.lakefs import Client, Repository, aio
from catchment.lakefs._sync.objects import CommonPrefix, ObjectInfo, Place
from catchment_api.lakefs import api

DATA = b"x" * 1024


@lru_cache
def client(host: str, key: str, secret: str) -> Client:
    """Return the client of one server, which stays connected from one run to the next."""
    return Client(host=host, username=key, password=secret)


def list_objects(server: dict[str, str], page: int | None = None) -> child.Action:
    """List a branch and look at each object's path and size; pages have the size that the package chooses."""
    del page
    ref = Repository("listing", client(**server)).ref("main")
    return lambda: sum(1 for item in ref.objects() if item.path and item.size_bytes)


def parse(body: str) -> child.Action:
    """Make objects of one page that has arrived."""
    answer, place = RawResponse(200, Headers(), body.encode()), Place(None, "listing", "main")

    def action() -> int:
        page = api.objects.list_objects.parse_response(answer)
        return len(
            [
                ObjectInfo.of_stats(r, place) if r.path_type == "object" else CommonPrefix.of_path(r.path, place)
                for r in page.results
            ]
        )

    return action


def create(server: dict[str, str], repository: str) -> child.Action:
    """Make a repository."""
    repo = Repository(repository, client(**server))
    return lambda: bool(repo.create(storage_namespace=f"s3://benchmark/{repository}"))


def write_small(server: dict[str, str], repository: str, count: int) -> child.Action:
    """Write small objects, one after the other."""
    branch = Repository(repository, client(**server)).branch("main")
    return lambda: len([branch.object(f"small/{number}").upload(DATA) for number in range(count)])


def read_small(server: dict[str, str], repository: str, count: int) -> child.Action:
    """Read them."""
    branch = Repository(repository, client(**server)).branch("main")
    return lambda: sum(len(branch.object(f"small/{number}").reader().read()) == 1024 for number in range(count))


def read_many(server: dict[str, str], repository: str, count: int, at_once: int) -> child.Action:
    """Read them from several tasks of one event loop."""

    async def action() -> int:
        async with _branch(server, repository) as branch:
            turns = iter(range(count))
            return sum(await asyncio.gather(*[_read(branch, turns) for _ in range(at_once)]))

    return lambda: asyncio.run(action())


@asynccontextmanager
async def _branch(server: dict[str, str], repository: str) -> AsyncIterator[aio.Branch]:
    async with aio.Client(host=server["host"], username=server["key"], password=server["secret"]) as asked:
        yield aio.Repository(repository, asked).branch("main")


async def _read(branch: aio.Branch, turns: Iterable[int]) -> int:
    done = 0
    for number in turns:
        done += len(await branch.object(f"small/{number}").reader().read()) == 1024
    return done


def commit_merge(server: dict[str, str], repository: str, name: str, count: int) -> child.Action:
    """Branch off, write, commit, merge and delete the branch."""
    repo = Repository(repository, client(**server))

    def once(number: int) -> bool:
        branch = repo.branch(f"{name}-{number}").create("main")
        branch.object(f"merged/{name}-{number}").upload(f"{name} {number}")
        branch.commit("benchmark")
        branch.merge_into(repo.branch("main"))
        branch.delete()
        return True

    return lambda: sum(once(number) for number in range(count))


# -- large objects -----------------------------------------------------------------------------------------------------


def write_loop(server: dict[str, str], repository: str, size: int) -> child.Action:
    """Write one large object through a file, 1 MiB at a time; counts bytes."""
    branch = Repository(repository, client(**server)).branch("main")
    piece = bytes(1 << 20)

    def action() -> int:
        with branch.object("large").writer(mode="wb") as file:
            return sum(file.write(piece) for _ in range(size >> 20))

    return action


def read_loop(server: dict[str, str], repository: str, pre_sign: bool) -> child.Action:
    """Read a large object through a file, 1 MiB at a time; counts bytes."""
    branch = Repository(repository, client(**server)).branch("main")

    def action() -> int:
        with branch.object("large").reader(pre_sign=pre_sign) as file:
            return sum(len(piece) for piece in iter(lambda: file.read(1 << 20), b""))

    return action


def upload_file(server: dict[str, str], repository: str, source: str, pre_sign: bool, force: bool) -> child.Action:
    """Upload a local file; forced writes travel in one piece."""
    branch = Repository(repository, client(**server)).branch("main")

    def action() -> int:
        branch.object("large").upload(Path(source), pre_sign=pre_sign, force=force or None)
        return Path(source).stat().st_size

    return action


def download_file(server: dict[str, str], repository: str, target: str, pre_sign: bool) -> child.Action:
    """Download into a local file; counts bytes."""
    branch = Repository(repository, client(**server)).branch("main")
    return lambda: branch.download_file("large", target, pre_sign=pre_sign)


def upload_async(server: dict[str, str], repository: str, source: str) -> child.Action:
    """Upload a local file in presigned parts, in an event loop."""

    async def action() -> int:
        async with _branch(server, repository) as branch:
            stored = await branch.object("large").upload(Path(source), pre_sign=True)
            return (await stored.stat()).size_bytes or 0

    return lambda: asyncio.run(action())


def download_async(server: dict[str, str], repository: str, target: str, pre_sign: bool) -> child.Action:
    """Download into a local file, in an event loop; counts bytes."""

    async def action() -> int:
        async with _branch(server, repository) as branch:
            return await branch.download_file("large", target, pre_sign=pre_sign)

    return lambda: asyncio.run(action())


if __name__ == "__main__":
    child.serve(
        {
            case.__name__: case
            for case in (
                list_objects, parse, create, write_small, read_small, read_many, commit_merge, write_loop, read_loop,
                upload_file, upload_async, download_file, download_async,
            )
        }
    )  # fmt: skip
