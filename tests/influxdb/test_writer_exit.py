"""Writers that nobody closed, and writers in forked processes: in processes of their own, on a served local stack."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from catchment.influxdb import InfluxDBClient
from catchment.local import Stack

BLOCKING = """
from catchment.influxdb import InfluxDBClient
writer = InfluxDBClient("{}", database="db").writer(flush_interval=60)
writer.write("m v=1 1\\nm v=2 2\\n")
"""

AWAITED = """
import asyncio
from catchment.influxdb import AsyncInfluxDBClient
writer = AsyncInfluxDBClient("{}", database="db").writer(flush_interval=60)
asyncio.run(writer.write("m v=1 1\\nm v=2 2\\n"))
"""

UNDER_WAY = """
import asyncio
from catchment.influxdb import AsyncInfluxDBClient
writer = AsyncInfluxDBClient("{}", database="db").writer(batch_size=1)
async def main():
    await writer.write("m v=1 1\\nm v=2 2\\n")
    while not writer.stats.in_flight:
        await asyncio.sleep(0)
asyncio.run(main())
"""

FORKED = """
import os
from catchment.influxdb import InfluxDBClient
writer = InfluxDBClient("{}", database="db").writer(flush_interval=60)
writer.write("m,of=parent v=1 1")
pid = os.fork()
if pid == 0:
    writer.write("m,of=child v=1 2")
    writer.close()
    assert (writer.stats.lines, writer.stats.written) == (1, 1), writer.stats
    raise SystemExit
assert os.waitpid(pid, 0)[1] == 0
assert writer.stats.buffered == 1, writer.stats
writer.close()
"""

TWO_LOOPS = """
import asyncio
from catchment.influxdb import AsyncInfluxDBClient
writer = AsyncInfluxDBClient("{}", database="db").writer(flush_interval=60)
asyncio.run(writer.write("m v=1 1"))
async def main():
    await writer.write("m v=2 2")
    await writer.close()
asyncio.run(main())
"""


@pytest.fixture
def address() -> Iterator[str]:
    """Address of a local stack with the database `db`."""
    with Stack() as stack, stack.serve(only=["influxdb"]) as running:
        with InfluxDBClient(local=stack, database="db") as client:
            client.create_database("db")
        yield running.endpoints["influxdb"]


def run(script: str, address: str) -> str:
    """Run a script to its end; return what it wrote to standard error."""
    done = subprocess.run(
        [sys.executable, "-c", script.format(address)], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stderr


def times(address: str) -> list[int]:
    """Return the times of all points."""
    with InfluxDBClient(address, database="db") as client:
        answer = client.query("SELECT * FROM m")
    return [row[0] for row in answer["results"][0]["series"][0]["values"]]


@pytest.mark.parametrize("script", [BLOCKING, AWAITED, UNDER_WAY], ids=["blocking", "awaited", "under way"])
def test_the_end_of_the_interpreter_sends_what_is_left_and_warns(script: str, address: str) -> None:
    """Also what a cancelled task had under way."""
    said = run(script, address)
    assert times(address) == [1, 2]
    assert "RuntimeWarning: an InfluxDB writer was not closed" in said


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_sends_its_own_lines_only(address: str) -> None:
    """What waited before belongs to the parent, which sends it once."""
    assert run(FORKED, address) == ""
    assert times(address) == [1, 2]


def test_a_writer_outlives_its_event_loop(address: str) -> None:
    """What the first loop left is sent in the second."""
    assert run(TWO_LOOPS, address) == ""
    assert times(address) == [1, 2]
