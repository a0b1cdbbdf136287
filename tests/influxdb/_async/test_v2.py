"""`/api/v2` of InfluxDB 1.8: buckets on the local stack, which plays a 1.8; Flux against example answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
import pytest
from catchment.core.errors import ConfigError, OutcomeUnknownError, UnsafeInputError
from catchment.influxdb._async.client import AsyncInfluxDBClient
from catchment.influxdb.errors import (
    AuthorizationError,
    PartialWriteError,
    StatementError,
    WriteDatabaseNotFoundError,
)
from catchment.local import Fault, InfluxDBOptions
from catchment.testing import no_waiting

from tests.influxdb.doubles import Place

SIX = 1_357_020_000_000_000_000
ANSWER = (
    b"#datatype,string,long,dateTime:RFC3339,double\r\n"
    b"#group,false,false,false,false\r\n"
    b"#default,_result,,,\r\n"
    b",result,table,_time,_value\r\n"
    b",,0,2013-01-01T06:00:00Z,39.02\r\n"
    b",,0,2013-01-01T06:00:00.000000001Z,\r\n"
    b"\r\n"
)
OTHER = b"#datatype,string,long,long\r\n#group,,,\r\n#default,_result,,\r\n,result,table,n\r\n,,1,5\r\n\r\n"
FAILED = b"#datatype,string,string\r\n#group,true,true\r\n#default,,\r\n,error,reference\r\n,out of memory,897\r\n"
FLUX = 'from(bucket: "db/autogen") |> range(start: 0)'


@dataclass
class Reply:
    """An answer."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


@dataclass
class FluxServer:
    """Stands for a 1.8 with Flux: answers everything with one body. Stack and service in one."""

    body: bytes = ANSWER
    status: int = 200
    content_type: str = "text/csv; charset=utf-8"
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    endpoint: str = "http://flux.example"
    environment: Mapping[str, str] = field(default_factory=dict)
    fault: Exception | None = None

    def service(self, name: str) -> FluxServer:
        """Return itself: it plays one platform only."""
        assert name == "influxdb"
        return self

    def handle(self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> Reply:
        """Remember the question and answer."""
        self.asked.append((method, url, {name.lower(): value for name, value in headers}, body))
        if self.fault is not None:
            raise self.fault
        return Reply(self.status, [("Content-Type", self.content_type)], self.body)


@pytest.fixture
def options() -> InfluxDBOptions:
    """A server that has these endpoints."""
    return InfluxDBOptions(version="1.8.10")


# -- writing -----------------------------------------------------------------------------------------------------------


async def test_points_arrive_in_their_bucket(local: Place) -> None:
    """The client's database, another one, and a policy of it."""
    async with AsyncInfluxDBClient(**local.options, db="db") as client:
        await client.create_database("other")
        await client.admin.create_retention_policy("long", "INF", db="other")
        assert await client.v2.write({"measurement": "m", "fields": {"v": 1.5}, "time": 7}) is True
        await client.v2.write("m v=2 7", bucket="other")
        await client.v2.write("m v=3 7", bucket="other/long")
        await client.using(db="other", rp="long").v2.write("m v=4 8")
        for query, found in {
            "SELECT v FROM m": [[7, 1.5]],
            "SELECT v FROM other..m": [[7, 2.0]],
            "SELECT v FROM other.long.m": [[7, 3.0], [8, 4.0]],
        }.items():
            assert (await client.query(query))["results"][0]["series"][0]["values"] == found
    assert local.stack is not None
    sent = [request for request in local.stack.seen if request.path == "/api/v2/write"]
    assert [request.query for request in sent] == [
        "bucket=db", "bucket=other", "bucket=other%2Flong", "bucket=other%2Flong",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spelling", "sent", "time"), [("ns", "ns", 7), ("µ", "us", 7_000), ("us", "us", 7_000), ("s", "s", 7_000_000_000)]
)
async def test_precisions_have_their_own_spelling(local: Place, spelling: str, sent: str, time: int) -> None:
    """Microseconds are `us` here, and by the name `u` elsewhere."""
    async with AsyncInfluxDBClient(**local.options, db="db") as client:
        await client.v2.write({"measurement": "m", "fields": {"v": 1.0}, "time": 7}, precision=spelling)
        assert [row["time"] async for row in client.query_stream("SELECT v FROM m")] == [time]
    assert local.stack is not None
    assert f"precision={sent}" in local.stack.seen[0].query


async def test_frames_and_settings_are_taken(local: Place) -> None:
    """As by the client's own `write`; compressed, and in requests of so many lines."""
    frame = pd.DataFrame({"v": [1.0, 2.0, 3.0], "h": list("abc")}, index=pd.to_datetime([1, 2, 3], utc=True))
    async with AsyncInfluxDBClient(**local.options, db="db", gzip=True) as client:
        await client.v2.write(frame, measurement="m", tag_columns=["h"], tags={"r": "x"}, batch_size=2)
        assert await client.admin.list_series() == ["m,h=a,r=x", "m,h=b,r=x", "m,h=c,r=x"]
    assert local.stack is not None
    writes = [request for request in local.stack.seen if request.path == "/api/v2/write"]
    assert [request.header("content-encoding") for request in writes] == ["gzip", "gzip"]


async def test_refusals_are_those_of_writes(local: Place) -> None:
    """With the lines, and with the classes that users of `write` know."""
    async with AsyncInfluxDBClient(**local.options, db="db") as client:
        with pytest.raises(PartialWriteError) as caught:
            await client.v2.write("m v=1 1\nm v=oops 2")
        assert caught.value.bad_lines == (("m v=oops 2", "invalid boolean"),)
        with pytest.raises(WriteDatabaseNotFoundError):
            await client.v2.write("m v=1 1", bucket="none")


@pytest.mark.parametrize(
    ("settings", "error", "why"),
    [
        ({"precision": "m"}, UnsafeInputError, "ns, us, ms and s"),
        ({"precision": "fortnights"}, UnsafeInputError, "no precision"),
        ({"bucket": ""}, ConfigError, "no bucket"),
        ({"bucket": "/autogen"}, ConfigError, "no bucket"),
    ],
)
async def test_what_cannot_be_meant_is_not_sent(
    local: Place, settings: dict[str, str], error: type[Exception], why: str
) -> None:
    """The server would take some of it for something else."""
    async with AsyncInfluxDBClient(**local.options, db="db") as client:
        with pytest.raises(error, match=why):
            await client.v2.write("m v=1 1", **settings)  # type: ignore[arg-type]
        with pytest.raises(UnsafeInputError, match="slash"):
            await client.using(db="a/b").v2.write("m v=1 1")
    assert local.count("/api/v2/write") == 0


async def test_writes_without_times_are_not_doubled(local: Place) -> None:
    """They are never repeated after doubt; those with times are."""
    assert local.stack is not None
    async with AsyncInfluxDBClient(**local.options, db="db") as client:
        with no_waiting():
            for line, attempts in (("m v=1 1", 2), ("m v=1", 1)):
                local.stack.faults.add(Fault("reset", "influxdb", applied=True))
                local.stack.seen.clear()
                if attempts == 1:
                    with pytest.raises(OutcomeUnknownError):
                        await client.v2.write(line)
                else:
                    await client.v2.write(line)
                assert local.count("/api/v2/write") == attempts


# -- Flux --------------------------------------------------------------------------------------------------------------


async def test_scripts_are_sent_with_all_annotations() -> None:
    """For without these, nobody knows the types; times are asked for with all their digits."""
    server = FluxServer()
    async with AsyncInfluxDBClient(local=server, db="db") as client:
        (table,) = await client.v2.query(FLUX)
    assert list(table) == [{"_time": SIX, "_value": 39.02}, {"_time": SIX + 1, "_value": None}]
    ((method, url, headers, body),) = server.asked
    assert (method, url) == ("POST", "http://flux.example/api/v2/query")
    assert (headers["content-type"], headers["accept-encoding"]) == ("application/json", "identity")
    dialect = {"header": True, "annotations": ["datatype", "group", "default"], "dateTimeFormat": "RFC3339Nano"}
    assert json.loads(body) == {"query": FLUX, "type": "flux", "dialect": dialect | {"delimiter": ","}}


async def test_every_form_of_an_answer() -> None:
    """Rows as they come, frames, text."""
    server = FluxServer(ANSWER + OTHER)
    async with AsyncInfluxDBClient(local=server, db="db") as client:
        rows = [row async for row in client.v2.query_stream(FLUX)]
        assert rows[0] == {"result": "_result", "table": 0, "_time": SIX, "_value": 39.02}
        assert rows[2] == {"result": "_result", "table": 1, "n": 5}
        one, two = await client.v2.query_data_frame(FLUX)
        assert (one["_value"].iloc[0], list(two["n"])) == (39.02, [5])
        assert await client.v2.query_csv(FLUX) == (ANSWER + OTHER).decode()
        server.body = ANSWER
        assert len(await client.v2.query_data_frame(FLUX)) == 2
        server.body = b"\r\n"
        assert (await client.v2.query(FLUX), len(await client.v2.query_data_frame(FLUX))) == ([], 0)


async def test_a_failure_on_the_way_is_an_error() -> None:
    """Behind a 200, after rows that were handed out."""
    server = FluxServer(ANSWER + FAILED)
    seen = 0
    async with AsyncInfluxDBClient(local=server, db="db") as client:
        with pytest.raises(StatementError, match="out of memory"):
            async for _ in client.v2.query_stream(FLUX):
                seen += 1
        with pytest.raises(StatementError, match="out of memory"):
            await client.v2.query(FLUX)
    assert seen == 2


async def test_scripts_are_never_repeated_after_doubt() -> None:
    """They may write."""
    server = FluxServer(fault=ConnectionResetError())
    with no_waiting():
        async with AsyncInfluxDBClient(local=server, db="db") as client:
            with pytest.raises(OutcomeUnknownError):
                await client.v2.query(FLUX)
    assert len(server.asked) == 1


async def test_refused_scripts() -> None:
    """In the server's own words."""
    body = b'{"error":"error in building plan while starting program: missing start"}'
    async with AsyncInfluxDBClient(local=FluxServer(body, 400, "application/json"), db="db") as client:
        with pytest.raises(StatementError, match="missing start"):
            await client.v2.query(FLUX)
        for nothing in ("", " \n"):
            with pytest.raises(UnsafeInputError, match="not empty"):
                await client.v2.query(nothing)


async def test_flux_that_is_switched_off(local: Place) -> None:
    """As it is by default; the error names the setting."""
    async with AsyncInfluxDBClient(**local.options, db="db") as client:
        with pytest.raises(AuthorizationError, match="flux-enabled"):
            await client.v2.query(FLUX)
