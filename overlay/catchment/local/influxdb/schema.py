"""Answer the SHOW statements about measurements, series, tags and fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from catchment.local.influxdb.errors import InfluxError
from catchment.local.influxdb.influxql.nodes import (
    Binary,
    Expr,
    ListLiteral,
    Paren,
    RegexLiteral,
    StringLiteral,
    VarRef,
    is_among,
)
from catchment.local.influxdb.influxql.statements import Show
from catchment.local.influxdb.meta import Database, Meta
from catchment.local.influxdb.results import Series as Answer
from catchment.local.influxdb.results import table
from catchment.local.influxdb.select.folding import Context, TimeRange, mentions_time, split_condition
from catchment.local.influxdb.select.measurements import series_condition
from catchment.local.influxdb.storage import Index, Series, Shard

_NAME_REQUIRED = "database name required"
_ESTIMATE = "cardinality estimation"


class SchemaReader:
    """
    Answers schema statements for one request.

    Args:
        meta: The server's databases.
        database: Where statements without ON look.
        now: In nanoseconds.
    """

    def __init__(self, meta: Meta, database: str, now: int) -> None:
        self._meta = meta
        self._default = database
        self._now = now

    def answer(self, show: Show) -> list[Answer]:
        """
        Return the series of the answer.

        Raises:
            InfluxError: The statement cannot be carried out.
        """
        if show.cardinality:
            return self._cardinality(show)
        match show.subject:
            case "MEASUREMENTS":
                return self._measurements(show)
            case "SERIES":
                return self._series(show)
            case "TAG KEYS":
                return self._tag_keys(show)
            case "TAG VALUES":
                return self._tag_values(show)
            case _:
                return self._field_keys(show)

    # Parts

    def _name(self, show: Show) -> str:
        name = show.database or self._default
        if not name:
            raise InfluxError(_NAME_REQUIRED)
        return name

    def _split(self, show: Show) -> tuple[Expr | None, TimeRange]:
        return split_condition(show.condition, Context(self._now))

    def _matching(self, database: Database, show: Show, condition: Expr | None) -> Iterator[Series]:
        """Yield the series of the named measurements whose tags fulfil a condition."""
        condition = _as_tags(condition)
        for name in database.index.measurements():
            if is_among(show.sources, name):
                for series in database.index.series(name):
                    rest = series_condition(condition, series)
                    if rest is None or getattr(rest, "value", True):
                        yield series

    def _shards(self, database: Database, times: TimeRange) -> list[Shard]:
        low, high = times.low, times.high
        return [
            shard
            for shard in database.shards()
            if (low is None or shard.end > low) and (high is None or shard.start <= high)
        ]

    # Statements

    def _measurements(self, show: Show) -> list[Answer]:
        name = self._name(show)
        if mentions_time(show.condition):
            message = "SHOW MEASUREMENTS doesn't support time in WHERE clause"
            raise InfluxError(message)
        database = self._meta.databases.get(name)
        if database is None or not any(True for _ in database.shards()):
            return []
        index = database.index
        found = [
            each
            for each in index.measurements()
            if is_among(show.sources, each) and (show.condition is None or _has_tags(index, each, show.condition))
        ]
        names = _limited(found, show)
        return [table("measurements", ["name"], [[each] for each in names])] if names else []

    def _series(self, show: Show) -> list[Answer]:
        database = self._meta.database(self._name(show))
        condition, times = self._split(show)
        if not self._shards(database, times):
            return []
        found = [each.key for each in self._matching(database, show, condition)]
        if mentions_time(show.condition):
            alive = {key for shard in self._shards(database, times) for key in shard.data}
            found = [key for key in found if key in alive]
        keys = _limited(sorted(found), show)
        return [table("", ["key"], [[key] for key in keys])] if keys else []

    def _tag_keys(self, show: Show) -> list[Answer]:
        database = self._meta.database(self._name(show))
        condition, times = self._split(show)
        if not self._shards(database, times):
            return []
        keys: dict[str, set[str]] = {}
        for series in self._matching(database, show, condition):
            keys.setdefault(series.name, set()).update(series.tags)
        found = ((name, _limited(sorted(each), show)) for name, each in sorted(keys.items()))
        return [table(name, ["tagKey"], [[key] for key in each]) for name, each in found if each]

    def _tag_values(self, show: Show) -> list[Answer]:
        database = self._meta.database(self._name(show))
        condition, times = self._split(show)
        if not self._shards(database, times):
            return []
        wanted = _key_filter(show)
        pairs: dict[str, set[tuple[str, str]]] = {}
        for series in self._matching(database, show, condition):
            pairs.setdefault(series.name, set()).update(pair for pair in series.tags.items() if wanted(pair[0]))
        found = ((name, _limited(sorted(each), show)) for name, each in sorted(pairs.items()))
        return [table(name, ["key", "value"], each) for name, each in found if each]

    def _field_keys(self, show: Show) -> list[Answer]:
        database = self._meta.database(self._name(show))
        kinds: dict[str, set[tuple[str, str]]] = {}
        for shard in database.shards():
            for name, fields in shard.fields.items():
                if is_among(show.sources, name) and database.index.has(name):
                    kinds.setdefault(name, set()).update(fields.items())
        found = ((name, _limited(sorted(each), show)) for name, each in sorted(kinds.items()))
        return [table(name, ["fieldKey", "fieldType"], each) for name, each in found if each]

    # Cardinality

    def _cardinality(self, show: Show) -> list[Answer]:
        plain = not (show.exact or show.sources or show.condition or show.dimensions or show.limit or show.offset)
        if plain and show.subject in ("SERIES", "MEASUREMENT"):
            name = self._name(show)
            database = self._meta.databases.get(name)
            index = database.index if database is not None else None
            number = 0 if index is None else len(index) if show.subject == "SERIES" else len(index.measurements())
            return [table("", [_ESTIMATE], [[number]])]
        if mentions_time(show.condition) and show.subject != "TAG VALUES":
            exact = "" if show.subject == "FIELD KEY" else "EXACT "
            message = f"SHOW {show.subject} {exact}CARDINALITY doesn't support time in WHERE clause"
            raise InfluxError(message)
        database = self._meta.database(self._name(show))
        if not any(True for _ in database.shards()):
            return []
        groups: dict[tuple[str, tuple[str, ...]], set[tuple[int, str]]] = {}
        dimensions = sorted({each.name for each in show.dimensions if isinstance(each, VarRef)})
        for series in self._matching(database, show, self._split(show)[0]):
            key = "" if show.subject == "MEASUREMENT" else series.name
            values = tuple(series.tags.get(name, "") for name in dimensions)
            counted = self._counted(database, show, series)
            if counted:
                groups.setdefault((key, values), set()).update(counted)
        found = [
            (name, dict(zip(dimensions, values, strict=True)), len(each))
            for (name, values), each in sorted(groups.items())
        ]
        answers: list[Answer] = []
        for name, tags, number in found:
            answer = table(name, ["count"], _limited([[number]], show))
            answer.tags = tags
            if answer.length:
                answers.append(answer)
        return answers

    def _counted(self, database: Database, show: Show, series: Series) -> set[tuple[int, str]]:
        if show.subject == "SERIES":
            # The real server counts a series once for each shard that holds it.
            return {(shard.number, series.key) for shard in database.shards() if series.key in shard.data}
        return {(0, each) for each in self._names_of(database, show, series)}

    def _names_of(self, database: Database, show: Show, series: Series) -> set[str]:
        match show.subject:
            case "MEASUREMENT":
                return {series.name}
            case "TAG KEY":
                return set(series.tags)
            case "TAG VALUES":
                wanted = _key_filter(show)
                return {value for key, value in series.tags.items() if wanted(key)}
            case _:
                return {name for shard in database.shards() for name in shard.fields.get(series.name, {})}


_T = TypeVar("_T")


def _has_tags(index: Index, name: str, condition: Expr) -> bool:
    """
    Tell whether a measurement fulfils a condition about tags.

    A comparison with `=` wants a series with that value, one with `!=` wants none, and either wants the tag.
    """
    match condition:
        case Paren(inner=inner):
            return _has_tags(index, name, inner)
        case Binary(op="AND", left=left, right=right):
            return _has_tags(index, name, left) and _has_tags(index, name, right)
        case Binary(op="OR", left=left, right=right):
            return _has_tags(index, name, left) or _has_tags(index, name, right)
        case Binary(op=op, left=VarRef(name=tag), right=StringLiteral() | RegexLiteral() as wanted):
            values = {each.tags[tag] for each in index.series(name) if tag in each.tags}
            if isinstance(wanted, StringLiteral):
                hit = wanted.value in values
            else:
                hit = any(wanted.value.search(each) for each in values)
            return bool(values) and hit == (op in ("=", "=~"))
        case _:
            return False


def _limited(found: Sequence[_T], show: Show) -> Sequence[_T]:
    return found[show.offset : show.offset + show.limit] if show.limit else found[show.offset :]


def _key_filter(show: Show) -> Callable[[str], bool]:
    match show.key:
        case ListLiteral(values=names):
            return lambda key: key in names
        case RegexLiteral(value=pattern):
            return lambda key: (pattern.search(key) is not None) == (show.key_op == "=~")
        case StringLiteral(value=name):
            return lambda key: (key == name) == (show.key_op == "=")
        case _:
            return lambda key: bool(key)


def _as_tags(condition: Expr | None) -> Expr | None:
    """Take all names of a condition as tags."""
    match condition:
        case None:
            return None
        case VarRef(name=name):
            return VarRef(name, "tag")
        case Binary() | Paren():
            return condition.rebuilt(lambda each: _as_tags(each) or each)
        case _:
            return condition
