"""Lines of a chunk one by one: cut, spread over lanes by their series, stamped with a time. Never altered otherwise."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from threading import Lock
from typing import Final

from catchment.influxdb import rawtext
from catchment.influxdb.chunks import Chunk
from catchment.influxdb.precision import NANOSECONDS, Precision

_SERIES: Final = re.compile(rb"[ \t\0]*+(?:\\[\s\S]|[^ \n\\])++")
_COMMA: Final = re.compile(rb"(?<!\\),")
_BLANK: Final = frozenset({b"#", b" ", b"\t", b"\0", b"\n"})
"""What a comment or a blank line before the first point may begin with."""
_KNOWN: Final = 20_000
_UNIQUE: Final = frozenset({"n", "u"})
"""Precisions fine enough for each point to have a time of its own."""


def lines_of(chunk: Chunk) -> list[bytes]:
    """Return the points of a chunk, each with its line feed; comments and blank lines are left out."""
    body = chunk.body
    lines = [line + b"\n" for line in body.split(b"\n") if line]
    if len(lines) == chunk.lines:  # a line feed inside a value, or a comment, would make more of them
        return lines
    found = [body[line.start : line.stop] for line in rawtext.split(body) if line.point]
    return [line if line.endswith(b"\n") else line + b"\n" for line in found]


def joined(lines: list[bytes]) -> Chunk:
    """Return a chunk of whole lines that have a time."""
    return Chunk(b"".join(lines), len(lines), True)


def divide(chunk: Chunk, lines: int) -> tuple[Chunk, Chunk]:
    """Return the first so many lines, and the rest."""
    whole = lines_of(chunk)
    return joined(whole[:lines]), joined(whole[lines:])


def halves(chunk: Chunk) -> tuple[Chunk, Chunk]:
    """Return two chunks of about as many lines."""
    return divide(chunk, chunk.lines // 2)


def series_of(line: bytes) -> bytes:
    """Return measurement and tags of a line, as they are written."""
    if b"\\" not in line:
        return line.partition(b" ")[0]
    match = _SERIES.match(line)
    return match[0] if match is not None else line


class Lanes:
    """
    Spreads lines so that those of one series always take the same lane.

    Args:
        count: How many lanes there are.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._known: dict[bytes, int] = {}

    def spread(self, chunk: Chunk) -> list[tuple[int, Chunk]]:
        """Return each lane's share of a chunk, in order."""
        if self._count == 1:
            return [(0, chunk)]
        if chunk.lines == 1 and chunk.body[:1] not in _BLANK:
            return [(self._lane(series_of(chunk.body)), chunk)]
        shares: list[list[bytes]] = [[] for _ in range(self._count)]
        for line in lines_of(chunk):
            shares[self._lane(series_of(line))].append(line)
        return [(lane, joined(share)) for lane, share in enumerate(shares) if share]

    def _lane(self, series: bytes) -> int:
        lane = self._known.get(series)
        return self._learn(series) if lane is None else lane

    def _learn(self, series: bytes) -> int:
        measurement, *tags = _COMMA.split(series.lstrip(b" \t\0"))
        lane = zlib.crc32(b",".join([measurement, *sorted(tags)])) % self._count  # the order of tags means nothing
        if len(self._known) >= _KNOWN:
            self._known.clear()
        self._known[series] = lane
        return lane


class Stamper:
    """
    Gives lines without a time the present one, so that sending them again changes nothing.

    In nanoseconds and microseconds each line gets a time of its own: the server would give all lines of a request the
    same, and keep one of each series. Coarser times are what the server would have given.

    Args:
        now: Gives nanoseconds since 1970.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._last: dict[Precision, int] = {}
        self._lock = Lock()

    def stamp(self, chunk: Chunk, precision: Precision) -> Chunk:
        """Return the chunk with a time in each line."""
        if chunk.stamped:
            return chunk
        lines: list[bytes] = []
        with self._lock:
            for line in rawtext.split(chunk.body):
                if line.point:
                    text = chunk.body[line.start : line.stop].rstrip(b"\n")
                    time = b"" if line.stamped else b" %d" % self._time(precision)
                    lines.append((text if line.stamped else text.rstrip(b" ")) + time + b"\n")
        return joined(lines)

    def _time(self, precision: Precision) -> int:
        present = self._now() // NANOSECONDS[precision]
        if precision in _UNIQUE:
            present = max(present, self._last.get(precision, present - 1) + 1)
            self._last[precision] = present
        return present
