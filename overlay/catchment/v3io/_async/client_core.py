"""What groups of calls that are made of several requests need of their client."""

from __future__ import annotations

from typing import Protocol

from catchment.v3io._async.base import AsyncCarrier
from catchment.v3io._async.batch import AsyncBatch, AsyncOwner


class AsyncClientCore(AsyncCarrier, AsyncOwner, Protocol):
    """What the groups need of their client."""

    def create_batch(self) -> AsyncBatch:
        """Return an empty batch."""
        ...
