"""Listings by the `influxdb` package's names: the same rows, on each server."""

from __future__ import annotations

import pytest
from catchment.core.errors import UnsafeInputError
from catchment.influxdb._async.client import AsyncInfluxDBClient

from tests.influxdb.doubles import Place


async def test_what_a_database_holds(place: Place) -> None:
    """Rows are dicts of the server's columns; series are their keys."""
    async with AsyncInfluxDBClient(**place.options, db=place.db, output="dataframe") as client:
        await client.write("wind,at=JFK v=1 1\nwind,at=LGA v=1 1\nsun v=1 1")
        assert {"name": place.db} in await client.get_list_database()
        assert await client.get_list_measurements() == [{"name": "sun"}, {"name": "wind"}]
        assert await client.get_list_series() == ["sun", "wind,at=JFK", "wind,at=LGA"]
        assert await client.get_list_series(place.db, "wind") == ["wind,at=JFK", "wind,at=LGA"]
        assert await client.get_list_series(measurement="wind", tags={"at": "LGA"}) == ["wind,at=LGA"]
        assert await client.get_list_retention_policies() == [
            {"name": "autogen", "duration": "0s", "shardGroupDuration": "168h0m0s", "replicaN": 1, "default": True}
        ]


async def test_databases_can_be_named(place: Place) -> None:
    """Where the client has none, and instead of the one it has."""
    with pytest.warns(UserWarning, match="no default database"):
        client = AsyncInfluxDBClient(**place.options)
    async with client:
        assert await client.get_list_measurements(place.db) == []
        assert len(await client.get_list_retention_policies(place.db)) == 1
        for call in (client.get_list_measurements, client.get_list_series, client.get_list_retention_policies):
            with pytest.raises(UnsafeInputError, match="no database"):
                await call()


async def test_users_and_what_they_may_do(place: Place) -> None:
    """Names are quoted."""
    user = f'ada "of" {place.db}'
    async with AsyncInfluxDBClient(**place.options, db=place.db) as client:
        await client.admin.create_user(user, "secret")
        try:
            await client.admin.grant("READ", user)
            assert {"user": user, "admin": False} in await client.get_list_users()
            assert await client.get_list_privileges(user) == [{"database": place.db, "privilege": "READ"}]
        finally:
            await client.admin.drop_user(user)


async def test_continuous_queries_stand_by_database(place: Place) -> None:
    """Databases without any are there too."""
    async with AsyncInfluxDBClient(**place.options, db=place.db) as client:
        await client.admin.create_continuous_query(
            "hourly", 'SELECT mean("v") INTO "means" FROM "wind" GROUP BY time(1h)'
        )
        found = {name: rows for each in await client.get_list_continuous_queries() for name, rows in each.items()}
    assert [row["name"] for row in found[place.db]] == ["hourly"]
    assert found[place.db][0]["query"].startswith("CREATE CONTINUOUS QUERY hourly ON ")
