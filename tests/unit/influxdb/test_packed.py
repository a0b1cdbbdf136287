"""Rows of msgpack read by columns: whatever they hold, the same as row by row."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgpack
import pytest
from catchment.core import columns_in, extras
from catchment.core.errors import CatchmentError, DecodeError
from catchment.influxdb import packed_documents
from catchment.influxdb.documents import MsgpackReader, Reader, Statements
from catchment.influxdb.frames_in import Table, Tables
from catchment.influxdb.packed import Columns
from catchment.influxdb.packed_documents import ColumnReader
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

START = 1_704_067_200_000_000_000
NAN = float("nan")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows are enough, so that examples stay small."""
    monkeypatch.setattr(packed_documents, "_FEWEST", 1)


def document(rows: list[list[Any]], *, goes_on: bool = False, **facts: Any) -> bytes:
    """Return a document as the server writes it."""
    columns = ["time", *(f"c{number}" for number in range(1, len(rows[0])))]
    series = {"name": "m", **facts, "columns": columns, "values": rows, **({"partial": True} if goes_on else {})}
    result = {"statement_id": 0, "series": [series], **({"partial": True} if goes_on else {})}
    return packb({"results": [result]})


def packb(value: Any) -> bytes:
    """Return msgpack."""
    return bytes(msgpack.packb(value) or b"")


def found(reader: Reader, pieces: Iterable[bytes]) -> list[Table]:
    """Read an answer."""
    statements, tables = Statements(), Tables()

    def documents() -> Iterator[Mapping[str, Any]]:
        for piece in pieces:
            yield from reader.feed(piece)
        yield from reader.finish()

    for one in documents():
        for number, result in statements.parts(one):
            tables.add(number, result.get("series") or ())
    return [table for some in tables.found for table in some]


def shown(tables: list[Table]) -> list[Any]:
    """Return all that tables hold, NaN as text, so that it is equal to itself."""
    return [
        [
            table.name,
            table.tags,
            table.columns,
            table.rows,
            [_shown(columns_in.whole(pieces)) for pieces in table.pieces],
        ]
        for table in tables
    ]


def _shown(column: columns_in.Whole) -> list[Any]:
    values = [repr(value) if isinstance(value, float) else value for value in columns_in.plain(column)]
    return [column.kind, column.missing, values]


def cut(wire: bytes, sizes: Iterable[int]) -> Iterator[bytes]:
    """Cut bytes as a network might."""
    for size in sizes:
        if not wire:
            return
        yield wire[:size]
        wire = wire[size:]
    yield wire


INTEGERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from(
        [bound + off for bound in (0, 127, -32, -128, 255, 2**15, 2**16, 2**31, 2**32) for off in (-1, 0, 1)]
    ),
)
# Texts of all headers: within the byte, one, two bytes of length; and such as look like rows.
TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["", "x" * 31, "x" * 32, "\x98", "é" * 128, "x" * 255, "x" * 256, "x" * 70_000]),
)
FLOATS = st.one_of(st.floats(), st.sampled_from([struct.unpack(">d", bytes.fromhex("93d317a6101793d3"))[0], NAN]))
KINDS = {
    "integer": INTEGERS,
    "float": FLOATS,
    "boolean": st.booleans(),
    "string": TEXTS,
    "nothing": st.none(),
    "numbers": st.one_of(st.integers(-100, 100), FLOATS),
    "anything": st.one_of(INTEGERS, FLOATS, TEXTS, st.booleans()),
    "large": st.integers(0, 2**64 - 1),
}


@st.composite
def tables(draw: st.DrawFn) -> list[list[Any]]:
    """Make rows of columns of one kind each, some with gaps."""
    width, rows = draw(st.integers(0, 18)), draw(st.integers(1, 12))
    kinds = [draw(st.sampled_from(sorted(KINDS))) for _ in range(width)]
    gaps = [draw(st.booleans()) for _ in kinds]
    values = [st.one_of(st.none(), KINDS[kind]) if gap else KINDS[kind] for kind, gap in zip(kinds, gaps, strict=True)]
    times = draw(
        st.sampled_from([[START + n for n in range(rows)], [n * 2**50 - 7 for n in range(rows)], [None] * rows])
    )
    return [[time, *(draw(one) for one in values)] for time in times]


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(tables(), min_size=1, max_size=3), st.lists(st.integers(1, 4000), max_size=30))
def test_columns_are_what_rows_say(answers: list[list[list[Any]]], sizes: list[int]) -> None:
    """Values, types, gaps, in whatever pieces they arrive, document behind document."""
    wire = b"".join(document(rows, goes_on=number < len(answers) - 1) for number, rows in enumerate(answers))
    assert shown(found(ColumnReader(), cut(wire, sizes))) == shown(found(MsgpackReader(rows=tuple), [wire]))


def outcome(reader: Reader, pieces: Iterable[bytes]) -> object:
    """Return what was read, or the kind of error: one of ours, whatever came."""
    try:
        return shown(found(reader, pieces))
    except CatchmentError as exc:
        return type(exc)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=3),
    st.lists(st.integers(1, 200), max_size=5),
)
def test_spoilt_bytes_are_read_alike_or_refused_alike(
    rows: int, changes: list[tuple[int, int]], sizes: list[int]
) -> None:
    """A byte that another reader takes for something else would be a value that nobody stored."""
    wire = bytearray(document([[START + n, n * 1.5, n * 1000, f"text {n}", None] for n in range(rows)]))
    for place, value in changes:
        wire[place % len(wire)] = value
    spoilt = bytes(wire)
    assert outcome(ColumnReader(), cut(spoilt, sizes)) == outcome(MsgpackReader(rows=tuple), [spoilt])


@pytest.mark.parametrize("without", [(), ("pyarrow",)], ids=["pyarrow", "no pyarrow"])
@pytest.mark.parametrize("piece", [100, 5000, 10**9])
def test_large_documents(monkeypatch: pytest.MonkeyPatch, without: tuple[str, ...], piece: int) -> None:
    """Thousands of rows a document, with bytes that look like the beginning of a row in most of them."""
    optional = extras.optional
    monkeypatch.setattr(extras, "optional", lambda name: None if name in without else optional(name))
    rng = random.Random(1)
    texts = ["ok", "\x93", "a longer text, which has more than thirty-one bytes", None, "é"]
    alike = struct.unpack(">d", b"\x94\xd3" + (START >> 48).to_bytes(2, "big") + bytes(4))[0]
    rows = [
        [START + n, rng.choice([alike, rng.random()]), rng.randrange(10**6), rng.choice(texts)] for n in range(3000)
    ]
    wire = document(rows[:1500], goes_on=True) + document(rows[1500:])
    pieces = list(cut(wire, [piece] * (len(wire) // piece)))
    assert shown(found(ColumnReader(), pieces)) == shown(found(MsgpackReader(rows=tuple), [wire]))


def test_rows_are_read_as_columns() -> None:
    """Or the other tests would show nothing."""
    (read,) = ColumnReader().feed(document([[START, 1.5, "x"]] * 300))
    assert isinstance(read["results"][0]["series"][0]["values"], Columns)


def test_few_rows_are_read_as_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is quicker; documents of many and of few may follow each other."""
    monkeypatch.undo()
    many, few = document([[START, 1.5]] * 300, goes_on=True), document([[START, 1.5]] * 3, goes_on=True)
    read = list(ColumnReader().feed(many + few + few))
    kinds = [type(one["results"][0]["series"][0]["values"]) for one in read]
    assert kinds == [Columns, tuple, tuple]


UNUSUAL: Mapping[str, Callable[[], bytes]] = {
    "an error": lambda: packb({"results": [{"statement_id": 0, "error": "no"}]}),
    "a message": lambda: packb({"results": [{"messages": [{"level": "warning", "text": "old"}]}]}),
    "two series": lambda: packb({"results": [{"series": [{"name": "a", "columns": ["x"], "values": [[1]]}] * 2}]}),
    "no series": lambda: packb({"results": [{"statement_id": 0, "series": []}]}),
    "nothing": lambda: packb({}),
    "a list as a value": lambda: document([[START, 1], [START, [1, 2]]]),
    "rows of other widths": lambda: document([[START, 1], [START, 1, 2]]),
    "values before columns": lambda: packb({"results": [{"series": [{"values": [[1]], "columns": ["x"]}]}]}),
    "many statements": lambda: packb({"results": [{"statement_id": 300, "series": []}]}),
}


@pytest.mark.parametrize("unusual", UNUSUAL)
def test_what_is_unusual_is_left_to_the_general_reader(unusual: str) -> None:
    """Between documents that are not, and at the end."""
    usual = document([[START + n, n * 1.5] for n in range(5)], goes_on=True)
    wire = usual + UNUSUAL[unusual]()
    expected = list(MsgpackReader(rows=tuple).feed(wire))[1]
    reader = ColumnReader()
    read = [*reader.feed(wire), *reader.finish()]
    assert len(read) == 2
    assert read[1] == expected


@pytest.mark.parametrize("rows", [1, 500])
def test_half_a_document_is_an_error(rows: int) -> None:
    """Wherever it was cut: never a shorter answer."""
    wire = document([[START + n, n * 1.5, "text"] for n in range(rows)])
    for end in {*range(1, min(len(wire), 120)), len(wire) - 30, len(wire) - 1}:
        reader = ColumnReader()
        assert list(reader.feed(wire[:end])) == []
        with pytest.raises(DecodeError):
            list(reader.finish())


def test_text_that_is_not_utf8_is_an_error() -> None:
    """One that says where the bytes are to be had; row by row as by columns."""
    wire = document([[START, "abc"]] * 300).replace(b"abc", b"a\xffc")
    for reader in (ColumnReader(), MsgpackReader()):
        with pytest.raises(DecodeError, match="not UTF-8") as caught:
            list(reader.feed(wire))
        assert "query_raw" in str(caught.value.hint)


def test_documents_are_handed_out_when_they_are_there() -> None:
    """A server that pauses behind a document does not hold it back, however short its rows are beside earlier ones."""
    reader = ColumnReader()
    assert len(list(reader.feed(document([[START, "a long text"] * 2] * 300, goes_on=True)))) == 1
    assert len(list(reader.feed(document([[START, ""] * 2] * 300, goes_on=True)))) == 1
