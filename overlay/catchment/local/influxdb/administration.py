"""Run the statements that create, change, grant and remove."""

from __future__ import annotations

from collections.abc import Iterator

from catchment.local.influxdb import deleting
from catchment.local.influxdb.errors import InfluxError
from catchment.local.influxdb.influxql.nodes import Measurement, Select, SubQuery
from catchment.local.influxdb.influxql.statements import (
    CreateContinuousQuery,
    CreateDatabase,
    CreateSubscription,
    CreateUser,
    DeleteSeries,
    DropNamed,
    DropOn,
    DropShard,
    DropSubscription,
    Grant,
    KillQuery,
    PolicyStatement,
    SetPassword,
    Statement,
)
from catchment.local.influxdb.installation import Installation, Record
from catchment.local.influxdb.meta import Policy, Subscription, password_digest
from catchment.local.influxdb.select.measurements import MeasurementReader

_PRIVILEGES = {"READ": 1, "WRITE": 2, "ALL PRIVILEGES": 3}
_NAMES = {0: "", 1: "READ", 2: "WRITE", 3: "ALL PRIVILEGES"}


class Administrator:
    """
    Changes one server, and notes in the ledger what changed.

    Args:
        state: The server.
        record: Gets the name of the operation and what it was applied to.
    """

    def __init__(self, state: Installation, record: Record) -> None:
        self._state = state
        self._meta = state.meta
        self._record = record

    def run(self, statement: Statement, database: str) -> None:
        """
        Run a statement.

        Raises:
            InfluxError: It cannot be carried out.
        """
        match statement:
            case CreateDatabase():
                self._create_database(statement)
            case DropNamed():
                self._drop_named(statement, database)
            case DropOn():
                self._drop_on(statement)
            case DropShard(shard=shard):
                if deleting.drop_shard(self._meta, shard):
                    self._record("drop_shard", {"shard": shard})
            case PolicyStatement():
                self._policy(statement)
            case DeleteSeries():
                self._delete(statement, database)
            case CreateContinuousQuery():
                self._create_continuous(statement, database)
            case CreateSubscription():
                made = Subscription(statement.name, statement.mode, statement.destinations)
                self._meta.create_subscription(statement.database, statement.policy, made)
                self._record("create_subscription", {"db": statement.database, "name": statement.name})
            case DropSubscription():
                self._meta.drop_subscription(statement.database, statement.policy, statement.name)
                self._record("drop_subscription", {"db": statement.database, "name": statement.name})
            case KillQuery(query=query):
                # Statements run one at a time, so there never is another one to kill.
                message = f"no such query id: {query}"
                raise InfluxError(message)
            case _:
                self._about_users(statement)

    def _create_database(self, statement: CreateDatabase) -> None:
        if statement.with_policy:
            self._meta.create_with_policy(
                statement.name, statement.policy, statement.duration, statement.replication, statement.shard_duration
            )
        else:
            self._meta.create_database(statement.name)
        self._record("create_database", {"db": statement.name})

    def _drop_named(self, statement: DropNamed, database: str) -> None:
        name = statement.name
        if statement.what == "DATABASE":
            if self._meta.databases.pop(name, None) is not None:
                self._record("drop_database", {"db": name})
        elif statement.what == "USER":
            self._meta.user(name)
            del self._meta.users[name]
            self._record("drop_user", {"user": name})
        elif deleting.drop_measurement(self._meta.database(database), name):
            self._record("drop_measurement", {"db": database, "measurement": name})

    def _drop_on(self, statement: DropOn) -> None:
        database = self._meta.databases.get(statement.database)
        if database is None:
            return
        if statement.what == "CONTINUOUS QUERY":
            gone = database.queries.pop(statement.name, None) is not None
        else:
            # The index keeps the series: so does the real server.
            gone = database.policies.pop(statement.name, None) is not None
        if gone:
            operation = "drop_" + statement.what.lower().replace(" ", "_")
            self._record(operation, {"db": statement.database, "name": statement.name})

    def _policy(self, statement: PolicyStatement) -> None:
        subject: dict[str, object] = {"db": statement.database, "rp": statement.name}
        if statement.verb == "CREATE":
            duration, short = statement.duration or 0, statement.shard_duration or 0
            policy = Policy(statement.name, duration, short, statement.replication or 1)
            self._meta.create_policy(statement.database, policy, default=statement.default)
            self._record("create_retention_policy", subject)
            return
        self._meta.alter_policy(
            statement.database,
            statement.name,
            statement.duration,
            statement.replication,
            statement.shard_duration,
            default=statement.default,
        )
        self._record("alter_retention_policy", subject)

    def _delete(self, statement: DeleteSeries, database: str) -> None:
        found = self._meta.database(database)
        touched = deleting.delete_series(found, statement, self._state.now())
        if touched:
            operation = statement.verb.lower().replace(" ", "_")
            self._record(operation, {"db": database, "statement": str(statement), "series": touched})

    def _create_continuous(self, statement: CreateContinuousQuery, database: str) -> None:
        reader = MeasurementReader(self._meta, database or statement.database, "")
        text = str(self._located(statement, reader))
        found = self._meta.database(statement.database)
        known = found.queries.get(statement.name)
        if known is not None:
            if known.lower() == text.lower():
                return
            message = "continuous query already exists"
            raise InfluxError(message)
        found.queries[statement.name] = text
        self._record("create_continuous_query", {"db": statement.database, "name": statement.name})

    def _located(self, statement: CreateContinuousQuery, reader: MeasurementReader) -> CreateContinuousQuery:
        """Return a continuous query with full names, checked to be there."""
        database = statement.database
        select = _with_sources(statement.select, reader)
        for measurement in _measurements(select):
            policies = self._meta.database(measurement.database).policies
            if measurement.policy not in policies:
                message = f"retention policy not found: {measurement.database}.{measurement.policy}"
                raise InfluxError(message)
        return CreateContinuousQuery(statement.name, database, select, statement.every, statement.within)

    def _about_users(self, statement: Statement) -> None:
        match statement:
            case CreateUser(name=name, password=password, admin=admin):
                self._meta.create_user(name, password, admin=admin)
                self._record("create_user", {"user": name})
            case SetPassword(name=name, password=password):
                self._meta.user(name).digest = password_digest(name, password)
                self._record("set_password", {"user": name})
            case Grant():
                self._grant(statement)
            case _:
                message = "invalid query"
                raise InfluxError(message)

    def _grant(self, statement: Grant) -> None:
        granted = statement.verb == "GRANT"
        subject: dict[str, object] = {"user": statement.user, "privilege": statement.privilege}
        if statement.database is None:
            self._meta.user(statement.user).admin = granted
        else:
            subject["db"] = statement.database
            wanted = _PRIVILEGES[statement.privilege]
            if not granted:
                held = _PRIVILEGES.get(self._meta.user(statement.user).privileges.get(statement.database, ""), 0)
                wanted = 0 if wanted == 3 else held & ~wanted
            self._meta.set_privilege(statement.user, statement.database, _NAMES[wanted])
        self._record(statement.verb.lower(), subject)


def _with_sources(select: Select, reader: MeasurementReader) -> Select:
    made = select.copy()
    made.sources = [
        SubQuery(_with_sources(each.statement, reader)) if isinstance(each, SubQuery) else reader.located(each)
        for each in made.sources
    ]
    if made.target is not None:
        made.target = reader.located(made.target)
    return made


def _measurements(select: Select) -> Iterator[Measurement]:
    if select.target is not None:
        yield select.target
    for source in select.sources:
        if isinstance(source, SubQuery):
            yield from _measurements(source.statement)
        else:
            yield source
