"""Line protocol that the caller wrote: counted and cut at line ends, never altered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from catchment.core.errors import UnsafeInputError

# The server looks for quotes in field values only; in names they are plain characters.
_KEY: Final = rb"(?:\\[\s\S]|[^ \n\\])++"
_FIELD: Final = rb'(?:\\[\s\S]|[^ ,=\n\\])++=(?:"(?:\\[\s\S]|[^"\\])*+"|[^ ,"\n]++)'
_LINE: Final = re.compile(
    rb"[ \t\0]*+" + _KEY + rb" ++" + _FIELD + rb"(?:," + _FIELD + rb")*+(?: ++(-?\d++))?[ \r]*+(?:\n|\Z)"
)
_COMMENT: Final = re.compile(rb"[ \t\0]*+#")
_REST: Final = re.compile(rb"[^\n]*+(?:\n|\Z)")


class RawLine(NamedTuple):
    """
    One line as given.

    Attributes:
        start: Where it starts.
        stop: Where the next one starts.
        point: Whether it holds a point, and not a comment or nothing.
        stamped: Whether it surely has a timestamp.
    """

    start: int
    stop: int
    point: bool
    stamped: bool


def split(body: bytes) -> Iterator[RawLine]:
    """
    Yield a body's lines; a line feed inside a string value ends none.

    Raises:
        UnsafeInputError: A line that ends in CR LF, or a comment with a quote: the server would store other values, or
            take the lines behind it for a part of the comment.
    """
    at = number = 0
    while at < len(body):
        match = _LINE.match(body, at) if _COMMENT.match(body, at) is None else None
        stamped = match is not None and match[1] is not None
        match = match or _REST.match(body, at)
        stop = match.end() if match is not None else len(body)
        content = body[at:stop].rstrip(b"\n")
        if content.endswith(b"\r"):
            raise UnsafeInputError(f"line {number}: lines end in CR LF; the server would store the CR; use LF alone")
        bare = content.strip(b" \t\0")
        if bare.startswith(b"#") and b'"' in bare:
            raise UnsafeInputError(f"line {number}: a comment holds a quote, and may swallow the lines behind it")
        yield RawLine(at, stop, bool(bare) and not bare.startswith(b"#"), stamped)
        at, number = stop, number + 1
