"""Answers whose bodies are still arriving, whichever engine brings them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress

from catchment.core import neterrors
from catchment.core._async.connection import AsyncConnection
from catchment.core._async.streams import lines_of
from catchment.core.decoding import BodyDecoder
from catchment.core.wire import Headers


class AsyncArriving(ABC):
    """
    An answer whose body is still arriving; the connection is its own until it ends or is closed.

    Args:
        status: HTTP status.
        headers: As they were sent.
        method: Of the request; HEAD has no body, whatever the headers say.
        label: Who answers, for messages.
        limit: Bytes that `read` and one line accept.
    """

    def __init__(self, status: int, headers: Headers, *, method: str, label: str, limit: int) -> None:
        self._status = status
        self._headers = headers
        self._label = label
        self._limit = limit
        self._bodiless = method == "HEAD" or status in {204, 304}
        self._pieces: AsyncGenerator[bytes] | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status}{', closed' if self._closed else ''}>"

    @property
    def status(self) -> int:
        """HTTP status."""
        return self._status

    @property
    def headers(self) -> Headers:
        """Response headers as they were sent."""
        return self._headers

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield what is left of the body, in pieces as they arrive, content coding undone.

        Raises:
            TruncatedBodyError: It ended before its end.
            DecodeError: It is not in the coding that it claims.
            DeadlineError: The deadline of the call passed, or the server was silent too long.
        """
        if self._pieces is None:
            self._pieces = self._decoded()
        async for piece in self._pieces:
            yield piece

    async def lines(self) -> AsyncIterator[str]:
        """Yield the body's lines as UTF-8 text, without their ends."""
        async for line in lines_of(self.chunks(), label=self._label, limit=self._limit):
            yield line

    async def read(self) -> bytes:
        """Return the rest of the body.

        Raises:
            ResponseTooLargeError: It has more than `max_body` bytes.
        """
        announced = self._headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self._limit and not self._bodiless:
            raise neterrors.too_large(self._label, self._limit, status=self.status)
        pieces: list[bytes] = []
        size = 0
        async for piece in self.chunks():
            size += len(piece)
            if size > self._limit:
                raise neterrors.too_large(self._label, self._limit, status=self.status)
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _decoded(self) -> AsyncGenerator[bytes]:
        coding = self._headers.get("content-encoding")
        if coding is None or self._bodiless:
            async for piece in self._raw():
                yield piece
            return
        decoder = BodyDecoder(coding, label=self._label, status=self.status)
        async for coded in self._raw():
            for piece in decoder.feed(coded):
                yield piece
        decoder.finish()

    async def aclose(self) -> None:
        """Give up the rest of the body, and with it the connection unless the body is at its end."""
        if self._pieces is not None:
            with suppress(RuntimeError, ValueError):  # somebody is reading: closing the connection ends that too
                await self._pieces.aclose()
        await self._release()

    async def _release(self) -> None:
        if not self._closed:
            self._closed = True
            await self._let_go()

    @abstractmethod
    def _raw(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives, and release the connection at its end."""

    @abstractmethod
    async def _let_go(self) -> None:
        """Give the connection back, or close it if it is within a body."""


class AsyncLeanArriving(AsyncArriving):
    """
    An answer on a connection of the lean engine.

    Args:
        connection: On which the headers have come.
        method: Of the request.
        label: Who answers.
        limit: Bytes that `read` accepts.
        release: Takes the connection back, to keep it or to close it.
    """

    def __init__(
        self,
        connection: AsyncConnection,
        method: str,
        label: str,
        limit: int,
        release: Callable[[AsyncConnection], None],
    ) -> None:
        reader = connection.reader
        super().__init__(reader.status, reader.headers, method=method, label=label, limit=limit)
        self._connection = connection
        self._give_back = release
        self._last = b""
        if reader.complete:  # the connection need not wait for whoever reads what is here already
            self._last = reader.taken()
            self._finish()

    def __del__(self) -> None:
        if not self._closed:  # forgotten: its place in the pool is needed
            self._finish()

    def _finish(self) -> None:
        self._closed = True
        self._give_back(self._connection)

    async def _raw(self) -> AsyncIterator[bytes]:
        while not self._closed:
            piece = await self._connection.more()
            if self._connection.reader.complete:
                self._last = piece
                self._finish()
            elif piece:
                yield piece
        last, self._last = self._last, b""
        if last:
            yield last

    async def _let_go(self) -> None:
        self._give_back(self._connection)
