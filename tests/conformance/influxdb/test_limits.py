"""Bodies that are larger than the server takes: cut until they fit, in order, and told where they cannot be cut.

The servers of these tests take `MAX_BODY` bytes, less than the client sends at once by itself. A real one that takes more
shows nothing here; its tests are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from catchment.influxdb import InfluxDBClient
from catchment.influxdb.errors import FieldTypeConflictError, WritePayloadTooLargeError
from catchment.influxdb.verdicts import BatchWriteError
from catchment_api.influxdb.api.write import write_points

from tests.conformance.influxdb.conftest import MAX_BODY

LINE = 100_000
LINES = 18


def line(number: int, size: int = LINE) -> str:
    """Return a line of about so many bytes."""
    return f'm v={number},s="{"x" * size}" {number}'


@pytest.fixture
def limited(client: InfluxDBClient) -> Iterator[InfluxDBClient]:
    """A client of a server that takes no more than `MAX_BODY`."""
    try:
        write_points.sync(client=client.api, db=str(client.db), body=b"#" * (MAX_BODY + 1))
    except WritePayloadTooLargeError:
        yield client
    else:
        pytest.skip(f"this server's max-body-size is above {MAX_BODY}")


def numbers(client: InfluxDBClient) -> list[float]:
    """Return what is stored, in order of time."""
    result = client.query_result("SELECT v FROM m")
    return [row["v"] for row in result.get_points()]


def test_the_limit_is_exact(limited: InfluxDBClient) -> None:
    """A body of just so many bytes is taken."""
    write_points.sync(client=limited.api, db=str(limited.db), body=b"#" * MAX_BODY)
    with pytest.raises(WritePayloadTooLargeError, match="Request Entity Too Large"):
        write_points.sync(client=limited.api, db=str(limited.db), body=b"#" * (MAX_BODY + 1))


def test_a_write_is_cut(limited: InfluxDBClient) -> None:
    """In two, and once the size is known, no further request is too large."""
    assert limited.write("\n".join(line(number) for number in range(LINES)))
    assert numbers(limited) == list(range(LINES))


def test_compressed_writes_need_no_cut(limited: InfluxDBClient) -> None:
    """The server counts what travels."""
    assert limited.write("\n".join(line(number) for number in range(LINES)), gzip=True)
    assert numbers(limited) == list(range(LINES))


def test_a_line_that_is_too_large_alone_is_refused(limited: InfluxDBClient) -> None:
    """Those before it are stored, and the error says how far it came."""
    with pytest.raises(WritePayloadTooLargeError) as caught:
        limited.write([line(0), line(1, MAX_BODY), line(2)])
    assert caught.value.status == 413
    assert numbers(limited) == [0]
    assert "1 requests with 1 lines were answered before it" in caught.value.__notes__[0]


def test_batches_are_cut(limited: InfluxDBClient) -> None:
    """And later ones are smaller from the start; every line is stored once."""
    with limited.writer(in_flight=1) as writer:
        for number in range(3 * LINES):
            writer.write(line(number))
    assert numbers(limited) == list(range(3 * LINES))
    assert (writer.stats.written, writer.stats.dropped) == (3 * LINES, 0)
    assert writer.stats.splits > 0


def test_only_the_line_that_is_too_large_is_lost(limited: InfluxDBClient) -> None:
    """A writer finds it among others."""
    with pytest.raises(BatchWriteError) as caught, limited.writer(in_flight=1) as writer:
        writer.write("\n".join([line(0), line(1, MAX_BODY), line(2)]))
    assert [loss.lines for loss in caught.value.losses] == [1]
    assert isinstance(caught.value.losses[0].error, WritePayloadTooLargeError)
    assert numbers(limited) == [0, 2]


def test_a_conflict_inside_a_request_stores_nothing(client: InfluxDBClient) -> None:
    """The server says no more than that there is one; `write` passes it on, and has written no line of the request."""
    with pytest.raises(FieldTypeConflictError) as caught:
        client.write("m v=1 1\nm v=2i 2\nm v=3 3")
    assert (caught.value.partial, caught.value.bad_lines) == (False, ())
    assert caught.value.error == "field type conflict"
    assert numbers(client) == []
