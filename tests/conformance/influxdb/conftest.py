"""The InfluxDB servers that the same tests run against: the local stack by both doors, and a real one where there is one.

`CATCHMENT_CONFORMANCE_INFLUXDB` is the address of a real 1.6 or later without authentication; `nox -s conformance` starts
one where Debian's package can be had. Databases are made and dropped; their names begin with `conf_`.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest
from catchment.influxdb import InfluxDBClient
from catchment.local import InfluxDBOptions, Stack

MAX_BODY = 1_200_000
"""Bytes of a write that the servers take at most; nox sets up its real one so."""
REAL = "CATCHMENT_CONFORMANCE_INFLUXDB"


@pytest.fixture(scope="session", params=["in-process", "on-a-socket", "real"])
def server(request: pytest.FixtureRequest) -> Iterator[InfluxDBClient]:
    """A client of each server in turn."""
    if request.param == "real":
        address = os.environ.get(REAL)
        if not address:
            pytest.skip(f"{REAL} names no server")
        with InfluxDBClient(address, db="conf_none") as client:
            yield client
        return
    with Stack(influxdb=InfluxDBOptions(max_body_size=MAX_BODY)) as stack:
        if request.param == "in-process":
            with InfluxDBClient(local=stack, db="conf_none") as client:
                yield client
            return
        with (
            stack.serve(only=["influxdb"]) as running,
            InfluxDBClient(running.endpoints["influxdb"], db="conf_none") as client,
        ):
            yield client


@pytest.fixture
def client(server: InfluxDBClient) -> Iterator[InfluxDBClient]:
    """A client with a fresh database of its own."""
    made = server.using(db=f"conf_{uuid.uuid4().hex[:12]}")
    made.create_database()
    yield made
    made.drop_database()
