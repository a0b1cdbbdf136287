"""What a batching writer logs while the server is away: an outage is one event, however many requests find it."""

from __future__ import annotations

import logging

import pytest
from catchment.core.errors import NetworkError
from catchment.influxdb._async.client import AsyncInfluxDBClient
from catchment.influxdb.verdicts import BatchWriteError
from catchment.local import Fault
from catchment.testing import no_waiting

from tests.influxdb.doubles import Place

STARTS = "influxdb: lines wait to be sent again, because the server takes none now: "
ENDS = "influxdb: the server answers again, and lines that waited are sent"


def loud(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged at info and above."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]


async def test_an_outage_is_told_once(local: Place, caplog: pytest.LogCaptureFixture) -> None:
    """And its end once, however many attempts fail in between; each attempt stands in the debug log."""
    assert local.stack is not None
    caplog.set_level(logging.DEBUG, "catchment")
    with no_waiting():
        async with AsyncInfluxDBClient(**local.options, db=local.db) as client:
            local.stack.faults.add(Fault("reset", service="influxdb", count=4))
            async with client.writer(batch_size=1, in_flight=1) as writer:
                await writer.write("m v=1 1\nm v=2 2\nm v=3 3")
            assert writer.stats.retries == 4
    assert loud(caplog) == [STARTS + "NetworkError", ENDS]
    assert sum("gave up after 1 attempt" in message for message in caplog.messages) == 4


async def test_two_outages_are_two(local: Place, caplog: pytest.LogCaptureFixture) -> None:
    """The first is over when lines are stored."""
    assert local.stack is not None
    caplog.set_level(logging.INFO, "catchment")
    with no_waiting():
        async with AsyncInfluxDBClient(**local.options, db=local.db) as client, client.writer(in_flight=1) as writer:
            for time in (1, 2):
                local.stack.faults.add(Fault("status", service="influxdb", status=503, count=2))
                await writer.write(f"m v=1 {time}")
                await writer.flush()
    assert loud(caplog) == [STARTS + "WriteServerFailureError", ENDS] * 2


async def test_a_refusal_is_an_answer(local: Place, caplog: pytest.LogCaptureFixture) -> None:
    """It ends an outage too; the lines that it costs are told of themselves."""
    assert local.stack is not None
    caplog.set_level(logging.INFO, "catchment")
    with no_waiting(), pytest.raises(BatchWriteError):
        async with AsyncInfluxDBClient(**local.options, db="none") as client, client.writer() as writer:
            local.stack.faults.add(Fault("reset", service="influxdb", count=2))
            await writer.write("m v=1 1")
    assert loud(caplog) == [
        STARTS + "NetworkError",
        ENDS,
        "influxdb: 1 lines were not stored: WriteDatabaseNotFoundError",
    ]


async def test_single_calls_tell_of_their_own_failures(local: Place, caplog: pytest.LogCaptureFixture) -> None:
    """Only a writer, which repeats them itself, keeps requests from that."""
    assert local.stack is not None
    caplog.set_level(logging.INFO, "catchment")
    with no_waiting():
        async with AsyncInfluxDBClient(**local.options, db=local.db, retries=0) as client:
            local.stack.faults.add(Fault("reset", service="influxdb", count=1))
            with pytest.raises(NetworkError):
                await client.query("SHOW DATABASES")
    assert [message.split(":")[1] for message in loud(caplog)] == [" gave up after 1 attempt"]
