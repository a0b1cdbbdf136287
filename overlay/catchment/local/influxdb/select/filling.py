"""Put points into the windows that have none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from catchment.local.influxdb.columns import Array, array_of
from catchment.local.influxdb.select.points import Points
from catchment.local.influxdb.select.vectors import Vector
from catchment.local.influxdb.select.windows import Frame


def as_type(value: float | None, kind: str) -> float | int | None:
    """Return a fill value as a column's type takes it; None where it does not."""
    if value is None or kind not in ("float", "integer"):
        return None
    return float(value) if kind == "float" else int(value)


def fill_windows(points: Points, frame: Frame, how: str, value: float | None) -> Points:
    """
    Return points for all windows.

    Args:
        points: One for each window that has any.
        frame: Range and windows.
        how: `null`, `previous`, `linear` or `number`.
        value: For `number`.
    """
    if not len(points):
        return points
    starts = frame.all_starts(int(points.times[0]))
    if len(starts) == len(points) and bool((starts == points.times).all()):
        return points
    inside = np.isin(points.times, starts)
    wanted = np.union1d(starts, points.times[~inside]) if not bool(inside.all()) else starts
    if not frame.ascending and len(wanted) > 1 and wanted[0] < wanted[-1]:
        wanted = wanted[::-1]
    return _filled(points, wanted, frame, how, value)


def _filled(points: Points, wanted: Array, frame: Frame, how: str, value: float | None) -> Points:
    keys = wanted if frame.ascending else -wanted
    known = points.times if frame.ascending else -points.times
    # The last point at or before each window, -1 where there is none.
    before = np.searchsorted(known, keys, side="right") - 1
    exact = (before >= 0) & (known[before] == keys)
    rows = np.maximum(before, 0)
    present = exact & points.value.present[rows]
    values = points.value.values[rows]
    match how:
        case "previous":
            present = (before >= 0) & points.value.present[rows]
        case "number":
            filled = as_type(value, points.value.kind)
            gap = filled if filled is not None else _empty(points.value.kind)
            values = np.where(exact, values, array_of(points.value.kind, [gap])[0])
            present = np.where(exact, present, True)
        case "linear" if points.value.kind in ("float", "integer"):
            values, present = _linear(points, wanted, before, exact, frame)
        case _:
            pass
    aux = {name: Vector(each.kind, each.values[rows], each.present[rows] & exact) for name, each in points.aux.items()}
    return Points(wanted, Vector(points.value.kind, values, present), aux)


def _empty(kind: str) -> object:
    return "" if kind in ("string", "tag") else False


def _linear(points: Points, wanted: Array, before: Array, exact: Array, frame: Frame) -> tuple[Array, Array]:
    values = points.value.values[np.maximum(before, 0)].copy()
    present = exact & points.value.present[np.maximum(before, 0)]
    whole = points.value.kind == "integer"
    line: Callable[..., float] = _whole_line if whole else _line
    for place in np.flatnonzero(~exact).tolist():
        left = int(before[place])
        if left < 0 or left + 1 >= len(points):
            continue
        at, low, high = (
            _quotient(int(each), frame.interval) for each in (wanted[place], points.times[left], points.times[left + 1])
        )
        values[place] = line(at, low, high, points.value.values[left].item(), points.value.values[left + 1].item())
        present[place] = True
    return values, present


def _quotient(value: int, by: int) -> int:
    return value // by if value >= 0 else -(-value // by)


def _line(at: int, low: int, high: int, low_value: float, high_value: float) -> float:
    slope = (high_value - low_value) / float(high - low)
    return slope * float(at - low) + low_value


def _whole_line(at: int, low: int, high: int, low_value: int, high_value: int) -> int:
    return int(_line(at, low, high, low_value, high_value))
