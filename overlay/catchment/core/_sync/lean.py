"""The lean HTTP/1.1 engine, blocking: pooled connections, one send a request, whole bodies.

For many small calls, where a general client costs more than the network. Streams, proxies and HTTP/2 are the other
engine's. Written by hand beside its twin: a socket that blocks and one that an event loop watches share no code but the
protocol, which is in `core.http1`.
"""

from __future__ import annotations

import os
import socket
import ssl
import weakref
from collections import deque
from threading import Event, Lock
from types import TracebackType
from typing import Self

from catchment.core import neterrors, tls
from catchment.core._sync.network import dial, poller, secure
from catchment.core._sync.streams import Buffered
from catchment.core.addresses import Origin, origin, split_url
from catchment.core.clock import monotonic
from catchment.core.engines import HeaderList, TransportSettings
from catchment.core.errors import CatchmentError, ClosedError
from catchment.core.http1 import ResponseReader, request_head
from catchment.core.lean import IDLE, RECEIVE, Whole, joined, whole_bytes
from catchment.core.wire import Content, RawResponse

_BROKEN = (BrokenPipeError, ConnectionResetError, ConnectionAbortedError)


class LeanEngine:
    """
    Small requests over connections that stay open.

    Safe to share between threads. A process forked later starts with connections of its own; pickled, it takes its
    settings along and no connection.

    Args:
        settings: `http2` and proxies are not for this engine; see `core.addresses.needs_proxy`.
    """

    def __init__(self, settings: TransportSettings | None = None) -> None:
        self._settings = settings or TransportSettings()
        self._pools: dict[str, _Pool] = {}
        self._pid = os.getpid()
        self._closed = False
        self._finalizer = weakref.finalize(self, _close_all, self._pools)

    def __repr__(self) -> str:
        return f"<LeanEngine, {len(self._pools)} origins>"

    def __reduce__(self) -> tuple[type[LeanEngine], tuple[TransportSettings]]:
        return (LeanEngine, (self._settings,))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def send(
        self, method: str, url: str, headers: HeaderList, content: Content | None, deadline: float | None
    ) -> RawResponse:
        """Send a request and return its answer; `core.engines.Engine.send` has the arguments.

        Raises:
            UnsafeInputError: `content` is neither bytes nor text; such bodies are the other engine's.
        """
        pool, connection = self._launch(method, url, headers, content, deadline)
        return _collect(pool, connection, deadline)

    def begin(
        self, method: str, url: str, headers: HeaderList, content: Content | None, deadline: float | None
    ) -> Pending:
        """Send a request now and read its answer later, so that the server works meanwhile."""
        return Pending(*self._launch(method, url, headers, content, deadline), deadline)

    def open(
        self, method: str, url: str, headers: HeaderList, content: Content | None, deadline: float | None
    ) -> Buffered:
        """Return an answer that is in memory as a whole already, as all answers of this engine are."""
        return Buffered(self.send(method, url, headers, content, deadline))

    def close(self) -> None:
        """Close the connections that rest, and each other one when its call ends; later calls raise `ClosedError`."""
        self._closed = True
        for pool in list(self._pools.values()):
            pool.close()

    def _launch(
        self, method: str, url: str, headers: HeaderList, content: Content | None, deadline: float | None
    ) -> tuple[_Pool, _Connection]:
        """Send, and return the connection on which the answer will come."""
        where, target = split_url(url)
        pool = self._pools.get(where)
        if pool is None or self._pid != os.getpid() or self._closed:
            pool = self._pool(where)
        body = whole_bytes(content)
        head = request_head(method, target, pool.netloc, headers, None if body is None else len(body))
        connection = pool.take(deadline)
        try:
            connection.transmit(method, head, body, deadline)
        except BaseException:
            pool.drop(connection)
            raise
        return pool, connection

    def _pool(self, where: str) -> _Pool:
        if self._closed:
            raise ClosedError("the engine is closed", hint="make a new client")
        if self._pid != os.getpid():
            self._start_anew()
        place = origin(where)
        # Two threads may both make one; the dict keeps the first, and both use that.
        return self._pools.setdefault(where, _Pool(place, self._settings))

    def _start_anew(self) -> None:
        """After a fork: leave the parent's connections alone. Closing our copies of them sends nothing."""
        inherited, self._pools = self._pools, {}
        self._finalizer.detach()
        self._finalizer = weakref.finalize(self, _close_all, self._pools)
        self._pid = os.getpid()
        for pool in inherited.values():
            pool.abandon()


def _close_all(pools: dict[str, _Pool]) -> None:
    for pool in list(pools.values()):
        pool.abandon()


def _collect(pool: _Pool, connection: _Connection, deadline: float | None) -> RawResponse:
    try:
        response = connection.receive(deadline)
    except BaseException:
        pool.drop(connection)
        raise
    if connection.reader.reusable:
        pool.give(connection)
    else:
        pool.drop(connection)
    return response


class Pending:
    """An answer on its way. It holds a connection until `result` or `cancel`."""

    __slots__ = ("__weakref__", "_connection", "_deadline", "_pool")

    def __init__(self, pool: _Pool, connection: _Connection, deadline: float | None) -> None:
        self._pool = pool
        self._connection: _Connection | None = connection
        self._deadline = deadline

    def __repr__(self) -> str:
        return f"<Pending {'spent' if self._connection is None else 'under way'}>"

    def result(self) -> RawResponse:
        """Wait for the answer and return it, once.

        Raises:
            ClosedError: It was returned or given up before.
        """
        connection, self._connection = self._connection, None
        if connection is None:
            raise ClosedError("this answer was taken or given up already")
        return _collect(self._pool, connection, self._deadline)

    def cancel(self) -> None:
        """Give the answer up and close its connection; after `result` this does nothing."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.drop(connection)

    def __del__(self) -> None:
        self.cancel()


class _Waiter:
    """A caller in the queue; it is handed a connection, or the right to make one."""

    __slots__ = ("connection", "ready")

    def __init__(self) -> None:
        self.ready = Event()
        self.connection: _Connection | None = None


class _Pool:
    """The connections to one origin, at most `pool_size` of them; callers beyond queue first come, first served."""

    def __init__(self, place: Origin, settings: TransportSettings) -> None:
        self.netloc = place.netloc
        self._place = place
        self._settings = settings
        self._lock = Lock()
        self._resting: deque[_Connection] = deque()
        self._count = 0
        self._waiters: deque[_Waiter] = deque()
        self._closed = False

    def take(self, deadline: float | None) -> _Connection:
        """Return a connection that was alive a moment ago."""
        connection = self._resting_or_slot(deadline)
        while connection is not None and connection.is_dead():
            connection.close()
            with self._lock:
                connection = self._resting.pop() if self._resting else None
                # The slot of the dead one is ours now; a second one taken from the pool gives its own back.
                if connection is not None:
                    self._count -= 1
        if connection is not None:
            return connection
        try:
            return _connect(self._place, self._settings, deadline)
        except BaseException:
            self._free_slot()
            raise

    def _resting_or_slot(self, deadline: float | None) -> _Connection | None:
        with self._lock:
            if self._resting:
                return self._resting.pop()
            if self._count < self._settings.pool_size:
                self._count += 1
                return None
            waiter = _Waiter()
            self._waiters.append(waiter)
        try:
            in_time = waiter.ready.wait(None if deadline is None else max(0.0, deadline - monotonic()))
        except BaseException:
            self._leave_queue(waiter, keep=False)
            raise
        if not in_time and not self._leave_queue(waiter, keep=True):
            raise neterrors.too_late(self._place.label, sent=False, doing="waiting for a free connection to")
        return waiter.connection

    def _leave_queue(self, waiter: _Waiter, *, keep: bool) -> bool:
        """Return whether a place came in the last moment; unless it is kept, pass it on."""
        with self._lock:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
                return False
        if not keep:
            if waiter.connection is not None:
                self.give(waiter.connection)
            else:
                self._free_slot()
        return True

    def give(self, connection: _Connection) -> None:
        """Take a connection back that can be used again."""
        now = connection.since = monotonic()
        old = None
        with self._lock:
            if self._waiters:
                waiter = self._waiters.popleft()
                waiter.connection = connection
                waiter.ready.set()
                return
            if self._closed:
                self._count -= 1
                old = connection
            else:
                self._resting.append(connection)
                if self._resting[0].since + IDLE < now:
                    old = self._resting.popleft()
                    self._count -= 1
        if old is not None:
            old.close()

    def drop(self, connection: _Connection) -> None:
        """Close a connection and pass its place on."""
        connection.close()
        self._free_slot()

    def _free_slot(self) -> None:
        with self._lock:
            if self._waiters:
                self._waiters.popleft().ready.set()
            else:
                self._count -= 1

    def close(self) -> None:
        """Close what rests; what works closes when it is given back."""
        with self._lock:
            self._closed = True
            resting, self._resting = self._resting, deque()
            self._count -= len(resting)
        for connection in resting:
            connection.close()

    def abandon(self) -> None:
        """Close what rests without the lock, which a thread that no longer exists may hold."""
        self._closed = True
        while self._resting:
            self._resting.pop().close()


class _Connection:
    """One connection and the answers on it; used by one call at a time."""

    __slots__ = ("_broken", "_label", "_patience", "_poll", "_sent", "_socket", "_tls", "_used", "reader", "since")

    def __init__(self, sock: socket.socket, label: str, settings: TransportSettings) -> None:
        self._socket = sock
        self._label = label
        self._tls = isinstance(sock, ssl.SSLSocket)
        self._patience = settings.read
        self._poll = poller(sock)
        self._used = False
        self._sent = 0
        self._broken: BaseException | None = None
        self.reader = ResponseReader(label, settings.max_body)
        self.since = 0.0

    def is_dead(self) -> bool:
        """Tell whether a resting connection was closed by its server, or rested too long to trust it."""
        return bool(self._poll(False, 0)) or self.since + IDLE < monotonic()

    def close(self) -> None:
        self._socket.close()

    def transmit(self, method: str, head: bytes, body: Whole | None, deadline: float | None) -> None:
        """Send a request. If the connection breaks half way, an answer may be there all the same: see `receive`."""
        self.reader.expect(method)
        self._sent = 0
        self._broken = None
        try:
            for data in joined(head, body):
                self._send(data, deadline)
        except CatchmentError:
            raise
        except _BROKEN as exc:
            if not self._sent:
                raise neterrors.lost(self._label, exc, sent=False, stale=self._used) from exc
            self._broken = exc
        except OSError as exc:
            raise neterrors.lost(self._label, exc, sent=self._sent > 0) from exc

    def _send(self, data: Whole, deadline: float | None) -> None:
        left: Whole = data
        while True:
            try:
                count = self._socket.send(left)
            except (BlockingIOError, ssl.SSLWantWriteError):
                self._wait(True, deadline, "sending to")
                continue
            except ssl.SSLWantReadError:
                self._wait(False, deadline, "sending to")
                continue
            self._sent += count
            if count == len(left):
                return
            left = memoryview(left)[count:]

    def receive(self, deadline: float | None) -> RawResponse:
        """Read the answer to the request that was sent last."""
        reader = self.reader
        while not reader.complete:
            try:
                data = self._recv(deadline)
            except CatchmentError:
                raise
            except ssl.SSLEOFError:
                self._ended(clean=False)
            except OSError as exc:
                raise self._failure(exc) from exc
            else:
                if data:
                    reader.feed(data)
                else:
                    self._ended(clean=True)
        self._used = True
        return reader.response()

    def _recv(self, deadline: float | None) -> bytes:
        ready = self._tls  # decrypted bytes may be waiting where no poll sees them
        writing = False
        while True:
            if not ready:
                self._wait(writing, deadline, "waiting for the answer of")
            try:
                return self._socket.recv(RECEIVE)
            except (BlockingIOError, ssl.SSLWantReadError):
                ready = writing = False
            except ssl.SSLWantWriteError:
                ready, writing = False, True

    def _wait(self, writing: bool, deadline: float | None, doing: str) -> None:
        """Wait until the socket is ready, for as long as patience and deadline allow."""
        seconds = self._patience
        if deadline is not None:
            left = deadline - monotonic()
            if left <= 0:
                raise neterrors.too_late(self._label, sent=self._sent > 0, doing=doing)
            seconds = left if seconds is None or left < seconds else seconds
        if not self._poll(writing, seconds):
            silent = seconds if deadline is None or monotonic() < deadline else None
            raise neterrors.too_late(self._label, sent=self._sent > 0, doing=doing, seconds=silent)

    def _ended(self, *, clean: bool) -> None:
        if self.reader.untouched:
            raise neterrors.lost(self._label, self._broken, stale=self._used)
        self.reader.end(clean=clean)

    def _failure(self, cause: OSError) -> CatchmentError:
        if isinstance(cause, ssl.SSLError):
            return neterrors.insecure(self._label, cause, sent=True)
        if self.reader.in_body:
            return self.reader.broken()
        return neterrors.lost(self._label, self._broken or cause, stale=self._used and self.reader.untouched)


def _connect(place: Origin, settings: TransportSettings, deadline: float | None) -> _Connection:
    until = None if settings.connect is None else monotonic() + settings.connect
    if deadline is not None:
        until = deadline if until is None else min(until, deadline)
    sock = dial(place, until)
    if place.scheme == "https":
        sock = secure(sock, tls.context_for(settings), place.host, place.label, until)
    return _Connection(sock, place.label, settings)
