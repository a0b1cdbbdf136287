"""Pieces of line protocol put together to what is sent at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from catchment.influxdb.reporting import Report

MAX_LINES: Final = 10_000
MAX_BYTES: Final = 2 << 20


class Chunk(NamedTuple):
    """
    Lines to send together.

    Attributes:
        body: UTF-8; every line ends in a line feed, except a last one that the caller wrote without it.
        lines: How many points it holds.
        stamped: Whether each surely has a timestamp: only then may the chunk be sent again after doubt.
    """

    body: bytes
    lines: int
    stamped: bool


class Packer:
    """Puts small pieces together until a chunk is full."""

    def __init__(self, max_lines: int, max_bytes: int, report: Report) -> None:
        self.max_lines = max_lines
        self.max_bytes = max_bytes
        self._report = report
        self._pieces: list[bytes] = []
        self._size = self._lines = 0
        self._stamped = True

    def add(self, body: bytes, lines: int, *, stamped: bool) -> Iterator[Chunk]:
        """Take whole lines that fit into a chunk; yield the chunk before them if they do not fit in there."""
        if self._lines + lines > self.max_lines or self._size + len(body) > self.max_bytes:
            yield from self.flush()
        self._pieces.append(body)
        self._size += len(body)
        self._lines += lines
        self._stamped = self._stamped and (stamped or not lines)

    def add_lines(self, text: Callable[[int, int], str], start: int, stop: int, *, stamped: bool) -> Iterator[Chunk]:
        """
        Take lines, cut where a chunk is full.

        Args:
            text: Number of a first line, and of the one behind the last: returns their text.
            start: The first line.
            stop: The one behind the last.
            stamped: Whether each has a timestamp.
        """
        if start == stop:
            return
        if stop - start <= self.max_lines:
            body = text(start, stop).encode()
            if len(body) <= self.max_bytes or stop - start == 1:
                yield from self.add(body, stop - start, stamped=stamped)
                return
        middle = start + (self.max_lines if stop - start > self.max_lines else (stop - start) // 2)
        yield from self.add_lines(text, start, middle, stamped=stamped)
        yield from self.add_lines(text, middle, stop, stamped=stamped)

    def flush(self) -> Iterator[Chunk]:
        """Yield what is there."""
        if self._pieces:
            self._report.lines += self._lines
            chunk = Chunk(b"".join(self._pieces), self._lines, self._stamped)
            self._pieces, self._size, self._lines, self._stamped = [], 0, 0, True
            yield chunk
