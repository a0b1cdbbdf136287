"""One door for all kinds of data: order, counting, chunks, laziness."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd
import pytest
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import lines
from catchment.influxdb.lines import Report
from catchment.influxdb.point import Point
from catchment.influxdb.records import Layout

from tests.unit.influxdb.line_parser import parse


def many(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {"measurement": "m", "fields": {"v": number}, "time": number}


def test_mixed_and_nested_data_keeps_its_order() -> None:
    """Every kind goes through its own encoder, and the lines come out as the data came in."""
    frame = pd.DataFrame({"v": [3, 4]}, index=pd.DatetimeIndex([3, 4]))
    point = {"fields": {"v": 2}, "time": 2}
    data = ["m v=1i 1", [point, (frame,)], b"m v=5i 5\nm v=6i 6\n", Point("m").field("v", 7).time(7), iter([point])]
    body = b"".join(chunk.body for chunk in lines.encode(data, measurement="m"))
    assert [p.fields["v"][1] for p in parse(body)] == [1, 2, 3, 4, 5, 6, 7, 2]


def test_chunks_are_cut_by_lines() -> None:
    """Counts are exact, and nothing is lost at the cuts."""
    report = Report()
    chunks = list(lines.encode(many(12_345), max_lines=1000, report=report))
    assert [chunk.lines for chunk in chunks] == [1000] * 12 + [345]
    assert all(chunk.body.count(b"\n") == chunk.lines and chunk.stamped for chunk in chunks)
    assert [p.time for chunk in chunks for p in parse(chunk.body)] == list(range(12_345))
    assert report.lines == 12_345


def test_chunks_are_cut_by_bytes() -> None:
    """A single line may be longer, nothing else."""
    chunks = list(lines.encode(many(5_000), max_bytes=1_000))
    assert max(len(chunk.body) for chunk in chunks) <= 1_000
    assert sum(chunk.lines for chunk in chunks) == 5_000
    long = {"measurement": "m", "fields": {"v": "x" * 5_000}}
    assert [chunk.lines for chunk in lines.encode([long, long], max_bytes=1_000)] == [1, 1]


def test_raw_text_is_cut_at_line_ends_only() -> None:
    """A line feed inside a string ends no line; text that fits is sent byte by byte as it was given."""
    body = b'm v="a\nb" 1\nm v="c" 2\n# note\n\nm v=3'
    assert list(lines.encode(body)) == [(body + b"\n", 3, False)]
    pieces = list(lines.encode(body, max_lines=1))
    assert [piece.lines for piece in pieces] == [1, 1, 1]
    assert [piece.stamped for piece in pieces] == [True, True, False]
    assert b"".join(piece.body for piece in pieces) == body + b"\n"


@pytest.mark.parametrize("body", [b"", b"\n\n", b"# only a note\n", "   # spaces before\n"])
def test_raw_text_without_points_sends_nothing(body: bytes | str) -> None:
    """There is nothing to ask of the server."""
    assert list(lines.encode(body)) == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"m v=1 1\r\n", "CR LF"),
        (b'm v="x"\r\nm v=1', "CR LF"),
        (b'# a="b\nm v=1 1', "comment"),
        ("m v=\ud800", "surrog"),
    ],
)
def test_raw_text_that_the_server_would_misread_is_refused(body: bytes | str, why: str) -> None:
    """It would answer 204, and store something else."""
    with pytest.raises(UnsafeInputError, match=why):
        list(lines.encode(body))


@pytest.mark.parametrize(
    ("line", "stamped"),
    [
        (b"m v=1 1", True), (b"m v=1 -1", True), (b"m v=1", False), (b'm v="x 1"', False), (b'm v="x" 1', True),
        (b"m\\ 1 v=1", False), (b'm,t="q v=1,w="a b" 9', True), (b"m v=1,a\\ b=2 3", True), (b"bad", False),
        (b"m v=1 1.5", False), (b'm a"b=1.5,c="d 1', False),
    ],
)  # fmt: skip
def test_only_surely_stamped_lines_are_said_to_be(line: bytes, stamped: bool) -> None:
    """A request may be repeated after doubt only if every line has a time."""
    assert [(chunk.lines, chunk.stamped) for chunk in lines.encode(line)] == [(1, stamped)]


def test_data_is_read_as_chunks_are_taken() -> None:
    """A generator without end is fine, and settings are checked before the first item is read."""
    read: list[int] = []

    def endless() -> Iterator[dict[str, Any]]:
        number = 0
        while True:
            read.append(number)
            yield {"measurement": "m", "fields": {"v": number}}
            number += 1

    chunks = lines.encode(endless())
    assert read == []
    assert next(chunks).lines == 10_000
    assert len(read) <= 20_000


def test_rows_are_counted_over_all_slices() -> None:
    """The row in an error is the point's place in the data, whatever slice it was in."""
    data = [*many(7_000), {"measurement": "m", "fields": {"v": 2**64}}]
    with pytest.raises(UnsafeInputError, match="^row 7000, field 'v'"):
        list(lines.encode(data))


class Flat(NamedTuple):
    time: int
    host: str
    load: float


@dataclass
class FlatToo:
    time: int
    host: str
    load: float


@pytest.mark.parametrize("record", [Flat(1, "a", 0.5), FlatToo(1, "a", 0.5), {"time": 1, "host": "a", "load": 0.5}])
def test_flat_records_are_points_by_a_layout(record: object) -> None:
    """Named tuples, dataclasses and mappings need no decorator if their keys are named."""
    layout = Layout(measurement_name="cpu", tag_keys=["host"])
    assert [c.body for c in lines.encode(record, layout=layout)] == [b"cpu,host=a load=0.5 1\n"]
    assert [c.body for c in lines.encode([record] * 2, layout=layout)] == [b"cpu,host=a load=0.5 1\n" * 2]


@pytest.mark.parametrize("data", [Flat(1, "a", 0.5), FlatToo(1, "a", 0.5), 5, None, object(), [5], [[None]]])
def test_what_holds_no_points_is_refused(data: object) -> None:
    """A named tuple is no list of lines, though it can be iterated over."""
    with pytest.raises(UnsafeInputError, match="holds no points"):
        list(lines.encode(data, measurement="m"))


def test_own_classes_are_sent_as_they_say() -> None:
    """`to_lineprotocol` is asked for the line; tags for all points are not added to it."""

    class Own:
        def to_lineprotocol(self) -> bytes:
            return b"own v=1 5"

    assert list(lines.encode([Own(), Own()], tags={"t": "x"})) == [(b"own v=1 5\nown v=1 5\n", 2, True)]


@pytest.mark.parametrize("options", [{"max_lines": 0}, {"max_bytes": 0}, {"tag_columns": "host"}, {"datetimes": "x"},
                                     {"object_types": "x"}])  # fmt: skip
def test_settings_that_cannot_be_are_refused_at_once(options: dict[str, Any]) -> None:
    """Nothing is read, nothing is guessed."""
    with pytest.raises(UnsafeInputError):
        lines.encode([], **options)


def test_points_need_no_pandas() -> None:
    """Encoding mappings loads neither pandas nor numpy nor pyarrow."""
    code = (
        "import sys; from catchment.influxdb import lines; from datetime import datetime\n"
        "p = {'measurement': 'm', 'tags': {'t': 'x'}, 'fields': {'v': 1, 'w': None}, 'time': '2020-01-01'}\n"
        "list(lines.encode([p, {**p, 'time': datetime(2020, 1, 1)}, 'm v=1 1']))\n"
        "print([m for m in ('pandas', 'numpy', 'pyarrow', 'polars', 'dateutil') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
