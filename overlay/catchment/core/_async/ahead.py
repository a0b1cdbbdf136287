"""A request under way while its caller does something else: here a task, in the twin bytes already sent."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from catchment.core.wire import RawResponse, Request

if TYPE_CHECKING:
    from catchment.core._async.api import AsyncApiClient


class AsyncAhead:
    """The answer to a safe request (retry class A) that was sent ahead of its use."""

    def __init__(self, task: asyncio.Task[RawResponse]) -> None:
        self._task = task

    @classmethod
    async def begin(cls, api: AsyncApiClient, request: Request) -> AsyncAhead:
        """Start sending; errors wait for `result`."""
        return cls(asyncio.ensure_future(api.send(request)))

    async def result(self) -> RawResponse:
        """Wait for the answer; retries and errors are those of a plain call."""
        return await self._task

    async def cancel(self) -> None:
        """Give the request up."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await self._task
