"""A server on loopback that misbehaves as the path of the request asks for."""

# ruff: noqa: D102 - each behaviour is named for what it does

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Kept: a\r\nX-Kept: b\r\n\r\nok"
BOMB = gzip.compress(bytes(8 * 1024 * 1024))
PLAIN = b"measure by measure\n" * 400


class Line:
    """One connection as a behaviour sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, chaos: Chaos) -> None:
        self.reader = reader
        self.writer = writer
        self.chaos = chaos
        self.requests = 0

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def drip(self, data: bytes, pause: float = 0.15) -> None:
        for at in range(len(data)):
            await self.say(data[at : at + 1])
            await asyncio.sleep(pause)

    def reset(self) -> None:
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Behaviour = Callable[["Line", bytes, bytes], Awaitable[None]]
BEHAVIOURS: dict[str, Behaviour] = {}


def behaviour(function: Behaviour) -> Behaviour:
    BEHAVIOURS[function.__name__] = function
    return function


def says(name: str, data: bytes, *, then_close: bool = False) -> None:
    async def act(line: Line, head: bytes, body: bytes) -> None:
        await line.say(data)
        if then_close:
            line.writer.close()

    BEHAVIOURS[name] = act


def _coded(data: bytes, coding: bytes = b"gzip") -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (coding, len(data)) + data


_GZ = gzip.compress(PLAIN, mtime=0)
says("ok", OK)
says("status_503", b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nRetry-After: 7\r\n\r\nbusy")
says("redirect", b"HTTP/1.1 307 Over there\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n")
says("closing", b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", then_close=True)
says("cut_headers", b"HTTP/1.1 200 OK\r\nContent-Le", then_close=True)
says("garbage", b"\x16\x03\x01 not HTTP at all\r\n\r\n", then_close=True)
says("two_lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk")
says("length_and_chunks", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: gzip, chunked\r\n\r\nok")
says("control_header", b"HTTP/1.1 400 Bad Request\r\nX-Said: a\0b\r\nContent-Length: 2\r\n\r\nno")
says("huge_header", b"HTTP/1.1 200 OK\r\nX-Big: " + b"a" * 300_000 + b"\r\nContent-Length: 2\r\n\r\nok")
says("large_headers", b"HTTP/1.1 200 OK\r\n" + b"X-Some: %s\r\n" % (b"a" * 1000) * 70 + b"Content-Length: 2\r\n\r\nok")
says("cut_length", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", then_close=True)
says("cut_chunked", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", then_close=True)
says("bad_chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n", then_close=True)
says("until_close", b"HTTP/1.1 200 OK\r\n\r\nto the end", then_close=True)
says(
    "chunked", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\nX-Trailer: 1\r\n\r\n"
)
says("no_content", b"HTTP/1.1 204 Gone quiet\r\n\r\n")
says("not_modified", b"HTTP/1.1 304 Same\r\nContent-Length: 99\r\nContent-Encoding: gzip\r\n\r\n")
says("interim", b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + OK)
says("switches", b"HTTP/1.1 101 Switching\r\nUpgrade: other\r\nConnection: upgrade\r\n\r\n")
says("spills", OK + b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong")
says("gzip", _coded(_GZ))
says("gzip_members", _coded(_GZ + _GZ))
says("gzip_cut", _coded(_GZ[:-9]))
says("gzip_empty", _coded(b""))
says("gzip_bad_crc", _coded(_GZ[:-8] + bytes([_GZ[-8] ^ 1]) + _GZ[-7:]))
says("gzip_not", _coded(PLAIN))
says("gzip_trailing", _coded(_GZ + b"junk"))
says("gzip_bomb", _coded(BOMB))
says("deflate", _coded(zlib.compress(PLAIN), b"deflate"))
says("brotli", _coded(b"whatever", b"br"))
says("large", b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + bytes(3_000_000))
says("large_unannounced", b"HTTP/1.1 200 OK\r\n\r\n" + bytes(3_000_000), then_close=True)
says("lines", b"HTTP/1.1 200 OK\r\n\r\n" + 'a\u2028b\r\n\n{"\xe4": 1}\nlast'.encode(), then_close=True)


@behaviour
async def echo(line: Line, head: bytes, body: bytes) -> None:
    await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


@behaviour
async def head_back(line: Line, head: bytes, body: bytes) -> None:
    await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(head) + head)


@behaviour
async def only_head(line: Line, head: bytes, body: bytes) -> None:
    await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nETag: x\r\n\r\n")


@behaviour
async def reset(line: Line, head: bytes, body: bytes) -> None:
    line.reset()


@behaviour
async def reset_in_body(line: Line, head: bytes, body: bytes) -> None:
    await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
    await asyncio.sleep(0.05)
    line.reset()


@behaviour
async def silent_close(line: Line, head: bytes, body: bytes) -> None:
    line.writer.close()


@behaviour
async def dies_when_reused(line: Line, head: bytes, body: bytes) -> None:
    if line.requests > 1:
        line.reset()
    else:
        await line.say(OK)


@behaviour
async def closes_when_resting(line: Line, head: bytes, body: bytes) -> None:
    await line.say(OK)
    await asyncio.sleep(0.02)
    line.writer.close()


@behaviour
async def drip_headers(line: Line, head: bytes, body: bytes) -> None:
    await line.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 1000)


@behaviour
async def drip_body(line: Line, head: bytes, body: bytes) -> None:
    await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    await line.drip(b"a" * 1000)


@behaviour
async def endless_interim(line: Line, head: bytes, body: bytes) -> None:
    while True:
        await line.say(b"HTTP/1.1 102 Still at it\r\n\r\n")
        await asyncio.sleep(0.05)


@behaviour
async def flood_interim(line: Line, head: bytes, body: bytes) -> None:
    while True:
        await line.say(b"HTTP/1.1 102 Still at it\r\n\r\n" * 500)


@behaviour
async def stall(line: Line, head: bytes, body: bytes) -> None:
    await asyncio.sleep(30)


@behaviour
async def slow_ok(line: Line, head: bytes, body: bytes) -> None:
    await asyncio.sleep(0.02)
    await line.say(OK)


@behaviour
async def pauses(line: Line, head: bytes, body: bytes) -> None:
    await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\none")
    await asyncio.sleep(0.1)
    await line.say(b"two")
    await asyncio.sleep(30)


@behaviour
async def endless(line: Line, head: bytes, body: bytes) -> None:
    await line.say(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        await line.say(bytes(65536))
        line.chaos.sent += 65536


async def refuse_early(line: Line, head: bytes) -> None:
    await line.say(TOO_MUCH)
    line.writer.close()


async def refuse_and_wait(line: Line, head: bytes) -> None:
    """As a server that neither reads on nor closes."""
    await line.say(TOO_MUCH.replace(b"Connection: close\r\n", b""))
    await line.reader.read(1)
    await asyncio.sleep(30)


async def refuse_in_part(line: Line, head: bytes) -> None:
    await line.reader.readexactly(100_000)
    await refuse_and_wait(line, head)


async def accept_early(line: Line, head: bytes) -> None:
    """As a server that answers first and reads then."""
    await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    line.chaos.bodies.append(await _body(line.reader, head.lower()))


async def deaf(line: Line, head: bytes) -> None:
    line.reader._transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(30)


async def hang_up(line: Line, head: bytes) -> None:
    await line.reader.readexactly(100_000)
    line.reset()


TOO_MUCH = b"HTTP/1.1 413 Too much\r\nConnection: close\r\nContent-Length: 8\r\n\r\ntoo much"
EARLY = {
    "refuse_early": refuse_early,
    "refuse_and_wait": refuse_and_wait,
    "refuse_in_part": refuse_in_part,
    "accept_early": accept_early,
    "deaf": deaf,
    "hang_up": hang_up,
}
"""What answers before the body is read."""


class Chaos:
    """Runs the server in a thread of its own; TLS and a Unix socket are there on demand."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.connections = 0
        self.requests: list[bytes] = []
        self.bodies: list[bytes] = []
        self.sent = 0
        self._servers: list[asyncio.AbstractServer] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.port = self._run(self._listen(None))

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    def listen_tls(self, context: ssl.SSLContext) -> int:
        return self._run(self._listen(context))

    def listen_unix(self, path: Path) -> None:
        self._run(self._listen_unix(path))

    def close(self) -> None:
        self._run(self._stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    async def _listen(self, context: ssl.SSLContext | None) -> int:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context, limit=2**20)
        self._servers.append(server)
        return server.sockets[0].getsockname()[1]

    async def _listen_unix(self, path: Path) -> None:
        self._servers.append(await asyncio.start_unix_server(self._serve, str(path)))

    async def _stop(self) -> None:
        for server in self._servers:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        line = Line(reader, writer, self)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                while not writer.is_closing():
                    await self._answer(line)
        except asyncio.CancelledError:
            pass  # the end of the session
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, line: Line) -> None:
        head = await line.reader.readuntil(b"\r\n\r\n")
        line.requests += 1
        self.requests.append(head)
        name = head.split(b" ")[1].decode().strip("/").partition("?")[0]
        if name in EARLY:
            await EARLY[name](line, head)
            return
        await BEHAVIOURS[name](line, head, await _body(line.reader, head.lower()))


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    if b"\r\ntransfer-encoding: chunked" in head:
        body = b""
        while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readuntil(b"\r\n")
        return body
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return await reader.readexactly(int(value))
    return b""
