"""Read `Range` headers."""

from __future__ import annotations

import re

_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


class MalformedRangeError(ValueError):
    """The header is no single byte range."""


class UnsatisfiableRangeError(ValueError):
    """The range lies outside the object."""


def parse_range(header: str, size: int) -> tuple[int, int]:
    """
    Return the first byte and the byte after the last one of `bytes=a-b`, `bytes=a-` or `bytes=-n`.

    Raises:
        MalformedRangeError: It is none of these, or asks for several ranges.
        UnsatisfiableRangeError: No byte of it exists; always so for an empty object.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or match[1] == match[2] == "":
        raise MalformedRangeError(header)
    if match[1] == "":
        start, stop = max(0, size - int(match[2])), size
    else:
        start = int(match[1])
        stop = min(int(match[2]) + 1, size) if match[2] else size
        if match[2] and int(match[2]) < start:
            raise MalformedRangeError(header)
    if start >= stop:
        raise UnsatisfiableRangeError(header)
    return start, stop
