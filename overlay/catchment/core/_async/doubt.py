"""What to do after a lost reply to a write that can be looked up (retry class C)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from catchment.core.errors import CatchmentError, OutcomeUnknownError

T = TypeVar("T")


async def settle(send: Callable[[], Awaitable[T]], look: Callable[[], Awaitable[T | None]], *, attempts: int = 2) -> T:
    """
    Send, and where no answer came look at the server's state before deciding.

    Args:
        send: Makes the call.
        look: Returns the result if the server shows that the call was applied, `None` if it shows that it was not, and
            raises `OutcomeUnknownError` if it cannot tell.
        attempts: How often to send in all; at least 1.

    Raises:
        OutcomeUnknownError: No answer, and looking did not settle it.
    """
    for attempt in range(1, attempts + 1):
        try:
            return await send()
        except OutcomeUnknownError as unknown:
            found = await _look(look, unknown)
            if found is not None:
                return found
            if attempt == attempts:
                raise
    raise CatchmentError("settle needs at least one attempt")


async def _look(look: Callable[[], Awaitable[T | None]], unknown: OutcomeUnknownError) -> T | None:
    try:
        return await look()
    except OutcomeUnknownError:
        raise
    except CatchmentError as exc:
        unknown.advise(f"the server could not be asked either: {exc.message}")
        raise unknown from exc
