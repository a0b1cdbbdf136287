"""Which of the two kinds of client this is. Its blocking twin is written by hand beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

from catchment.influxdb.settings import Mode

if TYPE_CHECKING:
    from catchment.influxdb._sync.client import InfluxDBClient

T = TypeVar("T")

MODE: Final[Mode] = "async"
Other: TypeAlias = "InfluxDBClient"
OwnMode: TypeAlias = Literal["async"]
OtherMode: TypeAlias = Literal["blocking", "dataframe"]
OwnAsync: TypeAlias = Literal[True]
OtherAsync: TypeAlias = Literal[False]
OwnDataframe: TypeAlias = Literal[False]
"""What `dataframe` may be where it leaves the class as it is."""


def other_class() -> Any:
    """Return the class for the other mode."""
    return import_module("catchment.influxdb._sync.client").InfluxDBClient


def in_chunks(parts: AsyncIterator[T]) -> AsyncIterator[T]:
    """Return what `query(chunked=True)` returns."""
    return parts
