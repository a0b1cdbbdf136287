"""What is measured of the official `lakefs` package, as its users write it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import child
from lakefs import Repository
from lakefs.client import Client
from lakefs.models import CommonPrefix, ObjectInfo
from lakefs_sdk import ApiClient

DATA = b"x" * 1024


@lru_cache
def client(host: str, key: str, secret: str) -> Client:
    """Return the client of one server, which stays connected from one run to the next."""
    return Client(host=host, username=key, password=secret)


def list_objects(server: dict[str, str], page: int | None = None) -> child.Action:
    """List a branch and look at each object's path and size; `page` is the package's own choice if left out."""
    ref = Repository("listing", client(**server)).ref("main")
    options = {} if page is None else {"amount": page}
    return lambda: sum(1 for item in ref.objects(**options) if item.path and item.size_bytes)


def parse(body: str) -> child.Action:
    """Make objects of one page that has arrived."""
    api = ApiClient()

    class Answer:
        data = body.encode()

    def action() -> int:
        page = api.deserialize(Answer, "ObjectStatsList")
        return len([(ObjectInfo if r.path_type == "object" else CommonPrefix)(**r.dict()) for r in page.results])

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
    """Read them from several threads, which is what this package offers."""
    branch = Repository(repository, client(**server)).branch("main")

    def one(number: int) -> bool:
        return len(branch.object(f"small/{number}").reader().read()) == 1024

    def action() -> int:
        with ThreadPoolExecutor(at_once) as pool:
            return sum(pool.map(one, range(count)))

    return action


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


def write_loop(server: dict[str, str], repository: str, size: int) -> child.Action:
    """Write one large object through a file, 1 MiB at a time; counts bytes."""
    branch = Repository(repository, client(**server)).branch("main")
    piece = bytes(1 << 20)

    def action() -> int:
        with branch.object("large").writer(mode="wb") as file:
            return sum(file.write(piece) or len(piece) for _ in range(size >> 20))

    return action


def read_loop(server: dict[str, str], repository: str, pre_sign: bool) -> child.Action:
    """Read a large object through a file, 1 MiB at a time; counts bytes."""
    branch = Repository(repository, client(**server)).branch("main")

    def action() -> int:
        with branch.object("large").reader(pre_sign=pre_sign) as file:
            return sum(len(piece) for piece in iter(lambda: file.read(1 << 20), b""))

    return action


if __name__ == "__main__":
    child.serve(
        {
            case.__name__: case
            for case in (
                list_objects, parse, create, write_small, read_small, read_many, commit_merge, write_loop, read_loop
            )
        }
    )  # fmt: skip
