"""Management: each call does what it says and returns what there is, on the local stack and on a real server alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from catchment import influxdb
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import (
    AsyncInfluxDBClient,
    ContinuousQuery,
    FieldKey,
    Grant,
    Regex,
    RetentionPolicy,
    Subscription,
    User,
    any_of,
)

from tests.influxdb.doubles import Place

LINES = 'm,h=a,r=x f=1,i=1i 1\nm,h=b,r=x s="x" 2\nn,h=a b=true 3'
ODD = 'o"dd name'


async def filled(place: Place, **options: Any) -> AsyncInfluxDBClient:
    """Make a client whose database holds something."""
    client = AsyncInfluxDBClient(**{**place.options, "db": place.db, **options})
    await client.write(LINES)
    return client


async def counted(client: AsyncInfluxDBClient) -> int:
    """Count the points."""
    return len(await client.query_result("SELECT * FROM /.*/"))


async def test_databases(place: Place) -> None:
    """Created with a policy of their own, listed, dropped; both twice."""
    name = f"{place.db} {ODD}"
    async with await filled(place) as client:
        admin = client.admin
        for _ in range(2):
            await admin.create_database(
                name, duration=timedelta(days=2), shard_duration="1h", replication=1, policy=ODD
            )
        assert name in await admin.list_databases()
        assert await admin.list_retention_policies(name) == [
            RetentionPolicy(ODD, timedelta(days=2), timedelta(hours=1), 1, True)
        ]
        for _ in range(2):
            await admin.drop_database(name)
        assert name not in await admin.list_databases()


async def test_retention_policies(place: Place) -> None:
    """Created, altered in part, dropped."""
    async with await filled(place) as client:
        admin = client.admin
        await admin.create_retention_policy(ODD, "3h")
        await admin.alter_retention_policy(ODD, duration="INF", default=True)
        found = {policy.name: policy for policy in await admin.list_retention_policies()}
        assert (found[ODD].duration, found[ODD].default, found["autogen"].default) == (None, True, False)
        await admin.alter_retention_policy("autogen", default=True)
        await admin.drop_retention_policy(ODD)
        assert [policy.name for policy in await admin.list_retention_policies()] == ["autogen"]
        with pytest.raises(influxdb.InfluxDBError):
            await admin.create_retention_policy("short", timedelta(minutes=1))
        with pytest.raises(UnsafeInputError, match="nothing to alter"):
            await admin.alter_retention_policy(ODD)


async def test_schema(place: Place) -> None:
    """Measurements, series, tags, fields; in part and page by page."""
    async with await filled(place) as client:
        admin = client.admin
        assert await admin.list_measurements() == ["m", "n"]
        assert await admin.list_measurements(matching="^m") == ["m"]
        assert await admin.list_measurements(limit=1, offset=1) == ["n"]
        assert await admin.list_series() == ["m,h=a,r=x", "m,h=b,r=x", "n,h=a"]
        assert await admin.list_series("m", tags={"h": "b"}) == ["m,h=b,r=x"]
        assert await admin.list_tag_keys() == {"m": ["h", "r"], "n": ["h"]}
        assert await admin.list_tag_keys("n") == {"n": ["h"]}
        assert await admin.list_tag_values("h") == {"m": [("h", "a"), ("h", "b")], "n": [("h", "a")]}
        assert await admin.list_tag_values(["h", "r"], "m", tags={"h": "a"}) == {"m": [("h", "a"), ("r", "x")]}
        assert await admin.list_tag_values(Regex("^r"), "m") == {"m": [("r", "x")]}
        assert await admin.list_field_keys("n") == [FieldKey("n", "b", "boolean")]
        assert {key.type for key in await admin.list_field_keys("m")} == {"float", "integer", "string"}


async def test_cardinality(place: Place) -> None:
    """Counts as whole numbers."""
    async with await filled(place) as client:
        admin = client.admin
        assert await admin.series_cardinality() == await admin.series_cardinality(exact=True) == 3
        assert await admin.measurement_cardinality() == await admin.measurement_cardinality(exact=True) == 2
        assert await admin.tag_key_cardinality("m") == 2
        assert await admin.field_key_cardinality("m") == 3
        assert await admin.tag_values_cardinality("h", "m") == 2


async def test_deleting_by_time_tags_and_condition(place: Place) -> None:
    """The end of a range is not part of it."""
    async with await filled(place) as client:
        await client.delete("m", start=1, stop=2)
        assert await counted(client) == 2
        await client.delete(tags={"h": ["b", "c"]})
        assert await counted(client) == 1
        await client.write(LINES)
        await client.delete("m", where=any_of("h", ["a"]))
        await client.delete(tags={"h": Regex("^b$")})
        assert await counted(client) == 1
        await client.delete_series("n", {"h": "a"})
        assert await client.admin.list_series() == []


async def test_deleting_everything_must_be_meant(place: Place) -> None:
    """A call without any condition is refused."""
    async with await filled(place) as client:
        with pytest.raises(UnsafeInputError):
            await client.delete()
        with pytest.raises(UnsafeInputError):
            await client.delete_series()
        assert await counted(client) == 3
        await client.admin.drop_measurement("m")
        await client.delete("n")
        assert await counted(client) == 0


async def test_plans(place: Place) -> None:
    """As text."""
    async with await filled(place) as client:
        assert "EXPRESSION" in await client.admin.explain("SELECT f FROM m")
        plan = await client.admin.explain("SELECT f FROM m WHERE h = $h", params={"h": "a"})
        assert "NUMBER OF SERIES" in plan


async def test_users_and_grants(place: Place) -> None:
    """Created, listed, granted, dropped; a name or password holds anything."""
    name = f"{ODD} {place.db}"
    async with await filled(place) as client:
        admin = client.admin
        await admin.create_user(name, "p'w\\")
        assert User(name, False) in await admin.list_users()
        await admin.grant("ALL", name)
        assert await admin.list_grants(name) == [Grant(place.db, "ALL PRIVILEGES")]
        await admin.revoke("WRITE", name)
        assert await admin.list_grants(name) == [Grant(place.db, "READ")]
        await admin.grant_admin(name)
        assert User(name, True) in await admin.list_users()
        await admin.revoke_admin(name)
        await admin.set_password(name, "other")
        await admin.drop_user(name)
        assert name not in [user.name for user in await admin.list_users()]
        with pytest.raises(influxdb.InfluxDBError):
            await admin.drop_user(name)


async def test_continuous_queries(place: Place) -> None:
    """Stored as the server writes them."""
    async with await filled(place) as client:
        admin = client.admin
        await admin.create_continuous_query(
            ODD, "SELECT mean(f) INTO x FROM m GROUP BY time(1h)", every="30m", span="2h"
        )
        (found,) = [query for query in await admin.list_continuous_queries() if query.database == place.db]
        assert isinstance(found, ContinuousQuery)
        assert found.name == ODD
        assert "RESAMPLE EVERY 30m FOR 2h" in found.query
        await admin.drop_continuous_query(ODD)
        assert [query for query in await admin.list_continuous_queries() if query.database == place.db] == []


async def test_subscriptions(place: Place) -> None:
    """With their destinations."""
    async with await filled(place) as client:
        admin = client.admin
        await admin.create_subscription(ODD, ["udp://127.0.0.1:9", "udp://127.0.0.1:19"], mode="ANY")
        found = [one for one in await admin.list_subscriptions() if one.database == place.db]
        assert found == [Subscription(place.db, "autogen", ODD, "ANY", ("udp://127.0.0.1:9", "udp://127.0.0.1:19"))]
        await admin.drop_subscription(ODD)
        assert [one for one in await admin.list_subscriptions() if one.database == place.db] == []


async def test_the_server(place: Place) -> None:
    """What runs, what it tells of itself, where points lie."""
    async with await filled(place) as client:
        admin = client.admin
        (running,) = [query for query in await admin.list_queries() if query.query == "SHOW QUERIES"]
        assert running.status == "running"
        with pytest.raises(influxdb.InfluxDBError):
            await admin.kill_query(2**31)
        assert "build" in await admin.diagnostics()
        assert any(series.name == "database" for series in await admin.stats())
        assert {series.name for series in await admin.stats("database")} == {"database"}
        (shard,) = [shard for shard in await admin.list_shards() if shard.database == place.db]
        (group,) = [group for group in await admin.list_shard_groups() if group.database == place.db]
        assert shard.shard_group == group.id
        await admin.drop_shard(shard.id)
        assert await counted(client) == 0


async def test_a_database_is_needed_where_one_is_meant(local: Place) -> None:
    """Nothing is sent without."""
    with pytest.warns(UserWarning, match="no default database"):
        client = AsyncInfluxDBClient(**local.options)
    for call in (client.admin.list_measurements, client.create_database, client.drop_database):
        with pytest.raises(UnsafeInputError, match="no database"):
            await call()
    assert local.count("/query") == 0
    await client.aclose()
