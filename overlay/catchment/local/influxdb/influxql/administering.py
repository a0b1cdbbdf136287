"""Read the statements that create, change, grant and remove."""

from __future__ import annotations

from catchment.local.influxdb.durations import format_duration
from catchment.local.influxdb.errors import QuerySyntaxError
from catchment.local.influxdb.influxql.nodes import Measurement
from catchment.local.influxdb.influxql.reading import MAX_INT32, TokenReader, unexpected, wrong
from catchment.local.influxdb.influxql.selecting import read_condition, read_select, read_sources
from catchment.local.influxdb.influxql.statements import (
    CreateContinuousQuery,
    CreateDatabase,
    CreateSubscription,
    CreateUser,
    DeleteSeries,
    DropNamed,
    DropOn,
    DropSubscription,
    Grant,
    KillQuery,
    PolicyStatement,
    SetPassword,
)


def read_create_database(tokens: TokenReader) -> CreateDatabase:
    """Read after CREATE DATABASE."""
    made = CreateDatabase(tokens.identifier())
    if not tokens.take("WITH"):
        return made
    token = tokens.next()
    if token.kind not in ("DURATION", "NAME", "REPLICATION", "SHARD"):
        raise unexpected(token, "DURATION", "NAME", "REPLICATION", "SHARD")
    tokens.back()
    made.with_policy = True
    if tokens.take("DURATION"):
        made.duration = tokens.duration()
    if tokens.take("REPLICATION"):
        made.replication = tokens.integer(1, MAX_INT32)
    if tokens.take("SHARD"):
        tokens.need("DURATION")
        made.shard_duration = tokens.duration()
    if tokens.take("NAME"):
        made.policy = tokens.identifier()
    return made


def read_drop_named(tokens: TokenReader, what: str) -> DropNamed:
    """Read a name after DROP something."""
    return DropNamed(what, tokens.identifier())


def read_drop_on(tokens: TokenReader, what: str) -> DropOn:
    """Read a name and its database after DROP something."""
    name = tokens.identifier()
    tokens.need("ON")
    return DropOn(what, name, tokens.identifier())


def read_create_policy(tokens: TokenReader) -> PolicyStatement:
    """Read after CREATE RETENTION POLICY."""
    name = tokens.identifier()
    tokens.need("ON")
    policy = PolicyStatement("CREATE", name, tokens.identifier())
    tokens.need("DURATION")
    policy.duration = tokens.duration()
    tokens.need("REPLICATION")
    policy.replication = tokens.integer(1, MAX_INT32)
    if tokens.take("SHARD"):
        policy.shard_duration = _shard_duration(tokens)
    policy.default = tokens.take("DEFAULT")
    return policy


def _shard_duration(tokens: TokenReader) -> int:
    tokens.need("DURATION")
    token = tokens.next()
    if token.kind == "INF":
        raise wrong("invalid duration INF for shard duration", token.position)
    tokens.back()
    return tokens.duration()


def read_alter_policy(tokens: TokenReader) -> PolicyStatement:
    """Read after ALTER RETENTION POLICY."""
    token = tokens.next()
    if token.kind not in ("DEFAULT", "IDENT"):
        raise unexpected(token, "identifier")
    name = token.text or "default"
    tokens.need("ON")
    policy = PolicyStatement("ALTER", name, tokens.identifier())
    found: set[str] = set()
    while True:
        token = tokens.next()
        if token.kind in found:
            raise wrong(f"found duplicate {token.kind} option", token.position)
        if token.kind == "DURATION":
            policy.duration = tokens.duration()
        elif token.kind == "REPLICATION":
            policy.replication = tokens.integer(1, MAX_INT32)
        elif token.kind == "SHARD":
            policy.shard_duration = _shard_duration(tokens)
        elif token.kind == "DEFAULT":
            policy.default = True
        elif found:
            tokens.back()
            return policy
        else:
            raise unexpected(token, "DURATION", "REPLICATION", "SHARD", "DEFAULT")
        found.add(token.kind)


def read_delete(tokens: TokenReader, verb: str) -> DeleteSeries:
    """Read after DELETE or DROP SERIES."""
    token = tokens.next()
    deleted = DeleteSeries(verb, [], None)
    if token.kind == "FROM":
        deleted.sources = read_sources(tokens, subqueries=False)
        for source in deleted.sources:
            if isinstance(source, Measurement) and source.policy:
                raise wrong("retention policy not supported")
            if isinstance(source, Measurement) and source.database:
                raise wrong("database not supported")
    else:
        tokens.back()
    deleted.condition = read_condition(tokens)
    if deleted.condition is None and not deleted.sources:
        raise unexpected(token, "FROM", "WHERE")
    return deleted


def read_create_user(tokens: TokenReader) -> CreateUser:
    """Read after CREATE USER."""
    name = tokens.identifier()
    tokens.need("WITH", "PASSWORD")
    user = CreateUser(name, tokens.string())
    if tokens.take("WITH"):
        tokens.need("ALL", "PRIVILEGES")
        user.admin = True
    return user


def read_set_password(tokens: TokenReader) -> SetPassword:
    """Read after SET PASSWORD FOR."""
    name = tokens.identifier()
    tokens.need("=")
    return SetPassword(name, tokens.string())


def read_grant(tokens: TokenReader, verb: str) -> Grant:
    """Read after GRANT or REVOKE."""
    privilege = _privilege(tokens)
    word = "TO" if verb == "GRANT" else "FROM"
    token = tokens.next()
    if token.kind == "ON":
        database = tokens.identifier()
        tokens.need(word)
        return Grant(verb, privilege, tokens.identifier(), database)
    everything = privilege == "ALL PRIVILEGES"
    if token.kind == word and everything:
        return Grant(verb, privilege, tokens.identifier())
    raise unexpected(token, *(["ON", word] if everything else ["ON"]))


def _privilege(tokens: TokenReader) -> str:
    token = tokens.next()
    if token.kind in ("READ", "WRITE"):
        return token.kind
    if token.kind != "ALL":
        raise unexpected(token, "READ", "WRITE", "ALL [PRIVILEGES]")
    tokens.take("PRIVILEGES")
    return "ALL PRIVILEGES"


def read_create_subscription(tokens: TokenReader) -> CreateSubscription:
    """Read after CREATE SUBSCRIPTION."""
    name, database, policy = _subscription(tokens)
    tokens.need("DESTINATIONS")
    token = tokens.next()
    if token.kind not in ("ALL", "ANY"):
        raise unexpected(token, "ALL", "ANY")
    return CreateSubscription(name, database, policy, token.kind, tokens.strings())


def read_drop_subscription(tokens: TokenReader) -> DropSubscription:
    """Read after DROP SUBSCRIPTION."""
    return DropSubscription(*_subscription(tokens))


def _subscription(tokens: TokenReader) -> tuple[str, str, str]:
    name = tokens.identifier()
    tokens.need("ON")
    database = tokens.identifier()
    token = tokens.scan()
    if token.kind != ".":
        raise unexpected(token, ".")
    return name, database, tokens.identifier()


def read_kill(tokens: TokenReader) -> KillQuery:
    """Read after KILL QUERY."""
    query = tokens.unsigned()
    return KillQuery(query, tokens.identifier() if tokens.take("ON") else "")


def read_create_continuous(tokens: TokenReader) -> CreateContinuousQuery:
    """Read after CREATE CONTINUOUS QUERY."""
    name = tokens.identifier()
    tokens.need("ON")
    database = tokens.identifier()
    every, within = _resample(tokens) if tokens.take("RESAMPLE") else (0, 0)
    tokens.need("BEGIN", "SELECT")
    select = read_select(tokens, target_required=True)
    if not select.raw and select.interval == 0:
        tokens.back()
        tokens.back()
        raise unexpected(tokens.next(), "GROUP BY time(...)")
    tokens.need("END")
    shortest = max(select.interval, every) if every else select.interval
    if within and shortest > within:
        need, got = format_duration(shortest), format_duration(within)
        message = f"FOR duration must be >= GROUP BY time duration: must be a minimum of {need}, got {got}"
        raise QuerySyntaxError(message)
    return CreateContinuousQuery(name, database, select, every, within)


def _resample(tokens: TokenReader) -> tuple[int, int]:
    every = _positive(tokens) if tokens.take("EVERY") else 0
    within = _positive(tokens) if tokens.take("FOR") else 0
    if not every and not within:
        raise unexpected(tokens.next(), "EVERY", "FOR")
    return every, within


def _positive(tokens: TokenReader) -> int:
    token = tokens.next()
    if token.kind != "DURATIONVAL":
        raise unexpected(token, "duration")
    tokens.back()
    return tokens.duration()
