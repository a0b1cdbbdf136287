"""The lean HTTP/1.1 engine for event loops: pooled connections, one send a request, whole bodies.

Written by hand beside its blocking twin. The loop watches our own sockets: a transport of the loop's would cost a third
more a call, hide how much was sent, and complain about itself once its loop is gone.
"""

from __future__ import annotations

import asyncio
import math
import os
import ssl
import sys
import weakref
from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Self

from catchment.core import neterrors, tls
from catchment.core._async.network import dial, peeker, secure
from catchment.core._async.streams import AsyncBuffered
from catchment.core.addresses import Origin, origin, split_url
from catchment.core.clock import monotonic
from catchment.core.engines import HeaderList, TransportSettings
from catchment.core.errors import CatchmentError, ClosedError
from catchment.core.http1 import ResponseReader, request_head
from catchment.core.lean import IDLE, RECEIVE, Whole, joined, whole_bytes
from catchment.core.wire import AsyncContent, RawResponse

if TYPE_CHECKING:
    import socket
    from asyncio import AbstractEventLoop, Future, TimerHandle

    from catchment.core.engines import AsyncEngine

    _Loops = dict[AbstractEventLoop, dict[str, "_Pool"]]

_BROKEN = (BrokenPipeError, ConnectionResetError, ConnectionAbortedError)


class AsyncLeanEngine:
    """
    Small requests over connections that stay open.

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
        """Send a request and return its answer; `core.engines.Engine.send` has the arguments.

        Raises:
            UnsafeInputError: `content` is neither bytes nor text; such bodies are the other engine's.
        """
        if self._elsewhere is not None:
            return await self._elsewhere.send(method, url, headers, whole_bytes(content), deadline)
        where, target = split_url(url)
        pools = self._loops.get(asyncio.get_running_loop())
        pool = None if pools is None or self._closed or self._pid != os.getpid() else pools.get(where)
        if pool is None:
            pool = self._pool(where)
        body = whole_bytes(content)
        head = request_head(method, target, pool.netloc, headers, None if body is None else len(body))
        connection = pool.rested() or await pool.take(deadline)
        try:
            response = await connection.exchange(method, head, body, deadline)
        except BaseException:
            pool.drop(connection)
            raise
        if connection.reader.reusable:
            pool.give(connection)
        else:
            pool.drop(connection)
        return response

    async def open(
        self, method: str, url: str, headers: HeaderList, content: AsyncContent | None, deadline: float | None
    ) -> AsyncBuffered:
        """Return an answer that is in memory as a whole already, as all answers of this engine are."""
        return AsyncBuffered(await self.send(method, url, headers, content, deadline))

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
        if self._closed:
            raise ClosedError("the engine is closed", hint="make a new client")
        if self._pid != os.getpid():
            self._start_anew()
        for loop in [loop for loop in list(self._loops) if loop.is_closed()]:
            for pool in self._loops.pop(loop).values():
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
        self._place = place
        self._settings = settings
        self._resting: deque[_Connection] = deque()
        self._count = 0
        self._waiters: deque[Future[_Connection | None]] = deque()
        self._closed = False

    def rested(self) -> _Connection | None:
        """Return a connection that rests and was alive a moment ago."""
        while self._resting:
            connection = self._resting.pop()
            if not connection.is_dead():
                return connection
            connection.close()
            self._count -= 1
        return None

    async def take(self, deadline: float | None) -> _Connection:
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

    async def _queue(self, deadline: float | None) -> _Connection | None:
        """Wait for a connection, or for the right to make one."""
        place: Future[_Connection | None] = asyncio.get_running_loop().create_future()
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

    def _pass_on(self, connection: _Connection | None) -> None:
        if connection is None:
            self._free_slot()
        else:
            self.give(connection)

    def give(self, connection: _Connection) -> None:
        """Take a connection back that can be used again."""
        now = connection.since = monotonic()
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

    def drop(self, connection: _Connection) -> None:
        """Close a connection and pass its place on."""
        connection.close()
        self._free_slot()

    def forget(self, connection: _Connection) -> None:
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


class _Connection:
    """One connection and the answers on it; used by one call at a time."""

    __slots__ = (
        "_answer",
        "_broken",
        "_deadline",
        "_fires",
        "_heard",
        "_label",
        "_loop",
        "_number",
        "_patience",
        "_peek",
        "_pool",
        "_sent",
        "_socket",
        "_timer",
        "_tls",
        "_unsent",
        "_used",
        "reader",
        "since",
    )

    def __init__(self, sock: socket.socket, label: str, settings: TransportSettings, pool: _Pool) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = sock
        self._number = sock.fileno()
        self._label = label
        self._pool = pool
        self._tls = isinstance(sock, ssl.SSLSocket)
        self._patience = settings.read
        self._peek = peeker(sock)
        self._used = False
        self._sent = 0
        self._unsent: deque[Whole] = deque()
        self._broken: BaseException | None = None
        self._answer: Future[None] | None = None
        self._deadline: float | None = None
        self._heard = 0.0
        self._fires = math.inf
        self._timer: TimerHandle | None = None
        self.reader = ResponseReader(label, settings.max_body)
        self.since = 0.0
        self._loop.add_reader(self._number, self._readable)

    def is_dead(self) -> bool:
        """Tell whether a resting connection was closed by its server, or rested too long to trust it."""
        return bool(self._peek(0)) or self.since + IDLE < monotonic()

    def close(self, *, watched: bool = True) -> None:
        """Close the socket. A loop of another process is left alone: the kernel has one list of sockets for both."""
        if self._number < 0:
            return
        if watched and not self._loop.is_closed():
            self._loop.remove_reader(self._number)
            if self._unsent:
                self._loop.remove_writer(self._number)
        if self._timer is not None and watched:
            self._timer.cancel()
        self._timer = None
        self._number = -1
        self._unsent.clear()
        self._socket.close()

    async def exchange(self, method: str, head: bytes, body: Whole | None, deadline: float | None) -> RawResponse:
        """Send a request and read its answer."""
        self.reader.expect(method)
        self._broken = None
        self._sent = 0
        self._deadline = deadline
        self._watch(monotonic())
        answer = self._answer = self._loop.create_future()
        try:
            self._unsent.extend(joined(head, body))
            self._flush()
            await answer
        finally:
            self._answer = None
        self._used = True
        return self.reader.response()

    # -- sending -------------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        """Send what the socket takes now; the loop calls again when it takes more."""
        unsent = self._unsent
        while unsent:
            data = unsent[0]
            try:
                count = self._socket.send(data)
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                self._loop.add_writer(self._number, self._writable)
                return
            except _BROKEN as exc:
                self._stop_writing()
                if not self._sent:
                    raise neterrors.lost(self._label, exc, sent=False, stale=self._used) from exc
                self._broken = exc  # a server that refuses a body may have answered before it closed
                return
            except OSError as exc:
                self._stop_writing()
                raise neterrors.lost(self._label, exc, sent=self._sent > 0) from exc
            self._sent += count
            if count < len(data):
                unsent[0] = memoryview(data)[count:]
            else:
                unsent.popleft()

    def _writable(self) -> None:
        self._heard = monotonic()
        try:
            self._flush()
        except CatchmentError as exc:
            self._fail(exc)
        if not self._unsent and self._number >= 0:
            self._loop.remove_writer(self._number)

    def _stop_writing(self) -> None:
        self._unsent.clear()
        self._loop.remove_writer(self._number)

    # -- receiving -----------------------------------------------------------------------------------------------------

    def _readable(self) -> None:
        answer = self._answer
        if answer is None or answer.done():
            # Nobody asked: the server closed a connection that rests, or speaks out of turn.
            self._loop.remove_reader(self._number)
            self._pool.forget(self)
            return
        try:
            complete = self._read()
        except CatchmentError as exc:
            self._fail(exc)
        else:
            if complete:
                answer.set_result(None)

    def _read(self) -> bool:
        """Take what has come; return whether the answer is complete."""
        reader = self.reader
        while True:
            try:
                data = self._socket.recv(RECEIVE)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return False
            except ssl.SSLEOFError:
                self._end(clean=False)
                return True
            except OSError as exc:
                raise self._failure(exc) from exc
            if not data:
                self._end(clean=True)
                return True
            self._heard = monotonic()
            if reader.feed(data):
                return True
            if not self._tls:  # of TLS, bytes may be decrypted already, of which the loop knows nothing
                return False

    def _end(self, *, clean: bool) -> None:
        if self.reader.untouched:
            raise neterrors.lost(self._label, self._broken, stale=self._used)
        self.reader.end(clean=clean)

    def _failure(self, cause: OSError) -> CatchmentError:
        if isinstance(cause, ssl.SSLError):
            return neterrors.insecure(self._label, cause, sent=True)
        if self.reader.in_body:
            return self.reader.broken()
        return neterrors.lost(self._label, self._broken or cause, stale=self._used and self.reader.untouched)

    def _fail(self, error: CatchmentError) -> None:
        if self._number >= 0:
            self._loop.remove_reader(self._number)  # an error stays readable, and would be reported for ever
        answer = self._answer
        if answer is not None and not answer.done():
            answer.set_exception(error)
            answer.exception()  # marks it as seen: its caller may be cancelled at this very moment

    # -- time ----------------------------------------------------------------------------------------------------------

    def _watch(self, now: float) -> None:
        """
        See that time runs out in time.

        One timer outlives many calls: it is set for the earliest end, and looks again when it fires. Setting and
        cancelling one each call would cost more than parsing the answer.
        """
        self._heard = now
        limit = self._limit()
        if limit is None or self._fires <= limit:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._set_timer(limit, now)

    def _set_timer(self, limit: float, now: float) -> None:
        self._fires = limit
        self._timer = self._loop.call_later(max(0.0, limit - now), self._on_time)

    def _limit(self) -> float | None:
        if self._patience is None:
            return self._deadline
        silence = self._heard + self._patience
        return silence if self._deadline is None else min(silence, self._deadline)

    def _on_time(self) -> None:
        self._timer = None
        self._fires = math.inf
        answer = self._answer
        limit = self._limit()
        if answer is None or answer.done() or limit is None:
            return
        now = monotonic()
        if now < limit:
            self._set_timer(limit, now)
            return
        passed = self._deadline is not None and now >= self._deadline
        doing = "sending to" if self._unsent else "waiting for the answer of"
        seconds = None if passed else self._patience
        self._fail(neterrors.too_late(self._label, sent=self._sent > 0, doing=doing, seconds=seconds))


async def _connect(place: Origin, settings: TransportSettings, deadline: float | None, pool: _Pool) -> _Connection:
    until = None if settings.connect is None else monotonic() + settings.connect
    if deadline is not None:
        until = deadline if until is None else min(until, deadline)
    sock = await dial(place, until)
    if place.scheme == "https":
        sock = await secure(sock, tls.context_for(settings), place.host, place.label, until)
    return _Connection(sock, place.label, settings, pool)
