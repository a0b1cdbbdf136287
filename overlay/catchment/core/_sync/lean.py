"""The lean HTTP/1.1 engine, blocking: pooled connections, one send a request, bodies that stream both ways.

A general client costs more than the network where calls are many and small, and a third of the time of large bodies.
Proxies and HTTP/2 are the other engine's. Written by hand beside its twin: a socket that blocks and one that an event
loop watches share no code but the protocol, which is in `core.http1`.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from threading import Event, Lock
from types import TracebackType
from typing import Self

from catchment.core import forks, neterrors, tls
from catchment.core._sync.arriving import LeanArriving
from catchment.core._sync.connection import Connection
from catchment.core._sync.network import dial, secure
from catchment.core._sync.streams import framed_pieces, gathered, length_of
from catchment.core.addresses import Origin, origin, split_url
from catchment.core.clock import monotonic
from catchment.core.engines import HeaderList, TransportSettings
from catchment.core.errors import CatchmentError, ClosedError
from catchment.core.headers import framed_headers
from catchment.core.http1 import framed_head, request_head
from catchment.core.lean import IDLE, Whole, is_whole, joined, whole_bytes
from catchment.core.wire import Content, RawResponse


class LeanEngine:
    """
    Requests over connections that stay open.

    Safe to share between threads. A process forked later starts with connections of its own; pickled, it takes its
    settings along and no connection.

    Args:
        settings: `http2` and proxies are not for this engine; see `core.addresses.needs_proxy`.
    """

    def __init__(self, settings: TransportSettings | None = None) -> None:
        self._settings = settings or TransportSettings()
        self._pools: dict[str, _Pool] = {}
        self._born = forks.generation
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
        """Send a request and return its answer; `core.engines.Engine.send` has the arguments."""
        if content is None or is_whole(content):
            return _collect(*self._launch(method, url, headers, content, deadline))
        return gathered(self.open(method, url, headers, content, deadline))

    def begin(
        self, method: str, url: str, headers: HeaderList, content: Content | None, deadline: float | None
    ) -> Pending:
        """Send a request now and read its answer later, so that the server works meanwhile.

        Raises:
            UnsafeInputError: `content` is neither bytes nor text.
        """
        return Pending(*self._launch(method, url, headers, content, deadline))

    def begin_at_once(
        self, method: str, url: str, headers: HeaderList, content: Content | None, deadline: float | None
    ) -> Pending | None:
        """Do as `begin`, but where every connection is taken return `None` rather than wait for one.

        Whoever holds answers that are not read yet, and waits for connections of others who do the same, waits for
        ever.
        """
        try:
            return Pending(*self._launch(method, url, headers, content, deadline, queue=False))
        except _AllTakenError:
            return None

    def has_spare(self, url: str) -> bool:
        """Tell whether one more connection would still leave half of them to others."""
        return not self._closed and self._pool(split_url(url)[0]).has_spare()

    def open(
        self, method: str, url: str, headers: HeaderList, content: Content | None, deadline: float | None
    ) -> LeanArriving:
        """Send a request and return as soon as its headers are there."""
        where, target = split_url(url)
        pool = self._pool(where)
        if is_whole(content):
            body = whole_bytes(content)
            head = request_head(method, target, pool.netloc, headers, None if body is None else len(body))
            return self._begin(pool, method, joined(head, body), None, deadline)
        framed, length = framed_headers(method, headers, pool.netloc, length_of(content), has_body=True)
        head = framed_head(method, target, framed)
        with closing(framed_pieces(content, length)) as rest:
            # A source that gives no bytes is found out before a connection waits for it.
            first = joined(head, next(rest, b""))
            return self._begin(pool, method, first, rest, deadline)

    def _begin(
        self, pool: _Pool, method: str, first: Sequence[Whole], rest: Iterator[Whole] | None, deadline: float | None
    ) -> LeanArriving:
        connection = pool.take(deadline)
        try:
            connection.begin(method, first, rest, deadline)
        except BaseException:
            pool.drop(connection)
            raise
        return LeanArriving(connection, method, pool.label, self._settings.max_body, pool.release)

    def close(self) -> None:
        """Close the connections that rest, and each other one when its call ends; later calls raise `ClosedError`."""
        self._closed = True
        for pool in list(self._pools.values()):
            pool.close()

    def _launch(
        self,
        method: str,
        url: str,
        headers: HeaderList,
        content: Content | None,
        deadline: float | None,
        *,
        queue: bool = True,
    ) -> tuple[_Pool, Connection]:
        """Send, and return the connection on which the answer will come."""
        where, target = split_url(url)
        pool = self._pool(where)
        body = whole_bytes(content)
        head = request_head(method, target, pool.netloc, headers, None if body is None else len(body))
        connection = pool.take(deadline, queue=queue)
        try:
            connection.transmit(method, head, body, deadline)
        except BaseException:
            pool.drop(connection)
            raise
        return pool, connection

    def _pool(self, where: str) -> _Pool:
        pool = self._pools.get(where)
        if pool is None or self._born != forks.generation or self._closed:
            pool = self._new_pool(where)
        return pool

    def _new_pool(self, where: str) -> _Pool:
        if self._closed:
            raise ClosedError("the engine is closed", hint="make a new client")
        if self._born != forks.generation:
            self._start_anew()
        place = origin(where)
        # Two threads may both make one; the dict keeps the first, and both use that.
        return self._pools.setdefault(where, _Pool(place, self._settings))

    def _start_anew(self) -> None:
        """After a fork: leave the parent's connections alone. Closing our copies of them sends nothing."""
        inherited, self._pools = self._pools, {}
        self._finalizer.detach()
        self._finalizer = weakref.finalize(self, _close_all, self._pools)
        self._born = forks.generation
        for pool in inherited.values():
            pool.abandon()


def _close_all(pools: dict[str, _Pool]) -> None:
    for pool in list(pools.values()):
        pool.abandon()


def _collect(pool: _Pool, connection: Connection) -> RawResponse:
    try:
        response = connection.receive()
    except BaseException:
        pool.drop(connection)
        raise
    pool.release(connection)
    return response


class Pending:
    """An answer on its way. It holds a connection until `result` or `cancel`."""

    __slots__ = ("__weakref__", "_connection", "_error", "_pool")

    def __init__(self, pool: _Pool, connection: Connection) -> None:
        self._pool = pool
        self._connection: Connection | None = connection
        self._error: CatchmentError | None = None

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
        if self._error is not None:
            self._pool.drop(connection)
            raise self._error
        return _collect(self._pool, connection)

    def arrived(self, seconds: float) -> bool:
        """Wait for a moment; return whether `result` would return or raise at once."""
        if self._connection is None or self._error is not None:
            return True
        try:
            return self._connection.arrived(seconds)
        except CatchmentError as exc:
            self._error = exc
            return True

    def extend(self, deadline: float) -> None:
        """Wait longer for the answer, until another instant."""
        if self._connection is not None:
            self._connection.extend(deadline)

    def cancel(self) -> None:
        """Give the answer up and close its connection; after `result` this does nothing."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.drop(connection)

    def __del__(self) -> None:
        self.cancel()


class _AllTakenError(Exception):
    """Every connection is taken, and nobody is to wait."""


class _Waiter:
    """A caller in the queue; it is handed a connection, or the right to make one."""

    __slots__ = ("connection", "ready")

    def __init__(self) -> None:
        self.ready = Event()
        self.connection: Connection | None = None


class _Pool:
    """The connections to one origin, at most `pool_size` of them; callers beyond queue first come, first served."""

    def __init__(self, place: Origin, settings: TransportSettings) -> None:
        self.netloc = place.netloc
        self.label = place.label
        self._place = place
        self._settings = settings
        self._lock = Lock()
        self._resting: deque[Connection] = deque()
        self._count = 0
        self._waiters: deque[_Waiter] = deque()
        self._closed = False

    def take(self, deadline: float | None, *, queue: bool = True) -> Connection:
        """Return a connection that was alive a moment ago.

        Raises:
            _AllTakenError: There is none, and `queue` is false.
        """
        connection = self._resting_or_slot(deadline, queue=queue)
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

    def has_spare(self) -> bool:
        """Tell whether one more connection would still leave half of them to others."""
        return 2 * (self._count - len(self._resting) + 1) <= self._settings.pool_size

    def _resting_or_slot(self, deadline: float | None, *, queue: bool) -> Connection | None:
        with self._lock:
            if self._resting:
                return self._resting.pop()
            if self._count < self._settings.pool_size:
                self._count += 1
                return None
            if not queue:
                raise _AllTakenError
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

    def give(self, connection: Connection) -> None:
        """Take a connection back that can be used again."""
        now = monotonic()
        connection.rest(now)
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

    def release(self, connection: Connection) -> None:
        """Take a connection back, to keep it if it can be used again."""
        if connection.reusable:
            self.give(connection)
        else:
            self.drop(connection)

    def drop(self, connection: Connection) -> None:
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


def _connect(place: Origin, settings: TransportSettings, deadline: float | None) -> Connection:
    until = None if settings.connect is None else monotonic() + settings.connect
    if deadline is not None:
        until = deadline if until is None else min(until, deadline)
    sock = dial(place, until)
    if place.scheme == "https":
        sock = secure(sock, tls.context_for(settings), place.host, place.label, until)
    return Connection(sock, place.label, settings)
