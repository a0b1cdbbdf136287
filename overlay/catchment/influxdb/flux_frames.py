"""Tables of Flux to pandas: types of the annotations, times to the nanosecond, gaps where rows have nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from catchment.core import extras
from catchment.influxdb.flux import FluxColumn, FluxTable

if TYPE_CHECKING:
    import pandas as pd

_NULLABLE: Final = {"long": "Int64", "unsignedLong": "UInt64", "double": "Float64", "boolean": "boolean"}
_PLAIN: Final = {"long": "int64", "unsignedLong": "uint64", "double": "float64", "boolean": "bool"}
_MISSING_TIME: Final = -(2**63)


def frames(tables: Sequence[FluxTable]) -> list[pd.DataFrame]:
    """Return a frame for each set of columns, in the order in which they come first."""
    alike: dict[tuple[tuple[str, str], ...], list[FluxTable]] = {}
    for table in tables:
        alike.setdefault(tuple((column.name, column.type) for column in table.columns), []).append(table)
    return [frame(some) for some in alike.values()]


def frame(tables: Sequence[FluxTable]) -> pd.DataFrame:
    """
    Return tables with the same columns as one frame, below one another.

    `result` and `table` say which row is of which table.
    """
    pd, np = extras.pandas(), extras.numpy()
    sizes = [len(table) for table in tables]
    data: dict[str, Any] = {
        "result": np.repeat(np.array([table.result for table in tables], dtype=object), sizes),
        "table": np.repeat(np.array([table.number for table in tables], dtype="int64"), sizes),
    }
    rows = list(chain.from_iterable(table.rows for table in tables))
    for at, column in enumerate(tables[0].columns):
        data[column.name] = _array(column, [row[at] for row in rows])
    return pd.DataFrame(data, copy=False)


def _array(column: FluxColumn, values: list[Any]) -> Any:
    missing = None in values
    read: Callable[[list[Any]], Any] = _times if column.type == "dateTime" else _objects
    if column.type in _PLAIN:
        if missing and column.type != "double":
            return extras.pandas().array(values, dtype=_NULLABLE[column.type])
        return extras.numpy().array(values, dtype=_PLAIN[column.type])  # None is NaN among floats
    return read(values)


def _times(values: list[Any]) -> Any:
    pd, np = extras.pandas(), extras.numpy()
    numbers = np.array([_MISSING_TIME if value is None else value for value in values], dtype="int64")
    return pd.DatetimeIndex(numbers.view("M8[ns]")).tz_localize("UTC")


def _objects(values: list[Any]) -> Any:
    array = extras.numpy().empty(len(values), dtype=object)
    array[:] = values
    return array
