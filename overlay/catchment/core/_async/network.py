"""Sockets that an event loop watches: dialling, TLS, and the streams below the general engine.

Its twin is written by hand beside it. Sockets of our own instead of the loop's transports: they know how many bytes
went out before an error, tell an orderly end of TLS from a cut, and can be dropped in silence when their loop is gone.
"""

from __future__ import annotations

import asyncio
import ipaddress
import select
import socket
import ssl
import sys
import weakref
from collections.abc import Callable
from typing import Any, cast

from catchment.core import neterrors
from catchment.core.addresses import Origin
from catchment.core.clock import monotonic
from catchment.core.errors import CatchmentError, ConfigError
from catchment.core.exchange import Patience
from catchment.core.lean import RECEIVE_BODY


def current_scope() -> object:
    """Return what connections belong to: the running loop."""
    return asyncio.get_running_loop()


def is_over(scope: object) -> bool:
    """Tell whether a scope is gone, so that nobody can close its connections in order."""
    return cast("asyncio.AbstractEventLoop", scope).is_closed()


def peeker(sock: socket.socket) -> Callable[[int], object]:
    """Return what tells, called with 0, whether a resting connection has something to say: only its end can it be."""
    if sys.platform == "win32":
        return lambda _: select.select([sock], [], [], 0)[0]
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return poll.poll


async def dial(place: Origin, until: float | None) -> socket.socket:
    """
    Connect to the first address of a host that answers.

    Raises:
        NetworkError: None does, or the name has no address.
        DeadlineError: `until`, an instant of `clock.monotonic()`, passed.
    """
    failure: OSError | None = None
    try:
        async with asyncio.timeout(None if until is None else until - monotonic()):
            addresses = await _addresses(place)
        for tried, (family, address) in enumerate(addresses):
            left = None if until is None else until - monotonic()
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.setblocking(False)
            try:
                # An address that swallows packets must leave time for the others.
                async with asyncio.timeout(None if left is None else left / (len(addresses) - tried)):
                    await asyncio.get_running_loop().sock_connect(sock, address)
                if place.scheme != "http+unix":
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as exc:
                sock.close()
                failure = exc
            except BaseException:
                sock.close()
                raise
            else:
                return sock
    except TimeoutError as exc:
        failure = exc
    if isinstance(failure, TimeoutError):
        raise neterrors.too_late(place.label, sent=False, doing="connecting to") from failure
    raise neterrors.unreachable(place.label, failure) from failure


async def _addresses(place: Origin) -> list[tuple[int, Any]]:
    if place.scheme == "http+unix":
        return [(socket.AF_UNIX, place.host)]
    try:
        version = ipaddress.ip_address(place.host).version
    except ValueError:
        pass
    else:  # the loop would ask a thread, even about a number
        return [(socket.AF_INET if version == 4 else socket.AF_INET6, (place.host, place.port))]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise
    except (OSError, UnicodeError) as exc:
        raise neterrors.unresolved(place.label, exc) from exc
    return [(family, address) for family, _, _, _, address in found]


async def secure(
    sock: socket.socket, context: ssl.SSLContext, host: str, label: str, until: float | None
) -> ssl.SSLSocket:
    """
    Set up TLS on a connected socket, which belongs to the result from then on and is closed on failure.

    Raises:
        TLSError: The server cannot be trusted, or does not speak TLS.
        NetworkError: It broke the connection.
        DeadlineError: `until` passed.
    """
    secured: ssl.SSLSocket | None = None
    try:
        secured = context.wrap_socket(
            sock, server_hostname=host, do_handshake_on_connect=False, suppress_ragged_eofs=False
        )
        await _shake_hands(secured, label, until)
    except OSError as exc:
        (secured or sock).close()
        if isinstance(exc, CatchmentError):
            raise
        raise neterrors.insecure(label, exc) from exc
    except BaseException:
        (secured or sock).close()
        raise
    return secured


async def _shake_hands(sock: ssl.SSLSocket, label: str, until: float | None) -> None:
    while True:
        left = None if until is None else max(0.0, until - monotonic())
        try:
            sock.do_handshake()
        except ssl.SSLWantReadError:
            ready = await wait_for(sock, writing=False, seconds=left)
        except ssl.SSLWantWriteError:
            ready = await wait_for(sock, writing=True, seconds=left)
        else:
            return
        if not ready:
            raise neterrors.too_late(label, sent=False, doing="setting up TLS with")


async def wait_for(sock: socket.socket, *, writing: bool, seconds: float | None) -> bool:
    """Wait until a socket is ready, at most so long; return whether it is. One waiter a direction."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    number = sock.fileno()
    (loop.add_writer if writing else loop.add_reader)(number, _settle, ready)
    timer = None if seconds is None else loop.call_later(seconds, _settle, ready, False)
    try:
        return await ready
    finally:
        (loop.remove_writer if writing else loop.remove_reader)(number)
        if timer is not None:
            timer.cancel()


def _settle(future: asyncio.Future[bool], value: bool = True) -> None:
    if not future.done():
        future.set_result(value)


# -- below the general engine ------------------------------------------------------------------------------------------


class AsyncStream:
    """A connection as httpcore wants it. Every wait ends with its request's deadline, and errors are ours at once."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return bytes, none at the end."""
        patience = cast("Patience", timeout)
        exchange = patience.exchange
        try:
            data = await self._io(
                self._socket.recv,
                RECEIVE_BODY if exchange.in_body else max_bytes,
                False,
                patience,
                "waiting for the answer of",
            )
        except ssl.SSLEOFError:
            data = b""
        except CatchmentError:
            raise
        except ssl.SSLError as exc:
            raise neterrors.insecure(exchange.label, exc, sent=True) from exc
        except OSError as exc:
            raise exchange.broke(exc) from exc
        return exchange.took(data)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send everything."""
        import httpcore

        patience = cast("Patience", timeout)
        left = memoryview(buffer)
        while left:
            try:
                count = await self._io(self._socket.send, left, True, patience, "sending to")
            except CatchmentError:
                raise
            except OSError as exc:
                if not patience.exchange.sent:
                    raise patience.exchange.lost(exc) from exc
                # httpcore goes on to read: a server that refuses a body may have answered before it closed.
                raise httpcore.WriteError from exc
            patience.exchange.sent = True
            left = left[count:]

    async def _io(self, step: Callable[[Any], Any], what: object, writing: bool, patience: Patience, doing: str) -> Any:
        while True:
            try:
                return step(what)
            except (BlockingIOError, ssl.SSLWantReadError) as exc:
                wants = writing and isinstance(exc, BlockingIOError)
            except ssl.SSLWantWriteError:
                wants = True
            left = patience.left(doing)
            if not await wait_for(self._socket, writing=wants, seconds=left):
                raise patience.exchange.late(doing, left)

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> AsyncStream:
        """Set up TLS on this connection."""
        patience = cast("Patience", timeout)
        if isinstance(self._socket, ssl.SSLSocket):
            raise ConfigError("TLS inside TLS is not supported; give the proxy's address as http://")
        label = patience.exchange.label
        until = patience.until("setting up TLS with")
        self._socket = await secure(self._socket, ssl_context, server_hostname or "", label, until)
        return self

    def get_extra_info(self, info: str) -> object:
        """Answer httpcore's questions about the connection."""
        if info == "ssl_object":
            return self._socket if isinstance(self._socket, ssl.SSLSocket) else None
        if info == "is_readable":
            return self._socket.fileno() < 0 or bool(peeker(self._socket)(0))
        return self._socket if info == "socket" else None

    async def aclose(self) -> None:
        """Close the connection."""
        self.abandon()

    def abandon(self) -> None:
        """Close the connection; nothing watches its socket between waits, so the loop need not know."""
        self._socket.close()


class AsyncBackend:
    """Makes streams, and can drop them all without a word where nobody is left to close them."""

    def __init__(self) -> None:
        self._streams: weakref.WeakSet[AsyncStream] = weakref.WeakSet()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: object = None,
    ) -> AsyncStream:
        """Connect to a host."""
        del local_address, socket_options
        return await self._connect(Origin("http", host, port), cast("Patience", timeout))

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: object = None,
    ) -> AsyncStream:
        """Connect to a Unix socket."""
        del socket_options
        return await self._connect(Origin("http+unix", path, 0), cast("Patience", timeout))

    async def _connect(self, place: Origin, patience: Patience) -> AsyncStream:
        stream = AsyncStream(await dial(place, patience.until("connecting to")))
        patience.exchange.fresh = True
        self._streams.add(stream)
        return stream

    def abandon(self) -> None:
        """Close our ends of all connections; sends nothing that a process which shares them would notice."""
        for stream in list(self._streams):
            stream.abandon()
