"""The servers that the same tests run against: the local stack by both doors, and a real lakeFS where one is given.

`CATCHMENT_CONFORMANCE_LAKEFS` names a real one, with blanks in between: address, access key id, secret access key, a
storage namespace prefix that tests may fill, and optionally the URI of a folder to import from. That one holds `a.csv`
and `sub/b.csv`, of one line each: `a,1` and `b,2`. Repositories are made and deleted; the prefix keeps their data.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from catchment import lakefs
from catchment.local import Stack

from tests.lakefs.doubles import place_of

REAL = "CATCHMENT_CONFORMANCE_LAKEFS"
OFFICIAL = "CATCHMENT_OFFICIAL_LAKEFS"
SOURCE = "s3://lake-source/day/"


@dataclass(frozen=True)
class Target:
    """
    A server under test.

    Attributes:
        client: Who asks it.
        namespace: Prefix of storage namespaces that tests may use.
        source: Folder to import from; `None` where there is none.
        place: Arguments of clients that say where it is.
    """

    client: lakefs.Client
    namespace: str
    source: str | None
    place: dict[str, Any]

    def stranger(self) -> lakefs.Client:
        """Return a client whose key pair the server does not know."""
        return lakefs.Client(**self.place, username="AKIAJNOBODY", password="wrong")

    def repository(self) -> lakefs.Repository:
        """Make a repository under a name that nobody had before: namespaces are never used twice."""
        name = f"conf-{uuid.uuid4().hex[:12]}"
        return lakefs.repository(name, self.client).create(f"{self.namespace}/{name}")


def filled(stack: Stack) -> Stack:
    """Put what imports need into a stack's object store."""
    stack.store.put(SOURCE + "a.csv", b"a,1\n")
    stack.store.put(SOURCE + "sub/b.csv", b"b,2\n")
    return stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies here."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.conformance)


@pytest.fixture(scope="session", params=["in-process", "on-a-socket", "real"])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """Each server in turn."""
    if request.param == "real":
        given = os.environ.get(REAL, "").split()
        if not given:
            pytest.skip(f"{REAL} names no server")
        with lakefs.Client(host=given[0], username=given[1], password=given[2]) as client:
            yield Target(client, given[3], given[4] if len(given) > 4 else None, {"host": given[0]})
        return
    with filled(Stack()) as stack:
        if request.param == "in-process":
            with lakefs.Client(local=stack) as client:
                yield Target(client, "s3://lake", SOURCE, {"local": stack})
            return
        with stack.serve() as running:
            place = place_of(running)
            with lakefs.Client(**place) as client:
                yield Target(client, "s3://lake", SOURCE, {"host": place["host"]})


@pytest.fixture
def repo(target: Target) -> Iterator[lakefs.Repository]:
    """A fresh repository."""
    made = target.repository()
    yield made
    made.delete()


@pytest.fixture
def main(repo: lakefs.Repository) -> lakefs.Branch:
    """Its default branch."""
    return repo.branch("main")


@pytest.fixture(scope="session")
def official() -> str:
    """The interpreter of an environment that has lakeFS's own package."""
    python = os.environ.get(OFFICIAL, "")
    if not python and not os.environ.get("CI"):
        pytest.skip(f"{OFFICIAL} names no interpreter with the `lakefs` package; `nox -s conformance` makes one")
    assert Path(python).is_file(), f"{OFFICIAL}={python!r} is no interpreter"
    return python
