"""Rows of msgpack to columns, without a Python object for each value.

Every value says by its first byte how long it is, so rows can be followed from value to value: for all rows at once,
from where their headers seem to stand. That guess costs nothing in exactness. The first row begins where the array
does; where each row ends exactly where the next one begins, all of them are what they seem, and otherwise rows are
followed one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any, Final, NamedTuple

from catchment.core import columns_in, extras
from catchment.core.columns_in import Kind, Piece
from catchment.influxdb.documents import not_text

_FAR: Final = 1 << 40
"""Size of values that nobody measures here: their rows end behind everything."""

_NIL, _FALSE, _TRUE, _FLOAT32, _FLOAT64 = 0xC0, 0xC2, 0xC3, 0xCA, 0xCB
_INTEGERS: Final[Mapping[int, str]] = {
    0xCC: ">u1", 0xCD: ">u2", 0xCE: ">u4", 0xCF: ">u8", 0xD0: ">i1", 0xD1: ">i2", 0xD2: ">i4", 0xD3: ">i8",
}  # fmt: skip
_FLOATS: Final[Mapping[int, str]] = {_FLOAT32: ">f4", _FLOAT64: ">f8"}
_UINT64: Final = 0xCF
_DTYPES: Final[Mapping[str, str]] = {"integer": "int64", "float": "float64"}
_TEXTS: Final[Mapping[int, tuple[str, int]]] = {0xD9: (">u1", 2), 0xDA: (">u2", 3), 0xDB: (">u4", 5)}
"""Type of the length, and bytes before the text."""


class Columns(NamedTuple):
    """
    Rows, by columns.

    Attributes:
        pieces: One a column.
        rows: How many.
    """

    pieces: list[Piece]
    rows: int


class Cut(NamedTuple):
    """
    What is there of rows that have not come to their end.

    Attributes:
        rows: Complete ones.
        size: Their bytes.
    """

    rows: int
    size: int


def columns(data: bytes, at: int, count: int, width: int, *, guess: int) -> tuple[Columns, int] | Cut | None:
    """
    Read an array of rows.

    Args:
        data: Holds them, and whatever follows.
        at: Where the first row begins.
        count: Rows of the array, at least one.
        width: Values of a row, at least one.
        guess: Bytes that the rows are thought to have, to look no further than needed.

    Returns:
        The columns, and where the rows end; how much there is, if that is not all; or `None` for what only a general
        reader can read, or refuse: rows of other widths, lists, maps, extensions.

    Raises:
        DecodeError: A text is not UTF-8.
    """
    found = None
    for end in dict.fromkeys((min(at + guess, len(data)), len(data))):
        found = _Rows(data, end, at, width).follow(count)
        if not isinstance(found, Cut):
            break
    if found is None or isinstance(found, Cut):
        return found
    return Columns([found.piece(column) for column in range(width)], count), found.end


class _Rows:
    """Rows of one width in some bytes."""

    def __init__(self, data: bytes, end: int, at: int, width: int) -> None:
        np = extras.numpy()
        self._data = data
        self._bytes = np.frombuffer(data, np.uint8, end)
        self._at = at
        self._width = width
        self._head = bytes([0x90 | width]) if width < 16 else b"\xdc" + width.to_bytes(2, "big")
        self._values: list[tuple[Any, Any, Any]] = []
        """First bytes of the values of a column, where they stand, and how many bytes they have."""
        self.end = at

    def follow(self, count: int) -> _Rows | Cut | None:
        """Find the values of so many rows; return itself if they are there."""
        if not self._data.startswith(self._head, self._at):
            return Cut(0, 0) if len(self._data) < self._at + len(self._head) else None
        # The first value of most answers is a time, whose type and first byte tell headers from other such bytes.
        likely = self._data[self._at : self._at + len(self._head) + 2]
        starts = self._candidates(likely)[:count]
        ends = self._step(starts)
        if not len(starts) or not (starts[0] == self._at and (ends[:-1] == starts[1:]).all()):
            return self._follow_each(count)
        last = int(ends[-1])
        if len(starts) == count and last <= len(self._bytes):
            self.end = last
            return self
        if len(self._bytes) - len(likely) < last < _FAR:  # up to where no header can be told any more
            whole = last <= len(self._bytes)
            return Cut(len(starts) - (not whole), (last if whole else int(starts[-1])) - self._at)
        return self._follow_each(count)

    def _candidates(self, prefix: bytes) -> Any:
        """Return where these bytes stand."""
        np = extras.numpy()
        places = np.flatnonzero(self._bytes[self._at : len(self._bytes) - len(prefix) + 1] == prefix[0]) + self._at
        for number, byte in enumerate(prefix[1:], 1):
            places = places[self._bytes[places + number] == byte]
        return places

    def _step(self, starts: Any) -> Any:
        """Go from value to value in rows that begin there; return where they end."""
        self._values = []
        place = starts + len(self._head)
        for _ in range(self._width):
            types = self._bytes.take(place, mode="clip")
            sizes = _sizes().take(types)
            if not sizes.min(initial=1):
                self._measure_texts(types, place, sizes)
            self._values.append((types, place, sizes))
            place = place + sizes
        return place

    def _measure_texts(self, types: Any, place: Any, sizes: Any) -> None:
        """Fill in the sizes of texts whose length has bytes of its own."""
        for code, (kind, before) in _TEXTS.items():
            where = (types == code).nonzero()[0]
            sizes[where] = _FAR
            # What only looks like a row may reach behind the end.
            where = where[place[where] < len(self._bytes) - before]
            if len(where):
                sizes[where] = self._read(kind, place[where] + 1).astype("int64") + before

    def _read(self, kind: str, places: Any) -> Any:
        """Return the numbers of a type that stand at some places, aligned or not."""
        np = extras.numpy()
        last = len(self._bytes) - int(kind[-1])
        view = np.ndarray((last + 1,), kind, self._data, strides=(1,))
        return view[places]  # `take` would copy the view, which is many times the data

    def _follow_each(self, count: int) -> _Rows | Cut | None:
        """Find rows one after the other, among all places where one could begin."""
        starts = self._candidates(self._head)
        ends = dict(zip(starts.tolist(), self._step(starts).tolist(), strict=True))
        place, size = self._at, len(self._bytes)
        rows: list[int] = []
        while len(rows) < count:
            end = ends.get(place)
            if end is None or end > size:
                cut = place >= size - len(self._head) if end is None else end < _FAR
                return Cut(len(rows), place - self._at) if cut else None
            rows.append(place)
            place = end
        self._step(extras.numpy().array(rows, "int64"))
        self.end = place
        return self

    # -- columns -------------------------------------------------------------------------------------------------------

    def piece(self, column: int) -> Piece:
        """Return the values of a column."""
        np = extras.numpy()
        types, _, _ = self._values[column]
        if types[0] == types[-1] and (types == types[0]).all():
            present = [int(types[0])]
        else:
            present = np.flatnonzero(np.bincount(types, minlength=256)).tolist()
        kinds: set[Kind] = {_kind(code) for code in present}
        missing = "null" in kinds
        kinds.discard("null")
        if not kinds:
            return Piece("null", None, None, len(types))
        kind = kinds.pop()
        if kinds:
            return self._mixed(column)
        there = types != _NIL if missing else None
        if kind == "string":
            return self._texts(column, there)
        if kind == "boolean":
            return Piece("boolean", types == _TRUE, there, len(types))
        return self._numbers(kind, present, column, there)

    def _numbers(self, kind: Kind, present: list[int], column: int, there: Any) -> Piece:
        types, places, _ = self._values[column]
        coded = _FLOATS if kind == "float" else _INTEGERS
        if len(present) == 1 and present[0] in coded and present[0] != _UINT64:
            values = self._read(coded[present[0]], places + 1).astype(_DTYPES[kind])
            return Piece(kind, values, None, len(types))
        values = types.view("int8").astype(_DTYPES[kind])  # what small integers are themselves
        values[types == _NIL] = 0 if kind == "integer" else float("nan")
        for code in present:
            if code in coded:
                where = (types == code).nonzero()[0]
                numbers = self._read(coded[code], places[where] + 1)
                if code == _UINT64 and int(numbers.max()) >= 1 << 63:  # of builds with unsigned integers
                    return self._mixed(column)
                values[where] = numbers
        return Piece(kind, values, there, len(types))

    def _texts(self, column: int, there: Any) -> Piece:
        types, places, sizes = self._values[column]
        sizes = sizes.copy()
        before = extras.numpy().ones(len(types), "int64")
        for code, (_, head) in _TEXTS.items():
            before[types == code] = head
        if there is not None:
            before[~there] = sizes[~there] = 0
        starts, ends = places + before, places + sizes
        try:
            return Piece("string", self._gathered(starts, ends, there), None, len(types))
        except UnicodeDecodeError as exc:
            raise not_text() from exc

    def _gathered(self, starts: Any, ends: Any, there: Any) -> Any:
        """Return texts as an Arrow array, or as a list where pyarrow is missing."""
        np, pa = extras.numpy(), extras.optional("pyarrow")
        if pa is None or len(self._data) >= 1 << 31:
            texts = [self._data[a:b].decode() for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
            return texts if there is None else [text if one else None for text, one in zip(texts, there, strict=True)]
        # One array of texts and of what lies between them, of which every second is taken: pyarrow copies them.
        bounds = np.empty(2 * len(starts), "int32")
        bounds[::2], bounds[1::2] = starts, ends
        buffers = [None, pa.py_buffer(bounds), pa.py_buffer(self._data)]
        both = pa.Array.from_buffers(pa.binary(), len(bounds) - 1, buffers)
        texts = both.take(pa.array(np.arange(0, len(bounds), 2), mask=None if there is None else ~there))
        try:
            return texts.cast(pa.string())
        except pa.ArrowInvalid as exc:
            raise not_text() from exc

    def _mixed(self, column: int) -> Piece:
        """Read values of several types one by one."""
        unpackb: Callable[[bytes], object] = import_module("msgpack").unpackb
        _, places, sizes = self._values[column]
        bounds = zip(places.tolist(), (places + sizes).tolist(), strict=True)
        try:
            return columns_in.piece([unpackb(self._data[a:b]) for a, b in bounds])
        except UnicodeDecodeError as exc:
            raise not_text() from exc


@lru_cache(maxsize=1)
def _sizes() -> Any:
    """Return the bytes of a value by its first byte; 0 where its length follows."""
    sizes = [_FAR] * 256
    for code in (*range(0x80), *range(0xE0, 0x100), _NIL, _FALSE, _TRUE):
        sizes[code] = 1
    for code in range(0xA0, 0xC0):
        sizes[code] = code - 0x9F
    for code, kind in {**_INTEGERS, **_FLOATS}.items():
        sizes[code] = 1 + int(kind[-1])
    for code in _TEXTS:
        sizes[code] = 0
    return extras.numpy().array(sizes, "int64")


@lru_cache(maxsize=256)
def _kind(code: int) -> Kind:
    if code == _NIL:
        return "null"
    if code in (_FALSE, _TRUE):
        return "boolean"
    if code in _FLOATS:
        return "float"
    return "string" if 0xA0 <= code < 0xC0 or code in _TEXTS else "integer"
