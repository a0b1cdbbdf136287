"""
Run the platforms on this machine, for demos and tests: no account, no network.

`Stack` is the whole; `Fault` plans what goes wrong in it. `python -m catchment.local` serves it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catchment.local.faults import Fault
    from catchment.local.http import Reply
    from catchment.local.influxdb.options import InfluxDBOptions
    from catchment.local.lakefs.options import LakeFSOptions
    from catchment.local.stack import Stack
    from catchment.local.v3io.options import V3IOOptions

__all__ = ["Fault", "InfluxDBOptions", "LakeFSOptions", "Reply", "Stack", "V3IOOptions"]

_HOMES = {
    "Fault": "catchment.local.faults",
    "InfluxDBOptions": "catchment.local.influxdb.options",
    "LakeFSOptions": "catchment.local.lakefs.options",
    "Reply": "catchment.local.http",
    "Stack": "catchment.local.stack",
    "V3IOOptions": "catchment.local.v3io.options",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
