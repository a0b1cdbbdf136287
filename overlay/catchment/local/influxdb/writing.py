"""Write points: find their shards, check the types of their fields, drop what must be dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from catchment.local.influxdb.columns import type_of
from catchment.local.influxdb.errors import FieldTypeConflictError, InfluxError, PartialWriteError
from catchment.local.influxdb.lineprotocol import Point
from catchment.local.influxdb.meta import Database, Meta, Policy
from catchment.local.influxdb.storage import Shard
from catchment.local.influxdb.times import MIN_TIME

Written = Counter[tuple[str, int]]


class PointWriter:
    """
    Writes points into one policy of one database.

    Args:
        meta: Where shards come from.
        database: Name of the database.
        policy: Name of the policy; the empty one is the default.
        now: In nanoseconds; decides what is too old.
        max_series: Most series that a database may have; 0 is no limit.
    """

    def __init__(self, meta: Meta, database: str, policy: str, now: int, max_series: int = 0) -> None:
        self._meta = meta
        self._database: Database = meta.database(database)
        self._policy: Policy = meta.policy(database, policy)
        self._oldest = now - self._policy.duration if self._policy.duration else MIN_TIME
        self._max_series = max_series
        self._known: set[str] = set()
        self.written: Written = Counter()

    @property
    def policy(self) -> str:
        """Name of the policy that is written to."""
        return self._policy.name

    def write(self, points: Sequence[Point]) -> None:
        """
        Write points, shard by shard; one shard's refusal does not keep the others from being written.

        Raises:
            PartialWriteError: Some points were dropped.
            FieldTypeConflictError: A shard got nothing.
        """
        shards, too_old = self._by_shard(points)
        first: InfluxError | None = None
        for shard, mine in shards:
            try:
                self._write_shard(shard, mine)
            except InfluxError as error:
                first = first or error
        if first is not None:
            raise first
        if too_old:
            reason = "points beyond retention policy"
            raise PartialWriteError(reason, too_old)

    def _by_shard(self, points: Sequence[Point]) -> tuple[list[tuple[Shard, list[Point]]], int]:
        found: dict[int, tuple[Shard, list[Point]]] = {}
        too_old = 0
        shard: Shard | None = None
        mine: list[Point] = []
        for point in points:
            if shard is None or not shard.start <= point.time < shard.end:
                if point.time < self._oldest and self._policy.group_at(point.time) is None:
                    too_old += 1
                    continue
                shard = self._meta.group_for(self._policy, point.time).shard
                mine = found.setdefault(shard.number, (shard, []))[1]
            if point.time < self._oldest:
                too_old += 1
                continue
            mine.append(point)
        return list(found.values()), too_old

    def _write_shard(self, shard: Shard, points: list[Point]) -> None:
        good, problem = self._checked(shard, points)
        self._create_fields(shard, good)
        for point in good:
            self.written[point.series.key, point.time] += 1
            for name, value in point.fields.items():
                if name != "time":
                    shard.column(point.series.key, name, type_of(value)).add(point.time, value)
        if problem is not None:
            raise problem

    def _checked(self, shard: Shard, points: list[Point]) -> tuple[list[Point], PartialWriteError | None]:
        """Return the points that can be written, and the error that tells of the others."""
        good: list[Point] = []
        reason, dropped = "", 0
        for point in points:
            found = _tag_problem(point)
            if found:
                reason, dropped = reason or found, dropped + 1
        for point in points:
            if point.series.time_tag:
                continue
            # The series is created even if its only point is refused further on.
            if not self._room_for(point):
                most = self._max_series
                reason, dropped = reason or f"max-series-per-database limit exceeded: ({most})", dropped + 1
                continue
            found = _name_problem(point) or _type_problem(shard, point)
            if found:
                reason, dropped = reason or found, dropped + 1
            else:
                good.append(point)
        return good, PartialWriteError(reason, dropped) if dropped else None

    def _room_for(self, point: Point) -> bool:
        index = self._database.index
        if point.series.key in self._known:
            return True
        if self._max_series:
            known = index.has(point.series.name) and any(
                each.tags == point.series.tags for each in index.series(point.series.name)
            )
            if not known and len(index) >= self._max_series:
                return False
        index.add(point.series.name, point.series.tags)
        self._known.add(point.series.key)
        return True

    def _create_fields(self, shard: Shard, points: list[Point]) -> None:
        """Note the types of new fields; two types for one new field refuse the whole batch of the shard."""
        for point in points:
            kinds = shard.fields.get(point.series.name)
            if kinds is None:
                kinds = shard.fields[point.series.name] = _new_fields(point.series.name)
            for name, value in point.fields.items():
                if name == "time":
                    continue
                if point.mixed or kinds.setdefault(name, type_of(value)) != type_of(value):
                    message = "field type conflict"
                    raise FieldTypeConflictError(message)


def _new_fields(name: str) -> dict[str, str]:
    if any("\udc80" <= char <= "\udcff" for char in name):
        message = 'proto: field "tsdb.MeasurementFields.Name" contains invalid UTF-8'
        raise InfluxError(message)
    return {}


def _tag_problem(point: Point) -> str:
    if not point.series.time_tag:
        return ""
    return f'invalid tag key: input tag "time" on measurement "{point.series.name}" is invalid'


def _name_problem(point: Point) -> str:
    if any(name != "time" for name in point.fields):
        return ""
    return f'invalid field name: input field "time" on measurement "{point.series.name}" is invalid'


def _type_problem(shard: Shard, point: Point) -> str:
    kinds = shard.fields.get(point.series.name)
    if not kinds:
        return ""
    for name, value in point.fields.items():
        known = kinds.get(name)
        if known is not None and known != type_of(value):
            return (
                f'field type conflict: input field "{name}" on measurement "{point.series.name}" '
                f"is type {type_of(value)}, already exists as type {known}"
            )
    return ""
