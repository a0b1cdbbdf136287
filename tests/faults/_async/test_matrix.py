"""The fault matrix: each fault at each request of each workflow; nothing is lost, nothing is done twice."""

from __future__ import annotations

from typing import Any

import pytest
from catchment.core.errors import CatchmentError, ResponseError, UnauthenticatedError
from catchment.local import Fault

from tests.faults._async.scenes import Scene, Workflow, is_doubt, outcome, single
from tests.faults._async.works import WORKFLOWS
from tests.faults.kinds import SURVIVED, UNAPPLIED

MOST = 80
PATIENCE = 60.0
"""Seconds, of time that only waits move, in which a workflow with one fault must end."""


def workflow_id(workflow: Workflow) -> str:
    """Name a workflow in a test id."""
    return workflow.name


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=workflow_id)
@pytest.mark.parametrize("row", SURVIVED)
async def test_one_fault_at_any_request_changes_nothing(workflow: Workflow, row: str) -> None:
    """Whichever request is struck once, the work is done as a whole and once; or, where nobody can know, it says so."""
    for service in workflow.services:
        for nth in range(1, MOST):
            async with workflow.scene() as here:
                hit, error = await struck(here, workflow, Fault(service=service, nth=nth, **SURVIVED[row]))
                if not hit:
                    break
                if error is None:
                    await workflow.check(here)
                else:
                    assert row not in UNAPPLIED
                    assert all(is_doubt(one, workflow) for one in single(error)), repr(error)
                await workflow.law(here)
        else:
            pytest.fail(f"more than {MOST} requests: the workflow does not end")
        assert nth > 1, "no request was struck, so nothing was tested"


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=workflow_id)
@pytest.mark.parametrize("applied", [False, True], ids=["not applied", "applied"])
async def test_a_page_in_place_of_an_answer_is_never_taken_for_it(workflow: Workflow, applied: bool) -> None:
    """R14: a login page with status 200 is survived or raised; it is no object, no listing and no success."""
    for service in workflow.services:
        for nth in range(1, MOST):
            async with workflow.scene() as here:
                hit, error = await struck(here, workflow, Fault("html", service=service, nth=nth, applied=applied))
                if not hit:
                    break
                if error is None:
                    await workflow.check(here)
                else:
                    assert all(isinstance(one, ResponseError) or is_doubt(one, workflow) for one in single(error))
                await workflow.law(here)
        assert nth > 1, "no request was struck, so nothing was tested"


async def struck(here: Scene, workflow: Workflow, fault: Fault) -> tuple[bool, CatchmentError | None]:
    """Do the work with one fault planned; say whether it struck, and what was raised."""
    await workflow.prepare(here)
    here.begin()
    here.stack.faults.add(fault)
    began = here.time.monotonic()
    error = await outcome(workflow, here)
    assert here.time.monotonic() - began < PATIENCE
    missed = bool(here.stack.faults.pending)
    here.stack.faults.clear()
    if error is not None and (missed or not isinstance(error, CatchmentError)):
        raise error
    return not missed, error  # type: ignore[return-value]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=workflow_id)
async def test_an_outage_is_an_error_and_leaves_a_client_that_works(workflow: Workflow) -> None:
    """While every request fails the call raises one of our errors; afterwards the same client does the work."""
    async with workflow.scene() as here:
        waits = await refused(here, workflow, {"kind": "status", "status": 503})
        errors = here.results["errors"]
        assert waits or all(is_doubt(one, workflow) for one in errors), "an outage is worth waiting for"
        assert all(one.retryable or one.__cause__ is not None for one in errors)
        here.begin()
        await workflow.work(here)
        await workflow.check(here)
        await workflow.law(here)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=workflow_id)
async def test_refused_credentials_are_not_tried_again(workflow: Workflow) -> None:
    """R17: credentials that the server refuses are final at once, and show nowhere in the error."""
    async with workflow.scene() as here:
        waits = await refused(here, workflow, {"kind": "status", "status": 401})
        for error in here.results["errors"]:
            cause = error if isinstance(error, UnauthenticatedError) else error.__cause__
            assert isinstance(cause, UnauthenticatedError)
            assert here.secret not in repr(error) + str(error)
        assert waits == []


async def refused(here: Scene, workflow: Workflow, fault: dict[str, Any]) -> list[float]:
    """Do the work while every request fails; keep the errors, and return how long was waited between requests."""
    await workflow.prepare(here)
    here.begin()
    here.stack.faults.add(*(Fault(service=service, count=1000, **fault) for service in workflow.services))
    earlier = len(here.time.waits)
    error = await outcome(workflow, here)
    here.stack.faults.clear()
    assert isinstance(error, CatchmentError)
    here.results["errors"] = list(single(error))
    return here.time.waits[earlier:]
