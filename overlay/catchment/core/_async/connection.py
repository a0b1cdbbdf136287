"""One connection of the lean engine for event loops.

Written by hand beside its blocking twin. The loop watches our own socket: a transport of the loop's would cost a third
more a call, hide how much was sent, and complain about itself once its loop is gone.
"""

from __future__ import annotations

import asyncio
import math
import ssl
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from catchment.core import neterrors
from catchment.core._async.network import peeker
from catchment.core.clock import monotonic
from catchment.core.engines import TransportSettings
from catchment.core.errors import CatchmentError
from catchment.core.http1 import ResponseReader
from catchment.core.lean import BROKEN, IDLE, RECEIVE, Whole, joined
from catchment.core.wire import RawResponse

if TYPE_CHECKING:
    import socket
    from asyncio import Future, TimerHandle


class AsyncConnection:
    """One connection and the answers on it; used by one call at a time."""

    __slots__ = (
        "_answer",
        "_broken",
        "_deadline",
        "_fires",
        "_forget",
        "_heard",
        "_label",
        "_loop",
        "_number",
        "_patience",
        "_peek",
        "_sent",
        "_socket",
        "_timer",
        "_tls",
        "_unsent",
        "_used",
        "reader",
        "since",
    )

    def __init__(
        self, sock: socket.socket, label: str, settings: TransportSettings, forget: Callable[[AsyncConnection], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = sock
        self._number = sock.fileno()
        self._label = label
        self._forget = forget
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
        self.reader = ResponseReader(label, settings.max_body, lenient=settings.lenient_headers)
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
            except BROKEN as exc:
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
            self._forget(self)
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
