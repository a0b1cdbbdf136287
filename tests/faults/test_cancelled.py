"""R29: a task that is cancelled at any request ends at once, keeps what it must, and leaves a client that works."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from catchment.core.inprocess import AsyncInProcessEngine
from catchment.local import Fault

from tests.faults._async.lakefs_work import LakeFSScene, scene
from tests.faults._async.scenes import Workflow
from tests.faults._async.test_matrix import workflow_id
from tests.faults._async.works import WORKFLOWS
from tests.faults.stage import connections_out

REQUESTS = 6
# A writer that is left brings its lines to the server first, however long that takes it.
OF_RECORDS = [one for one in WORKFLOWS if "lakefs" not in one.services and not one.in_background]


async def transact(here: LakeFSScene) -> None:
    """Write two objects in a transaction."""
    async with here.main.transaction(commit_message="all or nothing") as tx:
        await tx.upload(b"1", "tx/1")
        await tx.upload(b"2", "tx/2")


@pytest.mark.parametrize("request_number", range(1, REQUESTS + 1))
async def test_a_cancelled_transaction_is_whole_or_undone(request_number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Main holds both objects or neither, the branch that stayed is listed, and the same client does it again."""
    reached = asyncio.Event()
    seen = 0
    send = AsyncInProcessEngine.send

    async def stuck(self: AsyncInProcessEngine, *arguments: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == request_number:
            reached.set()
            await asyncio.Event().wait()
        return await send(self, *arguments)

    async with scene(presign=False) as here:
        with monkeypatch.context() as patched:
            patched.setattr(AsyncInProcessEngine, "send", stuck)
            task = asyncio.ensure_future(transact(here))
            await asyncio.wait_for(reached.wait(), 5)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(task, 5)

        assert [item.path async for item in here.main.objects(prefix="tx/")] in ([], ["tx/1", "tx/2"])
        for left in await here.repo.leftover_transactions().to_list():
            await left.delete()
        await here.main.upload(b"x", "next")
        assert await here.main.download("next") == b"x"


async def test_a_cancelled_block_says_where_its_work_is() -> None:
    """The cancellation goes on, and its note names the branch."""
    async with scene(presign=False) as here:
        with pytest.raises(asyncio.CancelledError) as caught:
            async with here.main.transaction(commit_message="never") as tx:
                await tx.upload(b"1", "tx/1")
                raise asyncio.CancelledError
        assert tx.id in caught.value.__notes__[0]
        assert [branch.id async for branch in here.repo.leftover_transactions()] == [tx.id]


@pytest.mark.parametrize("workflow", OF_RECORDS, ids=workflow_id)
@pytest.mark.parametrize("nth", [1, 3])
async def test_a_cancelled_task_gives_its_connections_back(workflow: Workflow, nth: int) -> None:
    """While the server is silent on one of several requests: at once, and without a connection less in the pool."""
    async with workflow.scene(served=True) as here:
        await workflow.prepare(here)
        here.begin()
        here.stack.faults.add(Fault("stall", service=here.service, nth=nth, seconds=5.0))
        task = asyncio.ensure_future(workflow.work(here))
        async with asyncio.timeout(5):
            while here.stack.faults.pending:  # noqa: ASYNC110 - the server, in another thread, has no event of ours
                await asyncio.sleep(0.001)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert connections_out(here.client.api) == 0
        await workflow.law(here)
