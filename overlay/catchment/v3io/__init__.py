"""V3IO: objects, key-values and streams of the Iguazio platform.

`dataplane` has every name of the data layer, `aio.dataplane` the same to await; `controlplane` and `aio.controlplane`
manage users and containers. Here stand the modules, the client and `RaiseForStatus`, loaded on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catchment.core import lazy

if TYPE_CHECKING:
    from catchment.v3io import aio as aio
    from catchment.v3io import controlplane as controlplane
    from catchment.v3io import dataplane as dataplane
    from catchment.v3io import errors as errors
    from catchment.v3io import expressions as expressions
    from catchment.v3io import functions as functions
    from catchment.v3io import logger as logger
    from catchment.v3io import outputs as outputs
    from catchment.v3io import response as response
    from catchment.v3io._sync.client import Client as Client
    from catchment.v3io.response import RaiseForStatus as RaiseForStatus

_WHERE = {
    "Client": "catchment.v3io._sync.client",
    "RaiseForStatus": "catchment.v3io.response",
    "aio": "catchment.v3io.aio",
    "controlplane": "catchment.v3io.controlplane",
    "dataplane": "catchment.v3io.dataplane",
    "errors": "catchment.v3io.errors",
    "expressions": "catchment.v3io.expressions",
    "functions": "catchment.v3io.functions",
    "logger": "catchment.v3io.logger",
    "outputs": "catchment.v3io.outputs",
    "response": "catchment.v3io.response",
}

__all__ = [
    "Client",
    "RaiseForStatus",
    "aio",
    "controlplane",
    "dataplane",
    "errors",
    "expressions",
    "functions",
    "logger",
    "outputs",
    "response",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy.exports(__name__, _WHERE)
