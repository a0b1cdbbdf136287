"""Reduce the values of a window to one, or to a few."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from catchment.local.influxdb.columns import Array, Times

# A reducer gets times and values of a window as plain lists and gives (time or None, value, row or None).
Reduced = list[tuple[int | None, Any, int | None]]
Reducer = Callable[[list[int], list[Any]], Reduced]


def median(times: list[int], values: list[Any]) -> Reduced:
    """Return the middle value, or the middle of the two middle ones."""
    del times
    ordered = sorted(values)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return [(None, float(ordered[half]), None)]
    low, high = ordered[half - 1], ordered[half]
    return [(None, low + (high - low) / 2, None)]


def mode(times: list[int], values: list[Any]) -> Reduced:
    """Return the most frequent value; of several, the one that a sorted run meets first."""
    if len(values) == 1:
        return [(None, values[0], None)]
    if isinstance(values[0], bool):
        return [(None, values.count(True) * 2 >= len(values), None)]
    rows = sorted(zip(values, times, strict=True), key=lambda each: each[0])
    best, best_count, best_time = rows[0][0], 0, rows[0][1]
    current, count, started = rows[0][0], 0, rows[0][1]
    for value, time in rows:
        if value != current:
            current, count, started = value, 1, time
            continue
        count += 1
        if best_count > count or (best_count == count and started > best_time):
            continue
        best, best_count, best_time = value, count, time
    return [(None, best, None)]


def stddev(times: list[int], values: list[Any]) -> Reduced:
    """Return the standard deviation of a sample; one value has none."""
    del times
    if len(values) < 2:
        return [(None, math.nan, None)]
    mean = 0.0
    for count, value in enumerate(values, 1):
        mean += (value - mean) / count
    variance = 0.0
    for value in values:
        variance += (value - mean) ** 2
    return [(None, math.sqrt(variance / (len(values) - 1)), None)]


def spread(times: list[int], values: list[Any]) -> Reduced:
    """Return the difference of the largest and the smallest."""
    del times
    return [(None, max(values) - min(values), None)]


def distinct(times: list[int], values: list[Any]) -> Reduced:
    """Return each value once, at the time where it came first."""
    seen: dict[Any, int] = {}
    for time, value in zip(times, values, strict=True):
        seen.setdefault(value, time)
    rows = sorted(((time, value) for value, time in seen.items()), key=lambda each: (each[0], each[1]))
    return [(time, value, None) for time, value in rows]


def percentile(percent: float) -> Reducer:
    """Return the reducer that picks the value at a percentage of the sorted ones."""

    def pick(times: list[int], values: list[Any]) -> Reduced:
        place = math.floor(len(values) * percent / 100.0 + 0.5) - 1
        if not 0 <= place < len(values):
            return []
        row = sorted(range(len(values)), key=lambda each: (values[each], times[each]))[place]
        return [(times[row], values[row], row)]

    return pick


def extreme(count: int, *, largest: bool) -> Reducer:
    """Return the reducer that picks the largest or smallest values, the older ones first where equal."""

    def pick(times: list[int], values: list[Any]) -> Reduced:
        sign = -1 if largest else 1
        rows = sorted(range(len(values)), key=lambda each: (sign * values[each], times[each]))[:count]
        rows.sort(key=lambda each: times[each])
        return [(times[row], values[row], row) for row in rows]

    return pick


def sample(count: int, random: Callable[[int], int]) -> Reducer:
    """Return the reducer that picks some values by chance."""

    def pick(times: list[int], values: list[Any]) -> Reduced:
        rows = list(range(min(count, len(values))))
        for index in range(count, len(values)):
            place = random(index + 1)
            if place < count:
                rows[place] = index
        rows.sort(key=lambda each: times[each])
        return [(times[row], values[row], row) for row in rows]

    return pick


# Whole columns at once, for the functions that the real server runs on each series by itself.


def window_counts(starts: Array, length: int) -> Array:
    """Return how many values each window has."""
    return np.diff(np.append(starts, length))


def window_sums(values: Array, starts: Array) -> Array:
    """Return the sums of windows; floats are added one after the other, in the order of the rows."""
    if values.dtype == np.int64:
        return np.add.reduceat(values, starts)
    windows = np.repeat(np.arange(len(starts)), window_counts(starts, len(values)))
    return np.bincount(windows, weights=values, minlength=len(starts))


def window_picks(name: str, times: Times, values: Array, starts: Array) -> Array:
    """Return the row that min, max, first or last picks in each window; times of one series never repeat."""
    if name in ("first", "last"):
        forward = len(times) < 2 or times[0] <= times[-1]
        if forward == (name == "first"):
            return starts
        return np.append(starts[1:], len(times)) - 1
    reduce = np.minimum if name == "min" else np.maximum
    best = reduce.reduceat(values, starts)
    windows = np.repeat(np.arange(len(starts)), window_counts(starts, len(values)))
    rows = np.flatnonzero(values == best[windows])
    order = np.lexsort((times[rows], windows[rows]))
    rows = rows[order]
    _, firsts = np.unique(windows[rows], return_index=True)
    return rows[firsts]


def better(name: str, one: tuple[int, Any], other: tuple[int, Any]) -> bool:
    """Tell whether min, max, first or last takes `other` (time, value) in place of `one`."""
    (time, value), (new_time, new_value) = one, other
    match name:
        case "min":
            return new_value < value or (new_value == value and new_time < time)
        case "max":
            return new_value > value or (new_value == value and new_time < time)
        case "first":
            return new_time < time or (new_time == time and new_value > value)
        case _:
            return new_time > time or (new_time == time and new_value > value)
