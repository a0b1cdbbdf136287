"""R28: a process killed at any step of a transaction leaves its branch as it was, or wholly changed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from catchment import lakefs
from catchment.local import Stack

# Sends requests like anybody, and is gone, without any clean-up, before or after the n-th of them.
VICTIM = """
import os, signal, sys
from catchment import lakefs
from catchment.core._sync.lean import LeanEngine

die_at, before, seen, send = int(sys.argv[1]), sys.argv[2] == "before", 0, LeanEngine.send

def counted(self, *arguments):
    global seen
    seen += 1
    if seen == die_at and before:
        os.kill(os.getpid(), signal.SIGKILL)
    answer = send(self, *arguments)
    if seen == die_at:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer

LeanEngine.send = counted
with lakefs.repository("example").branch("main").transaction(commit_message="all or nothing") as tx:
    tx.upload(b"1", "tx/1", pre_sign=False)
    tx.upload(b"2", "tx/2", pre_sign=False)
"""
REQUESTS = 6
"""Branch, two uploads, commit, merge, deletion of the branch."""


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[lakefs.Repository, dict[str, str]]]:
    """Serve a repository to child processes."""
    with Stack() as stack, stack.serve() as running, lakefs.Client(local=stack) as client:
        repo = lakefs.repository("example", client=client).create("s3://bucket/example")
        yield repo, {**os.environ, **running.environment}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("request_number", range(1, REQUESTS + 2))
def test_the_branch_is_as_it_was_or_wholly_changed(
    served: tuple[lakefs.Repository, dict[str, str]], request_number: int, when: str
) -> None:
    """Readers of main see both objects or neither; a branch that stayed is listed and can be finished or dropped."""
    repo, environment = served
    command = [sys.executable, "-c", VICTIM, str(request_number), when]
    killed = subprocess.run(command, env=environment, check=False, timeout=60).returncode < 0
    assert killed == (request_number <= REQUESTS)

    main = repo.branch("main")
    assert [item.path for item in main.objects(prefix="tx/")] in ([], ["tx/1", "tx/2"])
    for left in repo.leftover_transactions():
        left.delete()
    assert repo.leftover_transactions().to_list() == []
    if main.objects(prefix="tx/").first() is not None:
        main.delete_objects(["tx/1", "tx/2"])
        main.commit("as it was")
