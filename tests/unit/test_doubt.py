"""What follows a lost reply: look, then send again, never more often than the policy says."""

from __future__ import annotations

import pytest
from catchment.core._sync.doubt import settle
from catchment.core.config import Retry
from catchment.core.errors import NetworkError, OutcomeUnknownError, ServerError
from catchment.testing import no_waiting


class Server:
    """Fails as planned; notes what it was asked."""

    def __init__(self, *outcomes: object) -> None:
        self.outcomes = list(outcomes)
        self.sent = 0

    def send(self) -> object:
        """Return the next planned outcome, or raise it."""
        self.sent += 1
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def lost(cause: Exception | None = None) -> OutcomeUnknownError:
    """Return what a lost reply is raised as."""
    unknown = OutcomeUnknownError("sent, and nobody knows")
    unknown.__cause__ = cause
    return unknown


def test_what_looking_finds_is_the_result() -> None:
    """An applied request is not sent again."""
    server = Server(lost())
    with no_waiting():
        assert settle(server.send, lambda: "found", Retry()) == "found"
    assert server.sent == 1


def test_what_was_not_applied_is_sent_again_after_a_pause() -> None:
    """Nothing found means nothing was done."""
    server = Server(lost(), lost(), "done")
    with no_waiting() as waits:
        assert settle(server.send, lambda: None, Retry()) == "done"
    assert (server.sent, len(waits)) == (3, 2)


@pytest.mark.parametrize("attempts", [1, 2, 4])
def test_the_policy_is_the_limit(attempts: int) -> None:
    """One request means one; the last failure is raised as itself, because looking showed that nothing was applied."""
    server = Server(*(lost(ServerError("busy", status=503)) for _ in range(9)))
    with no_waiting(), pytest.raises(ServerError, match="busy"):
        settle(server.send, lambda: None, Retry(attempts=attempts))
    assert server.sent == attempts


def test_a_look_that_fails_leaves_the_doubt() -> None:
    """The error says that the server could not be asked either."""

    def look() -> None:
        raise NetworkError("no route")

    with no_waiting(), pytest.raises(OutcomeUnknownError) as caught:
        settle(Server(lost()).send, look, Retry())
    assert "no route" in (caught.value.hint or "")


def test_a_look_that_cannot_tell_is_believed() -> None:
    """Its own error is the better one."""

    def look() -> None:
        raise OutcomeUnknownError("two of them are there")

    with no_waiting(), pytest.raises(OutcomeUnknownError, match="two of them"):
        settle(Server(lost()).send, look, Retry())
