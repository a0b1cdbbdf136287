"""R29: Ctrl-C, or a cancelled task, at each request and in each pause: prompt, cleaned up, nothing half done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from catchment.core import clock
from catchment.local import Fault

from tests.faults._async.scenes import Scene, Workflow, outcome
from tests.faults._async.works import WORKFLOWS
from tests.faults.stopping import stopper

MOST = 80
STOPPABLE = [one for one in WORKFLOWS if not one.in_background]


def workflow_id(workflow: Workflow) -> str:
    """Name a workflow in a test id."""
    return workflow.name


@contextmanager
def interrupted(here: Scene, nth: int, stop: type[BaseException], *, applied: bool) -> Iterator[list[int]]:
    """Let the nth request from here on never return: the caller is interrupted while it waits for the answer."""
    handle: Callable[..., Any] = here.stack.handle
    asked = [0]
    interrupt = stopper(stop)

    def strike(*request: Any) -> Any:
        asked[0] += 1
        if asked[0] != nth:
            return handle(*request)
        if applied:
            handle(*request)
        return interrupt()

    here.stack.handle = strike  # type: ignore[method-assign]
    try:
        yield asked
    finally:
        here.stack.handle = handle  # type: ignore[method-assign]


@pytest.mark.parametrize("workflow", STOPPABLE, ids=workflow_id)
@pytest.mark.parametrize("applied", [False, True], ids=["not applied", "applied"])
async def test_interruption_at_any_request(
    workflow: Workflow, interruption: type[BaseException], applied: bool
) -> None:
    """It goes through as it is; afterwards nothing is asked but to clean up, and nothing is done twice."""
    for nth in range(1, MOST):
        async with workflow.scene() as here:
            await workflow.prepare(here)
            here.begin()
            with interrupted(here, nth, interruption, applied=applied) as asked:
                caught = await outcome(workflow, here)
            if asked[0] < nth:
                assert caught is None
                break
            assert type(caught) is interruption
            if workflow.tidying is not None:
                assert asked[0] <= nth + workflow.tidying, "only cleaning up may ask for more"
            here.results["caught"] = caught
            await workflow.law(here)
    else:
        pytest.fail(f"more than {MOST} requests: the workflow does not end")
    assert nth > 1


@pytest.mark.parametrize("workflow", STOPPABLE, ids=workflow_id)
async def test_interruption_in_a_pause(workflow: Workflow, interruption: type[BaseException]) -> None:
    """A client that waits before it repeats can be stopped at once, and works afterwards."""
    async with workflow.scene() as here:
        interrupt = stopper(interruption)

        class Interrupting(clock.ManualClock):
            def scaled(self, seconds: float) -> float:
                interrupt()

        await workflow.prepare(here)
        here.begin()
        here.stack.faults.add(Fault("status", service=here.service, status=429))
        with clock.using(Interrupting(here.time.now())):
            caught = await outcome(workflow, here)
        assert type(caught) is interruption
        here.results["caught"] = caught
        await workflow.law(here)
        if workflow.tidying is None:
            return  # others of its requests were carried out
        here.begin()
        await workflow.work(here)
        await workflow.check(here)
