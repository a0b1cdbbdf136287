"""Reads that are sent ahead of their use, by what walks through pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from catchment.core._async.api import AsyncApiClient
from catchment.v3io._async.window import carry_out
from catchment.v3io.calls.plan import Planned
from catchment.v3io.queued import Queued

AsyncApi: TypeAlias = Callable[[], AsyncApiClient]
"""Gives the client to send with, at the first request."""

WINDOW = 8
"""Reads under way at once, of segments or shards: enough to hide a round trip, few enough for any pool."""


def window_of(api: AsyncApiClient) -> int:
    """Return how many reads may be under way: half the connections at most, so that callers can go on calling."""
    return max(1, min(WINDOW, api.settings.transport.pool_size // 2))


async def send_many(api: AsyncApiClient, plans: Iterable[Planned[Any]]) -> list[Exception | None]:
    """Send independent calls, several at once; return what went wrong with each, in their order."""
    queued = [Queued(plan, plan.pending()) for plan in plans]
    await carry_out(queued, lambda _: api, api.settings.transport.pool_size)
    return [call.error for call in queued]
