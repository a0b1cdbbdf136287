"""The calls of a batch on their way, many at a time. Its blocking twin is written by hand beside it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from catchment.core._async.api import AsyncApiClient
from catchment.v3io._async.sending import send
from catchment.v3io.queued import Queued, give_up


async def carry_out(
    queued: Sequence[Queued[Any]], api_for: Callable[[Queued[Any]], AsyncApiClient], limit: int
) -> None:
    """
    Send calls and hand each its answer, or what went wrong; nothing of a call is raised.

    Args:
        queued: The calls; they leave in this order.
        api_for: Gives what sends a call.
        limit: Calls under way at once.
    """
    waiting = deque(queued)

    async def work() -> None:
        while waiting:
            await _one(waiting.popleft(), api_for)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(limit, len(queued))):
                group.create_task(work())
    finally:
        give_up(queued, waiting)


async def _one(call: Queued[Any], api_for: Callable[[Queued[Any]], AsyncApiClient]) -> None:
    try:
        if call.steps is not None:
            call.done(await call.steps(call.wanted))
        else:
            call.done(await send(api_for(call), call.plan, call.wanted))
    except Exception as exc:  # noqa: BLE001 - also what a caller's own body raises; every other call goes on
        call.failed(exc)
