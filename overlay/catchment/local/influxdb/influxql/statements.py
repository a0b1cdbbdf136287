"""Hold parsed statements; `str` gives the text that the real server prints in warnings and refusals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from catchment.local.influxdb.durations import format_duration, format_go_duration
from catchment.local.influxdb.influxql.nodes import (
    Expr,
    Select,
    SortField,
    Source,
    StringLiteral,
    quote_identifier,
    quote_string,
)


@dataclass(slots=True)
class Show:
    """Any SHOW statement; `subject` is what stands after SHOW, such as `TAG VALUES`."""

    subject: str
    database: str = ""
    sources: list[Source] = field(default_factory=list[Source])
    condition: Expr | None = None
    dimensions: list[Expr] = field(default_factory=list[Expr])
    order: list[SortField] = field(default_factory=list[SortField])
    limit: int = 0
    offset: int = 0
    slimit: int = 0
    soffset: int = 0
    cardinality: bool = False
    exact: bool = False
    key_op: str = ""
    key: Expr | None = None
    # The user of SHOW GRANTS, the module of SHOW STATS and SHOW DIAGNOSTICS.
    name: str = ""

    def __str__(self) -> str:
        return "SHOW " + " ".join([self.subject, *self._parts()])

    def _parts(self) -> Iterator[str]:
        if self.exact:
            yield "EXACT"
        if self.cardinality:
            yield "CARDINALITY"
        if self.name:
            yield f"FOR {quote_identifier(self.name) if self.subject == 'GRANTS' else quote_string(self.name)}"
        if self.database:
            yield f"ON {quote_identifier(self.database)}"
        if self.sources:
            yield f"{self._source_word()} {', '.join(str(each) for each in self.sources)}"
        if self.key is not None:
            key = quote_identifier(self.key.value) if isinstance(self.key, StringLiteral) else str(self.key)
            yield f"WITH KEY {self.key_op} {key}"
        if self.condition is not None:
            yield f"WHERE {self.condition}"
        if self.dimensions:
            yield "GROUP BY " + ", ".join(str(each) for each in self.dimensions)
        if self.order:
            yield "ORDER BY " + ", ".join(str(each) for each in self.order)
        for word in ("limit", "offset", "slimit", "soffset"):
            if getattr(self, word) > 0:
                yield f"{word.upper()} {getattr(self, word)}"

    def _source_word(self) -> str:
        if self.subject != "MEASUREMENTS":
            return "FROM"
        regex = getattr(self.sources[0], "regex", None)
        return "WITH MEASUREMENT =~" if regex is not None else "WITH MEASUREMENT ="


@dataclass(slots=True)
class Explain:
    """EXPLAIN, or EXPLAIN ANALYZE."""

    statement: Select
    analyze: bool

    def __str__(self) -> str:
        return f"EXPLAIN {'ANALYZE ' if self.analyze else ''}{self.statement}"


@dataclass(slots=True)
class CreateDatabase:
    """CREATE DATABASE, maybe with a policy."""

    name: str
    with_policy: bool = False
    duration: int | None = None
    replication: int | None = None
    shard_duration: int = 0
    policy: str = ""

    def __str__(self) -> str:
        text = f"CREATE DATABASE {quote_identifier(self.name)}"
        if self.with_policy:
            text += " WITH"
            if self.duration is not None:
                text += f" DURATION {format_go_duration(self.duration)}"
            if self.replication is not None:
                text += f" REPLICATION {self.replication}"
            if self.shard_duration > 0:
                text += f" SHARD DURATION {format_go_duration(self.shard_duration)}"
            if self.policy:
                text += f" NAME {quote_identifier(self.policy)}"
        return text


@dataclass(slots=True)
class DropNamed:
    """DROP DATABASE, DROP MEASUREMENT, or DROP USER."""

    what: str
    name: str

    def __str__(self) -> str:
        return f"DROP {self.what} {quote_identifier(self.name)}"


@dataclass(slots=True)
class DropOn:
    """DROP RETENTION POLICY or DROP CONTINUOUS QUERY."""

    what: str
    name: str
    database: str

    def __str__(self) -> str:
        return f"DROP {self.what} {quote_identifier(self.name)} ON {quote_identifier(self.database)}"


@dataclass(slots=True)
class DropShard:
    """DROP SHARD."""

    shard: int

    def __str__(self) -> str:
        return f"DROP SHARD {self.shard}"


@dataclass(slots=True)
class PolicyStatement:
    """CREATE or ALTER RETENTION POLICY; None is what was not given."""

    verb: str
    name: str
    database: str
    duration: int | None = None
    replication: int | None = None
    shard_duration: int | None = None
    default: bool = False

    def __str__(self) -> str:
        text = f"{self.verb} RETENTION POLICY {quote_identifier(self.name)} ON {quote_identifier(self.database)}"
        if self.duration is not None:
            text += f" DURATION {format_duration(self.duration)}"
        if self.replication is not None:
            text += f" REPLICATION {self.replication}"
        if self.shard_duration is not None and (self.verb == "ALTER" or self.shard_duration > 0):
            text += f" SHARD DURATION {format_duration(self.shard_duration)}"
        return text + (" DEFAULT" if self.default else "")


@dataclass(slots=True)
class DeleteSeries:
    """DELETE, or DROP SERIES."""

    verb: str
    sources: list[Source]
    condition: Expr | None

    def __str__(self) -> str:
        text = self.verb
        if self.sources:
            text += " FROM " + ", ".join(str(each) for each in self.sources)
        return text + (f" WHERE {self.condition}" if self.condition is not None else "")


@dataclass(slots=True)
class CreateUser:
    """CREATE USER."""

    name: str
    password: str = field(repr=False)
    admin: bool = False

    def __str__(self) -> str:
        end = " WITH ALL PRIVILEGES" if self.admin else ""
        return f"CREATE USER {quote_identifier(self.name)} WITH PASSWORD [REDACTED]{end}"


@dataclass(slots=True)
class SetPassword:
    """SET PASSWORD."""

    name: str
    password: str = field(repr=False)

    def __str__(self) -> str:
        return f"SET PASSWORD FOR {quote_identifier(self.name)} = [REDACTED]"


@dataclass(slots=True)
class Grant:
    """GRANT or REVOKE; without a database it is about all privileges of an administrator."""

    verb: str
    privilege: str
    user: str
    database: str | None = None

    def __str__(self) -> str:
        word = "TO" if self.verb == "GRANT" else "FROM"
        on = f" ON {quote_identifier(self.database)}" if self.database is not None else ""
        return f"{self.verb} {self.privilege}{on} {word} {quote_identifier(self.user)}"


@dataclass(slots=True)
class CreateContinuousQuery:
    """CREATE CONTINUOUS QUERY."""

    name: str
    database: str
    select: Select
    every: int = 0
    within: int = 0

    def __str__(self) -> str:
        text = f"CREATE CONTINUOUS QUERY {quote_identifier(self.name)} ON {quote_identifier(self.database)} "
        if self.every or self.within:
            text += "RESAMPLE "
            text += f"EVERY {format_duration(self.every)} " if self.every else ""
            text += f"FOR {format_duration(self.within)} " if self.within else ""
        return f"{text}BEGIN {self.select} END"


@dataclass(slots=True)
class CreateSubscription:
    """CREATE SUBSCRIPTION."""

    name: str
    database: str
    policy: str
    mode: str
    destinations: list[str]

    def __str__(self) -> str:
        place = f"{quote_identifier(self.database)}.{quote_identifier(self.policy)}"
        to = ", ".join(quote_string(each) for each in self.destinations)
        return f"CREATE SUBSCRIPTION {quote_identifier(self.name)} ON {place} DESTINATIONS {self.mode} {to}"


@dataclass(slots=True)
class DropSubscription:
    """DROP SUBSCRIPTION."""

    name: str
    database: str
    policy: str

    def __str__(self) -> str:
        place = f"{quote_identifier(self.database)}.{quote_identifier(self.policy)}"
        return f"DROP SUBSCRIPTION {quote_identifier(self.name)} ON {place}"


@dataclass(slots=True)
class KillQuery:
    """KILL QUERY."""

    query: int
    host: str = ""

    def __str__(self) -> str:
        return f"KILL QUERY {self.query}" + (f" ON {quote_identifier(self.host)}" if self.host else "")


Statement = (
    Select
    | Show
    | Explain
    | CreateDatabase
    | DropNamed
    | DropOn
    | DropShard
    | PolicyStatement
    | DeleteSeries
    | CreateUser
    | SetPassword
    | Grant
    | CreateContinuousQuery
    | CreateSubscription
    | DropSubscription
    | KillQuery
)
