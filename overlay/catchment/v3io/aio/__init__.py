"""V3IO for asyncio: `dataplane` and `controlplane` with methods that are awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catchment.core import lazy

if TYPE_CHECKING:
    from catchment.v3io._async.client import AsyncClient as Client
    from catchment.v3io.aio import controlplane as controlplane
    from catchment.v3io.aio import dataplane as dataplane
    from catchment.v3io.response import RaiseForStatus as RaiseForStatus

_WHERE = {
    "Client": "catchment.v3io._async.client:AsyncClient",
    "RaiseForStatus": "catchment.v3io.response",
    "controlplane": "catchment.v3io.aio.controlplane",
    "dataplane": "catchment.v3io.aio.dataplane",
}

__all__ = [
    "Client",
    "RaiseForStatus",
    "controlplane",
    "dataplane",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy.exports(__name__, _WHERE)
