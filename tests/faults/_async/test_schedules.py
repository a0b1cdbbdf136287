"""Random schedules of faults: a seed that fails replays exactly."""

from __future__ import annotations

import random

import pytest
from catchment.core.errors import CatchmentError, OutcomeUnknownError
from catchment.lakefs.exceptions import TransactionException
from catchment.local import Fault
from catchment.testing import no_waiting

from tests.faults._async.workflows import WORKFLOWS, scene

SEEDS = 150
KINDS = (
    {"kind": "reset"},
    {"kind": "reset", "applied": True},
    {"kind": "status", "status": 500, "applied": True},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 429},
    {"kind": "cut", "after_bytes": 3},
    {"kind": "stall", "seconds": 60.0, "applied": True},
    {"kind": "html", "applied": True},
)


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_whatever_goes_wrong_work_is_whole_or_refused(seed: int) -> None:
    """With several faults at random requests the work is done once and as a whole, or an error of ours says it is not.

    An error that is not `OutcomeUnknownError` leaves nothing half done: after it, the same work can be done, once.
    """
    chance = random.Random(seed)
    workflow = chance.choice(WORKFLOWS)
    async with scene(presign=workflow.presign) as here:
        with no_waiting():
            await workflow.prepare(here)
            here.before = len(here.stack.ledger)
            for _ in range(chance.randint(2, 5)):
                service = chance.choice(["lakefs", "objects"]) if workflow.presign else "lakefs"
                here.stack.faults.add(Fault(service=service, nth=chance.randint(1, 8), **chance.choice(KINDS)))  # type: ignore[arg-type]
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
