"""The lean HTTP/1.1 engine for event loops: pooled connections, one send a request, bodies that stream both ways.

Written by hand beside its blocking twin. The loop watches our own sockets: a transport of the loop's would cost a third
more a call, hide how much was sent, and complain about itself once its loop is gone.
"""

from __future__ import annotations

import asyncio
import os
import sys
import weakref
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import TYPE_CHECKING, Self

from catchment.core import neterrors, tls
from catchment.core._async.arriving import AsyncLeanArriving
from catchment.core._async.connection import AsyncConnection
from catchment.core._async.network import dial, secure
from catchment.core._async.streams import framed_pieces, gathered, length_of
from catchment.core.addresses import Origin, origin, split_url
from catchment.core.clock import monotonic
from catchment.core.engines import AsyncIncomingBody, HeaderList, TransportSettings
from catchment.core.errors import ClosedError
from catchment.core.headers import framed_headers
from catchment.core.http1 import framed_head, request_head
from catchment.core.lean import IDLE, Whole, is_whole, joined, whole_bytes
from catchment.core.wire import AsyncContent, RawResponse

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future

    from catchment.core.engines import AsyncEngine

    _Loops = dict[AbstractEventLoop, dict[str, "_Pool"]]


class AsyncLeanEngine:
    """
    Requests over connections that stay open.

    Each event loop gets connections of its own, so that one engine serves several loops, one after the other or in
    several threads. A process forked later starts anew; pickled, it takes its settings along and no connection. A call
    that is cancelled closes its connection: the answer under way would be taken for the next call's.

    Args:
        settings: `http2` and proxies are not for this engine; see `core.addresses.needs_proxy`.
    """

    def __init__(self, settings: TransportSettings | None = None) -> None:
        self._settings = settings or TransportSettings()
        self._loops: _Loops = {}
        self._pid = os.getpid()
        self._closed = False
        self._finalizer = weakref.finalize(self, _abandon_all, self._loops, self._pid)
        self._elsewhere: AsyncEngine | None = None
        if sys.platform == "win32":  # whose usual loop cannot watch sockets
            from catchment.core._async.httpx_engine import AsyncHttpxEngine

            self._elsewhere = AsyncHttpxEngine(self._settings)

    def __repr__(self) -> str:
        return f"<AsyncLeanEngine, {sum(map(len, self._loops.values()))} origins>"

    def __reduce__(self) -> tuple[type[AsyncLeanEngine], tuple[TransportSettings]]:
        return (AsyncLeanEngine, (self._settings,))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.aclose()

    async def send(
        self, method: str, url: str, headers: HeaderList, content: AsyncContent | None, deadline: float | None
    ) -> RawResponse:
        """Send a request and return its answer; `core.engines.Engine.send` has the arguments."""
        if self._elsewhere is not None:
            return await self._elsewhere.send(method, url, headers, content, deadline)
        if content is not None and not is_whole(content):
            return await gathered(await self.open(method, url, headers, content, deadline))
        where, target = split_url(url)
        pool = self._pool(where)
        body = whole_bytes(content)
        head = request_head(method, target, pool.netloc, headers, None if body is None else len(body))
        connection = pool.rested() or await pool.take(deadline)
        try:
            response = await connection.exchange(method, head, body, deadline)
        except BaseException:
            pool.drop(connection)
            raise
        pool.release(connection)
        return response

    async def open(
        self, method: str, url: str, headers: HeaderList, content: AsyncContent | None, deadline: float | None
    ) -> AsyncIncomingBody:
        """Send a request and return as soon as its headers are there."""
        if self._elsewhere is not None:
            return await self._elsewhere.open(method, url, headers, content, deadline)
        where, target = split_url(url)
        pool = self._pool(where)
        if is_whole(content):
            body = whole_bytes(content)
            head = request_head(method, target, pool.netloc, headers, None if body is None else len(body))
            return await self._begin(pool, method, joined(head, body), None, deadline)
        framed, length = framed_headers(method, headers, pool.netloc, length_of(content), has_body=True)
        head = framed_head(method, target, framed)
        async with aclosing(framed_pieces(content, length)) as rest:
            # A source that gives no bytes is found out before a connection waits for it.
            first = joined(head, await anext(rest, b""))
            return await self._begin(pool, method, first, rest, deadline)

    async def _begin(
        self,
        pool: _Pool,
        method: str,
        first: Sequence[Whole],
        rest: AsyncIterator[Whole] | None,
        deadline: float | None,
    ) -> AsyncLeanArriving:
        connection = pool.rested() or await pool.take(deadline)
        try:
            await connection.begin(method, first, rest, deadline)
        except BaseException:
            pool.drop(connection)
            raise
        return AsyncLeanArriving(connection, method, pool.label, self._settings.max_body, pool.release)

    async def aclose(self) -> None:
        """Close the connections that rest, and each other one when its call ends; later calls raise `ClosedError`."""
        self._closed = True
        if self._elsewhere is not None:
            await self._elsewhere.aclose()
        here = asyncio.get_running_loop()
        for loop, pools in list(self._loops.items()):
            for pool in list(pools.values()):
                if loop is here or self._pid != os.getpid() or loop.is_closed():
                    pool.close(watched=loop is here and self._pid == os.getpid())
                else:
                    loop.call_soon_threadsafe(pool.close)

    def _pool(self, where: str) -> _Pool:
        pools = self._loops.get(asyncio.get_running_loop())
        pool = None if pools is None or self._closed or self._pid != os.getpid() else pools.get(where)
        return pool or self._new_pool(where)

    def _new_pool(self, where: str) -> _Pool:
        if self._closed:
            raise ClosedError("the engine is closed", hint="make a new client")
        if self._pid != os.getpid():
            self._start_anew()
        for loop in [loop for loop in list(self._loops) if loop.is_closed()]:
            for pool in self._loops.pop(loop, {}).values():  # other threads see the same loop end
                pool.close(watched=False)
        place = origin(where)
        pools = self._loops.setdefault(asyncio.get_running_loop(), {})
        pool = pools.get(where)
        if pool is None:
            pool = pools[where] = _Pool(place, self._settings)
        return pool

    def _start_anew(self) -> None:
        """After a fork: close our copies of the parent's sockets, and leave alone its loop, which the kernel shares."""
        inherited, self._loops = self._loops, {}
        self._finalizer.detach()
        self._pid = os.getpid()
        self._finalizer = weakref.finalize(self, _abandon_all, self._loops, self._pid)
        _abandon_all(inherited, 0)


def _abandon_all(loops: _Loops, pid: int) -> None:
    """Close all sockets that rest, whether their loops are running, gone or another process's."""
    for loop, pools in list(loops.items()):
        for pool in list(pools.values()):
            pool.close(watched=pid == os.getpid() and not loop.is_closed())


class _Pool:
    """The connections to one origin in one loop; callers beyond `pool_size` queue, first come, first served."""

    def __init__(self, place: Origin, settings: TransportSettings) -> None:
        self.netloc = place.netloc
        self.label = place.label
        self._place = place
        self._settings = settings
        self._resting: deque[AsyncConnection] = deque()
        self._count = 0
        self._waiters: deque[Future[AsyncConnection | None]] = deque()
        self._closed = False

    def rested(self) -> AsyncConnection | None:
        """Return a connection that rests and was alive a moment ago."""
        while self._resting:
            connection = self._resting.pop()
            if not connection.is_dead():
                return connection
            connection.close()
            self._count -= 1
        return None

    async def take(self, deadline: float | None) -> AsyncConnection:
        """Return a new connection, or one that another call gives back."""
        if self._count < self._settings.pool_size:
            self._count += 1
        else:
            connection = await self._queue(deadline)
            if connection is not None:
                if not connection.is_dead():
                    return connection
                connection.close()
        try:
            return await _connect(self._place, self._settings, deadline, self)
        except BaseException:
            self._free_slot()
            raise

    async def _queue(self, deadline: float | None) -> AsyncConnection | None:
        """Wait for a connection, or for the right to make one."""
        place: Future[AsyncConnection | None] = asyncio.get_running_loop().create_future()
        self._waiters.append(place)
        try:
            async with asyncio.timeout(None if deadline is None else deadline - monotonic()):
                return await place
        except BaseException as exc:
            if place.done() and not place.cancelled():  # handed over in the last moment
                self._pass_on(place.result())
            if isinstance(exc, TimeoutError):
                doing = "waiting for a free connection to"
                raise neterrors.too_late(self._place.label, sent=False, doing=doing) from None
            raise

    def _pass_on(self, connection: AsyncConnection | None) -> None:
        if connection is None:
            self._free_slot()
        else:
            self.give(connection)

    def give(self, connection: AsyncConnection) -> None:
        """Take a connection back that can be used again."""
        now = monotonic()
        connection.rest(now)
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        if self._closed:
            self.drop(connection)
            return
        self._resting.append(connection)
        if self._resting[0].since + IDLE < now:
            self.drop(self._resting.popleft())

    def release(self, connection: AsyncConnection) -> None:
        """Take a connection back, to keep it if it can be used again."""
        if connection.reusable:
            self.give(connection)
        else:
            self.drop(connection)

    def drop(self, connection: AsyncConnection) -> None:
        """Close a connection and pass its place on."""
        connection.close()
        self._free_slot()

    def forget(self, connection: AsyncConnection) -> None:
        """Drop a resting connection whose server has closed it."""
        try:
            self._resting.remove(connection)
        except ValueError:
            return
        self.drop(connection)

    def _free_slot(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._count -= 1

    def close(self, *, watched: bool = True) -> None:
        """Close what rests; what works closes when it is given back.

        Args:
            watched: Whether our loop still watches the sockets, and is to be told.
        """
        self._closed = True
        while self._resting:
            self._resting.pop().close(watched=watched)
            self._count -= 1


async def _connect(place: Origin, settings: TransportSettings, deadline: float | None, pool: _Pool) -> AsyncConnection:
    until = None if settings.connect is None else monotonic() + settings.connect
    if deadline is not None:
        until = deadline if until is None else min(until, deadline)
    sock = await dial(place, until)
    if place.scheme == "https":
        sock = await secure(sock, tls.context_for(settings), place.host, place.label, until)
    return AsyncConnection(sock, place.label, settings, pool.forget)
