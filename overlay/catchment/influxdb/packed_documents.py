"""Chunked answers in msgpack whose rows are wanted by columns: documents as they arrive, their rows never objects.

What the server sends for a frame is one series a document: a few names, and thousands of rows. Such documents are read
here as far as the rows, which `packed` reads. Everything else, small documents among it, is msgpack's own reader's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from catchment.influxdb import packed
from catchment.influxdb.documents import MsgpackReader, not_text
from catchment.influxdb.packed import Columns, Cut

_FEWEST: Final = 250
"""Rows from which columns at once are quicker than row by row."""
_MOST: Final = 0.99
"""Share of the size of earlier rows that later ones are thought to have at least."""
_GOES_ON: Final = b"\xa7partial\xc3"
_TRUE: Final = 0xC3


class _Unusual(Exception):  # noqa: N818 - not an error: another reader's turn
    """A document that msgpack's own reader is to read."""


class ColumnReader:
    """
    Documents whose series have `Columns` where rows would be, as far as that pays.

    A document is looked at again only when it may be complete: judged by how its last bytes look, or by its number of
    rows and the size of those before it.
    """

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._size = 0
        self._wanted = 0
        self._ended = False
        """Whether the latest bytes look like the end of a document."""
        self._row = 0.0
        """Bytes of a row, as the latest ones had."""

    def feed(self, data: bytes) -> Iterator[Mapping[str, Any]]:
        """Take bytes; yield the documents that they complete.

        Raises:
            DecodeError: They are no msgpack, or a text is not UTF-8.
        """
        self._held.append(data)
        self._size += len(data)
        self._ended = data.endswith(_GOES_ON)
        if self._ended or self._size >= self._wanted:
            yield from self._documents()

    def finish(self) -> Iterator[Mapping[str, Any]]:
        """Take the end; yield what was held back.

        Raises:
            DecodeError: There is half a document.
        """
        self._ended = True
        yield from self._documents()
        last = MsgpackReader(rows=tuple)
        yield from last.feed(b"".join(self._held))
        yield from last.finish()

    def _documents(self) -> Iterator[Mapping[str, Any]]:
        data, at = b"".join(self._held), 0
        self._wanted = 0
        while at < len(data):
            try:
                found = self._document(data, at)
            except _Unusual:
                for found in self._plain(data, at):
                    document, at = found
                    yield document
                break
            if found is None:
                break
            document, at = found
            yield document
        self._held = [data[at:]] if at < len(data) else []
        self._size = len(data) - at
        self._wanted -= at

    def _plain(self, data: bytes, at: int) -> Iterator[tuple[Mapping[str, Any], int]]:
        reader = MsgpackReader(rows=tuple)
        for document in reader.feed(data[at:] if at else data):
            yield document, at + reader.read
        self._wanted = len(data) + (len(data) - at - reader.read) // 2

    def _document(self, data: bytes, at: int) -> tuple[Mapping[str, Any], int] | None:
        """Read one document; return it and where it ends, or nothing if it has not come to its end."""
        walk = _Walk(data, at)
        try:
            return self._walked(walk), walk.at
        except IndexError:
            self._wanted = max(self._wanted, len(data) + 1)
            return None

    def _walked(self, walk: _Walk) -> Mapping[str, Any]:
        if walk.maps() != 1 or walk.text() != "results" or walk.array() != 1:
            raise _Unusual
        result: dict[str, Any] = {}
        for _ in range(walk.maps()):
            name = walk.text()
            if name == "series":
                if walk.array() != 1:
                    raise _Unusual
                result[name] = [self._series(walk)]
            elif name == "statement_id":
                result[name] = walk.small()
            elif name == "partial":
                result[name] = walk.flag()
            else:
                raise _Unusual
        return {"results": [result]}

    def _series(self, walk: _Walk) -> dict[str, Any]:
        series: dict[str, Any] = {}
        for _ in range(walk.maps()):
            name = walk.text()
            if name == "name":
                series[name] = walk.text()
            elif name == "tags":
                series[name] = {walk.text(): walk.text() for _ in range(walk.maps())}
            elif name == "columns":
                series[name] = [walk.text() for _ in range(walk.array())]
            elif name == "partial":
                series[name] = walk.flag()
            elif name == "values" and series.get("columns"):
                series[name] = self._rows(walk, len(series["columns"]))
            else:
                raise _Unusual
        return series

    def _rows(self, walk: _Walk, width: int) -> Columns:
        count = walk.array()
        if count < _FEWEST:
            raise _Unusual
        start = walk.at
        # Each look costs as much as reading what is there: none before most of it can be.
        least = int(count * (self._row or 1 + width) * _MOST)
        found = Cut(0, 0)
        if self._ended or len(walk.data) - start >= least:
            guess = int(count * (self._row or 1 + 9 * width) / _MOST)
            found = packed.columns(walk.data, start, count, width, guess=guess)
        if found is None:
            raise _Unusual
        if isinstance(found, Cut):
            if found.rows:
                self._row = found.size / found.rows
            self._wanted = start + int(count * (self._row or 1 + width) * _MOST)
            raise IndexError
        columns, walk.at = found
        self._row = (walk.at - start) / count
        return columns


class _Walk:
    """Reads msgpack from value to value; an IndexError says that there is no more."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at

    def _byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def _many(self, size: int) -> bytes:
        self.at += size
        if self.at > len(self.data):
            raise IndexError
        return self.data[self.at - size : self.at]

    def _count(self, fixed: int, wide: int) -> int:
        code = self._byte()
        if code & 0xF0 == fixed:
            return code & 0x0F
        if code not in (wide, wide + 1):
            raise _Unusual
        return int.from_bytes(self._many(2 if code == wide else 4), "big")

    def maps(self) -> int:
        """Return how many members a map has, which follow."""
        return self._count(0x80, 0xDE)

    def array(self) -> int:
        """Return how many items an array has, which follow."""
        return self._count(0x90, 0xDC)

    def text(self) -> str:
        """Return a text."""
        code = self._byte()
        if 0xA0 <= code < 0xC0:
            size = code & 0x1F
        elif code in (0xD9, 0xDA):
            size = int.from_bytes(self._many(code - 0xD8), "big")
        else:
            raise _Unusual
        try:
            return self._many(size).decode()
        except UnicodeDecodeError as exc:
            raise not_text() from exc

    def small(self) -> int:
        """Return a number below 128."""
        code = self._byte()
        if code >= 0x80:
            raise _Unusual
        return code

    def flag(self) -> bool:
        """Return a truth value."""
        code = self._byte()
        if code & 0xFE != 0xC2:
            raise _Unusual
        return code == _TRUE
