"""Listings by the names, and in the shapes, that users of the `influxdb` package know; `admin` has typed ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catchment.influxdb import statements
from catchment.influxdb._async.shortcuts import AsyncShortcuts
from catchment.influxdb.influxql import quote_ident


class AsyncListings(AsyncShortcuts):
    """The part of a client that lists what there is as rows of the server's answer, whatever the client's output is."""

    async def get_list_database(self) -> list[dict[str, Any]]:
        """Return the databases: `[{"name": "weather"}]`; `admin.list_databases` returns names."""
        return await self._listed("SHOW DATABASES")

    async def get_list_measurements(self, database: str | None = None) -> list[dict[str, Any]]:
        """Return the measurements of a database: `[{"name": "wind"}]`; `admin.list_measurements` returns names."""
        return await self._listed(f"SHOW MEASUREMENTS{statements.on(self._named(database))}")

    async def get_list_series(
        self,
        database: str | None = None,
        measurement: str | None = None,
        tags: Mapping[str, object] | None = None,
    ) -> list[str]:
        """
        Return series as their keys in line protocol: `["wind,at=JFK"]`.

        Args:
            database: The client's by default.
            measurement: Of this one only.
            tags: Of series that have all of these.
        """
        q = statements.show_keys("SERIES", self._named(database), measurement, tags)
        return [row["key"] for row in await self._listed(q)]

    async def get_list_retention_policies(self, database: str | None = None) -> list[dict[str, Any]]:
        """Return the policies of a database, durations as text; `admin.list_retention_policies` has timedeltas."""
        return await self._listed(f"SHOW RETENTION POLICIES{statements.on(self._named(database))}")

    async def get_list_users(self) -> list[dict[str, Any]]:
        """Return the users: `[{"user": "ada", "admin": True}]`; `admin.list_users` returns `User`s."""
        return await self._listed("SHOW USERS")

    async def get_list_privileges(self, username: str) -> list[dict[str, Any]]:
        """Return what a user may do: `[{"database": "weather", "privilege": "READ"}]`; see `admin.list_grants`."""
        return await self._listed(f"SHOW GRANTS FOR {quote_ident(username)}")

    async def get_list_continuous_queries(self) -> list[dict[str, list[dict[str, Any]]]]:
        """Return the continuous queries of each database: `[{"weather": [{"name": ..., "query": ...}]}]`."""
        result = await self.query_result("SHOW CONTINUOUS QUERIES")
        return [{one.name or "": list(one)} for one in result.series]

    async def _listed(self, q: str) -> list[dict[str, Any]]:
        return list((await self.query_result(q)).get_points())
