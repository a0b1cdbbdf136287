"""Engines without a network: the service is an object in this process, and gets what a socket would have carried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from catchment.core import neterrors
from catchment.core._async.streams import AsyncBuffered
from catchment.core._async.streams import length_of as length_of_async
from catchment.core._async.streams import pieces_of as pieces_of_async
from catchment.core._sync.streams import Buffered, length_of, pieces_of
from catchment.core.addresses import Origin, origin
from catchment.core.clock import monotonic
from catchment.core.decoding import decode_whole
from catchment.core.engines import MIB, HeaderList
from catchment.core.errors import ClosedError, UnsafeInputError
from catchment.core.headers import check_headers, framed_headers
from catchment.core.wire import AsyncContent, Content, Headers, RawResponse

LIMIT = 256 * MIB
"""Bytes that a compressed answer may unpack to."""


class ServiceReply(Protocol):
    """A whole answer of a service."""

    @property
    def status(self) -> int:
        """HTTP status."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, str]]:
        """Response headers."""
        ...

    @property
    def body(self) -> bytes:
        """The body, content coding applied."""
        ...


class InProcessService(Protocol):
    """What the local stack offers for each platform, and what any stand-in of a test may offer."""

    @property
    def endpoint(self) -> str:
        """Base URL that the service goes by."""
        ...

    @property
    def environment(self) -> Mapping[str, str]:
        """The platform's own environment variables that point at it."""
        ...

    def handle(self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> ServiceReply:
        """Answer a request; a built-in `ConnectionError` or `TimeoutError` is a fault of the network in between."""
        ...


class InProcessEngine:
    """Hands requests to a service in this process; bodies are whole, whatever they are made of."""

    def __init__(self, service: InProcessService) -> None:
        self._service = service
        self._closed = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._service.endpoint}>"

    def send(
        self, method: str, url: str, headers: HeaderList, content: Content | None, deadline: float | None
    ) -> RawResponse:
        """Send a request and return its answer; `core.engines.Engine.send` has the arguments."""
        place, framed, length = _prepared(self._closed, method, url, headers, content, length_of(content), deadline)
        return _ask(self._service, place, method, url, framed, b"".join(pieces_of(content, length)), deadline)

    def open(
        self, method: str, url: str, headers: HeaderList, content: Content | None, deadline: float | None
    ) -> Buffered:
        """Send a request and return its answer as one that still arrives."""
        return Buffered(self.send(method, url, headers, content, deadline))

    def close(self) -> None:
        """Refuse later calls; the service stays as it is."""
        self._closed = True


class AsyncInProcessEngine:
    """Hands requests to a service in this process; the service answers within the call, so nothing else runs."""

    def __init__(self, service: InProcessService) -> None:
        self._service = service
        self._closed = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._service.endpoint}>"

    async def send(
        self, method: str, url: str, headers: HeaderList, content: AsyncContent | None, deadline: float | None
    ) -> RawResponse:
        """Send a request and return its answer; `core.engines.Engine.send` has the arguments."""
        length = length_of_async(content)
        place, framed, length = _prepared(self._closed, method, url, headers, content, length, deadline)
        body = b"".join([piece async for piece in pieces_of_async(content, length)])
        return _ask(self._service, place, method, url, framed, body, deadline)

    async def open(
        self, method: str, url: str, headers: HeaderList, content: AsyncContent | None, deadline: float | None
    ) -> AsyncBuffered:
        """Send a request and return its answer as one that still arrives."""
        return AsyncBuffered(await self.send(method, url, headers, content, deadline))

    async def aclose(self) -> None:
        """Refuse later calls; the service stays as it is."""
        self._closed = True


def _prepared(
    closed: bool,
    method: str,
    url: str,
    headers: HeaderList,
    content: AsyncContent | None,
    length: int | None,
    deadline: float | None,
) -> tuple[Origin, list[tuple[str, str]], int | None]:
    """Check what any engine checks before it sends."""
    if closed:
        raise ClosedError("the engine is closed", hint="make a new client")
    place = origin(url)
    if not url.isascii() or any(char <= " " for char in url):
        raise UnsafeInputError("the URL has characters that must be escaped")
    framed, length = framed_headers(method, headers, place.netloc, length, has_body=content is not None)
    if deadline is not None and monotonic() >= deadline:
        raise neterrors.too_late(place.label, sent=False, doing="sending to")
    return place, check_headers(framed), length


def _ask(
    service: InProcessService,
    place: Origin,
    method: str,
    url: str,
    headers: list[tuple[str, str]],
    body: bytes,
    deadline: float | None,
) -> RawResponse:
    try:
        reply = service.handle(method, url, headers, body)
    except ConnectionRefusedError as exc:
        raise neterrors.unreachable(place.label, exc) from exc
    except ConnectionError as exc:
        raise neterrors.lost(place.label, exc) from exc
    except TimeoutError as exc:
        raise neterrors.too_late(place.label, sent=True, doing="waiting for the answer of") from exc
    if deadline is not None and monotonic() >= deadline:
        raise neterrors.too_late(place.label, sent=True, doing="waiting for the answer of")
    headers_back = Headers(list(reply.headers))
    if method == "HEAD" or reply.status in {204, 304}:
        return RawResponse(reply.status, headers_back, b"")
    return RawResponse(reply.status, headers_back, _as_received(place.label, reply, headers_back))


def _as_received(label: str, reply: ServiceReply, headers: Headers) -> bytes:
    """Return the body as a client on a socket would have got it: cut at its announced length, coding undone."""
    body = reply.body
    announced = headers.get("content-length", "")
    if announced.isdigit():
        if len(body) < int(announced):
            raise neterrors.truncated(label, f"{len(body)} of {announced} bytes", status=reply.status)
        body = body[: int(announced)]
    coding = headers.get("content-encoding")
    return body if coding is None else decode_whole(body, coding, LIMIT, label=label, status=reply.status)
