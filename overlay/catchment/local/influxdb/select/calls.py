"""Run the functions of a SELECT on groups of rows."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np

from catchment.local.influxdb.columns import array_of
from catchment.local.influxdb.errors import InfluxError
from catchment.local.influxdb.influxql.nodes import Call, DurationLiteral, IntegerLiteral, NumberLiteral, VarRef
from catchment.local.influxdb.select import reducers, transforms
from catchment.local.influxdb.select.filling import fill_windows
from catchment.local.influxdb.select.leaves import GroupKey, Leaf, merge, merge_limited
from catchment.local.influxdb.select.points import Points
from catchment.local.influxdb.select.vectors import Vector
from catchment.local.influxdb.select.windows import Frame, runs
from catchment.local.influxdb.times import MIN_TIME, SECOND

SELECTORS = frozenset({"first", "last", "min", "max", "percentile", "sample", "top", "bottom"})
_PER_SERIES = frozenset({"count", "min", "max", "sum", "first", "last", "mean"})
_STREAMS = frozenset(
    [
        "derivative",
        "non_negative_derivative",
        "difference",
        "non_negative_difference",
        "moving_average",
        "elapsed",
        "cumulative_sum",
    ]
)
_NUMBERS_ONLY = frozenset({"sum", "mean", "median", "stddev", "spread", "percentile", "top", "bottom", "integral"})
_GO_KINDS = {"float": "float", "integer": "integer", "string": "string", "boolean": "boolean"}
Grouped = dict[GroupKey, Points]


class Rows(Protocol):
    """Where rows come from."""

    def with_field(self, driver: VarRef, frame: Frame, dimensions: Sequence[str]) -> Mapping[GroupKey, list[Leaf]]:
        """Return the rows in which a field is there, by group, with the columns that come along."""
        ...


@dataclass(frozen=True, slots=True)
class CallSettings:
    """
    What all functions of a SELECT share.

    Attributes:
        rows: Where rows come from.
        dimensions: Tags grouped by.
        selector: The only function is a selector, so rows keep their own time and what comes along.
        aux: Names of the columns that come along.
        fill: How windows without points are filled; `none` leaves them out.
        random: Gives a number below its argument.
        input_limit: Most rows of a group and shard that top and bottom see: the real server cuts there too.
    """

    rows: Rows
    dimensions: Sequence[str]
    selector: bool
    aux: Sequence[str]
    fill: str
    fill_value: float | None
    random: Callable[[int], int]
    input_limit: int = 0


class _Course:
    """
    Follows how the real server reads windows that give no point, as percentile's may.

    Such a window looks like the end. What was read before it is answered, and reading goes on; but when nothing was
    read before it, it is the end. Where windows are filled, that can only happen at the start.
    """

    def __init__(self, *, filling: bool) -> None:
        self._filling = filling
        self._pending = False
        self._ended = False

    def goes_on(self, *, something: bool) -> bool:
        """Note a window; tell whether it is looked at."""
        if something:
            self._pending = not self._ended
        elif not self._pending:
            self._ended = True
        elif not self._filling:
            self._pending = False
        return not self._ended


class CallRunner:
    """Runs functions with the same settings."""

    def __init__(self, settings: CallSettings) -> None:
        self._settings = settings

    def run(self, call: Call, frame: Frame, *, selector: bool | None = None) -> Grouped:
        """Return the points that a function gives, by group."""
        selector = self._settings.selector if selector is None else selector
        name = call.name
        if name in _STREAMS:
            return self._stream(call, frame)
        if name == "integral":
            unit = _unit(call, SECOND)
            return self._mapped(call, frame, lambda points: transforms.integral(points, unit, frame))
        if name == "distinct":
            return self._at_windows(self._reduced(call, frame, reducers.distinct), frame)
        if name in ("top", "bottom"):
            return self._extremes(call, frame)
        if name == "sample":
            pick = reducers.sample(_whole(call.args[1]), self._settings.random)
            return self._reduced(call, frame, pick, aux=True)
        found = self._aggregate(call, frame)
        if selector and not frame.interval:
            return found
        return self._filled(call, self._at_windows(found, frame), frame)

    def _aggregate(self, call: Call, frame: Frame) -> Grouped:
        match call.name:
            case "count" if isinstance(call.args[0], Call):
                distinct = self.run(call.args[0], frame)
                return {key: _counted(points) for key, points in distinct.items()}
            case name if name in _PER_SERIES:
                driver = _reference(call)
                groups = self._settings.rows.with_field(driver, frame, self._settings.dimensions)
                found = {key: self._per_series(call, driver, leaves, frame) for key, leaves in groups.items()}
                return {key: points for key, points in found.items() if len(points)}
            case "percentile":
                percent = cast("IntegerLiteral | NumberLiteral", call.args[1]).value
                return self._reduced(call, frame, reducers.percentile(float(percent)), aux=True)
            case _:
                return self._reduced(call, frame, _REDUCERS[call.name])

    # Functions on each series by itself

    def _per_series(self, call: Call, driver: VarRef, leaves: list[Leaf], frame: Frame) -> Points:
        """Reduce each series, then what the series gave, as the real server does."""
        best: dict[int, tuple[int, Any, int]] = {}
        rows: dict[int, tuple[Leaf, int]] = {}
        kind = ""
        for leaf in leaves:
            column = leaf.columns[str(driver)]
            if not len(leaf.times):
                continue
            _check_kind(call.name, column.kind)
            kind = column.kind
            self._reduce_leaf(call.name, leaf, column, frame, best, rows)
        starts = sorted(best, reverse=not frame.ascending)
        if call.name in ("min", "max", "first", "last"):
            points = Points.of(kind or "float", [best[each][0] for each in starts], [best[each][1] for each in starts])
            points.aux = self._along([rows[each] for each in starts])
            return points
        return _combined(call.name, kind, starts, best)

    def _reduce_leaf(
        self,
        name: str,
        leaf: Leaf,
        column: Vector,
        frame: Frame,
        best: dict[int, tuple[int, Any, int]],
        rows: dict[int, tuple[Leaf, int]],
    ) -> None:
        windows = frame.starts(leaf.times)
        first_rows = runs(windows)
        keys = windows[first_rows].tolist()
        if name in ("min", "max", "first", "last"):
            values = column.values.astype(np.int8) if column.kind == "boolean" else column.values
            picks = reducers.window_picks(name, leaf.times, values, first_rows)
            for key, row in zip(keys, picks.tolist(), strict=True):
                found = (int(leaf.times[row]), column.values[row : row + 1].tolist()[0], 1)
                if key not in best or reducers.better(name, best[key][:2], found[:2]):
                    best[key], rows[key] = found, (leaf, row)
            return
        counts = reducers.window_counts(first_rows, len(leaf.times)).tolist()
        sums = counts if name == "count" else reducers.window_sums(column.values, first_rows).tolist()
        for key, total, count in zip(keys, sums, counts, strict=True):
            # A mean goes on as mean and weight, so its last digit is the real server's.
            value = float(total) / count * count if name == "mean" else total
            known = best.get(key)
            best[key] = (key, value if known is None else known[1] + value, count + (known[2] if known else 0))

    def _along(self, rows: list[tuple[Leaf, int]]) -> dict[str, Vector]:
        """Return what comes along from the picked rows."""
        found: dict[str, Vector] = {}
        for name in self._settings.aux:
            picked = [leaf.columns[name].at(np.array([row])) for leaf, row in rows]
            kind = next((each.kind for each in picked if each.kind), "float")
            values = [each.values[0] if each.present[0] else _nothing(kind) for each in picked]
            present = np.array([bool(each.present[0]) for each in picked], dtype=np.bool_)
            found[name] = Vector(kind, array_of(kind, values), present)
        return found

    # Functions on all rows of a group

    def _merged(self, driver: VarRef, frame: Frame, most: int = 0) -> dict[GroupKey, Points]:
        groups = self._settings.rows.with_field(driver, frame, self._settings.dimensions)
        names = self._settings.aux
        found: dict[GroupKey, Points] = {}
        for key, leaves in groups.items():
            filled = [each for each in leaves if len(each.times)] or leaves[:1]
            ascending = frame.ascending
            leaf = (
                merge_limited(filled, names, most, ascending=ascending)
                if most
                else merge(filled, names, ascending=ascending)
            )
            aux = {name: leaf.columns[name] for name in names}
            found[key] = Points(leaf.times, leaf.columns[str(driver)], aux)
        return {key: points for key, points in found.items() if len(points)}

    def _reduced(self, call: Call, frame: Frame, reducer: reducers.Reducer, *, aux: bool = False) -> Grouped:
        most = self._settings.input_limit if call.name in ("top", "bottom") else 0
        filling = frame.interval > 0 and self._settings.fill != "none" and call.name not in ("top", "bottom")
        course = _Course(filling=filling)
        found: Grouped = {}
        for key, points in self._merged(_reference(call), frame, most).items():
            found[key] = self._reduce_points(call.name, points, frame, reducer, aux=aux, course=course)
        return {key: points for key, points in found.items() if len(points)}

    def _reduce_points(
        self,
        name: str,
        points: Points,
        frame: Frame,
        reducer: reducers.Reducer,
        *,
        aux: bool,
        course: _Course | None = None,
    ) -> Points:
        _check_kind(name, points.value.kind)
        windows = frame.starts(points.times)
        borders = [*runs(windows).tolist(), len(points)]
        times, values = points.times.tolist(), cast("list[Any]", points.value.values.tolist())
        out: list[tuple[int, Any]] = []
        rows: list[int] = []
        for low, high in itertools.pairwise(borders):
            picked = reducer(times[low:high], values[low:high])
            if course is not None and not course.goes_on(something=bool(picked)):
                break
            # Oldest first within a window in both directions: so does the real server.
            for time, value, row in picked:
                out.append((int(windows[low]) if time is None else time, value))
                rows.append(low + (row or 0))
        kind = "float" if name in ("median", "stddev") else points.value.kind
        made = Points.of(kind, [time for time, _ in out], [value for _, value in out])
        if aux:
            picked_rows = np.array(rows, dtype=np.int64)
            made.aux = {each: column.at(picked_rows) for each, column in points.aux.items()}
        return made

    def _extremes(self, call: Call, frame: Frame) -> Grouped:
        name, count = call.name, _whole(call.args[-1])
        pick = reducers.extreme(count, largest=name == "top")
        if len(call.args) == 2:
            return self._reduced(call, frame, pick, aux=True)
        # One point for each combination of the named tags goes in.
        return self._extremes_by_tag(call, frame, pick)

    def _extremes_by_tag(self, call: Call, frame: Frame, pick: reducers.Reducer) -> Grouped:
        driver = _reference(call)
        tags = [each.name for each in call.args[1:-1] if isinstance(each, VarRef)]
        dimensions = [*self._settings.dimensions, *tags]
        groups = self._settings.rows.with_field(driver, frame, dimensions)
        inner = Call("max" if call.name == "top" else "min", [driver])
        found: dict[GroupKey, list[Points]] = {}
        for key, leaves in groups.items():
            points = self._per_series(inner, driver, leaves, frame)
            if len(points):
                outer = GroupKey(key.name, tuple(pair for pair in key.tags if pair[0] in self._settings.dimensions))
                found.setdefault(outer, []).append(points)
        return {
            key: self._reduce_points(call.name, _by_window(parts, frame), frame, pick, aux=True)
            for key, parts in found.items()
        }

    # Functions that go over points

    def _stream(self, call: Call, frame: Frame) -> Grouped:
        name, ascending = call.name, frame.ascending
        wide = frame if name == "cumulative_sum" else frame.widened()
        match name:
            case "derivative" | "non_negative_derivative":
                unit = _unit(call, frame.interval or SECOND)
                drop = name.startswith("non")
                return self._mapped(
                    call, wide, lambda p: transforms.derivative(p, unit, non_negative=drop, ascending=ascending)
                )
            case "difference" | "non_negative_difference":
                drop = name.startswith("non")
                return self._mapped(call, wide, lambda p: transforms.difference(p, non_negative=drop))
            case "elapsed":
                unit = _unit(call, 1)
                return self._mapped(call, wide, lambda p: transforms.elapsed(p, unit))
            case "moving_average":
                size = _whole(call.args[1])
                return self._mapped(call, wide, lambda p: transforms.moving_average(p, size))
            case _:
                return self._mapped(call, wide, transforms.cumulative_sum)

    def _mapped(self, call: Call, frame: Frame, change: Callable[[Points], Points]) -> Grouped:
        first = call.args[0]
        groups = self.run(first, frame) if isinstance(first, Call) else self._merged(_reference(call), frame)
        found: Grouped = {}
        for key, points in groups.items():
            _check_stream_kind(call.name, points.value.kind)
            made = change(points.without_gaps())
            if len(made):
                found[key] = made
        return found

    # Windows

    def _at_windows(self, groups: Grouped, frame: Frame) -> Grouped:
        """Move points to the starts of their windows; an open start is time 0."""
        for points in groups.values():
            starts = frame.starts(points.times) if frame.interval else np.full(len(points), frame.low, dtype=np.int64)
            points.times = np.where(starts == MIN_TIME, 0, starts)
        return groups

    def _filled(self, call: Call, groups: Grouped, frame: Frame) -> Grouped:
        how, value = self._settings.fill, self._settings.fill_value
        if not frame.interval or how == "none":
            return groups
        if how == "null" and call.name == "count":
            how, value = "number", 0
        return {key: fill_windows(points, frame, how, value) for key, points in groups.items()}


def _reference(call: Call) -> VarRef:
    first = call.args[0]
    if not isinstance(first, VarRef):
        message = f"expected field argument in {call.name}()"
        raise InfluxError(message)
    return first


def _whole(expr: object) -> int:
    return expr.value if isinstance(expr, IntegerLiteral) else 0


def _unit(call: Call, default: int) -> int:
    if len(call.args) == 2 and isinstance(call.args[1], DurationLiteral):
        return call.args[1].value
    return default


def _nothing(kind: str) -> object:
    return "" if kind in ("string", "tag") else 0


def _counted(points: Points) -> Points:
    starts = runs(points.times)
    counts = reducers.window_counts(starts, len(points))
    return Points(points.times[starts], Vector.full("integer", counts.astype(np.int64)))


def _combined(name: str, kind: str, starts: list[int], best: dict[int, tuple[int, Any, int]]) -> Points:
    if name == "mean":
        return Points.of("float", starts, [best[each][1] / best[each][2] for each in starts])
    made = "integer" if name == "count" else kind or "float"
    return Points.of(made, starts, [best[each][1] for each in starts])


def _by_window(parts: list[Points], frame: Frame) -> Points:
    """Return points of several tags in the order of their windows, within these in the order of the tags."""
    times = np.concatenate([each.times for each in parts])
    columns = {
        name: merge(
            [Leaf("", {}, each.times, {name: each.aux[name]}, order=each.times * 0) for each in parts],
            (),
            ascending=True,
        )
        for name in parts[0].aux
    }
    value = merge(
        [Leaf("", {}, each.times, {"": each.value}, order=each.times * 0) for each in parts], (), ascending=True
    ).columns[""]
    joined = Points(times, value, {name: leaf.columns[name] for name, leaf in columns.items()})
    windows = frame.starts(times)
    return joined.at(np.argsort(windows if frame.ascending else -windows, kind="stable"))


def _check_kind(name: str, kind: str) -> None:
    refused = kind in ("string", "boolean") and name in _NUMBERS_ONLY
    if refused or (kind == "string" and name in ("min", "max")):
        raise InfluxError(_unsupported(name, kind))


def _unsupported(name: str, kind: str) -> str:
    return f"unsupported {name} iterator type: *query.{_GO_KINDS.get(kind, kind)}InterruptIterator"


def _check_stream_kind(name: str, kind: str) -> None:
    if kind in ("string", "boolean") and name != "elapsed":
        short = name.removeprefix("non_negative_").replace("_", " ")
        raise InfluxError(_unsupported(short, kind))


_REDUCERS: dict[str, reducers.Reducer] = {
    "median": reducers.median,
    "mode": reducers.mode,
    "stddev": reducers.stddev,
    "spread": reducers.spread,
}
