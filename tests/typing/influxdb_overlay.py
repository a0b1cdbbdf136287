# pyright: reportUnnecessaryTypeIgnoreComment=true
"""What an editor knows of the InfluxDB overlay: read by two type checkers, never run.

The lines marked with an ignore must *not* type-check: an ignore that is not needed is an error, so each of them is a
test that the mistake is seen.
"""

from __future__ import annotations

from typing import Literal, assert_type

import httpx
from catchment.influxdb import AsyncInfluxDBClient, FluxTable, InfluxDBClient, aio
from catchment.influxdb.server_info import PingHeaders, Version


def which_class() -> None:
    """A checker sees which class a mode makes."""
    assert_type(AsyncInfluxDBClient(), AsyncInfluxDBClient)
    assert_type(AsyncInfluxDBClient("host", 8086, "u", "p", "db"), AsyncInfluxDBClient)
    assert_type(AsyncInfluxDBClient(mode="async"), AsyncInfluxDBClient)
    assert_type(AsyncInfluxDBClient(async_=True), AsyncInfluxDBClient)
    assert_type(AsyncInfluxDBClient(mode="blocking"), InfluxDBClient)
    assert_type(AsyncInfluxDBClient("host", mode="dataframe", db="d"), InfluxDBClient)
    assert_type(AsyncInfluxDBClient(async_=False), InfluxDBClient)
    assert_type(AsyncInfluxDBClient(dataframe=True), InfluxDBClient)
    assert_type(AsyncInfluxDBClient(dataframe=True, mode="blocking"), InfluxDBClient)

    assert_type(InfluxDBClient(), InfluxDBClient)
    assert_type(InfluxDBClient(mode="blocking"), InfluxDBClient)
    assert_type(InfluxDBClient(dataframe=True), InfluxDBClient)
    assert_type(InfluxDBClient(mode="async"), AsyncInfluxDBClient)
    assert_type(InfluxDBClient("host", async_=True, db="d"), AsyncInfluxDBClient)
    assert_type(aio.InfluxDBClient(), AsyncInfluxDBClient)


class Mine(InfluxDBClient):
    """A class of the user's own."""


def classes_of_ones_own() -> None:
    """They are made as themselves."""
    assert_type(Mine("host"), Mine)
    assert_type(Mine("host").using(db="d"), Mine)
    assert_type(Mine.from_url("influxdb://host/db"), Mine)


def blocking() -> None:
    """Results, at once."""
    client = AsyncInfluxDBClient("host", auth=httpx.DigestAuth("u", "p"), mode="blocking")
    assert_type(client.write("m v=1"), Literal[True])
    assert_type(client.ping(), PingHeaders)
    assert_type(client.version(), Version)
    assert_type(client.admin.list_databases(), list[str])
    assert_type(client.v2.query("buckets()"), list[FluxTable])
    assert_type(client.v2.write("m v=1", bucket="db", tags={"a": "b"}), Literal[True])
    with client as same:
        assert_type(same, InfluxDBClient)


async def awaited() -> None:
    """The same, to be awaited."""
    client = AsyncInfluxDBClient("host", auth=httpx.BasicAuth("u", "p"))
    assert_type(await client.write("m v=1"), Literal[True])
    assert_type(await client.ping(), PingHeaders)
    assert_type(await client.admin.list_databases(), list[str])
    async with client as same:
        assert_type(same, AsyncInfluxDBClient)


def mistakes() -> None:
    """What is wrong is seen before it runs."""
    InfluxDBClient(hots="a")  # type: ignore[call-overload]
    InfluxDBClient(auth=("u", "p"))  # type: ignore[call-overload]
    InfluxDBClient(output="xml")  # type: ignore[call-overload]
    AsyncInfluxDBClient(port="8086")  # type: ignore[call-overload]
    InfluxDBClient().v2.write("m v=1", buckets="db")  # type: ignore[call-arg]
