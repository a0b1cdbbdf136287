"""Carry out a SELECT from its sources to its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from catchment.local.influxdb.columns import Times, cast_array
from catchment.local.influxdb.influxql.nodes import Call, Expr, Field, Measurement, Select, SubQuery, VarRef
from catchment.local.influxdb.select.calls import SELECTORS, CallRunner, CallSettings
from catchment.local.influxdb.select.checking import Checked, check_select, check_subquery, prepare_subquery
from catchment.local.influxdb.select.filling import as_type
from catchment.local.influxdb.select.folding import names_in
from catchment.local.influxdb.select.leaves import GroupKey, Leaf, aligned, grouped, merge, merge_limited
from catchment.local.influxdb.select.measurements import MeasurementReader
from catchment.local.influxdb.select.points import Points
from catchment.local.influxdb.select.shaping import column_names, output_fields, shape, type_of_expr
from catchment.local.influxdb.select.vectors import MATH, Evaluator, Vector
from catchment.local.influxdb.select.windows import Frame
from catchment.local.influxdb.times import MAX_TIME, MIN_TIME

_TYPE_ORDER = ("", "float", "integer", "string", "boolean", "tag", "field", "unsigned")


@dataclass(slots=True)
class ResultGroup:
    """The rows of one series of the answer."""

    key: GroupKey
    times: Times
    columns: list[Vector]


@dataclass(slots=True)
class SelectResult:
    """The answer of a SELECT; `columns` starts with the name of the time column."""

    columns: list[str]
    groups: list[ResultGroup] = field(default_factory=list[ResultGroup])
    zone: str = ""


class SelectEngine:
    """
    Runs SELECT statements.

    Args:
        reader: Where measurements are read from.
        now: In nanoseconds.
        random: Gives a number below its argument, for `sample()`.
    """

    def __init__(self, reader: MeasurementReader, now: int, random: Callable[[int], int]) -> None:
        self._reader = reader
        self._now = now
        self._random = random

    def prepare(self, statement: Select) -> tuple[Checked, Frame]:
        """
        Check a statement and give its names types.

        Raises:
            InfluxError: It makes no sense, or a source is missing.
        """
        resolved = self._reader.resolved(statement)
        checked = check_select(resolved, self._now)
        self._check_subqueries(checked)
        frame = self._frame(checked)
        self._reader.low, self._reader.high = frame.low, frame.high
        # The condition without times is what gets types.
        checked.statement = shape(replace(checked.statement, condition=checked.condition), self._reader)
        checked.condition = checked.statement.condition
        return checked, frame

    def _check_subqueries(self, checked: Checked) -> None:
        for source in checked.statement.sources:
            if isinstance(source, SubQuery):
                self._check_subqueries(check_subquery(checked, source.statement, self._now))

    def run(self, statement: Select) -> SelectResult:
        """
        Return the rows of a statement.

        Raises:
            InfluxError: It cannot be carried out.
        """
        checked, frame = self.prepare(statement)
        fields = output_fields(checked.statement)
        columns = [checked.statement.time_alias or "time", *column_names(fields)]
        fill = "none" if checked.statement.fill == "null" and statement.target is not None else checked.statement.fill
        groups = _Execution(self, checked, frame, fill, ()).groups()
        return SelectResult(columns, groups, checked.statement.zone)

    def _frame(self, checked: Checked) -> Frame:
        times, statement = checked.times, checked.statement
        high = times.high if times.high is not None else self._now if checked.interval else MAX_TIME
        low = times.low if times.low is not None else MIN_TIME
        return Frame(low, high, checked.interval, checked.interval_offset, statement.zone, statement.ascending)

    # Used by executions

    @property
    def reader(self) -> MeasurementReader:
        """Where measurements are read from."""
        return self._reader

    @property
    def random(self) -> Callable[[int], int]:
        """Gives a number below its argument."""
        return self._random

    def inner(self, outer: Checked, frame: Frame, source: SubQuery) -> tuple[Checked, Frame]:
        """Return what a subquery works with inside of a query."""
        inner = prepare_subquery(outer, source.statement, self._now)
        low = max(frame.low, MIN_TIME if inner.times.low is None else inner.times.low)
        high = min(frame.high, MAX_TIME if inner.times.high is None else inner.times.high)
        if inner.interval and high == MAX_TIME:
            high = self._now
        zone = inner.statement.zone
        return inner, Frame(low, high, inner.interval, inner.interval_offset, zone, frame.ascending)


class _Execution:
    """One SELECT, the whole or a subquery, with what it needs from around it."""

    def __init__(
        self, engine: SelectEngine, checked: Checked, frame: Frame, fill: str, more_dimensions: Sequence[str]
    ) -> None:
        self._engine = engine
        self._checked = checked
        self._statement = checked.statement
        self._frame = frame
        self._fill = fill
        self._fields = output_fields(checked.statement)
        self._dimensions = [*checked.statement.tag_dimensions, *more_dimensions]
        self._calls, self._aux = symbols(self._fields)

    def groups(self) -> list[ResultGroup]:
        """Return the rows, series by series."""
        rows = self._called() if self._calls else self._raw()
        made: list[ResultGroup] = []
        for key, (times, columns) in rows.items():
            if len(times):
                evaluator = Evaluator(columns, len(times), selecting=True)
                values = [evaluator.vector(_symbolic(each.expr)) for each in self._fields]
                made.append(ResultGroup(key, times, values))
        return made

    # Rows without functions

    def _raw(self) -> Mapping[GroupKey, tuple[Times, dict[str, Vector]]]:
        drivers = [each for each in self._aux if each.type not in ("", "tag")]
        if not any(each.type for each in self._aux):
            return {}
        found: dict[GroupKey, tuple[Times, dict[str, Vector]]] = {}
        names = [str(each) for each in self._aux]
        for key, leaves in self._grouped(drivers, self._frame, self._dimensions).items():
            rows = [each for each in leaves if len(each.times)]
            if not rows:
                continue
            leaf = self._merged(rows, names)
            leaf = leaf.at(np.arange(len(leaf.times))[self._window(len(leaf.times))])
            found[key] = (leaf.times, {name: self._defaulted(leaf.columns[name]) for name in names})
        return found

    def _merged(self, rows: list[Leaf], names: list[str]) -> Leaf:
        """Put rows in order. With OFFSET but no LIMIT, a shard gives but one row more than the offset, as really."""
        ascending = self._frame.ascending
        if not self._statement.offset or self._statement.limit:
            return merge(rows, names, ascending=ascending)
        return merge_limited(rows, names, self._statement.offset + 1, ascending=ascending)

    def _window(self, length: int) -> slice:
        low = self._statement.offset
        return slice(low, low + self._statement.limit if self._statement.limit else length)

    def _defaulted(self, vector: Vector) -> Vector:
        """Put fill values where nothing is, as the real server does in every row."""
        if bool(vector.present.all()):
            return vector
        if self._fill == "number":
            value = as_type(self._statement.fill_value, vector.kind)
            if value is None:
                # The number itself, also among texts.
                mixed = vector.values.astype(object)
                mixed[~vector.present] = self._statement.fill_value
                return Vector.full("string", mixed)
            values = vector.values.copy()
            values[~vector.present] = value
            return Vector.full(vector.kind, values)
        if self._fill == "previous":
            last = np.maximum.accumulate(np.where(vector.present, np.arange(len(vector.present)), -1))
            rows = np.maximum(last, 0)
            return Vector(vector.kind, vector.values[rows], last >= 0)
        return vector

    # Rows of functions

    def _called(self) -> Mapping[GroupKey, tuple[Times, dict[str, Vector]]]:
        selector = len(self._calls) == 1 and next(iter(self._calls.values())).name in SELECTORS
        limit, offset = self._statement.limit, self._statement.offset
        settings = CallSettings(
            rows=self,
            dimensions=self._dimensions,
            selector=selector,
            aux=[str(each) for each in self._aux],
            fill=self._fill,
            fill_value=self._statement.fill_value,
            random=self._engine.random,
            input_limit=limit + offset + 1 if limit or offset else 0,
        )
        runner = CallRunner(settings)
        results: dict[str, dict[GroupKey, Points]] = {}
        for name, call in self._calls.items():
            if type_of_expr(call):
                found = runner.run(call, self._frame)
                results[name] = {key: self._cut(points) for key, points in found.items()}
        return self._joined(results)

    def _cut(self, points: Points) -> Points:
        return points.at(np.arange(len(points))[self._window(len(points))])

    def _joined(
        self, results: Mapping[str, Mapping[GroupKey, Points]]
    ) -> dict[GroupKey, tuple[Times, dict[str, Vector]]]:
        """Put the points of several functions side by side, by their times."""
        keys = {key for groups in results.values() for key in groups}
        found: dict[GroupKey, tuple[Times, dict[str, Vector]]] = {}
        for key in sorted(keys, key=lambda each: each.rank, reverse=not self._frame.ascending):
            parts = {name: groups[key] for name, groups in results.items() if key in groups and len(groups[key])}
            if not parts:
                continue
            times = self._all_times([points.times for points in parts.values()])
            columns: dict[str, Vector] = {}
            for name in results:
                points = parts.get(name)
                if points is None:
                    columns[name] = self._defaulted(Vector.gap(type_of_expr(self._calls[name]), len(times)))
                    continue
                columns[name] = self._defaulted(_at_times(times, points, ascending=self._frame.ascending))
                for along, vector in points.aux.items():
                    columns[along] = self._defaulted(vector)
            found[key] = (times, columns)
        return found

    def _all_times(self, several: list[Times]) -> Times:
        first = several[0]
        if all(len(each) == len(first) and bool((each == first).all()) for each in several[1:]):
            return first
        times = np.unique(np.concatenate(several))
        return times if self._frame.ascending else times[::-1]

    # Sources

    def with_field(self, driver: VarRef, frame: Frame, dimensions: Sequence[str]) -> dict[GroupKey, list[Leaf]]:
        """Return the rows in which a field is there, by group."""
        return self._grouped([driver], frame, dimensions)

    def _grouped(self, drivers: list[VarRef], frame: Frame, dimensions: Sequence[str]) -> dict[GroupKey, list[Leaf]]:
        leaves: list[Leaf] = []
        for source in self._statement.sources:
            if isinstance(source, Measurement):
                series_range = (self._dimensions, self._statement.slimit, self._statement.soffset)
                leaves.extend(
                    self._engine.reader.leaves(source, drivers, self._aux, self._checked.condition, frame, series_range)
                )
            else:
                leaves.extend(self._subquery_leaves(source, drivers, frame, dimensions))
        strip = self._statement.strip_name
        return grouped(leaves, dimensions, ascending=frame.ascending, strip_name=strip)

    def _subquery_leaves(
        self, source: SubQuery, drivers: list[VarRef], frame: Frame, dimensions: Sequence[str]
    ) -> list[Leaf]:
        inner, inner_frame = self._engine.inner(self._checked, frame, source)
        statement = inner.statement
        inner.statement = replace(
            statement,
            slimit=statement.slimit + self._statement.slimit,
            soffset=statement.soffset + self._statement.soffset,
        )
        fill = "none" if statement.fill == "null" and not statement.raw else statement.fill
        execution = _Execution(self._engine, inner, inner_frame, fill, dimensions)
        wanted = {str(each): each for each in (*drivers, *self._aux, *names_in(self._checked.condition))}
        leaves = [execution.leaf(group, list(wanted.values())) for group in execution.groups()]
        if self._checked.condition is not None:
            leaves = [self._filtered(leaf) for leaf in leaves]
        names = [str(each) for each in self._aux]
        parts = grouped(leaves, dimensions, ascending=frame.ascending)
        return [self._present(merge(each, names, ascending=frame.ascending), drivers) for each in parts.values()]

    def _present(self, leaf: Leaf, drivers: list[VarRef]) -> Leaf:
        """Leave out rows without a value for a function; without functions all rows stay."""
        if not self._calls:
            return leaf
        return leaf.at(leaf.columns[str(drivers[0])].present)

    def _filtered(self, leaf: Leaf) -> Leaf:
        condition = self._checked.condition
        if condition is None:
            return leaf
        columns = {each.name: leaf.columns[str(each)] for each in names_in(condition)}
        return leaf.at(Evaluator(columns, len(leaf.times)).holds(condition))

    def leaf(self, group: ResultGroup, wanted: Sequence[VarRef]) -> Leaf:
        """Return rows of this subquery the way the query around it sees them."""
        tags = dict(group.key.tags)
        leaf = Leaf(group.key.name, tags, group.times)
        for each in wanted:
            leaf.columns[str(each)] = self._seen(group, each, tags)
        if self._calls:
            # Rows of functions come window by window, within these series by series.
            leaf.order = self._frame.starts(group.times)
        return leaf

    def _seen(self, group: ResultGroup, reference: VarRef, tags: Mapping[str, str]) -> Vector:
        for index, each in enumerate(self._fields):
            if each.name == reference.name:
                found = group.columns[index]
                cast_values = cast_array(found.values, found.kind, reference.type) if found.kind else None
                if cast_values is None or found.kind == reference.type:
                    return found
                return Vector(reference.type, cast_values, found.present)
        if reference.name in tags:
            return Vector.constant("string", tags[reference.name], len(group.times))
        return Vector.missing(len(group.times))


def symbols(fields: Sequence[Field]) -> tuple[dict[str, Call], list[VarRef]]:
    """Return the functions of the columns by their text, and the names that come along, sorted."""
    calls: dict[str, Call] = {}
    references: dict[str, VarRef] = {}

    def collect(expr: Expr) -> None:
        if isinstance(expr, Call) and expr.name not in MATH:
            calls.setdefault(str(expr), expr)
        elif isinstance(expr, VarRef):
            references.setdefault(str(expr), expr)
        else:
            for child in expr.children():
                collect(child)

    for each in fields:
        collect(each.expr)
    return calls, sorted(references.values(), key=lambda each: (each.name, _TYPE_ORDER.index(each.type)))


def _symbolic(expr: Expr) -> Expr:
    """Return an expression with its functions and names replaced by the names of their columns."""
    if isinstance(expr, VarRef) or (isinstance(expr, Call) and expr.name not in MATH):
        return VarRef(str(expr))
    return expr.rebuilt(_symbolic)


def _at_times(times: Times, points: Points, *, ascending: bool) -> Vector:
    if len(points) == len(times) and bool((points.times == times).all()):
        return points.value
    if ascending:
        return aligned(times, points.times, points.value)
    turned = points.at(np.arange(len(points))[::-1])
    found = aligned(times[::-1], turned.times, turned.value)
    return found.at(np.arange(len(times))[::-1])
