"""Which of the two kinds of client this is, blocking. The hand-written twin of `_async/colour.py`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, TypeAlias, TypeVar

from catchment.core.errors import ConfigError
from catchment.influxdb.settings import Mode

if TYPE_CHECKING:
    from catchment.influxdb._async.client import AsyncInfluxDBClient

T = TypeVar("T")

MODE: Final[Mode] = "blocking"
Other: TypeAlias = "AsyncInfluxDBClient"
OwnMode: TypeAlias = Literal["blocking", "dataframe"]
OtherMode: TypeAlias = Literal["async"]
OwnAsync: TypeAlias = Literal[False]
OtherAsync: TypeAlias = Literal[True]
OwnDataframe: TypeAlias = bool
"""What `dataframe` may be where it leaves the class as it is."""


def other_class() -> Any:
    """Return the class for the other mode."""
    return import_module("catchment.influxdb._async.client").AsyncInfluxDBClient


def in_chunks(parts: Iterator[T]) -> NoReturn:
    """
    Refuse, as the client does whose interface this is.

    Raises:
        ConfigError: Always; also a `ValueError`.
    """
    del parts
    raise ConfigError("chunked=True is for the asynchronous mode", hint="iterate over client.stream(q) instead")
