"""The same faults on sockets: whatever breaks there, every call ends, and every connection is back in its pool."""

from __future__ import annotations

from typing import Any

import pytest
from catchment.core.errors import CatchmentError, OutcomeUnknownError
from catchment.local import Fault

from tests.faults._async.scenes import Scene, Workflow, outcome, single
from tests.faults._async.test_matrix import workflow_id
from tests.faults._async.works import WORKFLOWS
from tests.faults.stage import connections_out

BROKEN: dict[str, dict[str, Any]] = {
    "R04 reset": {"kind": "reset", "applied": True},
    "R05 no HTTP": {"kind": "garbage", "applied": True},
    "R08 body cut": {"kind": "cut", "after_bytes": 1},
    "R11 too short": {"kind": "wrong-length", "extra_bytes": 7},
    "R20 500": {"kind": "status", "status": 500},
}
STEP = 3
"""Of the requests of a workflow, every so many are struck."""
STRIKES = 5
SILENCE = 0.25
MANY_AT_ONCE = [one for one in WORKFLOWS if one.tidying is None or one.in_background]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=workflow_id)
@pytest.mark.parametrize("row", BROKEN)
async def test_every_connection_comes_back(workflow: Workflow, row: str) -> None:
    """With every third request struck, work ends as it should or with errors of ours, and holds no connection."""
    for first in range(1, STEP + 1):
        # Of requests that one fault has struck, those behind it know nothing.
        places = [first + number * (STEP - 1) for number in range(STRIKES)]
        async with workflow.scene(served=True) as here:
            if not await struck_often(here, workflow, [(nth, BROKEN[row]) for nth in places]):
                break
    assert first > 1, "no request was struck, so nothing was tested"


@pytest.mark.parametrize("workflow", MANY_AT_ONCE, ids=workflow_id)
async def test_silence_holds_no_connection(workflow: Workflow) -> None:
    """R07: answers that do not come are given up, with their connections, and those under way beside them are not."""
    stall = {"kind": "stall", "seconds": 3 * SILENCE, "applied": True}
    async with workflow.scene(served=True, silence=SILENCE) as here:
        assert await struck_often(here, workflow, [(2, stall), (4, stall)])


async def struck_often(here: Scene, workflow: Workflow, strikes: list[tuple[int, dict[str, Any]]]) -> bool:
    """Do the work while several requests are struck, look what it left, and say whether any was."""
    await workflow.prepare(here)
    here.begin()
    here.stack.faults.add(*(Fault(service=here.service, nth=nth, **kind) for nth, kind in strikes))
    error = await outcome(workflow, here)
    hit = len(here.stack.faults.pending) < len(strikes)
    here.stack.faults.clear()
    if error is None:
        await workflow.check(here)
    else:
        assert all(isinstance(one, CatchmentError) for one in single(error)), repr(error)
        assert all(one.hint for one in single(error) if isinstance(one, OutcomeUnknownError))
    assert connections_out(here.client.api) == 0
    await workflow.law(here)
    return hit
