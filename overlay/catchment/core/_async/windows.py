"""Reading a whole object as windows of bytes: a few under way at once, in order, in bounded memory."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator
from typing import ClassVar

from catchment.core._async.waiting import map_ordered

WINDOW = 3 * 1024 * 1024
"""Bytes asked for at once where a whole object is read. Four windows of 4 MiB peaked at 47-62 MiB, these at 28-45."""

FIRST = 8 * 1024 * 1024
"""Bytes asked for first: an object up to this size takes one request."""

AHEAD = 4
"""Windows under way at once."""


class AsyncWindows:
    """
    The bytes of one object, by offset.

    Attributes:
        size: Bytes of the object; `None` until the first window has arrived.
    """

    window: ClassVar[int | None] = None
    """Bytes asked for at once where a whole object is read; `WINDOW` unless a platform says otherwise."""

    size: int | None = None

    @abstractmethod
    async def read_at(self, start: int, count: int) -> bytes:
        """Return up to `count` bytes from `start` on; fewer only at the end of the object."""

    async def read_all(self, start: int = 0) -> bytes:
        """Return everything from `start` on; several windows travel at once."""
        first = await self.read_at(start, FIRST)
        if self.size is None or start + len(first) >= self.size:
            return first
        return b"".join([first, *[piece async for piece in self.pieces(start + len(first))]])

    async def pieces(self, start: int = 0) -> AsyncIterator[bytes]:
        """Yield everything from `start` on, in order, holding a few windows at most."""
        window = self.window or WINDOW
        if self.size is None:
            first = await self.read_at(start, window)
            if first:
                yield first
            start += len(first)
        windows = range(start, self.size or 0, window)

        async def read(offset: int) -> bytes:
            return await self.read_at(offset, window)

        async for piece in map_ordered(read, windows, limit=AHEAD if len(windows) > 1 else 1):
            yield piece
