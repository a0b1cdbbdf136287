"""Objects as files whose methods are awaited. The twin beside it is written by hand on top of `io`."""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from types import TracebackType
from typing import Generic, Self, TypeAlias, TypeVar

from catchment.core.errors import ClosedError, UnsafeInputError
from catchment.lakefs._async.ranges import ObjectRanges
from catchment.lakefs.sources import Source, Spool

AnyStr = TypeVar("AnyStr", str, bytes)
Commit: TypeAlias = Callable[[Source, bool | None, str | None, Mapping[str, str]], Awaitable[None]]
"""Uploads what a writer collected: source, pre_sign, content type, user metadata."""

_BUFFER = 64 * 1024
_LARGEST = 8 * 1024 * 1024


class ObjectReader(Generic[AnyStr]):
    """
    An object being read, as `io` would have it if it could wait.

    `read(n)` fetches a window ahead of what is asked for, growing while reading goes on in order. Text is decoded across
    windows, so no character is ever split.

    Attributes:
        name: Object path.
        mode: `"r"` for text (UTF-8 unless told otherwise), `"rb"` for bytes.
        pre_sign: Whether bytes come from a presigned URL; `None` until the first read has decided.
    """

    def __init__(self, ranges: ObjectRanges, name: str, mode: str, encoding: str = "utf-8", errors: str = "strict") -> None:
        self.name = name
        self.mode = mode
        self._ranges = ranges
        self._decoder = None if "b" in mode else codecs.getincrementaldecoder(encoding)(errors)
        self._position = 0
        self._held = b""
        self._text = ""
        self._window = _BUFFER
        self._closed = False

    @property
    def pre_sign(self) -> bool | None:
        """Whether bytes come from a presigned URL."""
        return self._ranges.pre_sign

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def seekable(self) -> bool:
        """Any byte can be reached."""
        return True

    def writable(self) -> bool:
        """Objects are replaced, never written in place."""
        return False

    def tell(self) -> int:
        """Return the offset of the next byte; for text only where no decoded text is held."""
        self._check_open()
        if self._text:
            raise io.UnsupportedOperation("a position inside decoded text has no byte offset")
        return self._position

    async def read(self, n: int | None = None) -> AnyStr:
        """Return up to `n` bytes or characters, all that is left for `None` or a negative number."""
        self._check_open()
        if n is None or n < 0:
            return await self._rest()
        if self._decoder is None:
            return await self._bytes(n)  # type: ignore[return-value]
        while len(self._text) < n and not await self._more_text():
            pass
        text, self._text = self._text[:n], self._text[n:]
        return text  # type: ignore[return-value]

    async def readline(self, limit: int = -1) -> AnyStr:
        """Return the next line with its end, at most `limit` of it; empty at the end of the object."""
        self._check_open()
        end = "\n" if self._decoder is not None else b"\n"
        line = await self.read(0)
        while limit < 0 or len(line) < limit:
            piece = await self.read(_BUFFER)
            if not piece:
                break
            at = piece.find(end)  # type: ignore[arg-type]
            stop = len(piece) if at < 0 else at + 1
            if limit >= 0:
                stop = min(stop, limit - len(line))
            line += piece[:stop]
            self._give_back(piece[stop:])
            if stop < len(piece) or at >= 0:
                break
        return line

    async def readlines(self) -> list[AnyStr]:
        """Return the lines that are left."""
        return [line async for line in self]

    async def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a byte offset; text can only go to its start or its end."""
        self._check_open()
        if self._decoder is not None and (offset != 0 or whence == os.SEEK_CUR):
            raise io.UnsupportedOperation("text can only go to its start or its end")
        if whence == os.SEEK_END:
            offset += await self._size()
        elif whence == os.SEEK_CUR:
            offset += self._position
        if offset < 0:
            raise UnsafeInputError(f"{offset} lies before the start of the object")
        self._position, self._held, self._text, self._window = offset, b"", "", _BUFFER
        if self._decoder is not None:
            self._decoder.reset()
        return offset

    async def aclose(self) -> None:
        """Close; reading later is an error. Closing twice is fine."""
        self._closed = True
        self._held, self._text = b"", ""

    close = aclose

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> AsyncIterator[AnyStr]:
        return self

    async def __anext__(self) -> AnyStr:
        line = await self.readline()
        if not line:
            raise StopAsyncIteration
        return line

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError(f"{self.name!r} is closed")

    async def _size(self) -> int:
        if self._ranges.size is None:
            self._held = await self._ranges.read_at(self._position, self._window)
        return self._ranges.size or 0

    async def _bytes(self, n: int) -> bytes:
        if len(self._held) < n:
            start = self._position + len(self._held)
            self._held += await self._ranges.read_at(start, max(n - len(self._held), self._window))
            self._window = min(self._window * 2, _LARGEST)
        data, self._held = self._held[:n], self._held[n:]
        self._position += len(data)
        return data

    async def _rest(self) -> AnyStr:
        data = self._held + await self._ranges.read_all(self._position + len(self._held))
        self._position += len(data)
        self._held = b""
        if self._decoder is None:
            return data  # type: ignore[return-value]
        text, self._text = self._text + self._decoder.decode(data, final=True), ""
        return text  # type: ignore[return-value]

    async def _more_text(self) -> bool:
        """Decode a little more; true at the end of the object."""
        if self._decoder is None:
            return True
        data = await self._bytes(_BUFFER)
        self._text += self._decoder.decode(data, final=not data)
        return not data

    def _give_back(self, piece: AnyStr) -> None:
        if isinstance(piece, str):
            self._text = piece + self._text
        else:
            self._held = piece + self._held
            self._position -= len(piece)


class ObjectWriter(Generic[AnyStr]):
    """
    An object being written: collected here, visible to readers when it is closed, not at all if the block fails.

    Attributes:
        name: Object path.
        mode: `w`, `wb` to create or replace; `x`, `xb` to create only.
        content_type: Settable until closed.
        metadata: User metadata, settable until closed.
        pre_sign: Past the server or through it; `None` as the server's configuration says. Settable until closed.
    """

    def __init__(
        self,
        commit: Commit,
        name: str,
        mode: str,
        *,
        pre_sign: bool | None = None,
        content_type: str | None = None,
        metadata: dict[str, str] | None = None,
        encoding: str = "utf-8",
    ) -> None:
        self.name = name
        self.mode = mode
        self.pre_sign = pre_sign
        self.content_type = content_type
        self.metadata: dict[str, str] = dict(metadata or {})
        self._encoding = None if "b" in mode else encoding
        self._commit = commit
        self._spool: Spool | None = Spool()

    @property
    def closed(self) -> bool:
        """Whether it was closed or discarded."""
        return self._spool is None

    def readable(self) -> bool:
        """It is for writing."""
        return False

    def seekable(self) -> bool:
        """What was written stays where it is."""
        return False

    def writable(self) -> bool:
        """It is for writing."""
        return True

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._open().size

    async def write(self, data: AnyStr) -> int:
        """Add text in text modes, bytes in binary ones; the number of characters or bytes is returned."""
        spool = self._open()
        if isinstance(data, str):
            if self._encoding is None:
                raise UnsafeInputError(f"{self.name!r} is open for bytes", hint="open it with mode 'w', or encode the text")
            spool.write(data.encode(self._encoding))
        else:
            if self._encoding is not None:
                raise UnsafeInputError(f"{self.name!r} is open for text", hint="open it with mode 'wb'")
            spool.write(data)
        return len(data)

    async def flush(self) -> None:
        """Do nothing: an object appears as a whole, at `close`."""
        self._open()

    async def aclose(self) -> None:
        """Upload; when this returns every reader of the branch sees the object. Closing twice is fine."""
        spool, self._spool = self._spool, None
        if spool is None:
            return
        source = spool.source()
        try:
            await self._commit(source, self.pre_sign, self.content_type, self.metadata)
        finally:
            source.close()

    close = aclose

    async def discard(self) -> None:
        """Drop what was written; nothing is uploaded."""
        spool, self._spool = self._spool, None
        if spool is not None:
            spool.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if exc_type is None:
            await self.aclose()
        else:
            await self.discard()

    def _open(self) -> Spool:
        if self._spool is None:
            raise ClosedError(f"{self.name!r} is closed")
        return self._spool


class TextReader(ObjectReader[str]):
    """An object open for text."""


class BytesReader(ObjectReader[bytes]):
    """An object open for bytes."""


class TextWriter(ObjectWriter[str]):
    """An object open for writing text."""


class BytesWriter(ObjectWriter[bytes]):
    """An object open for writing bytes."""


def new_reader(
    ranges: ObjectRanges, name: str, mode: str, encoding: str | None = None, errors: str | None = None
) -> TextReader | BytesReader:
    """Make the reader that a checked mode asks for."""
    if mode == "r":
        return TextReader(ranges, name, mode, encoding or "utf-8", errors or "strict")
    return BytesReader(ranges, name, mode)


def new_writer(
    commit: Commit,
    name: str,
    mode: str,
    *,
    pre_sign: bool | None = None,
    content_type: str | None = None,
    metadata: dict[str, str] | None = None,
    encoding: str | None = None,
) -> TextWriter | BytesWriter:
    """Make the writer that a checked mode asks for."""
    kind = BytesWriter if "b" in mode else TextWriter
    return kind(
        commit,
        name,
        mode,
        pre_sign=pre_sign,
        content_type=content_type,
        metadata=metadata,
        encoding=encoding or "utf-8",
    )
