"""Writing: every kind of data arrives as it was given; what cannot be stored never leaves; nothing is stored twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from catchment import influxdb
from catchment.core.clock import NoWaiting, using
from catchment.core.errors import ConfigError, NetworkError, OutcomeUnknownError, UnsafeInputError
from catchment.influxdb import FLOAT, TAG, TIMEINT, AsyncInfluxDBClient, Point, Report, lineprotocol
from catchment.local import Fault, InfluxDBOptions

from tests.influxdb.doubles import Place

T = 1_257_894_000_000_000_000
POINT = {"time": "2009-11-10T23:00:00Z", "measurement": "m", "tags": {"h": "a"}, "fields": {"v": 0.5}}
FRAME = pd.DataFrame({"h": ["a"], "v": [0.5]}, index=pd.DatetimeIndex([T], tz="UTC"))
ROWS = {"time": [datetime.fromtimestamp(T // 10**9, UTC)], "h": ["a"], "v": [0.5]}


@lineprotocol
class m(NamedTuple):  # noqa: N801 - the class's name is the measurement
    """A point of one's own."""

    time: TIMEINT
    h: TAG
    v: FLOAT


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Let no repetition wait."""
    with using(NoWaiting()):
        yield


def make(place: Place, **options: Any) -> AsyncInfluxDBClient:
    """Make a client for a place."""
    return AsyncInfluxDBClient(**{**place.options, "db": place.db, **options})


async def stored(client: AsyncInfluxDBClient, measurement: str = "m") -> Any:
    """Return all that a measurement holds."""
    document = await client.query(f'SELECT * FROM "{measurement}"')
    return [row for series in document["results"][0].get("series", []) for row in series["values"]]


KINDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "text": ("m,h=a v=0.5 1257894000000000000", {}),
    "bytes": (b"m,h=a v=0.5 1257894000000000000\n", {}),
    "mapping": (POINT, {}),
    "list": ([POINT], {}),
    "nested and mixed": ([[POINT], "m,h=a v=0.5 1257894000000000000", (b"m,h=a v=0.5 1257894000000000000",)], {}),
    "point": (Point("m").tag("h", "a").field("v", 0.5).time(T), {}),
    "own class": (m(T, "a", 0.5), {}),
    "pandas": (FRAME, {"measurement": "m", "tag_columns": ["h"]}),
    "polars": (pl.DataFrame(ROWS), {"measurement": "m", "tag_columns": ["h"]}),
    "Arrow": (pa.table(ROWS), {"measurement": "m", "tag_columns": ["h"]}),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_data_arrives(place: Place, kind: str) -> None:
    """In one request, with all its types."""
    data, options = KINDS[kind]
    async with make(place) as client:
        assert await client.write(data, **options) is True
        assert place.count("/write") in {1, -1}
        assert await stored(client) == [[T, "a", 0.5]]


async def test_iterators_are_read_once(place: Place) -> None:
    """A generator is data like any other."""
    async with make(place) as client:
        await client.write({**POINT, "time": number} for number in range(5))
        assert len(await stored(client)) == 5


async def test_large_data_is_several_requests_in_order(local: Place) -> None:
    """Each of so many lines; the last one may be smaller."""
    async with make(local) as client:
        await client.write([{**POINT, "time": number} for number in range(25)], batch_size=10)
    assert local.stack is not None
    bodies = [request.body.read() for request in local.stack.seen if request.path == "/write"]
    assert [body.count(b"\n") for body in bodies] == [10, 10, 5]
    times = [int(line.rpartition(b" ")[2]) for body in bodies for line in body.splitlines()]
    assert times == list(range(25))


async def test_nothing_to_write_is_nothing_sent(local: Place) -> None:
    """And it worked."""
    async with make(local) as client:
        assert await client.write([]) is True
        assert await client.write(FRAME[:0], "m") is True
        assert await client.write("") is True
    assert local.count("/write") == 0


async def test_precision_of_numbers(place: Place) -> None:
    """By any spelling; a number is in that unit, a time is cut to it."""
    async with make(place) as client:
        await client.write({**POINT, "time": 5}, precision="µs")
        await client.write({**POINT, "time": "1970-01-01T00:00:07.9Z"}, precision="s")
        await client.write("m,h=a v=0.5 3", precision="ms")
        assert [row[0] for row in await stored(client)] == [5_000, 3_000_000, 7_000_000_000]


async def test_tags_of_all_points(place: Place) -> None:
    """By keyword, or as a mapping where the name is a parameter; they win over a point's own."""
    async with make(place) as client:
        await client.write({**POINT, "time": 1}, h="b", tags={"db": "x"})
        assert await stored(client) == [[1, "x", "b", 0.5]]


async def test_database_and_policy_of_one_call(place: Place) -> None:
    """In place of the client's."""
    async with make(place, db="nowhere") as client:
        await client.admin.create_retention_policy("long", "INF", db=place.db)
        await client.write(POINT, db=place.db, rp="long")
        found = await client.query('SELECT * FROM "long"."m"', db=place.db)
        assert found["results"][0]["series"][0]["values"] == [[T, "a", 0.5]]


async def test_compressed_writes(place: Place) -> None:
    """By client or by call."""
    async with make(place, gzip=True) as client:
        await client.write(POINT)
        await client.write({**POINT, "time": 1}, gzip=False)
        assert len(await stored(client)) == 2


@pytest.mark.parametrize(
    ("data", "settings"),
    [
        ({"measurement": "m", "tags": {"h": "a\nm v=1"}, "fields": {"v": 1}}, {}),
        ({"measurement": "m", "fields": {"time": 1}}, {}),
        ({"measurement": "#m", "fields": {"v": 1}}, {}),
        ({"measurement": "m", "fields": {"v": 2**63}}, {}),
        ({"fields": {"v": 1}}, {}),
        ({"measurement": "m", "time": "yesterday", "fields": {"v": 1}}, {}),
        (FRAME, {}),
        (FRAME.reset_index(drop=True), {"measurement": "m"}),
        (5, {}),
        (POINT, {"precision": "fortnight"}),
        (POINT, {"consistency": "most"}),
        (FRAME, {"measurement": "m", "tag_columns": "h"}),
        (POINT, {"batch_size": 0}),
    ],
)
async def test_what_cannot_be_stored_never_leaves(local: Place, data: Any, settings: dict[str, Any]) -> None:
    """A `ValueError`, and no request."""
    async with make(local) as client:
        with pytest.raises(ValueError, match=r".") as caught:
            await client.write(data, **settings)
    assert isinstance(caught.value, UnsafeInputError)
    assert local.count("/write") == 0


async def test_what_is_left_out_is_counted(local: Place) -> None:
    """Never silently."""
    report = Report()
    async with make(local) as client:
        await client.write([POINT, {**POINT, "fields": {"v": None}}], report=report)
        with pytest.raises(UnsafeInputError):
            await client.write({**POINT, "fields": {"v": None}}, strict=True)
    assert (report.lines, report.skipped) == (1, 1)


async def test_a_database_is_needed(local: Place) -> None:
    """Construction warns, and the call that needs it says so."""
    with pytest.warns(UserWarning, match="no default database"):
        client = AsyncInfluxDBClient(**local.options)
    with pytest.raises(ConfigError, match="no database to write to"):
        await client.write(POINT)
    await client.aclose()


# -- refusals ----------------------------------------------------------------------------------------------------------


async def test_bad_lines_are_named_and_good_ones_stored(place: Place) -> None:
    """Although the server calls all of it a bad request."""
    async with make(place) as client:
        with pytest.raises(influxdb.PartialWriteError) as caught:
            await client.write("m,h=a v=0.5 1\nm,h=a v=\nm,h=a v=2x 3")
        assert [line for line, _ in caught.value.bad_lines] == ["m,h=a v=", "m,h=a v=2x 3"]
        assert (caught.value.partial, caught.value.status, caught.value.reason) == (True, 400, "Bad Request")
        assert await stored(client) == [[1, "a", 0.5]]


async def test_a_write_that_is_refused_whole(place: Place) -> None:
    """Is no partial one."""
    async with make(place) as client:
        with pytest.raises(influxdb.InfluxDBWriteError) as caught:
            await client.write("m v=")
        assert not caught.value.partial
        assert not isinstance(caught.value, influxdb.PartialWriteError)
        assert caught.value.bad_lines == (("m v=", "missing field value"),)


async def test_refused_lines_do_not_stop_other_requests(place: Place) -> None:
    """As they would not within one request."""
    lines = [f"m,h=a v={n} {n}" if n % 7 else f"m,h=a v={n}x {n}" for n in range(30)]
    async with make(place) as client:
        with pytest.raises(influxdb.PartialWriteError) as caught:
            await client.write("\n".join(lines), batch_size=4)
        assert [line for line, _ in caught.value.bad_lines] == [line for line in lines if "x" in line]
        assert len(await stored(client)) == 25


async def test_types_that_conflict(place: Place) -> None:
    """The first write decides; the rest is stored."""
    async with make(place) as client:
        await client.write("m v=1i 1")
        with pytest.raises(influxdb.FieldTypeConflictError) as caught:
            await client.write("m v=2.5 2\nm w=1 3")
        assert (caught.value.dropped, caught.value.partial) == (1, True)
        assert "field_types" in str(caught.value.hint)
        await client.write({"measurement": "m", "fields": {"v": 4.0}, "time": 4}, field_types={"v": "int"})
        assert len(await stored(client)) == 3


async def test_wrong_names_are_told_at_once(place: Place) -> None:
    """The server calls a wrong policy a failure of its own; it is not repeated."""
    async with make(place) as client:
        with pytest.raises(influxdb.DatabaseNotFoundError) as caught:
            await client.write(POINT, db="no such")
        assert isinstance(caught.value, influxdb.InfluxDBWriteError)
        with pytest.raises(influxdb.RetentionPolicyNotFoundError):
            await client.write(POINT, rp="no such")
    assert place.count("/write") in {2, -1}


@pytest.mark.parametrize("character", ["\x01", "\x7f", "\x00", "\x0b"])
async def test_control_characters_in_refused_lines(place: Place, character: str) -> None:
    """The server repeats them in a header, where HTTP forbids them; the refusal is understood all the same."""
    async with make(place) as client:
        with pytest.raises(influxdb.InfluxDBWriteError) as caught:
            await client.write(f"m,t=a{character}b v=")
        assert caught.value.status == 400
        assert "missing field value" in caught.value.message
    assert place.count("/write") in {1, -1}


async def test_an_error_that_ends_a_write_says_how_far_it_came(local: Place) -> None:
    """So that the rest can be sent later."""
    assert local.stack is not None
    local.stack.faults.add(Fault("status", service="influxdb", operation="write", nth=3, status=401, body=b"{}"))
    async with make(local) as client:
        with pytest.raises(influxdb.AuthenticationError) as caught:
            await client.write([{**POINT, "time": number} for number in range(50)], batch_size=10)
        assert "2 requests with 20 lines" in caught.value.__notes__[0]
        assert len(await stored(client)) == 20


# -- sizes -------------------------------------------------------------------------------------------------------------


async def test_chunks_that_are_too_large_are_cut(local: Place) -> None:
    """In halves, between lines, until the server takes them; one line that is too large is told."""
    assert local.stack is not None
    small = Place({"local": type(local.stack)(influxdb=InfluxDBOptions(max_body_size=400, databases=("db",)))}, "db")
    async with make(small) as client:
        assert await client.write([{**POINT, "time": number} for number in range(100)])
        assert len(await stored(client)) == 100
        with pytest.raises(influxdb.PayloadTooLargeError):
            await client.write({**POINT, "fields": {"v": 0.5, "s": "x" * 500}})


# -- doubt -------------------------------------------------------------------------------------------------------------


def unstamped() -> dict[str, Any]:
    """Return a point without a time."""
    return {"measurement": "m", "fields": {"v": 1.0}}


@pytest.mark.parametrize("applied", [True, False])
async def test_a_lost_answer_doubles_nothing(local: Place, applied: bool) -> None:
    """Points that have a time are sent again; the same point is the same point."""
    assert local.stack is not None
    local.stack.faults.add(Fault("reset", service="influxdb", operation="write", applied=applied))
    async with make(local) as client:
        assert await client.write(POINT)
        assert await stored(client) == [[T, "a", 0.5]]
    assert local.count("/write") == 2


@pytest.mark.parametrize("applied", [True, False])
async def test_points_without_a_time_are_never_sent_twice(local: Place, applied: bool) -> None:
    """Each arrival would be another point; the error says that nobody knows, and what to do."""
    assert local.stack is not None
    local.stack.faults.add(Fault("reset", service="influxdb", operation="write", applied=applied))
    async with make(local) as client:
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.write([POINT, unstamped()])
        assert "time" in str(caught.value.hint)
        assert len(await stored(client)) == (2 if applied else 0)
    assert local.count("/write") == 1


async def test_a_full_queue_is_waited_out(local: Place) -> None:
    """The server says that it did not look at the request, so that even points without a time may come again."""
    assert local.stack is not None
    local.stack.faults.add(
        Fault(
            "status",
            service="influxdb",
            operation="write",
            count=2,
            status=503,
            body=b"request throttled, queue full\n",
            headers={"Content-Type": "text/plain; charset=utf-8"},
        )
    )
    async with make(local) as client:
        assert await client.write(unstamped())
        assert len(await stored(client)) == 1
    assert local.count("/write") == 3


async def test_a_server_that_stays_away_is_an_error_of_the_network(local: Place) -> None:
    """After as many attempts as were asked for."""
    assert local.stack is not None
    local.stack.faults.add(Fault("reset", service="influxdb", operation="write", count=5))
    async with make(local, retries=2) as client:
        with pytest.raises(NetworkError) as caught:
            await client.write(POINT)
    assert caught.value.attempts == 3
    assert local.count("/write") == 3
