"""Engines that write down what passes, and engines that answer from a script: for tests and for `explain`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from catchment.core._async.streams import AsyncBuffered
from catchment.core._async.streams import length_of as length_of_async
from catchment.core._async.streams import pieces_of as pieces_of_async
from catchment.core._sync.streams import Buffered, length_of, pieces_of
from catchment.core.addresses import mask_url
from catchment.core.engines import AsyncEngine, AsyncIncomingBody, Engine, HeaderList, IncomingBody
from catchment.core.errors import ClosedError
from catchment.core.log import redact_headers
from catchment.core.wire import AsyncContent, Content, Headers, RawResponse


@dataclass(slots=True)
class Recorded:
    """One request that passed, fit to be shown: no query, no body, no header that may be secret."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    sent: int | None
    """Bytes of the body; `None` if only reading it could tell."""
    status: int | None = None
    received: int | None = None
    """Bytes of the answer's body; `None` where it was streamed."""
    error: str | None = None
    """Class of the error, if there was no answer."""


def _recorded(method: str, url: str, headers: HeaderList, length: int | None) -> Recorded:
    return Recorded(method, mask_url(url), tuple(redact_headers(headers)), length)


class Recorder:
    """
    Passes everything to another engine and remembers the last requests.

    Args:
        inner: Does the work.
        keep: How many requests are remembered; older ones are forgotten first.
    """

    def __init__(self, inner: Engine, *, keep: int = 1000) -> None:
        self._inner = inner
        self.requests: deque[Recorded] = deque(maxlen=keep)

    def send(
        self, method: str, url: str, headers: HeaderList, content: Content | None, deadline: float | None
    ) -> RawResponse:
        """Send through the inner engine."""
        entry = _recorded(method, url, headers, length_of(content))
        self.requests.append(entry)
        try:
            response = self._inner.send(method, url, headers, content, deadline)
        except BaseException as exc:
            entry.error = type(exc).__name__
            raise
        entry.status, entry.received = response.status, len(response.body)
        return response

    def open(
        self, method: str, url: str, headers: HeaderList, content: Content | None, deadline: float | None
    ) -> IncomingBody:
        """Open through the inner engine."""
        entry = _recorded(method, url, headers, length_of(content))
        self.requests.append(entry)
        try:
            body = self._inner.open(method, url, headers, content, deadline)
        except BaseException as exc:
            entry.error = type(exc).__name__
            raise
        entry.status = body.status
        return body

    def close(self) -> None:
        """Close the inner engine; what was recorded stays."""
        self._inner.close()


class AsyncRecorder:
    """
    Passes everything to another engine and remembers the last requests.

    Args:
        inner: Does the work.
        keep: How many requests are remembered; older ones are forgotten first.
    """

    def __init__(self, inner: AsyncEngine, *, keep: int = 1000) -> None:
        self._inner = inner
        self.requests: deque[Recorded] = deque(maxlen=keep)

    async def send(
        self, method: str, url: str, headers: HeaderList, content: AsyncContent | None, deadline: float | None
    ) -> RawResponse:
        """Send through the inner engine."""
        entry = _recorded(method, url, headers, length_of_async(content))
        self.requests.append(entry)
        try:
            response = await self._inner.send(method, url, headers, content, deadline)
        except BaseException as exc:
            entry.error = type(exc).__name__
            raise
        entry.status, entry.received = response.status, len(response.body)
        return response

    async def open(
        self, method: str, url: str, headers: HeaderList, content: AsyncContent | None, deadline: float | None
    ) -> AsyncIncomingBody:
        """Open through the inner engine."""
        entry = _recorded(method, url, headers, length_of_async(content))
        self.requests.append(entry)
        try:
            body = await self._inner.open(method, url, headers, content, deadline)
        except BaseException as exc:
            entry.error = type(exc).__name__
            raise
        entry.status = body.status
        return body

    async def aclose(self) -> None:
        """Close the inner engine; what was recorded stays."""
        await self._inner.aclose()


# -- scripts -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scripted:
    """One answer of a script."""

    status: int = 200
    body: bytes = b""
    headers: Sequence[tuple[str, str]] = ()

    def response(self) -> RawResponse:
        """Return it as engines do."""
        return RawResponse(self.status, Headers(list(self.headers)), self.body)


Line: TypeAlias = "Scripted | BaseException"
"""What happens at one request: an answer, or an error that is raised."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that reached a script, in full; what may be secret shows in no repr."""

    method: str
    url: str = field(repr=False)
    headers: Headers
    content: bytes = field(repr=False)
    deadline: float | None


class _Script:
    """The answers still to come, and the requests so far."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._left = deque(lines)
        self._closed = False
        self.asked: list[Asked] = []
        """Requests so far, oldest first."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, {len(self.asked)} asked, {len(self._left)} to come>"

    @property
    def left(self) -> int:
        """How many lines have not been played."""
        return len(self._left)

    def _play(self, asked: Asked) -> RawResponse:
        if self._closed:
            raise ClosedError("the engine is closed")
        self.asked.append(asked)
        if not self._left:
            raise AssertionError(
                f"request {len(self.asked)} is beyond the script: {asked.method} {mask_url(asked.url)}"
            )
        line = self._left.popleft()
        if isinstance(line, BaseException):
            raise line
        return line.response()


class ScriptedEngine(_Script):
    """Answers request after request from a list; a request beyond its end is a failure of the test."""

    def send(
        self, method: str, url: str, headers: HeaderList, content: Content | None, deadline: float | None
    ) -> RawResponse:
        """Play the next line."""
        body = b"".join(pieces_of(content, length_of(content)))
        return self._play(Asked(method, url, Headers(list(headers)), body, deadline))

    def open(
        self, method: str, url: str, headers: HeaderList, content: Content | None, deadline: float | None
    ) -> Buffered:
        """Play the next line, as an answer that still arrives."""
        return Buffered(self.send(method, url, headers, content, deadline))

    def close(self) -> None:
        """Refuse later requests."""
        self._closed = True


class AsyncScriptedEngine(_Script):
    """Answers request after request from a list; a request beyond its end is a failure of the test."""

    async def send(
        self, method: str, url: str, headers: HeaderList, content: AsyncContent | None, deadline: float | None
    ) -> RawResponse:
        """Play the next line."""
        body = b"".join([piece async for piece in pieces_of_async(content, length_of_async(content))])
        return self._play(Asked(method, url, Headers(list(headers)), body, deadline))

    async def open(
        self, method: str, url: str, headers: HeaderList, content: AsyncContent | None, deadline: float | None
    ) -> AsyncBuffered:
        """Play the next line, as an answer that still arrives."""
        return AsyncBuffered(await self.send(method, url, headers, content, deadline))

    async def aclose(self) -> None:
        """Refuse later requests."""
        self._closed = True
