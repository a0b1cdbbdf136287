"""The fault matrix: each fault at each request of each workflow; nothing is lost, nothing is done twice."""

from __future__ import annotations

import pytest
from catchment.core.errors import CatchmentError, ResponseError, UnauthenticatedError
from catchment.local import Fault
from catchment.testing import no_waiting

from tests.faults._async.workflows import WORKFLOWS, Scene, Workflow, scene

SURVIVED = {
    "R03 reset before it was applied": {"kind": "reset"},
    "R04 reset after it was applied": {"kind": "reset", "applied": True},
    "R07 stall": {"kind": "stall", "seconds": 60.0},
    "R08 body cut": {"kind": "cut", "after_bytes": 1},
    "R19 429 with Retry-After": {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}},
    "R20 500, not applied": {"kind": "status", "status": 500},
    "R20 502": {"kind": "status", "status": 502, "body": b"<html>bad gateway</html>"},
    "R21 503": {"kind": "status", "status": 503},
    "R21 503 with Retry-After": {"kind": "status", "status": 503, "headers": {"Retry-After": "2"}},
    "R22 applied, then 500": {"kind": "status", "status": 500, "applied": True},
    "R23 408": {"kind": "status", "status": 408},
}
MOST = 60


def workflow_id(workflow: Workflow) -> str:
    """Name a workflow in a test id."""
    return workflow.name


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=workflow_id)
@pytest.mark.parametrize("fault", SURVIVED.values(), ids=SURVIVED.keys())
async def test_one_fault_at_any_request_changes_nothing(workflow: Workflow, fault: dict[str, object]) -> None:
    """Whichever request is struck once, the work is done as a whole and once."""
    for service in ("lakefs", "objects") if workflow.presign else ("lakefs",):
        for nth in range(1, MOST):
            async with scene(presign=workflow.presign) as here:
                if not await struck(here, workflow, Fault(service=service, nth=nth, **fault)):  # type: ignore[arg-type]
                    break
                await workflow.check(here)
        else:
            pytest.fail(f"more than {MOST} requests: the workflow does not end")
        assert nth > 1, "no request was struck, so nothing was tested"


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=workflow_id)
@pytest.mark.parametrize("applied", [False, True], ids=["not applied", "applied"])
async def test_a_page_in_place_of_an_answer_is_never_taken_for_it(workflow: Workflow, applied: bool) -> None:
    """R14: a login page with status 200 is survived or raised; it is no object, no listing and no success."""
    for service in ("lakefs", "objects") if workflow.presign else ("lakefs",):
        for nth in range(1, MOST):
            async with scene(presign=workflow.presign) as here:
                try:
                    hit = await struck(here, workflow, Fault("html", service=service, nth=nth, applied=applied))
                except ResponseError:
                    continue
                if not hit:
                    break
                await workflow.check(here)
        assert nth > 1, "no request was struck, so nothing was tested"


async def struck(here: Scene, workflow: Workflow, fault: Fault) -> bool:
    """Do the work with one fault planned; say whether it struck."""
    with no_waiting():
        await workflow.prepare(here)
        here.before = len(here.stack.ledger)
        here.stack.faults.add(fault)
        await workflow.work(here)
    missed = bool(here.stack.faults.pending)
    here.stack.faults.clear()
    return not missed


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=workflow_id)
async def test_an_outage_is_an_error_and_leaves_a_client_that_works(workflow: Workflow) -> None:
    """While every request fails the call raises one of our errors; afterwards the same client does the work."""
    async with scene(presign=workflow.presign) as here:
        with no_waiting():
            await workflow.prepare(here)
        here.before = len(here.stack.ledger)
        here.stack.faults.add(Fault("status", status=503, count=1000))
        with no_waiting() as waits, pytest.raises(CatchmentError) as caught:
            await workflow.work(here)
        assert caught.value.retryable or caught.value.__cause__ is not None
        assert waits, "an outage is worth waiting for"
        here.stack.faults.clear()
        here.before = len(here.stack.ledger)
        await workflow.work(here)
        await workflow.check(here)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=workflow_id)
async def test_refused_credentials_are_not_tried_again(workflow: Workflow) -> None:
    """R17: a key pair that the server refuses is final at once, and shows nowhere in the error."""
    async with scene(presign=False) as here:
        with no_waiting():
            await workflow.prepare(here)
        secret = here.stack.lakefs.environment["LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY"]
        here.stack.faults.add(Fault("status", status=401, count=1000))
        with no_waiting() as waits, pytest.raises(CatchmentError) as caught:
            await workflow.work(here)
        cause = caught.value if isinstance(caught.value, UnauthenticatedError) else caught.value.__cause__
        assert isinstance(cause, UnauthenticatedError)
        assert waits == []
        assert secret not in repr(caught.value) + str(caught.value)


@pytest.mark.parametrize("status", [400, 404, 409, 412, 422, 501, 507])
async def test_a_plain_no_is_asked_once(status: int) -> None:
    """R16, R23: an answer that a repetition does not change is raised after one request."""
    async with scene(presign=False) as here:
        here.stack.faults.add(Fault("status", status=status, count=1000, body=b'{"message": "no"}'))
        with no_waiting() as waits, pytest.raises(CatchmentError) as caught:
            await here.main.get_commit()
        assert (caught.value.status, caught.value.attempts, waits) == (status, 1, [])


@pytest.mark.parametrize(
    ("header", "waited"),
    [("3", 3.0), ("junk", None), ("Wed, 21 Oct 2015 07:28:00 GMT", None), ("59", 59.0)],
    ids=["seconds", "junk", "past", "long"],
)
async def test_what_the_server_asks_is_waited(header: str, waited: float | None) -> None:
    """R19: `Retry-After` is obeyed; junk and the past leave the computed pause."""
    async with scene(presign=False) as here:
        here.stack.faults.add(Fault("status", status=429, headers={"Retry-After": header}))
        with no_waiting() as waits:
            await here.main.get_commit()
        assert len(waits) == 1
        assert waits == [waited] if waited is not None else waits[0] <= 1.0


async def test_a_server_that_asks_for_an_hour_is_believed_at_once() -> None:
    """R19: longer than is allowed to wait is an error that says how long."""
    from catchment.core.errors import RateLimitedError

    async with scene(presign=False) as here:
        here.stack.faults.add(Fault("status", status=429, headers={"Retry-After": "3600"}))
        with no_waiting() as waits, pytest.raises(RateLimitedError) as caught:
            await here.main.get_commit()
        assert (caught.value.retry_after, waits) == (3600.0, [])


async def test_an_import_whose_start_is_in_doubt_is_not_started_again() -> None:
    """R22 for an import: the error says what to look at, and the server was asked once."""
    from catchment.core.errors import OutcomeUnknownError

    async with scene(presign=False) as here:
        here.stack.store.put("s3://source/a", b"x")
        here.before = len(here.stack.ledger)
        here.stack.faults.add(Fault("reset", operation="importStart", applied=True))
        with no_waiting(), pytest.raises(OutcomeUnknownError, match="may have been|nobody knows") as caught:
            await here.main.import_from("s3://source/", "in/", "import").run()
        assert "log" in (caught.value.hint or "")
        assert here.applied("importStart") == 1


async def test_redirects_are_refused() -> None:
    """R34: a server that points elsewhere gets no credentials there."""
    from catchment.core.errors import RedirectRefusedError

    async with scene(presign=False) as here:
        here.stack.faults.add(Fault("redirect", location="http://127.0.0.1:1/stolen?x=1", status=307))
        with pytest.raises(RedirectRefusedError) as caught:
            await here.main.get_commit()
        assert "stolen" not in str(caught.value)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=404),
        Fault("redirect", location="http://127.0.0.1:1/", status=307),
        Fault("html", count=2),
        Fault("reset", count=9),
    ],
    ids=["plain no", "redirect", "page", "no answer"],
)
async def test_each_attempt_is_one_event(fault: Fault, caplog: pytest.LogCaptureFixture) -> None:
    """However an attempt ends, the log has it once."""
    async with scene(presign=False) as here:
        here.stack.faults.add(fault)
        caplog.set_level("DEBUG", logger="catchment")
        with no_waiting(), pytest.raises(CatchmentError) as caught:
            await here.main.get_commit()
        events = [record for record in caplog.records if "attempt " in record.getMessage().split(":")[1]]
        assert len(events) == caught.value.attempts
