"""Values of one column of a table, on their way to a field: their kind, their gaps, times among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from catchment.core import extras
from catchment.influxdb import precision
from catchment.influxdb.precision import NANOSECONDS, Precision
from catchment.influxdb.values import FieldType


@dataclass(slots=True)
class Cells:
    """Values of one field as a kind of `Column`; `loose` are Python objects that are still to be looked at each."""

    kind: Literal["float", "integer", "boolean", "string", "loose"]
    values: Any
    valid: Any | None = None


def coerced(cells: Cells, wanted: FieldType) -> Cells:
    """Give cells the wanted type where whole columns can be; else make them loose."""
    np = extras.numpy()
    if cells.kind == wanted:
        return cells
    if (cells.kind, wanted) == ("integer", "float"):
        return Cells("float", cells.values.astype(np.float64), cells.valid)
    values = cells.values
    if cells.kind != "loose":
        values = _listed(values)
    if cells.valid is not None:
        values = [value if valid else None for value, valid in zip(values, cells.valid.tolist(), strict=True)]
    return Cells("loose", values)


def _listed(values: Any) -> list[Any]:
    if isinstance(values, list):
        return cast("list[Any]", values)
    return values.tolist() if hasattr(values, "tolist") else values.to_pylist()  # numpy, pyarrow


def finite(values: Any) -> Cells:
    """Return floats; NaN and infinities are gaps."""
    np = extras.numpy()
    if values.dtype.itemsize not in (4, 8):  # half and extended precision: no writer knows their shortest text
        return Cells("loose", list(values))
    valid = np.isfinite(values)
    return Cells("float", values, None if valid.all() else valid)


def scaled(values: Any, unit: int, wanted: Precision) -> tuple[Any, Any | None]:
    """
    Return times in units of a precision, rounded down, and a mask of the bad ones or `None`.

    Args:
        values: numpy array of int64, whose smallest value is NaT, or of uint64, whose largest is.
        unit: Nanoseconds of one unit of them.
        wanted: The precision.
    """
    np = extras.numpy()
    if values.dtype == np.uint64:
        values = np.minimum(values, 2**63 - 1).astype(np.int64)  # too late in either: never wrap around to before 1970
    bad = (values < -(-precision.MIN_NS // unit)) | (values > precision.MAX_NS // unit)
    target = NANOSECONDS[wanted]
    if not bad.any():
        bad = None
    else:
        values = np.where(bad, 0, values)
    if unit == target:
        return values, bad
    return (values * (unit // target) if unit > target else values // (target // unit)), bad


def instants(numbers: Sequence[int | None], unit: int, form: Literal["iso", "ns"]) -> Cells:
    """Return a field of times, given as numbers of some nanoseconds each."""
    exact = [None if number is None else number * unit for number in numbers]
    if form == "ns":
        return Cells("loose", exact)
    return Cells("loose", [None if number is None else precision.iso_text(number) for number in exact])


def parsed(values: Sequence[object], wanted: Precision) -> tuple[Any, Any | None]:
    """Return times of any kind, one by one, as `scaled` does."""
    np = extras.numpy()
    times: list[int] = []
    bad: list[bool] = []
    for value in values:
        try:
            time = precision.timestamp(value, wanted)
        except (TypeError, ValueError):
            time = None
        times.append(time or 0)
        bad.append(time is None)
    return np.array(times, np.int64), np.array(bad) if any(bad) else None
