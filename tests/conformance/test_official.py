"""lakeFS's own package against the local stack, and beside ours: what the one writes the other reads."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from catchment import lakefs
from catchment.local import Stack
from catchment.local.server import Running

from tests.conformance.conftest import SOURCE, filled
from tests.lakefs.doubles import place_of

HERE = Path(__file__).parent
BYTES = bytes(range(256)) * 3


@pytest.fixture
def running() -> Iterator[Running]:
    """A stack on loopback ports."""
    with filled(Stack()) as stack, stack.serve() as served:
        yield served


def run(python: str, running: Running, script: str, *arguments: str) -> Any:
    """Run a script of the other side; its last line of output is JSON."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("LAKECTL_", "PYTHON", "COVERAGE"))
    }
    done = subprocess.run(
        [python, "-I", str(HERE / script), *arguments],
        env=kept | running.environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def repo(running: Running) -> Iterator[lakefs.Repository]:
    """A repository, by our client."""
    with lakefs.Client(**place_of(running)) as client:
        yield lakefs.repository("shared", client).create("s3://lake/shared")


def test_the_local_stack_passes_for_lakefs(official: str, running: Running) -> None:
    """A working day of the official package goes through: the stack is no friend of our client alone."""
    report = run(official, running, "official_lakefs_workflow.py", "s3://lake/day", SOURCE)
    assert report["failed"] == {}
    assert len(report["passed"]) >= 17


def test_ours_reads_what_theirs_wrote(official: str, running: Running, repo: lakefs.Repository) -> None:
    """Bytes, text, metadata, commits, tags and what is staged."""
    told = run(official, running, "official_lakefs_side.py", "write", repo.id)
    branch = repo.branch("theirs")
    head = branch.get_commit()
    assert (head.id, head.message, head.metadata) == (told["commit"], "by the official package", {"by": "them"})
    assert repo.tag("theirs-1").get_commit() == head
    assert [item.path for item in branch.objects()] == ["direct/ü +&%.bin", "empty", "signed.bin", "staged", "text.txt"]
    for path, road in (("direct/ü +&%.bin", "direct"), ("signed.bin", "signed")):
        facts = branch.stat_object(path)
        assert (facts.size_bytes, facts.metadata) == (len(BYTES), {"road": road})
        assert [branch.download(path, pre_sign=pre_sign) for pre_sign in (False, True)] == [BYTES] * 2
    assert branch.stat_object("signed.bin").content_type == "text/csv"
    assert branch.download("empty") == b""
    with branch.open("text.txt", "r") as file:
        assert file.readlines() == ["zwölf Boxkämpfer\n", "zweite Zeile\n"]
    assert [change.path for change in branch.uncommitted()] == ["staged"]


def test_theirs_reads_what_ours_wrote(official: str, running: Running, repo: lakefs.Repository) -> None:
    """Either road, small and in parts, metadata in lower case, commits with theirs."""
    branch = repo.branch("ours").create("main")
    branch.upload(BYTES, "direct/ü +&%.bin", pre_sign=False, content_type="image/x-odd", metadata={"Road": "direct"})
    branch.upload(BYTES, "signed.bin", pre_sign=True, metadata={"Road": "signed"})
    branch.upload(b"", "empty")
    with branch.open("text.txt", "w", metadata={"k": "v"}) as file:
        file.write("zwölf\n")
        file.write("Boxkämpfer\n")
    commit = branch.commit("by this package", metadata={"by": "us"})
    repo.tag("ours-1").create(branch)
    branch.object("empty").delete()

    told = run(official, running, "official_lakefs_side.py", "read", repo.id)
    assert (told["head"], told["message"], told["metadata"]) == (commit.id, "by this package", {"by": "us"})
    assert told["tags"] == ["ours-1"]
    assert told["uncommitted"] == [["removed", "empty"]]
    md5 = hashlib.md5(BYTES, usedforsecurity=False).hexdigest()
    text = "zwölf\nBoxkämpfer\n".encode()
    binary = {"size": len(BYTES), "md5": md5, "hex": [BYTES.hex()]}
    assert told["objects"] == {
        "direct/ü +&%.bin": {**binary, "type": "image/x-odd", "metadata": {"road": "direct"}},
        "signed.bin": {**binary, "type": "application/octet-stream", "metadata": {"road": "signed"}},
        "text.txt": {
            "size": len(text),
            "md5": hashlib.md5(text, usedforsecurity=False).hexdigest(),
            "type": "application/octet-stream",
            "metadata": {"k": "v"},
            "hex": [text.hex()],
        },
    }
