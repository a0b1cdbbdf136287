"""Objects as files whose methods are awaited. The twin beside it is written by hand on top of `io`."""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Protocol, Self

from catchment.core.errors import ClosedError, UnsafeInputError

_BUFFER = 64 * 1024
_LARGEST = 8 * 1024 * 1024


class AsyncRanges(Protocol):
    """The bytes of one object, by offset."""

    @property
    def size(self) -> int | None:
        """Bytes of the object; `None` until the first window has arrived."""
        ...

    async def read_at(self, start: int, count: int) -> bytes:
        """Return up to `count` bytes from `start` on; fewer only at the end of the object."""
        ...

    async def read_all(self, start: int = 0) -> bytes:
        """Return everything from `start` on."""
        ...


class ObjectReader:
    """
    An object being read, as `io` would have it if it could wait.

    Reading fetches a window ahead of what is asked for, which grows while reading goes on in order.

    Attributes:
        name: Object path.
        mode: `"r"` for text, `"rb"` for bytes.
    """

    def __init__(self, ranges: AsyncRanges, name: str, mode: str) -> None:
        self.name = name
        self.mode = mode
        self._ranges = ranges
        self._position = 0
        self._held = b""
        self._window = _BUFFER
        self._closed = False

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

    async def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a byte; behind the end is fine, and reads nothing there."""
        self._check_open()
        if whence == os.SEEK_CUR:
            offset += self._position
        elif whence == os.SEEK_END:
            offset += await self._size()
        elif whence != os.SEEK_SET:
            raise UnsafeInputError(f"whence {whence!r} is none of SEEK_SET, SEEK_CUR and SEEK_END")
        if offset < 0:
            raise UnsafeInputError(f"{offset} lies before the start of the object")
        self._position, self._held, self._window = offset, b"", _BUFFER
        return offset

    async def aclose(self) -> None:
        """Close; reading later is an error. Closing twice is fine."""
        self._closed = True
        self._held = b""

    close = aclose

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError(f"{self.name!r} is closed")

    async def _size(self) -> int:
        if self._ranges.size is None:
            self._held = await self._ranges.read_at(self._position, self._window)
        return self._ranges.size or 0

    async def _fill(self, wanted: int) -> bool:
        """Hold more bytes; false at the end of the object."""
        piece = await self._ranges.read_at(self._position + len(self._held), max(wanted, self._window))
        self._held += piece
        self._window = min(self._window * 2, _LARGEST)
        return bool(piece)

    async def _bytes(self, n: int) -> bytes:
        if len(self._held) < n:
            await self._fill(n - len(self._held))
        return self._take(n)

    def _take(self, n: int) -> bytes:
        data, self._held = self._held[:n], self._held[n:]
        self._position += len(data)
        return data

    async def _rest(self) -> bytes:
        held, self._held = self._held, b""
        data = held + await self._ranges.read_all(self._position + len(held))
        self._position += len(data)
        return data


class BytesReader(ObjectReader):
    """An object open for bytes."""

    def tell(self) -> int:
        """Return the offset of the next byte."""
        self._check_open()
        return self._position

    async def read(self, n: int | None = None) -> bytes:
        """Return up to `n` bytes, all that is left for `None` or a negative number; empty at the end."""
        self._check_open()
        return await (self._rest() if n is None or n < 0 else self._bytes(n))

    async def readline(self, limit: int = -1) -> bytes:
        """Return the next line with its end, at most `limit` bytes of it; empty at the end of the object."""
        self._check_open()
        searched = 0
        while True:
            at = self._held.find(b"\n", searched) + 1
            if 0 <= limit <= (at or len(self._held)):
                return self._take(limit)
            if at:
                return self._take(at)
            searched = len(self._held)
            if not await self._fill(0):
                return self._take(searched)

    async def readlines(self) -> list[bytes]:
        """Return the lines that are left."""
        return [line async for line in self]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        line = await self.readline()
        if not line:
            raise StopAsyncIteration
        return line


class TextReader(ObjectReader):
    """An object open for text; characters are decoded across windows, so none is ever split."""

    def __init__(self, ranges: AsyncRanges, name: str, encoding: str, errors: str) -> None:
        super().__init__(ranges, name, "r")
        self.encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)(errors)
        self._text = ""

    def tell(self) -> int:
        """Return the offset of the next byte, where no decoded text is held."""
        self._check_open()
        if self._text or self._decoder.getstate()[0]:
            raise io.UnsupportedOperation("a position inside decoded text has no byte offset")
        return self._position

    async def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to the start or the end; other places of a text have no offset."""
        if offset != 0 or whence == os.SEEK_CUR:
            raise io.UnsupportedOperation("text can only go to its start or its end")
        self._text = ""
        self._decoder.reset()
        return await super().seek(offset, whence)

    async def read(self, n: int | None = None) -> str:
        """Return up to `n` characters, all that is left for `None` or a negative number; empty at the end."""
        self._check_open()
        if n is None or n < 0:
            return self._take_text(len(self._text)) + self._decoder.decode(await self._rest(), final=True)
        while len(self._text) < n and await self._decode_more():
            pass
        return self._take_text(n)

    async def readline(self, limit: int = -1) -> str:
        """Return the next line with its end, at most `limit` characters of it; empty at the end of the object."""
        self._check_open()
        searched = 0
        while True:
            at = self._text.find("\n", searched) + 1
            if 0 <= limit <= (at or len(self._text)):
                return self._take_text(limit)
            if at:
                return self._take_text(at)
            searched = len(self._text)
            if not await self._decode_more():
                return self._take_text(len(self._text))

    async def readlines(self) -> list[str]:
        """Return the lines that are left."""
        return [line async for line in self]

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        line = await self.readline()
        if not line:
            raise StopAsyncIteration
        return line

    def _take_text(self, n: int) -> str:
        text, self._text = self._text[:n], self._text[n:]
        return text

    async def _decode_more(self) -> bool:
        """Decode a little more; false at the end of the object."""
        data = await self._bytes(_BUFFER)
        self._text += self._decoder.decode(data, final=not data)
        return bool(data)
