"""Answers that came in one piece and are as plain as answers can be: read without a parser's callbacks.

Anything unusual is left to the parser: other framings than one length, other versions, interim answers, connections
that end, content codings, forbidden characters.
"""

from __future__ import annotations

import re
from typing import Final

from catchment.core.engines import HEAD_LIMIT
from catchment.core.wire import Headers

_HEAD: Final = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9][0-9]) [\t\x20-\x7e\x80-\xff]*\r\n"
    rb"((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)+)\r\n"
).match
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n").search
_KEEP_ALIVE: Final = re.compile(rb"\r\nconnection:[ \t]*keep-alive[ \t]*\r\n").search
_BODILESS: Final = frozenset({b"204", b"304"})


class WrittenHeaders(Headers):
    """Headers as they were written, taken apart when somebody asks; most answers are read for their bodies alone."""

    __slots__ = ("_raw", "_written")

    def __init__(self, written: bytes) -> None:
        self._written = written
        self._raw: list[tuple[str, str]] | None = None
        self._index = None

    @property
    def raw(self) -> list[tuple[str, str]]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Names and values, in their order."""
        if self._raw is None:
            lines = self._written.decode("latin-1").split("\r\n")[:-1]
            pairs = [line.partition(":") for line in lines]
            self._raw = [(name, value.lstrip(" \t")) for name, _, value in pairs]
        return self._raw

    def __reduce__(self) -> tuple[object, ...]:
        return (Headers, (self.raw,))


def read_short(data: bytes) -> tuple[int, Headers, bytes] | None:
    """
    Read a whole answer to anything but HEAD, whose connection stays open; `None` where it is for the parser.

    Args:
        data: All that has come since the request.
    """
    head = _HEAD(data)
    if head is None:
        return None
    status, written = head.groups()
    lowered = b"\r\n" + written.lower()
    length = _LENGTH(lowered)
    if (
        length is None
        or len(data) - head.end() != int(length[1])
        or head.end() > HEAD_LIMIT
        or status in _BODILESS
        or lowered.count(b"\r\ncontent-length:") != 1
        or b"\r\ntransfer-encoding:" in lowered
        or b"\r\ncontent-encoding:" in lowered
        or b"\r\nupgrade:" in lowered
        or b"\r\nproxy-connection:" in lowered
        or (b"\r\nconnection:" in lowered and not _only_keeps_alive(lowered))
    ):
        return None
    return int(status), WrittenHeaders(written), data[head.end() :]


def _only_keeps_alive(lowered: bytes) -> bool:
    return lowered.count(b"\r\nconnection:") == 1 and _KEEP_ALIVE(lowered) is not None
