"""Speak HTTP/1.1 on one accepted connection: parse, spool the body, answer in order, misbehave as planned."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import cast

import httptools

from catchment.local.bodies import BlobFolder, Spool
from catchment.local.delivery import finished
from catchment.local.faults import Delivery
from catchment.local.http import Answer, Headers, Request, find_header, json_answer, text_answer

MAX_HEADER_BYTES = 64 * 1024
MAX_QUEUED = 8
_LOOPBACK_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\]|([a-z0-9-]+\.)*catchment\.local)(:\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Front:
    """What all connections of one port share."""

    respond: Callable[[Request], Delivery]
    blobs: BlobFolder
    face: str
    object_origin: Callable[[], str]
    connections: set[Connection]


@dataclass(slots=True)
class _Incoming:
    """A request while it arrives."""

    target: bytes
    headers: Headers
    header_bytes: int = 0
    method: str = ""
    spool: Spool | None = None


class Connection(asyncio.Protocol):
    """One client's connection. Requests that arrive together are answered one after the other."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._parser = httptools.HttpRequestParser(self)
        self._incoming = _Incoming(b"", [])
        self._queue: deque[tuple[Request, bool]] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._refused = False

    # Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport over."""
        self._transport = cast("asyncio.Transport", transport)
        self._front.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop working for a client that is gone; why does not matter."""
        del exc
        self._front.connections.discard(self)
        self._writable.set()
        if self._incoming.spool is not None:
            self._incoming.spool.discard()
        if self._worker is not None:
            self._worker.cancel()

    def close(self) -> None:
        """Drop the connection."""
        self._transport.abort()

    def pause_writing(self) -> None:
        """Wait with further pieces: the client reads slower than we send."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Go on sending."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Feed the parser."""
        if self._refused:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(text_answer(400, "no protocol to upgrade to\n"))
        except httptools.HttpParserError as error:
            self._refuse(text_answer(400, f"bad request: {error}\n"))

    # Parser callbacks

    def on_message_begin(self) -> None:
        """Start a request."""
        self._incoming = _Incoming(b"", [])

    def on_url(self, url: bytes) -> None:
        """Collect the target."""
        self._incoming.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header."""
        self._incoming.header_bytes += len(name) + len(value)
        self._incoming.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Refuse what must not be served; otherwise get ready for the body."""
        incoming = self._incoming
        incoming.method = self._parser.get_method().decode("ascii")
        host = (find_header(incoming.headers, "host") or "").lower()
        if _LOOPBACK_HOST.fullmatch(host) is None:
            self._refuse(text_answer(421, f"host {host!r} is not served here: this is a local stack\n"))
            return
        if incoming.header_bytes > MAX_HEADER_BYTES:
            self._refuse(text_answer(431, "request headers are too large\n"))
            return
        incoming.spool = self._front.blobs.spool()
        if (find_header(incoming.headers, "expect") or "").lower() == "100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Spool a piece of the body."""
        if self._incoming.spool is not None:
            self._incoming.spool.write(body)

    def on_message_complete(self) -> None:
        """Queue the request."""
        spool, self._incoming.spool = self._incoming.spool, None
        if spool is None:
            return
        self._queue.append((self._request(spool), self._parser.should_keep_alive()))
        if len(self._queue) >= MAX_QUEUED:
            self._transport.pause_reading()
        if self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work())

    def _request(self, spool: Spool) -> Request:
        url = httptools.parse_url(self._incoming.target)
        return Request(
            method=self._incoming.method,
            scheme="http",
            host=find_header(self._incoming.headers, "host") or "",
            path=(url.path or b"/").decode("utf-8", "surrogateescape"),
            query=(url.query or b"").decode("utf-8", "surrogateescape"),
            headers=self._incoming.headers,
            body=spool.finish(),
            face=self._front.face,
            door="socket",
            object_origin=self._front.object_origin(),
        )

    def _refuse(self, answer: Answer) -> None:
        self._refused = True
        self._transport.write(_head(answer.with_headers(("Content-Length", str(len(answer.body)))), keep=False))
        self._transport.write(answer.whole())
        self._transport.close()

    # Answering

    async def _work(self) -> None:
        while self._queue:
            request, keep = self._queue.popleft()
            self._transport.resume_reading()
            if not await self._send(request, self._respond(request), keep=keep):
                return
        self._worker = None

    def _respond(self, request: Request) -> Delivery:
        try:
            return self._front.respond(request)
        except Exception:
            # Our mistake, not the client's: it must show, and must not leave the client waiting.
            logging.getLogger("catchment.local").exception("%s %s failed", request.method, request.path)
            return Delivery(finished(request, json_answer(500, {"message": "internal error of the local stack"})))

    async def _send(self, request: Request, delivery: Delivery, *, keep: bool) -> bool:
        """Send one answer; tell whether the connection goes on."""
        if delivery.delay:
            await asyncio.sleep(delivery.delay)
        answer = delivery.answer
        if answer is None:
            await self._break_off(delivery)
            return False
        honest = request.method == "HEAD" or _length_holds(answer)
        keep = keep and honest and delivery.cut_after is None
        head = _head(answer, keep=keep)
        if delivery.chunk_bytes is not None:
            await self._drip(head + answer.whole(), delivery.chunk_bytes, delivery.interval)
        elif delivery.cut_after is not None:
            self._transport.write(head + answer.whole()[: delivery.cut_after])
            await self._silence(delivery.stall)
        else:
            await self._stream(head, answer)
        if not keep:
            self._transport.close()
        return keep

    async def _stream(self, head: bytes, answer: Answer) -> None:
        if isinstance(answer.body, bytes):
            self._transport.write(head + answer.body)
        else:
            self._transport.write(head)
            for piece in answer.body.pieces():
                await self._writable.wait()
                if self._transport.is_closing():
                    return
                self._transport.write(piece)
        await self._writable.wait()

    async def _drip(self, data: bytes, size: int, interval: float) -> None:
        for position in range(0, len(data), size):
            if self._transport.is_closing():
                return
            self._transport.write(data[position : position + size])
            await asyncio.sleep(interval)

    async def _silence(self, seconds: float | None) -> None:
        if seconds is not None:
            await asyncio.sleep(seconds)

    async def _break_off(self, delivery: Delivery) -> None:
        if delivery.raw is not None:
            self._transport.write(delivery.raw)
            self._transport.close()
            return
        await self._silence(delivery.stall)
        raw: socket.socket | None = self._transport.get_extra_info("socket")
        if raw is not None:
            # No lingering: the client gets a reset, not an orderly end.
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()


def _length_holds(answer: Answer) -> bool:
    lengths = [value for name, value in answer.headers if name.lower() == "content-length"]
    return answer.status in (204, 304) or lengths == [str(len(answer.body))]


def _head(answer: Answer, *, keep: bool) -> bytes:
    try:
        reason = HTTPStatus(answer.status).phrase
    except ValueError:
        reason = "Unknown"
    headers = [
        *answer.headers,
        *([] if find_header(answer.headers, "date") else [("Date", formatdate(usegmt=True))]),
        ("Server", "catchment-local"),
        ("Connection", "keep-alive" if keep else "close"),
    ]
    lines = [f"HTTP/1.1 {answer.status} {reason}", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace")
