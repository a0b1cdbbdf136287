"""What to do after a lost reply to a write that can be looked up (retry class C)."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from catchment.core._async.waiting import sleep
from catchment.core.config import Retry
from catchment.core.errors import CatchmentError, OutcomeUnknownError
from catchment.core.retry import backoff

T = TypeVar("T")


async def settle(send: Callable[[], Awaitable[T]], look: Callable[[], Awaitable[T | None]], policy: Retry) -> T:
    """
    Send, and where no answer came look at the server's state before deciding.

    Args:
        send: Makes the call.
        look: Returns the result if the server shows that the call was applied, `None` if it shows that it was not, and
            raises `OutcomeUnknownError` if it cannot tell.
        policy: How often to send in all, and how long to wait in between.

    Raises:
        OutcomeUnknownError: No answer, and looking did not settle it.
        CatchmentError: What went wrong each time, where looking showed that nothing was applied.
    """
    for attempt in range(1, policy.attempts + 1):
        try:
            return await send()
        except OutcomeUnknownError as unknown:
            found = await _look(look, unknown)
            if found is not None:
                return found
            if attempt == policy.attempts:
                raise _known(unknown) from unknown.__cause__
        await sleep(backoff(attempt, policy, random.random(), throttled=False))  # noqa: S311 - spreads load
    raise OutcomeUnknownError("nothing was sent: the policy allows no attempt")


async def _look(look: Callable[[], Awaitable[T | None]], unknown: OutcomeUnknownError) -> T | None:
    try:
        return await look()
    except OutcomeUnknownError:
        raise
    except CatchmentError as exc:
        unknown.advise(f"the server could not be asked either: {exc.message}")
        raise unknown from exc


def _known(unknown: OutcomeUnknownError) -> CatchmentError:
    """Return what went wrong, now that it is known that nothing was applied."""
    cause = unknown.__cause__
    if not isinstance(cause, CatchmentError):
        return unknown
    return cause.at(service=unknown.service or "", operation=unknown.operation or "", attempts=unknown.attempts)
