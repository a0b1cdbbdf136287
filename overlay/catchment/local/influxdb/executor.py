"""Run the statements of a query, one after the other, and stop at the first that fails."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from catchment.local.influxdb.administration import Administrator
from catchment.local.influxdb.errors import InfluxError
from catchment.local.influxdb.influxql.nodes import Measurement, Select
from catchment.local.influxdb.influxql.statements import DeleteSeries, Explain, Show, Statement
from catchment.local.influxdb.installation import Installation, Record
from catchment.local.influxdb.keys import make_key
from catchment.local.influxdb.lineprotocol import Point, SeriesName, Value
from catchment.local.influxdb.meta import User
from catchment.local.influxdb.monitoring import Monitor
from catchment.local.influxdb.results import Column, Series, StatementResult, table
from catchment.local.influxdb.schema import SchemaReader
from catchment.local.influxdb.select.engine import ResultGroup, SelectEngine, SelectResult
from catchment.local.influxdb.select.explaining import plan_lines
from catchment.local.influxdb.select.measurements import MeasurementReader
from catchment.local.influxdb.writing import PointWriter

_SYSTEM = {
    "_fieldKeys": "SHOW FIELD KEYS",
    "_measurements": "SHOW MEASUREMENTS",
    "_series": "SHOW SERIES",
    "_tagKeys": "SHOW TAG KEYS",
    "_tags": "SHOW TAG VALUES",
}
_SCHEMA = frozenset({"MEASUREMENTS", "SERIES", "TAG KEYS", "TAG VALUES", "FIELD KEYS"})
NOT_EXECUTED = "not executed"


@dataclass(frozen=True, slots=True)
class QuerySettings:
    """
    What the statements of one request share.

    Attributes:
        database: For names without a database.
        policy: For names without a policy.
        read_only: The request came as GET: statements that change something are warned of.
        user: Who asks; None when nobody is asked.
        record: Notes what was changed.
    """

    database: str
    policy: str
    read_only: bool
    user: User | None
    record: Record


class Executor:
    """Runs statements for one request."""

    def __init__(self, state: Installation, settings: QuerySettings) -> None:
        self._state = state
        self._settings = settings
        self._now = state.now()
        self._admin = Administrator(state, settings.record)

    def run(self, statements: Sequence[Statement]) -> Iterator[StatementResult]:
        """
        Yield the results in order.

        After a failed statement the others answer `not executed`, under the number of the statement that failed,
        which hides its error from who does not ask for chunks. So does the real server.
        """
        for number, statement in enumerate(statements):
            try:
                yield self._result(number, statement)
            except InfluxError as error:
                yield StatementResult(number, error=error.text)
                for _ in statements[number + 1 :]:
                    yield StatementResult(number, error=NOT_EXECUTED)
                return

    def _result(self, number: int, statement: Statement) -> StatementResult:
        match statement:
            case Select():
                _refuse_system_sources(statement)
                return self._select(number, statement)
            case Explain():
                return StatementResult(number, [self._explain(statement)])
            case Show(subject=subject) if subject in _SCHEMA or statement.cardinality:
                self._locate(statement)
                schema = SchemaReader(self._state.meta, self._settings.database, self._now)
                return StatementResult(number, schema.answer(statement))
            case Show():
                monitor = Monitor(self._state, self._settings.database, self._settings.user)
                return StatementResult(number, monitor.answer(statement))
            case _:
                self._admin.run(statement, self._settings.database)
                warned = self._settings.read_only and not _silent(statement)
                return StatementResult(number, messages=[_warning(str(statement))] if warned else [])

    def _locate(self, show: Show) -> None:
        """Check the databases that sources of a SHOW name, as the real server does while it runs some as SELECT."""
        if show.subject == "FIELD KEYS" or show.subject == "SERIES" or (show.cardinality and not _estimated(show)):
            name = show.database or self._settings.database
            MeasurementReader(self._state.meta, name, "").located(Measurement(name="_"))

    def _engine(self) -> SelectEngine:
        reader = MeasurementReader(self._state.meta, self._settings.database, self._settings.policy)
        return SelectEngine(reader, self._now, self._state.pick)

    def _select(self, number: int, statement: Select) -> StatementResult:
        result = self._engine().run(statement)
        if statement.target is None:
            return StatementResult(number, [series_of(group, result) for group in result.groups])
        reader = MeasurementReader(self._state.meta, self._settings.database, self._settings.policy)
        target = reader.located(statement.target)
        written = self._write_into(target, result)
        messages = []
        if self._settings.read_only:
            located = reader.resolved(statement)
            messages = [_warning(str(located))]
        answer = Series("result", [Column("time", [0], "time"), Column("written", [written])])
        return StatementResult(number, [answer], messages)

    def _write_into(self, target: Measurement, result: SelectResult) -> int:
        points = [point for group in result.groups for point in _points(group, result, target.name)]
        if not points:
            return 0
        options = self._state.options
        writer = PointWriter(
            self._state.meta, target.database, target.policy, self._now, options.max_series_per_database
        )
        try:
            writer.write(points)
        finally:
            if writer.written:
                written = sum(writer.written.values())
                subject: dict[str, object] = {"db": target.database, "rp": writer.policy, "points": written}
                self._settings.record("select_into", subject)
        return len(points)

    def _explain(self, statement: Explain) -> Series:
        engine = self._engine()
        if not statement.analyze:
            return table("", ["QUERY PLAN"], [[line] for line in plan_lines(engine, statement.statement)])
        result = engine.run(statement.statement)
        located = MeasurementReader(self._state.meta, self._settings.database, self._settings.policy)
        shown = located.resolved(statement.statement)
        lines = [
            ".",
            "└── select",
            "    ├── execution_time: 0s",
            "    ├── planning_time: 0s",
            "    ├── total_time: 0s",
            "    └── build_cursor",
            "        └── labels",
            f"            └── statement: {shown}",
            "",
        ]
        del result
        return table("", ["EXPLAIN ANALYZE"], [[line] for line in lines])


def series_of(group: ResultGroup, result: SelectResult) -> Series:
    """Return the rows of one series of a SELECT as they are answered."""
    columns = [Column(result.columns[0], group.times.tolist(), "time")]
    for name, vector in zip(result.columns[1:], group.columns, strict=True):
        columns.append(Column(name, vector.to_list(), "float" if vector.kind == "float" else "mixed"))
    return Series(group.key.name, columns, dict(group.key.tags), zone=result.zone)


def _points(group: ResultGroup, result: SelectResult, name: str) -> Iterator[Point]:
    tags = {key: value for key, value in group.key.tags if value}
    name = name or group.key.name
    series = SeriesName(make_key(name, tags), name, tags, "time" in tags)
    names = result.columns[1:]
    for time, *values in zip(group.times.tolist(), *(vector.to_list() for vector in group.columns), strict=True):
        fields = {column: value for column, value in zip(names, values, strict=True) if _storable(value)}
        if fields:
            yield Point(series, fields, time)


def _storable(value: object) -> TypeGuard[Value]:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int | str)


def _estimated(show: Show) -> bool:
    clauses = show.exact or show.sources or show.condition or show.dimensions or show.limit or show.offset
    return show.subject in ("SERIES", "MEASUREMENT") and not clauses


def _silent(statement: Statement) -> bool:
    return isinstance(statement, DeleteSeries) and statement.verb == "DELETE"


def _warning(statement: str) -> str:
    return f"deprecated use of '{statement}' in a read only context, please use a POST request instead"


def _refuse_system_sources(statement: Select) -> None:
    for source in statement.sources:
        if isinstance(source, Measurement) and source.name in _SYSTEM:
            command = _SYSTEM[source.name]
            message = f"unable to use system source '{source.name}': use {command} instead"
            raise InfluxError(message)
