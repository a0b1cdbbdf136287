"""The README that named InfluxDB's Python interface: each of its samples runs, its import line changed.

A sample stands here as the README has it; `from aioinflux import` becomes `from catchment.influxdb import`, and the
environment says where the server is. Where a sample cannot run as it is printed, the comment beside it says what was
repaired.
"""

from __future__ import annotations

import asyncio
import inspect
import io
import logging
from collections.abc import Iterator
from contextlib import redirect_stdout

import pandas as pd
import pytest
from catchment.core.errors import CatchmentError
from catchment.influxdb import AsyncInfluxDBClient, InfluxDBClient, InfluxDBError
from catchment.local import InfluxDBOptions, Stack

POINT = """
point = dict(time='2009-11-10T23:00:00Z',
             measurement='cpu_load_short',
             tags={'host': 'server01',
                   'region': 'us-west'},
             fields={'value': 0.64})
"""

ALL_IN_ONE = (
    """
import asyncio
from aioinflux import AsyncInfluxDBClient
"""
    + POINT
    + """
client = AsyncInfluxDBClient(database='testdb')

coros = [client.create_database(db='testdb'),
         client.ping(),
         client.write(point),
         client.query('SELECT value FROM cpu_load_short')]

loop = asyncio.get_event_loop()
results = loop.run_until_complete(asyncio.gather(*coros))
for result in results:
    print(result)
"""
)

# As printed: `AsyncInfluxDBClient(database='testdb', async=False)`. Since Python 3.7 `async` is a keyword of the
# language, which no call can spell out; the mapping says the same.
BLOCKING = """
client = AsyncInfluxDBClient(database='testdb', **{'async': False})
client.ping()
client.write(point)
result = client.query('SELECT value FROM cpu_load_short')
"""

A_POINT = """
point = {'time': '2009-11-10T23:00:00Z',
'measurement': 'cpu_load_short',
'tags': {'host': 'server01', 'region': 'us-west'},
'fields': {'value1': 0.64, 'value2': True, 'value3': 10}}
"""

A_FRAME = """
                                       LUY       BEM       AJW tag
2017-06-24 08:45:17.929097+00:00  2.545409  5.173134  5.532397   B
2017-06-24 10:15:17.929097+00:00 -0.306673 -1.132941 -2.130625   E
2017-06-24 11:45:17.929097+00:00  0.894738 -0.561979 -1.487940   B
2017-06-24 13:15:17.929097+00:00 -1.799512 -1.722805 -2.308823   D
2017-06-24 14:45:17.929097+00:00  0.390137 -0.016709 -0.667895   E
"""


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """
    Serve a stack on a socket, where the environment points.

    `testdb` exists: the first sample creates it at the same time as it writes to it, and which comes first is chance.
    """
    with Stack(influxdb=InfluxDBOptions(databases=("testdb",))) as stack, stack.serve(only=["influxdb"]) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield stack
    logging.getLogger("catchment.influxdb").setLevel(logging.NOTSET)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Set the loop that `asyncio.get_event_loop` returns, which newer Pythons no longer make themselves."""
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield made
    asyncio.set_event_loop(None)
    made.close()


def run(sample: str, **names: object) -> dict[str, object]:
    """Run a sample and return what it defined."""
    scope: dict[str, object] = {"__name__": "sample", **names}
    exec(compile(sample.replace("from aioinflux import", "from catchment.influxdb import"), "sample", "exec"), scope)
    return scope


def close(scope: dict[str, object], loop: asyncio.AbstractEventLoop) -> None:
    """Close the sample's client, which the sample leaves open."""
    client = scope["client"]
    assert isinstance(client, AsyncInfluxDBClient)
    loop.run_until_complete(client.close())


# -- "TL;DR" -----------------------------------------------------------------------------------------------------------


def test_all_in_one(stack: Stack, loop: asyncio.AbstractEventLoop) -> None:
    """Four calls at once: a database, the server's headers, True, and an answer."""
    said = io.StringIO()
    with redirect_stdout(said):
        scope = run(ALL_IN_ONE)
    close(scope, loop)
    created, pinged, written, answered = scope["results"]  # type: ignore[misc]
    assert created == {"results": [{"statement_id": 0}]}
    assert pinged["X-Influxdb-Version"]
    assert written is True
    assert list(answered) == ["results"]
    assert len(said.getvalue().splitlines()) == 4


# -- "Sync mode" -------------------------------------------------------------------------------------------------------


def test_blocking(stack: Stack) -> None:
    """The same class, and calls that return results."""
    scope = run(BLOCKING, AsyncInfluxDBClient=AsyncInfluxDBClient, **run(POINT))
    assert isinstance(scope["client"], InfluxDBClient)
    assert scope["result"] == {
        "results": [
            {
                "statement_id": 0,
                "series": [
                    {"name": "cpu_load_short", "columns": ["time", "value"], "values": [[1257894000000000000, 0.64]]}
                ],
            }
        ]
    }
    scope["client"].close()


# -- "Writing data" ----------------------------------------------------------------------------------------------------


def frame() -> pd.DataFrame:
    """Read the README's frame as it is printed."""
    lines = [line.split() for line in A_FRAME.strip().splitlines()]
    index = pd.DatetimeIndex([f"{row[0]} {row[1]}" for row in lines[1:]])
    made = pd.DataFrame([row[2:] for row in lines[1:]], columns=lines[0], index=index)
    return made.astype(dict.fromkeys(lines[0][:3], "float64"))


def test_the_four_kinds_of_input(stack: Stack) -> None:
    """Text in line protocol, a mapping, a frame, and an iterable of one of these; each write returns True."""
    point = run(A_POINT)["point"]
    line = "cpu_load_short,host=server01,region=us-west value1=0.64,value2=true,value3=10i 1257894000000000000"
    with InfluxDBClient(database="testdb") as client:
        for data in (line, line.encode(), point, [point, point], (one for one in [line, point])):
            assert client.write(data) is True
        found = client.query("SELECT * FROM cpu_load_short")
        assert found["results"][0]["series"][0]["values"] == [
            [1257894000000000000, "server01", "us-west", 0.64, True, 10]
        ]


def test_fields_of_a_mapping_that_nobody_knows_are_ignored(stack: Stack) -> None:
    """`Any fields other then the above will be ignored when writing data to InfluxDB.`"""
    with InfluxDBClient(database="testdb") as client:
        client.write({"measurement": "m", "fields": {"v": 1.5}, "time": 1, "comment": "x"})
        assert client.query("SELECT * FROM m")["results"][0]["series"][0]["columns"] == ["time", "v"]


def test_the_measurement_of_a_mapping_may_be_an_argument(stack: Stack) -> None:
    """`If ommited, must be specified when calling AsyncInfluxDBClient.write by passing a measurement argument.`"""
    with InfluxDBClient(database="testdb") as client:
        client.write({"fields": {"v": 1.5}, "time": 1}, "m")
        with pytest.raises(ValueError, match="measurement"):
            client.write({"fields": {"v": 1.5}})


def test_frames(stack: Stack) -> None:
    """The README's frame comes back as it went in, with further tags by keyword."""
    wanted = frame()
    with InfluxDBClient(database="testdb") as client:
        assert client.write(wanted, measurement="prices", tag_columns=["tag"], asset_class="equities")
        found = client.query_data_frame("SELECT * FROM prices")
    assert found.pop("asset_class").tolist() == ["equities"] * 5
    wanted.index = wanted.index.as_unit("ns")
    pd.testing.assert_frame_equal(found[list(wanted.columns)], wanted, check_dtype=False)
    with pytest.raises(ValueError, match="DatetimeIndex|times"), InfluxDBClient(database="testdb") as client:
        client.write(wanted.reset_index(drop=True), "prices")


def test_a_write_that_fails_raises(stack: Stack) -> None:
    """`returns True when successful and raises an InfluxDBError otherwise`."""
    with InfluxDBClient(database="testdb") as client, pytest.raises(InfluxDBError) as caught:
        client.write("no line at all")
    assert isinstance(caught.value, CatchmentError)


# -- what the README left to do ----------------------------------------------------------------------------------------


def test_the_sections_marked_todo(stack: Stack) -> None:
    """Querying, frames, chunks, authentication, database selection, debugging: all of it is there."""

    async def work() -> None:
        async with AsyncInfluxDBClient(database="testdb", username="me", password="secret", log_level=30) as client:
            await client.write([{"measurement": "m", "fields": {"v": n / 2}, "time": n} for n in range(5)])
            client.db = "other"
            await client.create_database()
            client.db = "testdb"
            frames = await client.query("SELECT v FROM m", output="dataframe")
            assert frames["v"].tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
            sizes = [
                len(chunk["results"][0]["series"][0]["values"])
                async for chunk in await client.query("SELECT v FROM m", chunked=True, chunk_size=2)
            ]
            assert sizes == [2, 2, 1]

    asyncio.run(work())


# -- signatures --------------------------------------------------------------------------------------------------------


def test_arguments_have_their_original_names() -> None:
    """Constructor, write and query take what the original takes, by the same names."""
    names = ["host", "port", "username", "password", "database", "loop", "log_level", "dataframe", "async_"]
    assert [name for name in inspect.signature(AsyncInfluxDBClient.__init__).parameters if name in names] == names
    assert list(inspect.signature(AsyncInfluxDBClient.write).parameters)[1:4] == ["data", "measurement", "tag_columns"]
    assert {"q", "db", "epoch", "chunked", "chunk_size"} <= set(inspect.signature(AsyncInfluxDBClient.query).parameters)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("create_database", ["db"]),
        ("drop_database", ["db"]),
        ("drop_measurement", ["measurement"]),
        ("show_databases", []),
        ("show_measurements", []),
        ("show_retention_policies", []),
        ("show_users", []),
        ("select_all", ["measurement"]),
    ],
)
def test_the_eight_query_patterns(name: str, arguments: list[str]) -> None:
    """Each is a method of both classes, with its original's arguments."""
    for cls in (AsyncInfluxDBClient, InfluxDBClient):
        assert [
            one for one in inspect.signature(getattr(cls, name)).parameters if one not in {"self", "options"}
        ] == arguments
