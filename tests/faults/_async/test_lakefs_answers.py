"""Single answers of lakeFS that are a no, a wait or a trap: each asked once, waited for, or refused."""

from __future__ import annotations

import pytest
from catchment.core.errors import CatchmentError
from catchment.local import Fault
from catchment.testing import no_waiting

from tests.faults._async.lakefs_work import scene


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
