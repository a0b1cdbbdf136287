"""Read the rows of measurements from the shards that a query's time meets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from catchment.local.influxdb.columns import Array, Times, cast_array
from catchment.local.influxdb.errors import InfluxError
from catchment.local.influxdb.influxql.nodes import (
    Binary,
    BooleanLiteral,
    Expr,
    Measurement,
    Paren,
    Select,
    Source,
    SubQuery,
    VarRef,
)
from catchment.local.influxdb.meta import Meta
from catchment.local.influxdb.select.folding import Context, fold, names_in
from catchment.local.influxdb.select.leaves import Leaf, aligned
from catchment.local.influxdb.select.vectors import Evaluator, Vector
from catchment.local.influxdb.select.windows import Frame
from catchment.local.influxdb.storage import Series, Shard, strongest


class MeasurementReader:
    """
    Reads measurements of one server.

    Args:
        meta: The server's databases.
        database: Where names without a database belong to.
        policy: Where names without a policy belong to; empty for the database's default.
    """

    def __init__(self, meta: Meta, database: str, policy: str) -> None:
        self._meta = meta
        self._database = database
        self._policy = policy
        self.low: int | None = None
        self.high: int | None = None

    def resolved(self, statement: Select) -> Select:
        """
        Return a statement whose sources are full names of single measurements.

        Raises:
            InfluxError: A database is missing, or not named at all.
        """
        sources: list[Source] = []
        for each in statement.sources:
            if isinstance(each, SubQuery):
                sources.append(SubQuery(self.resolved(each.statement)))
            else:
                sources.extend(self._expanded(self.located(each)))
        target = self.located(statement.target) if statement.target is not None else None
        return replace(statement, sources=sources, target=target)

    def located(self, source: Measurement) -> Measurement:
        """Return a measurement with its database and policy."""
        if not source.target and not source.name and source.regex is None:
            message = "invalid measurement"
            raise InfluxError(message)
        name = source.database or self._database
        if not name:
            message = "database name required"
            raise InfluxError(message)
        database = self._meta.database(name)
        policy = source.policy or self._policy or database.default
        if not policy:
            message = f"default retention policy not set for: {name}"
            raise InfluxError(message)
        return replace(source, database=name, policy=policy)

    def _expanded(self, source: Measurement) -> Iterator[Measurement]:
        if source.regex is None:
            yield source
            return
        for name in self._meta.database(source.database).index.measurements():
            if source.matches(name):
                yield replace(source, name=name, regex=None)

    # What there is

    def shards(self, source: Measurement, low: int | None, high: int | None) -> list[Shard]:
        """Return the shards of a measurement's policy that a time range meets."""
        policy = self._meta.policy(source.database, source.policy)
        found = [group.shard for group in policy.groups]
        return [shard for shard in found if (low is None or shard.end > low) and (high is None or shard.start <= high)]

    def fields_of(self, source: Measurement) -> dict[str, str]:
        """Return the fields of a measurement with their types."""
        kinds: dict[str, list[str]] = {}
        for shard in self.shards(source, self.low, self.high):
            for name, kind in shard.fields.get(source.name, {}).items():
                kinds.setdefault(name, []).append(kind)
        return {name: strongest(iter(each)) for name, each in kinds.items()}

    def tags_of(self, source: Measurement) -> set[str]:
        """Return the tag keys of a measurement."""
        if not self.shards(source, self.low, self.high):
            return set()
        return self._meta.database(source.database).index.tag_keys(source.name)

    def series(self, source: Measurement) -> list[Series]:
        """Return the series of a measurement."""
        return self._meta.database(source.database).index.series(source.name)

    # Rows

    def leaves(
        self,
        source: Measurement,
        drivers: Sequence[VarRef],
        along: Sequence[VarRef],
        condition: Expr | None,
        frame: Frame,
        series_range: tuple[Sequence[str], int, int],
    ) -> Iterator[Leaf]:
        """
        Yield the rows of a measurement, series by series and shard by shard.

        Args:
            source: The measurement.
            drivers: Fields; a row is where one of them has a value.
            along: Further fields and tags.
            condition: What rows must fulfil; its names are typed.
            frame: Time range and direction.
            series_range: Tags grouped by, and how many groups of them to take (0 for all) after how many.
        """
        matching = list(self._matching(source, condition))
        shards = self.shards(source, frame.low, frame.high)
        for series, rest in _limited(matching, *series_range, ascending=frame.ascending):
            for shard in shards:
                leaf = _read(series, shard, drivers, along, rest, frame)
                if leaf is not None:
                    yield leaf

    def _matching(self, source: Measurement, condition: Expr | None) -> Iterator[tuple[Series, Expr | None]]:
        """Yield the series whose tags fulfil a condition, with what is left to be checked row by row."""
        for series in self._meta.database(source.database).index.series(source.name):
            rest = series_condition(condition, series)
            if not (isinstance(rest, BooleanLiteral) and not rest.value):
                yield series, None if isinstance(rest, BooleanLiteral) else rest


def series_condition(condition: Expr | None, series: Series) -> Expr | None:
    """Return what is left of a condition once the tags of a series are known."""
    if condition is None:
        return None

    def known(expr: Expr) -> Expr:
        match expr:
            case Binary(op="AND" | "OR") | Paren():
                return expr.rebuilt(known)
            case Binary(left=VarRef() as left, right=VarRef() as right) if _are_tags(left, right):
                values = series.tags.get(left.name), series.tags.get(right.name)
                same = values[0] is not None and values[0] == values[1]
                return BooleanLiteral(same == (expr.op == "="))
            case Binary() if _are_tags(*names_in(expr)):
                columns = {name.name: _tag_value(series, name.name) for name in names_in(expr)}
                return BooleanLiteral(bool(Evaluator(columns, 1).holds(expr)[0]))
            case _:
                return expr

    return fold(known(condition), Context())


def _are_tags(*references: VarRef) -> bool:
    return all(each.type in ("tag", "") for each in references)


def _tag_value(series: Series, name: str) -> Vector:
    value = series.name if name == "_name" else series.tags.get(name, "")
    return Vector.constant("string", value, 1)


def _limited(
    matching: list[tuple[Series, Expr | None]], dimensions: Sequence[str], limit: int, offset: int, *, ascending: bool
) -> list[tuple[Series, Expr | None]]:
    if not ascending:
        matching.reverse()
    if not limit and not offset:
        return matching
    names = sorted(set(dimensions))

    def group(series: Series) -> str:
        # Groups are counted by names and values of the tags that are there.
        there = [name for name in names if series.tags.get(name)]
        return "|".join([*there, *(series.tags[name] for name in there)])

    # Counted in ascending order whatever the direction: so does the real server.
    groups = sorted({group(series) for series, _ in matching})
    kept = set(groups[offset : offset + limit] if limit else groups[offset:])
    return [(series, rest) for series, rest in matching if group(series) in kept]


def _read(
    series: Series,
    shard: Shard,
    drivers: Sequence[VarRef],
    along: Sequence[VarRef],
    condition: Expr | None,
    frame: Frame,
) -> Leaf | None:
    columns = {str(each): found for each in drivers if (found := _field(series, shard, each, frame)) is not None}
    if not columns:
        return None
    times = _union([times for times, _ in columns.values()])
    leaf = Leaf(series.name, series.tags, times, shard=shard.number)
    for each in (*drivers, *along):
        leaf.columns[str(each)] = _column(series, shard, each, frame, times, columns.get(str(each)))
    if condition is not None:
        wanted = {each.name: _column(series, shard, each, frame, times, None) for each in names_in(condition)}
        leaf = leaf.at(Evaluator(wanted, len(times)).holds(condition))
    if not len(leaf.times):
        return leaf if len(times) == 0 else None
    return leaf if frame.ascending else leaf.at(np.arange(len(leaf.times))[::-1])


def _union(several: list[Times]) -> Times:
    first = several[0]
    for other in several[1:]:
        if len(other) != len(first) or not bool((other == first).all()):
            return np.unique(np.concatenate(several))
    return first


def _field(series: Series, shard: Shard, reference: VarRef, frame: Frame) -> tuple[Times, Vector] | None:
    """Return a field's times and values in the range of the query."""
    known = shard.fields.get(series.name, {}).get(reference.name)
    column = shard.data.get(series.key, {}).get(reference.name)
    if known is None or column is None:
        return None
    wanted = reference.type if reference.type not in ("", "field") else known
    times, values = column.arrays()
    low = int(np.searchsorted(times, frame.low, side="left"))
    high = int(np.searchsorted(times, frame.high, side="right"))
    cast_values: Array | None = cast_array(values[low:high], column.kind, wanted)
    if cast_values is None:
        return None
    return times[low:high], Vector.full(wanted, cast_values)


def _column(
    series: Series, shard: Shard, reference: VarRef, frame: Frame, times: Times, known: tuple[Times, Vector] | None
) -> Vector:
    if reference.type != "tag":
        found = known or _field(series, shard, reference, frame)
        if found is not None:
            return aligned(times, *found)
        if reference.type:
            return Vector.gap(reference.type, len(times))
    value = series.tags.get(reference.name, "")
    return Vector.constant("string", value, len(times)) if value else Vector.gap("string", len(times))
