"""A request under way while its caller does something else: here a task, in the twin bytes already sent."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from catchment.core.wire import RawResponse, Request

if TYPE_CHECKING:
    from catchment.core._async.api import AsyncApiClient


class AsyncAhead:
    """The answer to a request that was sent ahead of its use."""

    def __init__(self, task: asyncio.Task[RawResponse]) -> None:
        self._task = task

    @classmethod
    async def begin(
        cls, api: AsyncApiClient, request: Request, *, outcomes: tuple[int, ...] = (), transfer: bool = False
    ) -> AsyncAhead:
        """
        Start sending; errors wait for `result`.

        Args:
            api: What sends.
            request: Of any retry class; what becomes of a failure is what a plain call makes of it.
            outcomes: Statuses besides 2xx that the caller wants to see instead of an error.
            transfer: Whether the answer may be large, and the limit of transfers holds for it.
        """
        if transfer:
            sending = api.send(request, outcomes=outcomes, deadline=api.settings.timeouts.transfer)
        else:
            sending = api.send(request, outcomes=outcomes)
        return cls(asyncio.ensure_future(sending))

    async def launch(self) -> bool:
        """Say whether the request was sent: its task began at once."""
        return True

    async def result(self) -> RawResponse:
        """Wait for the answer; retries and errors are those of a plain call."""
        return await self._task

    async def unhurried(self) -> RawResponse:
        """As `result`, but what the caller did in between does not count against the deadline."""
        return await self._task  # which has been waiting all the while

    async def cancel(self) -> None:
        """Give the request up."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await self._task
