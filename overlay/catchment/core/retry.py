"""What to do after an attempt that failed. Decides; never waits, sends or reads a clock.

The classes of operations, `core.wire.RetryClass`, say what may follow *doubt*: the request went out, and nobody knows
whether it was applied. Where there is no doubt (nothing was sent, or the answer says that nothing was done), every
class may be repeated.

    fate         A, B            C                     D
    unapplied    repeat          repeat                repeat
    doubtful     repeat          look, then decide     OutcomeUnknownError
    final        raise           raise                 raise
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from catchment.core import clock
from catchment.core.config import Retry
from catchment.core.errors import (
    CatchmentError,
    DeadlineError,
    DecodeError,
    HeaderError,
    IntegrityError,
    NetworkError,
    ResponseTooLargeError,
    StatusError,
    TLSError,
    TruncatedBodyError,
)
from catchment.core.wire import RetryClass

Fate: TypeAlias = Literal["unapplied", "doubtful", "final"]

TRANSIENT_COST = 14
"""Tokens of a repetition after a failure of network or server: 500 tokens allow 35 before anything succeeds."""
THROTTLED_COST = 5
"""Tokens of a repetition that the server asked for."""

_UNAPPLIED = frozenset({408, 420, 425, 429})  # the server turned the request away before it acted on it
_THROTTLED = frozenset({420, 429, 503})
# Not implemented, HTTP version, negotiation, disk full, loop, extension, captive portal: the next answer is the same.
_FINAL = frozenset({501, 505, 506, 507, 508, 510, 511})


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    Say how one attempt failed.

    Args:
        retry: Class of the operation.
        status: HTTP status, where an answer came.
        error: What was raised instead of, or because of, the answer.
        sent: Whether any byte of the request may have reached the server.
        stale: Whether a pooled connection turned out to be closed already, before any byte of an answer.
        replayable: Whether the body can be sent again: bytes, text, nothing, or a source not yet touched.
        server_asked: Seconds that the server asks to wait, where it told (see `parse_retry_after`).
        remaining: Seconds until the call's deadline; `None` without one.
        verifiable: Whether the caller can look whether the request was applied.
        check: What a person should look at when nobody knows, such as `"list the user's credentials"`.
    """

    retry: RetryClass
    status: int | None = None
    error: CatchmentError | None = None
    sent: bool = True
    stale: bool = False
    replayable: bool = True
    server_asked: float | None = None
    remaining: float | None = None
    verifiable: bool = False
    check: str | None = None

    @classmethod
    def of_error(
        cls,
        error: CatchmentError,
        retry: RetryClass,
        *,
        replayable: bool = True,
        remaining: float | None = None,
        verifiable: bool = False,
        check: str | None = None,
    ) -> Outcome:
        """Describe an attempt that raised; `sent`, `stale`, status and the server's wish are read off the error."""
        return cls(
            retry,
            status=error.status if isinstance(error, StatusError) else None,
            error=error,
            sent=getattr(error, "sent", True),
            stale=getattr(error, "stale", False),
            replayable=replayable,
            server_asked=getattr(error, "retry_after", None),
            remaining=remaining,
            verifiable=verifiable,
            check=check,
        )


@dataclass(frozen=True, slots=True)
class Again:
    """Send it again, `after` seconds; costs `cost` tokens of the budget."""

    after: float
    cost: int


@dataclass(frozen=True, slots=True)
class Stop:
    """
    Raise what happened.

    Args:
        reason: Why it is not repeated.
        retry_after: Seconds that the server asked for, where they are the reason.
    """

    reason: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Verify:
    """
    Look whether the request was applied.

    Args:
        absent: What follows when it was not. When it was, the call succeeded; when the look fails, nobody knows, and
            `OutcomeUnknownError` is raised with `hint`.
        hint: What a person should look at.
    """

    absent: Again | Stop
    hint: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Raise `OutcomeUnknownError` with this hint: repeating could apply the request twice."""

    hint: str


Verdict: TypeAlias = Again | Verify | Unknown | Stop


def judge(outcome: Outcome, *, attempt: int, policy: Retry, jitter: float) -> Verdict:
    """
    Say what follows a failed attempt.

    Not for 401, which the caller answers by one fresh sign-in before it asks here.

    Args:
        outcome: How it failed.
        attempt: Number of the attempt, from 1.
        policy: The user's settings.
        jitter: Drawn evenly from 0 to 1, anew each time.

    Returns:
        The verdict. An `Again`, also one inside a `Verify`, must still be paid for: see `Budget.allow`.
    """
    state = fate(outcome)
    if state == "final":
        return Stop(_final_reason(outcome))
    repeat = _repeat(outcome, attempt, policy, jitter)
    if state == "unapplied" or outcome.retry in {"A", "B"}:
        return repeat
    hint = _hint(outcome)
    out_of_time = outcome.remaining is not None and outcome.remaining <= 0
    if outcome.retry == "C" and outcome.verifiable and not out_of_time:
        return Verify(repeat, hint)
    return Unknown(hint)


def fate(outcome: Outcome) -> Fate:
    """Say what is known about the request: not applied, perhaps applied, or answered for good."""
    if outcome.status is not None and outcome.status >= 300:
        return _status_fate(outcome)
    error = outcome.error
    if isinstance(error, TLSError | ResponseTooLargeError):
        return "final"
    if isinstance(error, NetworkError | DeadlineError):
        return "doubtful" if outcome.sent else "unapplied"
    if isinstance(error, TruncatedBodyError | DecodeError | IntegrityError):
        return "doubtful"
    return "final"


def is_already_gone(method: str, status: int, *, doubted: bool) -> bool:
    """
    Say whether a failed deletion is a success: an earlier attempt, whose answer was lost, had deleted it.

    Args:
        method: HTTP method.
        status: The present answer.
        doubted: Whether `fate` of an earlier attempt of this call was `"doubtful"`.
    """
    return doubted and method == "DELETE" and status in {404, 410}


def parse_retry_after(value: str | None, date: str | None = None) -> float | None:
    """
    Read a `Retry-After` header.

    Args:
        value: Seconds, or an HTTP date.
        date: The same answer's `Date` header, so that a wrong clock on either side does not matter; without it the
            clock of this machine counts.

    Returns:
        Seconds, 0 for a date that has passed; `None` for nothing or junk.
    """
    text = (value or "").strip()
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", text):
        return float(text)
    until = clock.parse_http_date(text)
    if until is None:
        return None
    since: datetime = clock.parse_http_date(date) or clock.now()
    return max(0.0, (until - since).total_seconds())


# -- parts of the decision ---------------------------------------------------------------------------------------------


def _status_fate(outcome: Outcome) -> Fate:
    status = outcome.status or 0
    if isinstance(outcome.error, StatusError) and outcome.error.fate is not None:
        return outcome.error.fate
    if status in _UNAPPLIED:
        return "unapplied"
    if status < 500 or status in _FINAL:
        return "final"
    # A server or gateway that says when to come back has turned the request away on purpose; one that only says 503
    # may have lost the answer of a request that went through.
    return "unapplied" if status == 503 and outcome.server_asked is not None else "doubtful"


def _repeat(outcome: Outcome, attempt: int, policy: Retry, jitter: float) -> Again | Stop:
    most = min(policy.attempts, _attempts_worth(outcome))
    if not outcome.replayable:
        return Stop("the body cannot be sent a second time")
    if attempt >= most:
        return Stop("no repetition is allowed" if policy.attempts == 1 else f"{attempt} attempts were made")
    asked = outcome.server_asked or 0.0
    if asked > policy.max_retry_after:
        return Stop(f"the server asks to wait {asked:g} s, more than the {policy.max_retry_after:g} s allowed", asked)
    throttled = outcome.status in _THROTTLED
    after = max(asked, 0.0 if outcome.stale else backoff(attempt, policy, jitter, throttled=throttled))
    if outcome.remaining is not None and after >= outcome.remaining:
        return Stop(f"waiting {after:.3g} s would pass the deadline", asked or None)
    # A connection that was dead before it was used says nothing about the server's health, so it costs nothing.
    return Again(after, 0 if outcome.stale else THROTTLED_COST if throttled else TRANSIENT_COST)


def _attempts_worth(outcome: Outcome) -> int:
    """Say after how many attempts the same failure is believed, whatever the policy allows."""
    error = outcome.error
    if isinstance(error, HeaderError):
        return 1  # the server says the same again
    if isinstance(error, IntegrityError) or (isinstance(error, DecodeError) and error.status is not None):
        return 2  # a flipped byte is rare; twice the same is what the server holds
    return 2 if _is_unresolved(error) else 1_000_000


def _is_unresolved(error: CatchmentError | None) -> bool:
    from socket import gaierror

    return isinstance(error, NetworkError) and isinstance(error.__cause__, gaierror)


def backoff(attempt: int, policy: Retry, jitter: float, *, throttled: bool) -> float:
    """Return the seconds to wait after an attempt (from 1), drawn evenly up to a bound that doubles each time."""
    base = policy.throttled_base if throttled else policy.base
    return jitter * min(policy.cap, base * 2.0 ** min(attempt - 1, 60))


def _final_reason(outcome: Outcome) -> str:
    if outcome.status is not None and outcome.status >= 300:
        return f"{outcome.status} is an answer that a repetition does not change"
    kind = type(outcome.error).__name__ if outcome.error is not None else "this failure"
    return f"a repetition does not change {kind}"


def _hint(outcome: Outcome) -> str:
    check = outcome.check or "look at the platform's state"
    return f"the request may have been applied: {check} before repeating it"
