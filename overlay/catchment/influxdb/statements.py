"""InfluxQL of the management calls: every name quoted, every value a literal. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final, Literal, TypeAlias, cast

from catchment.core.errors import UnsafeInputError
from catchment.influxdb import influxql, lexing
from catchment.influxdb.influxql import Expression, Regex, duration, quote_ident, quote_literal, quote_path
from catchment.influxdb.precision import timestamp

Length: TypeAlias = "timedelta | str"
"""A `timedelta`, or text such as `"1h30m"`; `"INF"` is without end."""
Privilege: TypeAlias = Literal["READ", "WRITE", "ALL"]
Cardinality: TypeAlias = Literal["SERIES", "MEASUREMENT", "TAG KEY", "FIELD KEY"]

_PRIVILEGES: Final = ("READ", "WRITE", "ALL")


def create_database(
    name: str,
    *,
    length: Length | None = None,
    replication: int | None = None,
    shard_length: Length | None = None,
    policy: str | None = None,
) -> str:
    """Create a database, with a default policy of its own if anything of one is given."""
    options = _policy_options(length, replication, shard_length)
    if policy is not None:
        options.append(f"NAME {quote_ident(policy)}")
    return " ".join([f"CREATE DATABASE {quote_ident(name)}", *(["WITH", *options] if options else [])])


def retention_policy(
    verb: Literal["CREATE", "ALTER"],
    name: str,
    db: str,
    *,
    length: Length | None,
    replication: int | None,
    shard_length: Length | None,
    default: bool,
) -> str:
    """
    Create or alter a retention policy.

    Raises:
        UnsafeInputError: Nothing would be altered.
    """
    options = _policy_options(length, replication, shard_length) + (["DEFAULT"] if default else [])
    if not options:
        raise UnsafeInputError("nothing to alter: give a duration, replication, shard_duration or default=True")
    return f"{verb} RETENTION POLICY {quote_ident(name)} ON {quote_ident(db)} {' '.join(options)}"


def _policy_options(length: Length | None, replication: int | None, shard_length: Length | None) -> list[str]:
    options: list[str] = []
    if length is not None:
        options.append(f"DURATION {duration(length)}")
    if replication is not None:
        options.append(f"REPLICATION {_count('replication', replication, least=1)}")
    if shard_length is not None:
        options.append(f"SHARD DURATION {duration(shard_length)}")
    return options


def show_measurements(db: str | None, matching: str | None, limit: int | None, offset: int | None) -> str:
    """List measurements, those that match a regular expression."""
    pattern = "" if matching is None else f" WITH MEASUREMENT =~ {influxql.quote_regex(matching)}"
    return f"SHOW MEASUREMENTS{on(db)}{pattern}{_page(limit, offset)}"


def show_keys(
    what: Literal["SERIES", "TAG KEYS", "FIELD KEYS"],
    db: str | None,
    measurement: str | None,
    tags: Mapping[str, object] | None = None,
    limit: int | None = None,
    offset: int | None = None,
) -> str:
    """List series, or keys."""
    return f"SHOW {what}{on(db)}{_source(measurement)}{_where(_tag_conditions(tags))}{_page(limit, offset)}"


def show_tag_values(
    key: str | Sequence[str] | Regex,
    db: str | None,
    measurement: str | None,
    tags: Mapping[str, object] | None,
    limit: int | None,
    offset: int | None,
) -> str:
    """List the values of tags."""
    where = _where(_tag_conditions(tags))
    return f"SHOW TAG VALUES{on(db)}{_source(measurement)} WITH KEY {_key(key)}{where}{_page(limit, offset)}"


def show_cardinality(what: Cardinality, db: str | None, *, exact: bool, measurement: str | None = None) -> str:
    """Count series, measurements or keys; the exact count takes the server longer."""
    return f"SHOW {what}{' EXACT' if exact else ''} CARDINALITY{on(db)}{_source(measurement)}"


def show_tag_values_cardinality(key: str | Sequence[str] | Regex, db: str | None, measurement: str | None) -> str:
    """Count the values of a tag."""
    return f"SHOW TAG VALUES CARDINALITY{on(db)}{_source(measurement)} WITH KEY {_key(key)}"


def delete(
    measurement: str | None, start: object, stop: object, tags: Mapping[str, object] | None, where: Expression | None
) -> str:
    """
    Delete points.

    Raises:
        UnsafeInputError: All points of the database would go; the range is empty.
    """
    conditions = _time_conditions(start, stop) + _tag_conditions(tags) + ([where.text] if where is not None else [])
    if measurement is None and not conditions:
        raise UnsafeInputError(
            "this would delete every point of the database", hint="name a measurement, tags or a time range"
        )
    return f"DELETE{_source(measurement)}{_where(conditions)}"


def drop_series(measurement: str | None, tags: Mapping[str, object] | None) -> str:
    """
    Drop series with all their points, from the index too.

    Raises:
        UnsafeInputError: All series of the database would go.
    """
    if measurement is None and not tags:
        raise UnsafeInputError("this would drop every series of the database", hint="name a measurement or tags")
    return f"DROP SERIES{_source(measurement)}{_where(_tag_conditions(tags))}"


def grant(verb: Literal["GRANT", "REVOKE"], privilege: str, db: str, user: str) -> str:
    """
    Give a user a right on a database, or take it.

    Raises:
        UnsafeInputError: There is no such right.
    """
    right = privilege.upper()
    if right not in _PRIVILEGES:
        raise UnsafeInputError(f"privilege={privilege!r}: one of {', '.join(_PRIVILEGES)} is needed")
    return f"{verb} {right} ON {quote_ident(db)} {'TO' if verb == 'GRANT' else 'FROM'} {quote_ident(user)}"


def continuous_query(name: str, db: str, query: str, *, every: Length | None, span: Length | None) -> str:
    """
    Create a continuous query.

    Raises:
        UnsafeInputError: `query` is not one SELECT with INTO.
    """
    found = lexing.statements(query)
    words = [token.upper for token in found[0] if token.kind == "word"] if len(found) == 1 else []
    if not words or words[0] != "SELECT" or "INTO" not in words:
        raise UnsafeInputError("a continuous query is one SELECT ... INTO ... GROUP BY time(...)")
    if any(token.kind == "comment" for token in lexing.tokens(query)):
        raise UnsafeInputError("leave comments out of a continuous query: one would hide its END")
    resample = "" if every is None else f" EVERY {duration(every)}"
    resample += "" if span is None else f" FOR {duration(span)}"
    body = "".join(token.text for token in lexing.tokens(query)).strip().rstrip(";").rstrip()
    return (
        f"CREATE CONTINUOUS QUERY {quote_ident(name)} ON {quote_ident(db)}"
        f"{' RESAMPLE' + resample if resample else ''} BEGIN {body} END"
    )


def create_subscription(name: str, db: str, rp: str, destinations: Sequence[str], mode: str) -> str:
    """
    Create a subscription.

    Raises:
        UnsafeInputError: No destinations, or a mode that is none.
    """
    if mode.upper() not in {"ALL", "ANY"}:
        raise UnsafeInputError(f"mode={mode!r}: 'ALL' or 'ANY' is needed")
    if isinstance(destinations, str) or not destinations:
        raise UnsafeInputError("destinations must be a list of addresses such as udp://host:port")
    targets = ", ".join(map(quote_literal, destinations))
    return f"CREATE SUBSCRIPTION {quote_ident(name)} ON {quote_path(db, rp)} DESTINATIONS {mode.upper()} {targets}"


def numbered(verb: Literal["KILL QUERY", "DROP SHARD"], number: int) -> str:
    """Name something by its number."""
    return f"{verb} {_count('the number', number, least=0)}"


def on(db: str | None) -> str:
    """Name the database of a SHOW statement."""
    return "" if db is None else f" ON {quote_ident(db)}"


def _source(measurement: str | Regex | None) -> str:
    if measurement is None:
        return ""
    return f" FROM {influxql.literal(measurement) if isinstance(measurement, Regex) else quote_ident(measurement)}"


def _key(key: str | Sequence[str] | Regex) -> str:
    if isinstance(key, Regex):
        return f"=~ {influxql.literal(key)}"
    if isinstance(key, str):
        return f"= {quote_ident(key)}"
    if not key:
        raise UnsafeInputError("no tag key is given")
    return f"IN ({', '.join(map(quote_ident, key))})"


def _tag_conditions(tags: Mapping[str, object] | None) -> list[str]:
    return [_tag_condition(name, value) for name, value in (tags or {}).items()]


def _tag_condition(name: str, value: object) -> str:
    if isinstance(value, Regex):
        return f"{quote_ident(name)} =~ {influxql.literal(value)}"
    if isinstance(value, list | tuple | set | frozenset):
        return influxql.any_of(name, _texts(name, cast("Iterable[object]", value))).text
    return f"{quote_ident(name)} = {quote_literal(_tag_text(name, value))}"


def _texts(name: str, values: Iterable[object]) -> list[str]:
    """Return values in an order that does not change from run to run."""
    return sorted(_tag_text(name, value) for value in values)


def _tag_text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise UnsafeInputError(f"tag {name!r} is compared with text, not {type(value).__name__}: tags are text")
    return value


def _time_conditions(start: object, stop: object) -> list[str]:
    first, last = timestamp(start), timestamp(stop)
    if first is not None and last is not None and first >= last:
        raise UnsafeInputError("the time range is empty: stop must lie behind start, and is not part of it")
    conditions = [] if first is None else [f"time >= {first}"]
    return conditions if last is None else [*conditions, f"time < {last}"]


def _where(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _page(limit: int | None, offset: int | None) -> str:
    first = "" if limit is None else f" LIMIT {_count('limit', limit, least=1)}"
    return first if offset is None else f"{first} OFFSET {_count('offset', offset, least=0)}"


def _count(name: str, value: object, *, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise UnsafeInputError(f"{name} must be a whole number of at least {least}, not {value!r}")
    return value
