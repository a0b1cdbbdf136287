"""Which of the two kinds of client this is. Its blocking twin is written by hand beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any, Final, TypeVar

from catchment.influxdb.settings import Mode

T = TypeVar("T")

MODE: Final[Mode] = "async"


def other_class() -> Any:
    """Return the class for the other mode."""
    return import_module("catchment.influxdb._sync.client").InfluxDBClient


def in_chunks(parts: AsyncIterator[T]) -> AsyncIterator[T]:
    """Return what `query(chunked=True)` returns."""
    return parts
