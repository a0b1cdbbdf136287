"""R29: Ctrl-C, or a cancelled task, at each request and in each pause: prompt, cleaned up, nothing half done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from catchment.core import clock
from catchment.local import Fault
from catchment.testing import no_waiting

from tests.faults._async.workflows import WORKFLOWS, Scene, Workflow, scene

MOST = 60
ONCE = ("commit", "mergeIntoBranch", "createBranch", "createTag", "deleteBranch", "completePresignMultipartUpload")


def workflow_id(workflow: Workflow) -> str:
    """Name a workflow in a test id."""
    return workflow.name


@contextmanager
def interrupted(here: Scene, nth: int, stop: type[BaseException], *, applied: bool) -> Iterator[list[int]]:
    """Let the nth request from here on never return: the caller is interrupted while it waits for the answer."""
    handle: Callable[..., Any] = here.stack.handle
    asked = [0]

    def strike(*request: Any) -> Any:
        asked[0] += 1
        if asked[0] != nth:
            return handle(*request)
        if applied:
            handle(*request)
        raise stop

    here.stack.handle = strike  # type: ignore[method-assign]
    try:
        yield asked
    finally:
        here.stack.handle = handle  # type: ignore[method-assign]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=workflow_id)
@pytest.mark.parametrize("applied", [False, True], ids=["not applied", "applied"])
async def test_interruption_at_any_request(
    workflow: Workflow, interruption: type[BaseException], applied: bool
) -> None:
    """It goes through as it is; afterwards nothing is asked but to clean up, and nothing is done twice."""
    for nth in range(1, MOST):
        async with scene(presign=workflow.presign) as here:
            with no_waiting():
                await workflow.prepare(here)
                here.before = len(here.stack.ledger)
                with interrupted(here, nth, interruption, applied=applied) as asked:
                    caught = await outcome(workflow, here)
            if asked[0] < nth:
                assert caught is None
                break
            assert type(caught) is interruption
            assert asked[0] <= nth + 1, "only cleaning up may ask for more"
            assert all(here.applied(operation) <= 1 for operation in ONCE)
            await nothing_is_left(here, caught)
            assert await here.main.get_commit() is not None
    else:
        pytest.fail(f"more than {MOST} requests: the workflow does not end")
    assert nth > 1


async def outcome(workflow: Workflow, here: Scene) -> BaseException | None:
    """Do the work; return what it raised."""
    try:
        await workflow.work(here)
    except BaseException as raised:  # noqa: BLE001 - interruptions are what is looked for
        return raised
    return None


async def nothing_is_left(here: Scene, caught: BaseException) -> None:
    """No parts in the store; a transaction is whole or not there, and a branch that it leaves is named."""
    begun = here.applied("createPresignMultipartUpload")
    ended = here.applied("completePresignMultipartUpload") + here.applied("abortPresignMultipartUpload")
    if begun and here.stack.store.open_uploads:
        # Interrupted before its id arrived, nobody can know of it.
        assert ended == 0
        assert here.applied("uploadPart") == 0
    paths = [item.path async for item in here.main.objects(prefix="tx/")]
    assert paths in ([], ["tx/1", "tx/2"])
    said = str(caught) + "".join(getattr(caught, "__notes__", []))
    async for left in here.repo.leftover_transactions():
        assert left.id in said


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=workflow_id)
async def test_interruption_in_a_pause(workflow: Workflow, interruption: type[BaseException]) -> None:
    """A client that waits before it repeats can be stopped at once, and works afterwards."""

    class Interrupting(clock.NoWaiting):
        def scaled(self, seconds: float) -> float:
            raise interruption

    async with scene(presign=workflow.presign) as here:
        with no_waiting():
            await workflow.prepare(here)
        here.before = len(here.stack.ledger)
        here.stack.faults.add(Fault("status", status=429))
        with clock.using(Interrupting()):
            caught = await outcome(workflow, here)
        assert type(caught) is interruption
        await nothing_is_left(here, caught)
        await workflow.work(here)
        await workflow.check(here)


def beside(file: Path) -> list[str]:
    """Return what lies in a file's folder."""
    return sorted(each.name for each in file.parent.iterdir())


@pytest.mark.parametrize("nth", [1, 2, 3])
async def test_interrupted_download_leaves_the_older_file(
    tmp_path: Path, interruption: type[BaseException], nth: int
) -> None:
    """No half of a file under its name, and no temporary file beside it."""
    target = tmp_path / "kept.bin"
    target.write_bytes(b"older")
    async with scene(presign=True) as here:
        await here.main.upload(bytes(9 * 1024 * 1024), "large", pre_sign=False)
        with interrupted(here, nth, interruption, applied=False), pytest.raises(interruption):
            await here.main.download_file("large", target)
    assert target.read_bytes() == b"older"
    assert beside(target) == ["kept.bin"]


async def test_interrupted_block_of_a_writer_uploads_nothing(interruption: type[BaseException]) -> None:
    """What was written so far is no object."""
    async with scene(presign=False) as here:

        async def half() -> None:
            async with here.main.open("half", "wb") as file:
                await file.write(b"first half")
                raise interruption

        with pytest.raises(interruption):
            await half()
        assert not await here.main.object("half").exists()
