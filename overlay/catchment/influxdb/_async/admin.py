"""Management of a server: databases, policies, schema, users, continuous queries, subscriptions, shards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

from catchment.core._async.api import AsyncApiClient
from catchment.core.errors import UnsafeInputError
from catchment.core.secret import Secret
from catchment.influxdb import influxql, statements
from catchment.influxdb._async import querying
from catchment.influxdb.asking import ask
from catchment.influxdb.influxql import Expression, Regex, quote_ident, quote_literal, quote_path
from catchment.influxdb.models import (
    ContinuousQuery,
    FieldKey,
    Grant,
    RetentionPolicy,
    RunningQuery,
    Shard,
    ShardGroup,
    Subscription,
    User,
)
from catchment.influxdb.results import InfluxDBResult, Series
from catchment.influxdb.statements import Length, Privilege


class AsyncAsker(Protocol):
    """What management needs of a client."""

    @property
    def api(self) -> AsyncApiClient:
        """What sends requests."""
        ...

    @property
    def db(self) -> str | None:
        """Database for calls that name none."""
        ...


class AsyncAdmin:
    """
    Manage a server. Every name is quoted, so that none can be read as a part of a statement.

    Calls about a database take the client's where `db` is left out.

    Args:
        client: Whose connection and database are used.
    """

    def __init__(self, client: AsyncAsker) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._client!r}>"

    # -- databases -----------------------------------------------------------------------------------------------------

    async def list_databases(self) -> list[str]:
        """Return the names of the databases that the user may read."""
        return [row["name"] async for row in self._rows("SHOW DATABASES")]

    async def create_database(
        self,
        name: str,
        *,
        duration: Length | None = None,
        replication: int | None = None,
        shard_duration: Length | None = None,
        policy: str | None = None,
    ) -> None:
        """
        Create a database; that it exists is no error, unless its default policy is another.

        Args:
            name: Of the database.
            duration: Age at which points go, at least an hour; `"INF"` keeps them.
            replication: Copies in a cluster.
            shard_duration: Time that one shard covers.
            policy: Name of the default policy; `autogen` by default.
        """
        await self._run(
            statements.create_database(
                name, length=duration, replication=replication, shard_length=shard_duration, policy=policy
            )
        )

    async def drop_database(self, name: str) -> None:
        """Drop a database with all it holds; that there is none is no error."""
        await self._run(f"DROP DATABASE {quote_ident(name)}")

    # -- retention policies --------------------------------------------------------------------------------------------

    async def list_retention_policies(self, db: str | None = None) -> list[RetentionPolicy]:
        """Return the retention policies of a database."""
        return [
            RetentionPolicy(
                row["name"],
                influxql.parse_duration(row["duration"]),
                influxql.parse_duration(row["shardGroupDuration"]),
                row["replicaN"],
                row["default"],
            )
            async for row in self._rows(f"SHOW RETENTION POLICIES{statements.on(self._named(db))}")
        ]

    async def create_retention_policy(
        self,
        name: str,
        duration: Length,
        *,
        db: str | None = None,
        replication: int = 1,
        shard_duration: Length | None = None,
        default: bool = False,
    ) -> None:
        """
        Create a retention policy; that the same one exists is no error.

        Args:
            name: Of the policy.
            duration: Age at which points go, at least an hour; `"INF"` keeps them.
            db: Database.
            replication: Copies in a cluster.
            shard_duration: Time that one shard covers.
            default: Make it the database's default.
        """
        await self._run(
            statements.retention_policy(
                "CREATE", name, self._named(db),
                length=duration, replication=replication, shard_length=shard_duration, default=default,
            )
        )  # fmt: skip

    async def alter_retention_policy(
        self,
        name: str,
        *,
        duration: Length | None = None,
        db: str | None = None,
        replication: int | None = None,
        shard_duration: Length | None = None,
        default: bool = False,
    ) -> None:
        """Change what is given of a retention policy; arguments as `create_retention_policy` has them."""
        await self._run(
            statements.retention_policy(
                "ALTER", name, self._named(db),
                length=duration, replication=replication, shard_length=shard_duration, default=default,
            )
        )  # fmt: skip

    async def drop_retention_policy(self, name: str, *, db: str | None = None) -> None:
        """Drop a retention policy with all its points; that there is none is no error."""
        await self._run(f"DROP RETENTION POLICY {quote_ident(name)}{statements.on(self._named(db))}")

    # -- schema --------------------------------------------------------------------------------------------------------

    async def list_measurements(
        self,
        *,
        matching: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        db: str | None = None,
    ) -> list[str]:
        """
        Return the names of measurements.

        Args:
            matching: Regular expression that they match.
            limit: Names at most.
            offset: Names to leave out first.
            db: Database.
        """
        q = statements.show_measurements(self._named(db), matching, limit, offset)
        return [row["name"] async for row in self._rows(q)]

    async def list_series(
        self,
        measurement: str | None = None,
        *,
        tags: Mapping[str, object] | None = None,
        limit: int | None = None,
        offset: int | None = None,
        db: str | None = None,
    ) -> list[str]:
        """Return series as their keys in line protocol: `cpu,host=a,region=eu`; arguments as `delete` has them."""
        q = statements.show_keys("SERIES", self._named(db), measurement, tags, limit, offset)
        return [row["key"] async for row in self._rows(q)]

    async def list_tag_keys(self, measurement: str | None = None, *, db: str | None = None) -> dict[str, list[str]]:
        """Return the tag keys of each measurement."""
        q = statements.show_keys("TAG KEYS", self._named(db), measurement)
        return {one.name or "": [row["tagKey"] for row in one] for one in await self._series(q)}

    async def list_tag_values(
        self,
        key: str | Sequence[str] | Regex,
        measurement: str | None = None,
        *,
        tags: Mapping[str, object] | None = None,
        limit: int | None = None,
        offset: int | None = None,
        db: str | None = None,
    ) -> dict[str, list[tuple[str, str]]]:
        """
        Return key and value of tags, for each measurement.

        Args:
            key: One tag key, several, or a `Regex`.
            measurement: Of this one only.
            tags: Of series that have all of these.
            limit: Values at most, in each measurement.
            offset: Values to leave out first.
            db: Database.
        """
        q = statements.show_tag_values(key, self._named(db), measurement, tags, limit, offset)
        return {one.name or "": [(row["key"], row["value"]) for row in one] for one in await self._series(q)}

    async def list_field_keys(self, measurement: str | None = None, *, db: str | None = None) -> list[FieldKey]:
        """Return fields and their types; a field with two types in two shards comes twice."""
        q = statements.show_keys("FIELD KEYS", self._named(db), measurement)
        return [
            FieldKey(one.name or "", row["fieldKey"], row["fieldType"]) for one in await self._series(q) for row in one
        ]

    # -- cardinality ---------------------------------------------------------------------------------------------------

    async def series_cardinality(self, *, exact: bool = False, db: str | None = None) -> int:
        """Count series; an estimate unless `exact`, which takes the server longer."""
        return await self._count(statements.show_cardinality("SERIES", self._named(db), exact=exact))

    async def measurement_cardinality(self, *, exact: bool = False, db: str | None = None) -> int:
        """Count measurements."""
        return await self._count(statements.show_cardinality("MEASUREMENT", self._named(db), exact=exact))

    async def tag_key_cardinality(self, measurement: str | None = None, *, db: str | None = None) -> int:
        """Count tag keys, those of each measurement for themselves."""
        q = statements.show_cardinality("TAG KEY", self._named(db), exact=False, measurement=measurement)
        return await self._count(q)

    async def field_key_cardinality(self, measurement: str | None = None, *, db: str | None = None) -> int:
        """Count field keys, those of each measurement for themselves."""
        q = statements.show_cardinality("FIELD KEY", self._named(db), exact=False, measurement=measurement)
        return await self._count(q)

    async def tag_values_cardinality(
        self, key: str | Sequence[str] | Regex, measurement: str | None = None, *, db: str | None = None
    ) -> int:
        """Count the values of a tag, those of each measurement for themselves."""
        return await self._count(statements.show_tag_values_cardinality(key, self._named(db), measurement))

    async def _count(self, q: str) -> int:
        return sum(int(row[-1]) for one in await self._series(q) for row in one.values)

    # -- data ----------------------------------------------------------------------------------------------------------

    async def delete(
        self,
        measurement: str | None = None,
        *,
        start: object = None,
        stop: object = None,
        tags: Mapping[str, object] | None = None,
        where: Expression | None = None,
        db: str | None = None,
    ) -> None:
        """
        Delete points.

        Args:
            measurement: Of this one; `None` for all measurements, which then needs tags or times.
            start: From this instant on.
            stop: Up to and without this instant.
            tags: Of series that have all of these; a list means any of its values, a `Regex` a match.
            where: A further condition on tags, made by `any_of`.
            db: Database.

        Raises:
            UnsafeInputError: Everything in the database would go, or the range is empty.
        """
        await self._run(statements.delete(measurement, start, stop, tags, where), db=self._named(db))

    async def drop_measurement(self, measurement: str, *, db: str | None = None) -> None:
        """Drop a measurement; that there is none is no error."""
        await self._run(f"DROP MEASUREMENT {quote_ident(measurement)}", db=self._named(db))

    async def drop_series(
        self, measurement: str | None = None, *, tags: Mapping[str, object] | None = None, db: str | None = None
    ) -> None:
        """Drop series with all their points, from the index too; arguments as `delete` has them."""
        await self._run(statements.drop_series(measurement, tags), db=self._named(db))

    async def drop_shard(self, number: int) -> None:
        """Drop a shard with all its points; that there is none is no error."""
        await self._run(statements.numbered("DROP SHARD", number))

    async def explain(
        self, q: str, *, analyze: bool = False, params: Mapping[str, object] | None = None, db: str | None = None
    ) -> str:
        """
        Return how the server would run a SELECT.

        Args:
            q: The SELECT.
            analyze: Run it, and return how it went.
            params: Values to bind.
            db: Database.
        """
        verb = "EXPLAIN ANALYZE" if analyze else "EXPLAIN"
        result = await self._result(f"{verb} {q}", db=db or self._client.db, params=params)
        return "\n".join(str(row[0]) for row in result.to_values())

    # -- users ---------------------------------------------------------------------------------------------------------

    async def list_users(self) -> list[User]:
        """Return the users."""
        return [User(row["user"], row["admin"]) async for row in self._rows("SHOW USERS")]

    async def create_user(self, name: str, password: str | Secret, *, admin: bool = False) -> None:
        """Create a user; `admin` gives all rights on everything."""
        everything = " WITH ALL PRIVILEGES" if admin else ""
        await self._run(f"CREATE USER {quote_ident(name)} WITH PASSWORD {_password(password)}{everything}")

    async def set_password(self, name: str, password: str | Secret) -> None:
        """Give a user another password."""
        await self._run(f"SET PASSWORD FOR {quote_ident(name)} = {_password(password)}")

    async def drop_user(self, name: str) -> None:
        """Drop a user."""
        await self._run(f"DROP USER {quote_ident(name)}")

    async def grant(self, privilege: Privilege, user: str, *, db: str | None = None) -> None:
        """Give a user `READ`, `WRITE` or `ALL` on a database."""
        await self._run(statements.grant("GRANT", privilege, self._named(db), user))

    async def revoke(self, privilege: Privilege, user: str, *, db: str | None = None) -> None:
        """Take `READ`, `WRITE` or `ALL` on a database from a user."""
        await self._run(statements.grant("REVOKE", privilege, self._named(db), user))

    async def grant_admin(self, user: str) -> None:
        """Give a user all rights on everything."""
        await self._run(f"GRANT ALL PRIVILEGES TO {quote_ident(user)}")

    async def revoke_admin(self, user: str) -> None:
        """Take all rights on everything from a user."""
        await self._run(f"REVOKE ALL PRIVILEGES FROM {quote_ident(user)}")

    async def list_grants(self, user: str) -> list[Grant]:
        """Return what a user may do with which database."""
        q = f"SHOW GRANTS FOR {quote_ident(user)}"
        return [Grant(row["database"], row["privilege"]) async for row in self._rows(q)]

    # -- continuous queries and subscriptions --------------------------------------------------------------------------

    async def list_continuous_queries(self) -> list[ContinuousQuery]:
        """Return the continuous queries of all databases."""
        return [
            ContinuousQuery(one.name or "", row["name"], row["query"])
            for one in await self._series("SHOW CONTINUOUS QUERIES")
            for row in one
        ]

    async def create_continuous_query(
        self,
        name: str,
        query: str,
        *,
        every: Length | None = None,
        span: Length | None = None,
        db: str | None = None,
    ) -> None:
        """
        Let the server run a query by itself.

        Args:
            name: Of the continuous query.
            query: One SELECT with INTO and GROUP BY time.
            every: Time between two runs; by default, that of its GROUP BY.
            span: Time that each run looks back over.
            db: Database.
        """
        where = self._named(db)
        await self._run(statements.continuous_query(name, where, query, every=every, span=span), db=where)

    async def drop_continuous_query(self, name: str, *, db: str | None = None) -> None:
        """Drop a continuous query; that there is none is no error."""
        await self._run(f"DROP CONTINUOUS QUERY {quote_ident(name)}{statements.on(self._named(db))}")

    async def list_subscriptions(self) -> list[Subscription]:
        """Return the subscriptions of all databases."""
        return [
            Subscription(
                one.name or "", row["retention_policy"], row["name"], row["mode"], tuple(row["destinations"] or ())
            )
            for one in await self._series("SHOW SUBSCRIPTIONS")
            for row in one
        ]

    async def create_subscription(
        self, name: str, destinations: Sequence[str], *, mode: str = "ALL", rp: str = "autogen", db: str | None = None
    ) -> None:
        """
        Let the server send copies of what is written.

        Args:
            name: Of the subscription.
            destinations: Addresses: `udp://host:port`, `http://host:port`.
            mode: `ALL` of them, or `ANY` one in turn.
            rp: Retention policy whose writes are copied.
            db: Database.
        """
        await self._run(statements.create_subscription(name, self._named(db), rp, destinations, mode))

    async def drop_subscription(self, name: str, *, rp: str = "autogen", db: str | None = None) -> None:
        """Drop a subscription."""
        await self._run(f"DROP SUBSCRIPTION {quote_ident(name)} ON {quote_path(self._named(db), rp)}")

    # -- the server ----------------------------------------------------------------------------------------------------

    async def list_queries(self) -> list[RunningQuery]:
        """Return what runs now, this statement included."""
        return [
            RunningQuery(
                row["qid"],
                row["query"],
                row["database"],
                influxql.parse_duration(row["duration"]) or timedelta(0),
                row.get("status", ""),
            )
            async for row in self._rows("SHOW QUERIES")
        ]

    async def kill_query(self, number: int) -> None:
        """Stop a query that runs."""
        await self._run(statements.numbered("KILL QUERY", number))

    async def stats(self, module: str | None = None) -> list[Series]:
        """Return the server's statistics, or those of one module."""
        return await self._series("SHOW STATS" + ("" if module is None else f" FOR {quote_literal(module)}"))

    async def diagnostics(self) -> dict[str, list[dict[str, Any]]]:
        """Return what the server tells of its build, its configuration and its machine."""
        return {one.name or "": list(one) for one in await self._series("SHOW DIAGNOSTICS")}

    async def list_shards(self) -> list[Shard]:
        """Return the shards of all databases."""
        return [Shard(*row) for one in await self._series("SHOW SHARDS") for row in one.values]

    async def list_shard_groups(self) -> list[ShardGroup]:
        """Return the shard groups of all databases."""
        return [ShardGroup(*row) for one in await self._series("SHOW SHARD GROUPS") for row in one.values]

    # -- running -------------------------------------------------------------------------------------------------------

    async def _run(self, q: str, *, db: str | None = None) -> None:
        await self._result(q, db=db)

    async def _result(
        self, q: str, *, db: str | None = None, params: Mapping[str, object] | None = None
    ) -> InfluxDBResult:
        return InfluxDBResult(await querying.whole(self._client.api, ask(q, db=db, params=params)))

    async def _series(self, q: str) -> list[Series]:
        return (await self._result(q)).series

    async def _rows(self, q: str) -> AsyncIterator[dict[str, Any]]:
        for one in await self._series(q):
            for row in one:
                yield row

    def _named(self, db: str | None) -> str:
        name = db or self._client.db
        if not name:
            raise UnsafeInputError("no database is named, and the client has none", hint="give db=")
        return name


def _password(password: str | Secret) -> str:
    """Write a password into a statement; statements are shown nowhere with their literals."""
    return quote_literal(Secret.of(password).reveal())
