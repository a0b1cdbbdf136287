"""One connection of the lean engine for event loops.

Written by hand beside its blocking twin. The loop watches our own socket: a transport of the loop's would cost a third
more a call, hide how much was sent, and complain about itself once its loop is gone.
"""

from __future__ import annotations

import asyncio
import math
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING

from catchment.core import neterrors
from catchment.core._async.network import peeker
from catchment.core._async.waiting import sleep
from catchment.core.clock import monotonic
from catchment.core.engines import TransportSettings
from catchment.core.errors import CatchmentError
from catchment.core.http1 import ResponseReader
from catchment.core.lean import BROKEN, IDLE, RECEIVE, RECEIVE_BODY, Whole, is_refusal, joined, next_read
from catchment.core.wire import RawResponse

if TYPE_CHECKING:
    import socket
    from asyncio import Future, TimerHandle

_STEPS = 8
"""Reads of a body after which other tasks get their turn, whether this one has to wait or not."""


# What the connection's user waits for. Plain numbers: looking up a member of an Enum costs as much as a dozen of these.
_NOTHING = 0
"""It rests."""
_ANSWER = 1
"""The whole answer."""
_HEADERS = 2
"""The answer's headers."""
_BODY = 3
"""Something of the body, or its end."""
_ROOM = 4
"""That what was given is sent, or need not be sent any more."""


class AsyncConnection:
    """One connection and the answers on it; used by one call at a time."""

    __slots__ = (
        "_answer",
        "_broken",
        "_cut",
        "_deadline",
        "_deaf",
        "_fault",
        "_fires",
        "_forget",
        "_goal",
        "_heard",
        "_label",
        "_loop",
        "_number",
        "_patience",
        "_peek",
        "_sent",
        "_size",
        "_socket",
        "_steps",
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
        self._cut = False
        self._sent = 0
        self._unsent: deque[Whole] = deque()
        self._broken: BaseException | None = None
        self._fault: CatchmentError | None = None
        self._goal = _NOTHING
        self._answer: Future[None] | None = None
        self._deadline: float | None = None
        self._heard = 0.0
        self._fires = math.inf
        self._timer: TimerHandle | None = None
        self._size = RECEIVE
        self._steps = 0
        self.reader = ResponseReader(label, settings.max_body, lenient=settings.lenient_headers)
        self.since = 0.0
        self._deaf = False
        self._loop.add_reader(self._number, self._readable)

    def is_dead(self) -> bool:
        """Tell whether a resting connection was closed by its server, or rested too long to trust it."""
        return bool(self._peek(0)) or self.since + IDLE < monotonic()

    @property
    def reusable(self) -> bool:
        """Whether the connection can carry another request."""
        return self.reader.reusable and not self._cut and not self._unsent

    def rest(self, now: float) -> None:
        """Wait for the next call."""
        self.since = now
        self._goal = _NOTHING
        if self._deaf:
            self._listen()

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
        answer = self._answer
        if watched and answer is not None and not answer.done():  # another task gave up what this one waits for
            self._tell(neterrors.truncated(self._label, "the answer was closed", status=self.reader.status or None))

    async def exchange(self, method: str, head: bytes, body: Whole | None, deadline: float | None) -> RawResponse:
        """Send a request and read its answer."""
        self._expect(method, deadline, streams=False)
        self._goal = _ANSWER
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

    async def begin(
        self,
        method: str,
        first: Sequence[Whole],
        rest: AsyncIterator[Whole] | None,
        deadline: float | None,
    ) -> None:
        """
        Send a request and return when the headers of its answer are there; `more` has the body.

        Args:
            method: Of the request.
            first: Its head, and the beginning of its body or all of it.
            rest: The rest of the body, as it is sent. Left alone from where the server refuses the request.
            deadline: Of the whole exchange.
        """
        self._expect(method, deadline, streams=True)
        self._unsent.extend(first)
        self._flush()
        await self._reach(_ROOM)
        if rest is not None:
            await self._send_rest(rest)
        self._stop_writing()
        await self._reach(_HEADERS)
        self._used = True

    async def more(self) -> bytes:
        """Return what has come of the body, as it was sent; at its end, nothing."""
        reader = self.reader
        if not reader.has_some and not reader.complete:
            self._goal = _BODY
            self._check_time()
            self._steps += 1
            if not self._steps % _STEPS:  # a server that is always ahead must not hold up the other tasks
                await sleep(0)
            if not self._take_now():
                await self._reach(_BODY)
        return reader.taken()

    def _expect(self, method: str, deadline: float | None, *, streams: bool) -> None:
        self.reader.expect(method, streams=streams)
        self._broken = self._fault = None
        self._cut = False
        self._sent = 0
        self._size = RECEIVE
        self._deadline = deadline

    async def _reach(self, goal: int) -> None:
        """Wait until the exchange is that far."""
        self._goal = goal
        if self._fault is not None:
            raise self._fault
        if self._is_reached():
            return
        self._watch(monotonic())
        self._listen()
        answer = self._answer = self._loop.create_future()
        try:
            await answer
        finally:
            self._answer = None

    def _is_reached(self) -> bool:
        reader, goal = self.reader, self._goal
        if goal == _ANSWER:  # an answer that does not refuse may come before all is sent, and needs all the same
            return reader.complete and (not self._unsent or self._is_over())
        if goal == _ROOM:
            return not self._unsent or self._is_over()
        return reader.complete or (reader.in_body if goal == _HEADERS else reader.has_some)

    def _settle(self) -> None:
        """Wake up the call if what it waits for is there."""
        answer = self._answer
        if answer is not None and not answer.done() and self._is_reached():
            answer.set_result(None)

    # -- sending -------------------------------------------------------------------------------------------------------

    async def _send_rest(self, rest: AsyncIterator[Whole]) -> None:
        async for piece in rest:
            await sleep(0)  # the source need not wait for anything, and an answer may have come meanwhile
            if self._is_over():
                self._cut = True
                break
            self._unsent.append(piece)
            self._flush()
            await self._reach(_ROOM)

    def _is_over(self) -> bool:
        """Tell whether sending on is pointless."""
        return self._broken is not None or self._fault is not None or is_refusal(self.reader.status)

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
        else:
            self._settle()
        if not self._unsent and self._number >= 0:
            self._loop.remove_writer(self._number)

    def _stop_writing(self) -> None:
        if self._unsent:
            self._unsent.clear()
            self._cut = True
            self._loop.remove_writer(self._number)

    # -- receiving -----------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        if self._deaf and self._number >= 0:
            self._deaf = False
            self._loop.add_reader(self._number, self._readable)

    def _listen_not(self) -> None:
        """Let the kernel hold what comes, and the server with it, until somebody wants it."""
        self._deaf = True
        self._loop.remove_reader(self._number)

    def _readable(self) -> None:
        if self._goal == _NOTHING:
            if not self._peek(0):
                return  # the loop saw what the reader of a body has taken since
            # Nobody asked: the server closed a connection that rests, or speaks out of turn.
            self._listen_not()
            self._forget(self)
            return
        reader = self.reader
        if (reader.complete or self._goal != _ANSWER) and reader.in_body and not self._wants_more():
            self._listen_not()
            return
        try:
            self._read()
        except CatchmentError as exc:
            self._fail(exc)
        else:
            self._settle()

    def _wants_more(self) -> bool:
        """Tell whether somebody waits for more of the body: else it would fill the memory."""
        return self._goal == _BODY and self._answer is not None and not self.reader.complete

    def _take_now(self) -> bool:
        """Take what has come of a body without waiting; return whether there is anything."""
        return self._read() or self.reader.has_some

    def _read(self) -> bool:
        """Take what has come; return whether the answer is complete."""
        reader = self.reader
        taken = 0
        while True:
            try:
                data = self._socket.recv(self._size)
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
                if self._goal == _BODY:
                    self._size = next_read(len(data))
                return False
            taken += len(data)
            if taken >= RECEIVE_BODY and self._goal != _ANSWER:
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
        if self._number >= 0 and not self._deaf:
            self._listen_not()  # an error stays readable, and would be reported for ever
        self._fault = error
        self._tell(error)

    def _tell(self, error: CatchmentError) -> None:
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

    def _check_time(self) -> None:
        """See that the deadline also holds where bytes are always there, so that nobody waits."""
        if self._deadline is not None and monotonic() >= self._deadline:
            raise self._late(None)

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
        self._fail(self._late(None if passed else self._patience))

    def _late(self, seconds: float | None) -> CatchmentError:
        doing = "sending to" if self._unsent else "waiting for the answer of"
        return neterrors.too_late(self._label, sent=self._sent > 0, doing=doing, seconds=seconds)
