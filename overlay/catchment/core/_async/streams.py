"""Bodies on their way: request bodies as pieces, answers as chunks and lines."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable
from contextlib import aclosing
from typing import IO, cast

from catchment.core import neterrors
from catchment.core.engines import PIECE, AsyncIncomingBody
from catchment.core.errors import UnsafeInputError
from catchment.core.lean import Whole, whole_bytes
from catchment.core.wire import AsyncContent, Headers, RawResponse

_JOIN = 64 * 1024
"""Bytes up to which a piece is copied to go out with its frame."""


class AsyncBuffered:
    """An answer whose body is in memory already, read like one that still arrives."""

    def __init__(self, response: RawResponse, *, label: str = "the server", line_limit: int = 256 * PIECE) -> None:
        self._response = response
        self._label = label
        self._line_limit = line_limit
        self._rest = response.body

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status}, {len(self._rest)} bytes left>"

    @property
    def status(self) -> int:
        """HTTP status."""
        return self._response.status

    @property
    def headers(self) -> Headers:
        """Response headers as they were sent."""
        return self._response.headers

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the rest of the body, in one piece."""
        rest, self._rest = self._rest, b""
        if rest:
            yield rest

    async def lines(self) -> AsyncIterator[str]:
        """Yield the body's lines as UTF-8 text, without their ends."""
        async for line in lines_of(self.chunks(), label=self._label, limit=self._line_limit):
            yield line

    async def read(self) -> bytes:
        """Return the rest of the body."""
        rest, self._rest = self._rest, b""
        return rest

    async def aclose(self) -> None:
        """Forget the rest."""
        self._rest = b""


async def gathered(body: AsyncIncomingBody) -> RawResponse:
    """Read an answer to its end, and close it whatever becomes of that."""
    try:
        return RawResponse(body.status, body.headers, await body.read())
    finally:
        await body.aclose()


async def lines_of(chunks: AsyncIterator[bytes], *, label: str, limit: int) -> AsyncIterator[str]:
    r"""
    Yield lines of UTF-8 text, without the `\n` or `\r\n` that ends them.

    Nothing else ends a line: JSON may hold the other characters that Python's `splitlines` splits at.

    Args:
        chunks: The body.
        label: Who sent it, for messages.
        limit: Bytes that one line may have.

    Raises:
        DecodeError: A line is not UTF-8.
        ResponseTooLargeError: A line does not end within `limit` bytes.
    """
    held: list[bytes] = []
    size = 0
    async for chunk in chunks:
        first, *others = chunk.split(b"\n")
        held.append(first)
        size += len(first)
        if size > limit:
            raise neterrors.too_large(label, limit)
        if others:
            yield _text(b"".join(held), label)
            for line in others[:-1]:
                yield _text(line, label)
            held, size = [others[-1]], len(others[-1])
    last = b"".join(held)
    if last:
        yield _text(last, label)


def _text(line: bytes, label: str) -> str:
    try:
        return line.removesuffix(b"\r").decode()
    except UnicodeDecodeError as exc:
        raise neterrors.garbled(label, f"a line is not UTF-8: {exc.reason}") from None


# -- request bodies ----------------------------------------------------------------------------------------------------


def length_of(content: AsyncContent | None) -> int | None:
    """
    Return how many bytes a body has, if that can be known without reading it.

    Of a file it is what lies behind its position. Files that unpack as they are read have a length that nobody knows;
    asking the file descriptor below them would give that of the packed bytes.
    """
    if content is None:
        return 0
    if isinstance(content, (bytes, bytearray, memoryview, str)):
        return len(whole_bytes(content) or b"")
    if isinstance(content, io.BytesIO):
        return max(0, content.getbuffer().nbytes - content.tell())
    source = getattr(content, "file", content)  # tempfile wraps its files
    raw = getattr(source, "raw", source)
    if isinstance(raw, io.FileIO):
        facts = os.fstat(raw.fileno())
        if stat.S_ISREG(facts.st_mode):
            return max(0, facts.st_size - cast("IO[bytes]", content).tell())
    return None


async def pieces_of(content: AsyncContent | None, length: int | None = None) -> AsyncGenerator[bytes]:
    """
    Yield a body in pieces. Blocking sources are read where they are asked, without a thread.

    Args:
        content: Bytes, text, a binary file (from where it stands) or an iterable.
        length: Bytes that were announced. A file that grows is cut there.

    Raises:
        UnsafeInputError: The source gives something else than bytes, or fewer of them than announced.
    """
    # unasync: cut
    # ruff: noqa: ERA001 - `unasync: cut` is a marker, not code
    if isinstance(content, AsyncIterable):
        async for piece in content:
            yield _checked(piece)
        return
    # unasync: on
    left = length
    for piece in _blocking(content):
        checked = _checked(piece)
        if left is not None:
            checked = checked[:left]
            left -= len(checked)
        if checked:
            yield checked
        if left == 0:
            return
    if left:
        raise UnsafeInputError(f"the body ended {left} bytes before its announced length; did the file change?")


async def framed_pieces(content: AsyncContent | None, length: int | None) -> AsyncGenerator[Whole]:
    """
    Yield a body as it is sent: as it is where its length was announced, else in chunks with the last one behind them.

    Args:
        content: As `pieces_of` takes it.
        length: Bytes that were announced, or `None`.
    """
    async with aclosing(pieces_of(content, length)) as pieces:
        async for piece in pieces:
            if length is not None:
                yield piece
            elif len(piece) <= _JOIN:
                yield b"%x\r\n%b\r\n" % (len(piece), piece)
            else:
                yield b"%x\r\n" % len(piece)
                yield piece
                yield b"\r\n"
    if length is None:
        yield b"0\r\n\r\n"


def _blocking(content: AsyncContent | None) -> Iterable[bytes]:
    if content is None or isinstance(content, (bytes, bytearray, memoryview, str)):
        data = whole_bytes(content)
        return (bytes(data),) if data else ()
    if hasattr(content, "read"):
        source = cast("IO[bytes]", content)
        return iter(lambda: source.read(PIECE), b"")
    return cast("Iterable[bytes]", content)


def _checked(piece: object) -> bytes:
    if isinstance(piece, bytes):
        return piece
    if isinstance(piece, (bytearray, memoryview)):
        return bytes(cast("bytearray", piece))
    raise UnsafeInputError(f"a body is made of bytes, and its source gave a {type(piece).__name__}")
