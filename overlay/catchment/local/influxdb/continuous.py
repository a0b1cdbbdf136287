"""Run continuous queries when asked to: nothing runs by itself in a stack."""

from __future__ import annotations

from dataclasses import replace

from catchment.local.influxdb.executor import Executor, QuerySettings
from catchment.local.influxdb.influxql.nodes import Binary, Expr, IntegerLiteral, Paren, Select, VarRef
from catchment.local.influxdb.influxql.parser import parse_query
from catchment.local.influxdb.influxql.statements import CreateContinuousQuery
from catchment.local.influxdb.installation import Installation, Record
from catchment.local.influxdb.results import StatementResult


def run_continuous_queries(state: Installation, record: Record) -> dict[str, str]:
    """
    Run every continuous query once, over the last whole window before now, or over what its FOR says.

    Args:
        state: The server.
        record: Notes what was written.

    Returns:
        The error of each query by `database.name`; empty where it went well.
    """
    outcomes: dict[str, str] = {}
    for database in list(state.meta.databases.values()):
        for name, text in database.queries.items():
            statement = parse_query(text)[0]
            if isinstance(statement, CreateContinuousQuery):
                settings = QuerySettings(database.name, "", read_only=False, user=None, record=record)
                select = _ranged(statement, state.now())
                results: list[StatementResult] = list(Executor(state, settings).run([select]))
                outcomes[f"{database.name}.{name}"] = results[0].error
    return outcomes


def _ranged(statement: CreateContinuousQuery, now: int) -> Select:
    """Return the SELECT of a continuous query with its time range."""
    interval = statement.select.interval or 1
    end = now - now % interval
    start = end - max(interval, statement.within)
    times = _and(_compare(">=", start), _compare("<", end))
    condition = statement.select.condition
    return replace(statement.select, condition=times if condition is None else _and(Paren(condition), times))


def _compare(op: str, time: int) -> Expr:
    return Binary(op, VarRef("time"), IntegerLiteral(time))


def _and(left: Expr, right: Expr) -> Expr:
    return Binary("AND", left, right)
