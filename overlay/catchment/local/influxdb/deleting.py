"""Delete points, series, measurements and shards."""

from __future__ import annotations

from catchment.local.influxdb.errors import InfluxError
from catchment.local.influxdb.influxql.nodes import BooleanLiteral, Expr, is_among
from catchment.local.influxdb.influxql.statements import DeleteSeries
from catchment.local.influxdb.meta import Database, Meta
from catchment.local.influxdb.select.folding import Context, mentions_time, names_in, split_condition
from catchment.local.influxdb.select.measurements import series_condition
from catchment.local.influxdb.storage import Series, Shard
from catchment.local.influxdb.times import MAX_TIME, MIN_TIME


def delete_series(database: Database, statement: DeleteSeries, now: int) -> int:
    """
    Delete what a DELETE or DROP SERIES names.

    Returns:
        How many series lost something.

    Raises:
        InfluxError: The condition is about fields, or about time where it cannot be.
    """
    if statement.verb == "DROP SERIES" and mentions_time(statement.condition):
        message = "DROP SERIES doesn't support time in WHERE clause"
        raise InfluxError(message)
    condition, times = split_condition(statement.condition, Context(now))
    low = MIN_TIME if times.low is None else times.low
    high = MAX_TIME if times.high is None else times.high
    for shard in database.shards():
        _refuse_fields(shard, statement, condition)
    touched = 0
    for series in list(_matching(database, statement, condition)):
        hit = [_delete_range(shard, series, low, high) for shard in database.shards()]
        touched += any(hit)
        if not any(series.key in shard.data for shard in database.shards()):
            database.index.remove(series)
    # The types of fields stay known, also when nothing is left: so does the real server.
    return touched


def _refuse_fields(shard: Shard, statement: DeleteSeries, condition: Expr | None) -> None:
    for name, fields in shard.fields.items():
        if is_among(statement.sources, name) and any(
            each.name in fields and each.type != "tag" for each in names_in(condition)
        ):
            message = f"shard {shard.number}: fields not supported in WHERE clause during deletion"
            raise InfluxError(message)


def _matching(database: Database, statement: DeleteSeries, condition: Expr | None) -> list[Series]:
    found: list[Series] = []
    for name in database.index.measurements():
        if is_among(statement.sources, name):
            for series in database.index.series(name):
                rest = series_condition(condition, series)
                if not (isinstance(rest, BooleanLiteral) and not rest.value):
                    found.append(series)
    return found


def _delete_range(shard: Shard, series: Series, low: int, high: int) -> bool:
    columns = shard.data.get(series.key)
    if columns is None:
        return False
    before = sum(len(each) for each in columns.values())
    for name, column in list(columns.items()):
        column.delete(low, high)
        if not len(column):
            del columns[name]
    if not columns:
        del shard.data[series.key]
    return before != sum(len(each) for each in columns.values())


def drop_measurement(database: Database, name: str) -> bool:
    """Delete a measurement; tell whether there was one."""
    series = list(database.index.series(name))
    for each in series:
        database.index.remove(each)
    for shard in database.shards():
        shard.fields.pop(name, None)
        for each in series:
            shard.data.pop(each.key, None)
    return bool(series)


def drop_shard(meta: Meta, number: int) -> bool:
    """Delete a shard with its points; tell whether there was one."""
    for database in meta.databases.values():
        for policy in database.policies.values():
            kept = [group for group in policy.groups if group.shard.number != number]
            if len(kept) < len(policy.groups):
                policy.groups = kept
                forget_dead_series(database)
                return True
    return False


def forget_dead_series(database: Database) -> None:
    """Forget the series that no shard holds any more."""
    alive = {key for shard in database.shards() for key in shard.data}
    for series in list(database.index.all_series()):
        if series.key not in alive:
            database.index.remove(series)
