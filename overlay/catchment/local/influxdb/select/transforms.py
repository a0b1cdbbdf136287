"""Go over points one after the other: differences, derivatives, running sums, areas."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np

from catchment.local.influxdb.columns import Array
from catchment.local.influxdb.select.points import Points
from catchment.local.influxdb.select.vectors import Vector
from catchment.local.influxdb.select.windows import Frame
from catchment.local.influxdb.times import MIN_TIME


def _steps(points: Points) -> Points:
    """Return the points without those that repeat the time before them."""
    if len(points) < 2:
        return points
    return points.at(np.concatenate([[True], np.diff(points.times) != 0]))


def _result(points: Points, kind: str, values: Array, kept: Array | None = None) -> Points:
    times = points.times[1:]
    if kept is not None:
        times, values = times[kept], values[kept]
    return Points(times, Vector.full(kind, values))


def difference(points: Points, *, non_negative: bool) -> Points:
    """Return what each value is more than the one before."""
    steps = _steps(points)
    values = np.diff(steps.value.values)
    return _result(steps, steps.value.kind, values, values >= 0 if non_negative else None)


def derivative(points: Points, unit: int, *, non_negative: bool, ascending: bool) -> Points:
    """Return how much values change in a unit of time."""
    steps = _steps(points)
    change = np.diff(steps.value.values).astype(np.float64)
    passed = np.diff(steps.times) * (1 if ascending else -1)
    values = change / (passed.astype(np.float64) / float(unit))
    return _result(steps, "float", values, change >= 0 if non_negative else None)


def elapsed(points: Points, unit: int) -> Points:
    """Return the time from one point to the next in whole units; negative where the newest comes first."""
    passed = np.diff(points.times)
    return _result(points, "integer", (np.abs(passed) // unit * np.sign(passed)).astype(np.int64))


def cumulative_sum(points: Points) -> Points:
    """Return the sum of all values so far."""
    return Points(points.times, Vector.full(points.value.kind, np.cumsum(points.value.values)))


def moving_average(points: Points, size: int) -> Points:
    """Return the mean of the last values, computed by adding what comes and taking away what goes."""
    whole = points.value.kind == "integer"
    total: float | int = 0 if whole else 0.0
    window: deque[float | int] = deque()
    values: list[float] = []
    for value in points.value.values.tolist():
        if len(window) == size:
            total -= window.popleft()
        window.append(value)
        total += value
        if len(window) == size:
            values.append(float(total) / size)
    times = points.times[size - 1 :] if len(points) >= size else points.times[:0]
    return Points(times, Vector.full("float", np.array(values, dtype=np.float64)))


def integral(points: Points, unit: int, frame: Frame) -> Points:
    """Return the area under the points, window by window."""
    pairs = list(_areas(points, float(unit), frame))
    if not pairs:
        return Points.of("float", [], [])
    return Points.of("float", [0 if time == MIN_TIME else time for time, _ in pairs], [area for _, area in pairs])


def _areas(points: Points, unit: float, frame: Frame) -> Iterator[tuple[int, float]]:
    """Yield the start and the area of each window; what lies between two windows is parted at the border."""
    times, values = points.times.tolist(), [float(each) for each in points.value.values.tolist()]
    if not times:
        return
    start, end = _window(frame, times[0])
    time, value, total = times[0], values[0], 0.0
    for next_time, next_value in zip(times[1:], values[1:], strict=True):
        if next_time == time:
            value = next_value
            continue
        beyond = next_time >= end if frame.ascending else next_time <= end
        if frame.interval and beyond:
            if time != end:
                border = _between(end, time, next_time, value, next_value)
                total += 0.5 * (border + value) * (float(end - time) / unit)
                value, time = border, end
            yield start, total
            start, end = _window(frame, next_time)
            total = 0.0
        total += 0.5 * (next_value + value) * (float(next_time - time) / unit)
        time, value = next_time, next_value
    if time != start:
        yield start, total


def _window(frame: Frame, time: int) -> tuple[int, int]:
    if not frame.interval:
        return 0 if frame.low == MIN_TIME else frame.low, frame.high + 1
    start, end = frame.start(time), frame.end(time)
    return (start, end) if frame.ascending else (end, start)


def _between(time: int, low: int, high: int, low_value: float, high_value: float) -> float:
    """Return the value at a time on the line through two points."""
    return (high_value - low_value) / float(high - low) * float(time - low) + low_value
