"""Sockets that block: dialling, TLS, and the streams below the general engine.

Its twin is written by hand beside it.
"""

from __future__ import annotations

import select
import socket
import ssl
import struct
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

Poller = Callable[[bool, float | None], object]


def poller(sock: socket.socket) -> Poller:
    """Return what waits for a socket: `(writing, seconds)`, false when nothing came of it."""
    if sys.platform == "win32":
        return lambda writing, seconds: any(
            select.select([] if writing else [sock], [sock] if writing else [], [], seconds)
        )
    reading, sending = select.poll(), select.poll()
    reading.register(sock, select.POLLIN)
    sending.register(sock, select.POLLOUT)

    def wait(writing: bool, seconds: float | None) -> object:
        # Rounded up: a wait cut to a whole millisecond would end before its time, again and again.
        return (sending if writing else reading).poll(None if seconds is None else int(seconds * 1000 + 0.999))

    return wait


def block_for(sock: socket.socket, seconds: float | None) -> int:
    """
    Let reads of a plain socket wait in the kernel, for some time at most: a call fewer for every answer.

    Args:
        sock: Not blocking until then.
        seconds: Until a read ends in `BlockingIOError`; `None` for never.

    Returns:
        The flag of calls that must not wait; 0 where the system has none, and nothing was changed.
    """
    flag: int = getattr(socket, "MSG_DONTWAIT", 0)
    if sys.platform == "win32" or not flag:
        return 0
    if seconds is not None:
        whole = int(seconds)
        part = int((seconds - whole) * 1e6) or (0 if whole else 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", whole, part))
    sock.setblocking(True)
    return flag


def talk_poller(sock: socket.socket) -> Callable[[float | None], tuple[bool, bool]]:
    """Return what waits until a socket can be read or written, and says which: `(readable, writable)`."""
    if sys.platform == "win32":

        def choose(seconds: float | None) -> tuple[bool, bool]:
            readable, writable, _ = select.select([sock], [sock], [], seconds)
            return bool(readable), bool(writable)

        return choose
    both = select.poll()
    both.register(sock, select.POLLIN | select.POLLOUT)

    def wait(seconds: float | None) -> tuple[bool, bool]:
        found = both.poll(None if seconds is None else int(seconds * 1000 + 0.999))
        events = found[0][1] if found else 0
        return bool(events & ~select.POLLOUT), bool(events & ~select.POLLIN)

    return wait


def current_scope() -> object:
    """Return what connections belong to: nothing here, where any thread may use them."""
    return None


def is_over(scope: object) -> bool:
    """Tell whether a scope is gone, so that nobody can close its connections in order."""
    del scope
    return False


def is_readable(sock: socket.socket) -> bool:
    """Tell whether a resting connection has something to say, which can only be its end."""
    return bool(poller(sock)(False, 0))


def dial(place: Origin, until: float | None) -> socket.socket:
    """
    Connect to the first address of a host that answers; the socket does not block.

    Raises:
        NetworkError: None does, or the name has no address.
        DeadlineError: `until`, an instant of `clock.monotonic()`, passed.
    """
    addresses = _addresses(place)
    failure: OSError | None = None
    for tried, (family, address) in enumerate(addresses):
        left = _left(until, place)
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            # An address that swallows packets must leave time for the others.
            sock.settimeout(None if left is None else left / (len(addresses) - tried))
            sock.connect(address)
            if place.scheme != "http+unix":
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as exc:
            sock.close()
            failure = exc
        except BaseException:
            sock.close()
            raise
        else:
            sock.setblocking(False)
            return sock
    if isinstance(failure, TimeoutError):
        raise neterrors.too_late(place.label, sent=False, doing="connecting to") from failure
    raise neterrors.unreachable(place.label, failure) from failure


def _addresses(place: Origin) -> list[tuple[int, str | tuple[object, ...]]]:
    if place.scheme == "http+unix":
        return [(socket.AF_UNIX, place.host)]
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise neterrors.unresolved(place.label, exc) from exc
    return [(family, address) for family, _, _, _, address in found]


def secure(sock: socket.socket, context: ssl.SSLContext, host: str, label: str, until: float | None) -> ssl.SSLSocket:
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
        _shake_hands(secured, label, until)
    except CatchmentError:
        (secured or sock).close()
        raise
    except OSError as exc:
        (secured or sock).close()
        raise neterrors.insecure(label, exc) from exc
    return secured


def _shake_hands(sock: ssl.SSLSocket, label: str, until: float | None) -> None:
    """Step by step: a timeout of the socket would count per read, and a server may drip its handshake."""
    poll = poller(sock)
    while True:
        left = None if until is None else max(0.0, until - monotonic())
        try:
            sock.do_handshake()
        except ssl.SSLWantReadError:
            ready = poll(False, left)
        except ssl.SSLWantWriteError:
            ready = poll(True, left)
        else:
            return
        if not ready:
            raise neterrors.too_late(label, sent=False, doing="setting up TLS with")


def _left(until: float | None, place: Origin) -> float | None:
    if until is None:
        return None
    left = until - monotonic()
    if left <= 0:
        raise neterrors.too_late(place.label, sent=False, doing="connecting to")
    return left


# -- below the general engine ------------------------------------------------------------------------------------------


class Stream:
    """A connection as httpcore wants it. Every wait ends with its request's deadline, and errors are ours at once."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._poll = poller(sock)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return bytes, none at the end."""
        patience = cast("Patience", timeout)
        exchange = patience.exchange
        try:
            data = self._io(
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

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send everything."""
        import httpcore

        patience = cast("Patience", timeout)
        left = memoryview(buffer)
        while left:
            try:
                count = self._io(self._socket.send, left, True, patience, "sending to")
            except CatchmentError:
                raise
            except OSError as exc:
                if not patience.exchange.sent:
                    raise patience.exchange.lost(exc) from exc
                # httpcore goes on to read: a server that refuses a body may have answered before it closed.
                raise httpcore.WriteError from exc
            patience.exchange.sent = True
            left = left[count:]

    def _io(self, step: Callable[[Any], Any], what: object, writing: bool, patience: Patience, doing: str) -> Any:
        while True:
            try:
                return step(what)
            except (BlockingIOError, ssl.SSLWantReadError) as exc:
                wants = writing and isinstance(exc, BlockingIOError)
            except ssl.SSLWantWriteError:
                wants = True
            left = patience.left(doing)
            if not self._poll(wants, left):
                raise patience.exchange.late(doing, left)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Stream:
        """Set up TLS on this connection."""
        patience = cast("Patience", timeout)
        if isinstance(self._socket, ssl.SSLSocket):
            raise ConfigError("TLS inside TLS is not supported; give the proxy's address as http://")
        label = patience.exchange.label
        until = patience.until("setting up TLS with")
        self._socket = secure(self._socket, ssl_context, server_hostname or "", label, until)
        self._poll = poller(self._socket)
        return self

    def get_extra_info(self, info: str) -> object:
        """Answer httpcore's questions about the connection."""
        if info == "ssl_object":
            return self._socket if isinstance(self._socket, ssl.SSLSocket) else None
        if info == "is_readable":
            return self._socket.fileno() < 0 or is_readable(self._socket)
        return self._socket if info == "socket" else None

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


class Backend:
    """Makes streams, and can drop them all without a word where nobody is left to close them."""

    def __init__(self) -> None:
        self._streams: weakref.WeakSet[Stream] = weakref.WeakSet()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: object = None,
    ) -> Stream:
        """Connect to a host."""
        del local_address, socket_options
        return self._connect(Origin("http", host, port), cast("Patience", timeout))

    def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: object = None) -> Stream:
        """Connect to a Unix socket."""
        del socket_options
        return self._connect(Origin("http+unix", path, 0), cast("Patience", timeout))

    def _connect(self, place: Origin, patience: Patience) -> Stream:
        stream = Stream(dial(place, patience.until("connecting to")))
        patience.exchange.fresh = True
        self._streams.add(stream)
        return stream

    def abandon(self) -> None:
        """Close our ends of all connections; sends nothing that a process which shares them would notice."""
        for stream in list(self._streams):
            stream.close()
