"""Random schedules of faults: a seed that fails replays exactly.

`CATCHMENT_FAULT_SEEDS=10000` runs so many in place of the usual ones.
"""

from __future__ import annotations

import os
import random

import pytest
from catchment.core.errors import CatchmentError, OutcomeUnknownError
from catchment.lakefs.exceptions import TransactionException
from catchment.local import Fault

from tests.faults._async import lakefs_work
from tests.faults._async.scenes import outcome, single
from tests.faults._async.works import WORKFLOWS
from tests.faults.kinds import SCHEDULED

SEEDS = int(os.environ.get("CATCHMENT_FAULT_SEEDS", "150"))


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_whatever_goes_wrong_work_is_whole_or_refused(seed: int) -> None:
    """With several faults at random requests the work is done once and as a whole, or an error of ours says it is not.

    An error that is not `OutcomeUnknownError` leaves nothing half done: after it, the same work can be done, once.
    """
    chance = random.Random(seed)
    workflow = chance.choice(lakefs_work.WORKFLOWS)
    async with workflow.scene() as here:
        await workflow.prepare(here)
        here.begin()
        for _ in range(chance.randint(2, 5)):
            service = chance.choice(workflow.services)
            here.stack.faults.add(Fault(service=service, nth=chance.randint(1, 8), **chance.choice(SCHEDULED)))
        try:
            await workflow.work(here)
        except OutcomeUnknownError as unknown:
            assert unknown.hint
            return
        except TransactionException as kept:
            assert kept.branch is not None or "no changes" in str(kept)
            return
        except CatchmentError:
            if here.applied("commit") or here.applied("mergeIntoBranch") or here.applied("createBranch"):
                return  # a later step failed; what was done is in the ledger once, as the counts below would show
            here.stack.faults.clear()
            if workflow.name in {"upload direct", "upload presigned"}:
                await here.main.reset_changes()
            await workflow.work(here)
        here.stack.faults.clear()
        await workflow.check(here)


@pytest.mark.parametrize("seed", range(2 * SEEDS))
async def test_what_was_reported_done_is_done_once(seed: int) -> None:
    """However many faults strike, what was reported done is there, nothing is there twice, and errors are ours."""
    chance = random.Random(seed)
    workflow = chance.choice(WORKFLOWS)
    async with workflow.scene() as here:
        await workflow.prepare(here)
        here.begin()
        for _ in range(chance.randint(2, 8)):
            service = chance.choice(workflow.services)
            here.stack.faults.add(Fault(service=service, nth=chance.randint(1, 12), **chance.choice(SCHEDULED)))
        error = await outcome(workflow, here)
        here.stack.faults.clear()
        if error is None:
            await workflow.check(here)
        else:
            assert all(isinstance(one, CatchmentError) for one in single(error)), repr(error)
            assert all(one.hint for one in single(error) if isinstance(one, OutcomeUnknownError))
        await workflow.law(here)
