"""V3IO's client for Go: its own tests against the local stack, and one consumer group of both languages."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from catchment import v3io
from catchment.local import Stack, V3IOOptions

OFFICIAL = "CATCHMENT_OFFICIAL_V3IO_GO"
MODULE = Path(__file__).parent / "go"
SUITES = "github.com/v3io/v3io-go/pkg/dataplane/test"


@pytest.fixture(scope="session")
def go() -> str:
    """The Go tool, with the modules of `tests/conformance/go` at hand."""
    found = os.environ.get(OFFICIAL, "")
    if not found:
        pytest.skip(f"{OFFICIAL} names no Go tool; `nox -s conformance` does where there is one")
    assert Path(found).is_file(), f"{OFFICIAL}={found!r} is no program"
    return found


def outcomes(output: str) -> dict[str, str]:
    """Return what became of each test."""
    events = (json.loads(line) for line in output.splitlines() if line.startswith("{"))
    return {
        each["Test"]: each["Action"] for each in events if "Test" in each and each["Action"] in ("pass", "fail", "skip")
    }


@pytest.mark.slow
def test_its_own_tests_pass(go: str) -> None:
    """All but those that back streams up chunk by chunk, which the stack answers with 501."""
    options = V3IOOptions(username="ann", password="pass", administrator=True)
    with Stack(v3io=options) as stack, stack.serve(only=["v3io"]) as running:
        place = {
            "V3IO_DATAPLANE_URL": running.endpoints["v3io"],
            "V3IO_DATAPLANE_ACCESS_KEY": running.environment["V3IO_ACCESS_KEY"],
            "V3IO_DATAPLANE_USERNAME": "ann",
            "V3IO_DATAPLANE_PASSWORD": "pass",
        }
        done = subprocess.run(
            [go, "test", "-json", "-count=1", "-run", "TestSyncSuite|TestAsyncSuite", SUITES],
            cwd=MODULE, env=os.environ | place, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
    told = outcomes(done.stdout)
    failed = {name for name, action in told.items() if action == "fail"}
    assert failed == {"TestSyncSuite", *(f"TestSyncSuite/TestStream{more}" for more in ("", "#01", "#02"))}, done.stderr
    assert done.stdout.count("GetItems with ReturnData is not implemented") >= 3
    assert sum(action == "pass" for action in told.values()) >= 24


class GoMember:
    """A member of a consumer group, in a process of its own; `records` has shard, sequence number and data."""

    def __init__(self, program: Path, *arguments: str) -> None:
        self.records: list[tuple[int, int, str]] = []
        self.shards: list[int] | None = None
        self._process = subprocess.Popen(
            [str(program), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told: dict[str, Any] = json.loads(line)
            if "shards" in told:
                self.shards = told["shards"]
            else:
                self.records.append((told["shard"], told["sequence"], told["data"]))

    def leave(self) -> int:
        """End it and return its exit status."""
        self._process.communicate(timeout=30)
        self._thread.join(30)
        return self._process.returncode

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait(30)


@pytest.fixture(scope="session")
def program(go: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The member in Go."""
    target = tmp_path_factory.mktemp("go") / "member"
    subprocess.run([go, "build", "-o", str(target), "."], cwd=MODULE, check=True, timeout=300)
    return target


@pytest.fixture
def stream() -> Iterator[tuple[v3io.Client, list[str]]]:
    """Our client with a stream of eight shards, and the arguments that bring a member in Go into its group."""
    with Stack() as stack, stack.serve(only=["v3io"]) as running:
        key = running.environment["V3IO_ACCESS_KEY"]
        with v3io.Client(endpoint=running.endpoints["v3io"], access_key=key) as client:
            client.stream.create("users", "departures", shard_count=8)
            yield client, [running.endpoints["v3io"], key, "users", "departures/", "group", "2"]


def put(client: v3io.Client, label: str) -> set[tuple[int, str]]:
    """Put forty records into each shard; return them."""
    records = [{"shard_id": shard, "data": f"{label}-{number}"} for number in range(40) for shard in range(8)]
    client.stream.put_records("users", "departures", records)
    return {(each["shard_id"], each["data"]) for each in records}


def wait_for(what: str, holds: Any, seconds: float = 30.0) -> None:
    """Wait for the other process."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"no {what} within {seconds} s"
        time.sleep(0.05)


@pytest.mark.slow
def test_members_of_both_languages_share_a_group(program: Path, stream: tuple[v3io.Client, list[str]]) -> None:
    """Each reads half of the shards; when one leaves, the other language goes on where it stopped: nothing twice."""
    client, place = stream
    group = client.stream.consumer_group("users", "departures", "group", max_replicas=2)
    first = put(client, "first")
    theirs = GoMember(program, *place)
    try:
        wait_for("shards", lambda: theirs.shards is not None)
        with group.member() as ours:
            read = [(each.shard_id, each.data.decode()) for each in ours.records(idle=2)]
            assert sorted((*ours.shards, *(theirs.shards or ()))) == list(range(8))
            assert len(ours.shards) == len(theirs.shards or ()) == 4
        wait_for("records", lambda: len(theirs.records) >= 160)
        assert theirs.leave() == 0
    finally:
        theirs.kill()
    both = [*read, *((shard, data) for shard, _, data in theirs.records)]
    assert (len(both), set(both)) == (320, first)

    second = put(client, "second")
    with group.member(wait=20) as one, group.member(wait=20) as other:
        again = [(each.shard_id, each.data.decode()) for member in (one, other) for each in member.records(idle=2)]
        assert len(one.shards) == len(other.shards) == 4
    assert (len(again), set(again)) == (320, second)
