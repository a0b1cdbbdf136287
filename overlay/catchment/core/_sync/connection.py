"""One connection of the lean engine, blocking. Its twin is written by hand beside it."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from collections.abc import Iterator, Sequence

from catchment.core import neterrors
from catchment.core._sync.network import block_for, poller, talk_poller
from catchment.core.clock import monotonic
from catchment.core.engines import TransportSettings
from catchment.core.errors import CatchmentError
from catchment.core.http1 import ResponseReader
from catchment.core.lean import BROKEN, IDLE, RECEIVE, RECEIVE_BODY, Whole, is_refusal, joined, next_read
from catchment.core.wire import RawResponse

GRACE = 0.5
"""Seconds for reading an answer that came in time and was looked at too late."""


class Connection:
    """One connection and the answers on it; used by one call at a time."""

    __slots__ = (
        "_at_once",
        "_broken",
        "_cut",
        "_deadline",
        "_heard",
        "_label",
        "_patience",
        "_pid",
        "_poll",
        "_sent",
        "_size",
        "_socket",
        "_stretched",
        "_talk",
        "_tls",
        "_used",
        "reader",
        "since",
    )

    def __init__(self, sock: socket.socket, label: str, settings: TransportSettings) -> None:
        self._socket = sock
        self._label = label
        self._tls = isinstance(sock, ssl.SSLSocket)
        self._patience = settings.read
        self._at_once = 0 if self._tls else block_for(sock, settings.read)
        self._pid = os.getpid()
        self._poll = poller(sock)
        self._talk = None
        self._used = False
        self._cut = False
        self._sent = 0
        self._size = RECEIVE
        self._broken: BaseException | None = None
        self._deadline: float | None = None
        self._heard = 0.0
        self._stretched = False
        self.reader = ResponseReader(label, settings.max_body, lenient=settings.lenient_headers)
        self.since = 0.0

    def is_dead(self) -> bool:
        """Tell whether a resting connection was closed by its server, or rested too long to trust it."""
        return bool(self._poll(False, 0)) or self.since + IDLE < monotonic()

    @property
    def reusable(self) -> bool:
        """Whether the connection can carry another request."""
        return self.reader.reusable and not self._cut

    def rest(self, now: float) -> None:
        """Wait for the next call."""
        self.since = now

    def close(self) -> None:
        """Close the socket; whoever waits for it in another thread wakes up. A fork's parent does not notice."""
        if not self.reader.complete and self._pid == os.getpid():
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def transmit(self, method: str, head: bytes, body: Whole | None, deadline: float | None) -> None:
        """Send a request. If the connection breaks half way, an answer may be there all the same: see `receive`."""
        self._expect(method, deadline, streams=False)
        for data in joined(head, body):
            if not self._send(data):
                return

    def receive(self) -> RawResponse:
        """Read the answer to the request that was sent last."""
        reader = self.reader
        while not reader.complete:
            self._take()
        self._used = True
        return reader.response()

    def arrived(self, seconds: float) -> bool:
        """
        Take what comes of the answer within a time; return whether that is all.

        Raises:
            DeadlineError: Patience or deadline is over, and what had come until then is not all.
        """
        # Of many calls under way, the oldest one's answer lies here already as a rule: looking is cheaper than asking.
        came = self._take_now() > 0
        until = 0.0 if self.reader.complete else monotonic() + seconds
        while not self.reader.complete:
            came = came or self._came(max(0.0, until - monotonic()))
            now = monotonic()
            if came:
                self._heard = now
                if self._deadline is not None and now >= self._deadline:
                    self._stretch(now)
            elif self._is_over(now):
                raise self._late("waiting for the answer of")
            if not self.reader.complete and now >= until:
                return False
            came = False
        return True

    def _came(self, seconds: float) -> bool:
        # Decrypted bytes may be waiting where no poll sees them.
        if self._tls and self._take_now():
            return True
        if not self._poll(False, seconds):
            return False
        self._take_now()
        return True

    def _stretch(self, now: float) -> None:
        """What lies here was in time, its reader was not; but a server that sends on and on is late at last."""
        if self._stretched:
            raise self._late("waiting for the answer of")
        self._stretched = True
        self._deadline = now + GRACE

    def _is_over(self, now: float) -> bool:
        if self._deadline is not None and now >= self._deadline:
            return True
        return self._patience is not None and now >= self._heard + self._patience

    def begin(self, method: str, first: Sequence[Whole], rest: Iterator[Whole] | None, deadline: float | None) -> None:
        """
        Send a request and return when the headers of its answer are there; `more` has the body.

        Args:
            method: Of the request.
            first: Its head, and the beginning of its body or all of it.
            rest: The rest of the body, as it is sent. Left alone from where the server refuses the request.
            deadline: Of the whole exchange.
        """
        self._expect(method, deadline, streams=True)
        going = all(map(self._send, first))
        if rest is not None:
            self._send_rest(rest, going=going)
        reader = self.reader
        while not reader.in_body and not reader.complete:
            self._take()
        self._used = True

    def more(self) -> bytes:
        """Return what has come of the body, as it was sent; at its end, nothing."""
        reader = self.reader
        while not reader.has_some and not reader.complete:
            taken = self._take()
            self._size = next_read(taken)
            while self._tls and taken < RECEIVE_BODY and not reader.complete and (one := self._take_now()):
                taken += one  # records of TLS are small
        return reader.taken()

    def extend(self, deadline: float) -> None:
        """Let the exchange that is under way last until another instant."""
        self._deadline = deadline

    def _expect(self, method: str, deadline: float | None, *, streams: bool) -> None:
        self.reader.expect(method, streams=streams)
        self._deadline = deadline
        self._heard = monotonic()
        self._stretched = False
        self._sent = 0
        self._size = RECEIVE
        self._broken = None
        self._cut = False

    # -- sending -------------------------------------------------------------------------------------------------------

    def _send_rest(self, rest: Iterator[Whole], *, going: bool) -> None:
        for piece in rest:
            if not going or self._is_refused() or not self._send(piece):
                self._cut = True
                return

    def _is_refused(self) -> bool:
        """Look whether the server answers already, and says no."""
        reader = self.reader
        while not reader.in_body and self._poll(False, 0) and self._take_now():
            pass
        return is_refusal(reader.status)

    def _send(self, data: Whole) -> bool:
        """Send all of it; return whether more can follow."""
        left: Whole = data
        while True:
            try:
                count = self._socket.send(left, self._at_once)
            except (BlockingIOError, ssl.SSLWantWriteError):
                if not self._has_room():
                    self._cut = True
                    return False
                continue
            except ssl.SSLWantReadError:
                self._wait(False, "sending to")
                continue
            except BROKEN as exc:
                if not self._sent:
                    raise neterrors.lost(self._label, exc, sent=False, stale=self._used) from exc
                self._broken = exc  # a server that refuses a body may have answered before it closed
                self._cut = True
                return False
            except OSError as exc:
                raise neterrors.lost(self._label, exc, sent=self._sent > 0) from exc
            self._sent += count
            if count == len(left):
                return True
            left = memoryview(left)[count:]

    def _has_room(self) -> bool:
        """Wait until the socket takes more; return whether it is wanted, which an early answer may deny."""
        reader = self.reader
        if self._talk is None:
            self._talk = talk_poller(self._socket)
        while not reader.in_body:
            readable, writable = self._talk(self._seconds("sending to"))
            if not readable and not writable:
                raise self._late("sending to")
            if readable:
                self._take_now()
            if writable:
                return not is_refusal(reader.status)
        if is_refusal(reader.status):
            return False
        self._wait(True, "sending to")
        return True

    # -- receiving -----------------------------------------------------------------------------------------------------

    def _take(self) -> int:
        """Wait for what comes, and take it; return how much it is."""
        # Decrypted bytes may be waiting where no poll sees them; a server that is ahead needs no poll.
        ready = self._tls or self._size > RECEIVE
        writing = False
        while True:
            seconds = self._seconds("waiting for the answer of")
            if self._at_once and seconds == self._patience and not ready:
                return self._take_in_time()
            if not ready and not self._poll(writing, seconds):
                raise self._late("waiting for the answer of")
            try:
                return self._received(self._recv(self._at_once))
            except (BlockingIOError, ssl.SSLWantReadError):
                ready = writing = False
            except ssl.SSLWantWriteError:
                ready, writing = False, True

    def _take_in_time(self) -> int:
        """Take what comes; the kernel itself ends the wait when patience is over, so that nobody else is asked."""
        try:
            return self._received(self._recv(0))
        except BlockingIOError:
            raise self._late("waiting for the answer of") from None

    def _take_now(self) -> int:
        """Take what has come already, if anything."""
        try:
            return self._received(self._recv(self._at_once))
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0

    def _recv(self, flags: int) -> bytes | None:
        """Return bytes, none at an orderly end, `None` at a cut."""
        try:
            return self._socket.recv(self._size, flags)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLEOFError:
            return None
        except OSError as exc:
            raise self._failure(exc) from exc

    def _received(self, data: bytes | None) -> int:
        reader = self.reader
        if data:
            reader.feed(data)
            return len(data)
        if reader.untouched:
            raise neterrors.lost(self._label, self._broken, stale=self._used)
        reader.end(clean=data is not None)
        return 0

    def _failure(self, cause: OSError) -> CatchmentError:
        if isinstance(cause, ssl.SSLError):
            return neterrors.insecure(self._label, cause, sent=True)
        if self.reader.in_body:
            return self.reader.broken()
        return neterrors.lost(self._label, self._broken or cause, stale=self._used and self.reader.untouched)

    # -- time ----------------------------------------------------------------------------------------------------------

    def _wait(self, writing: bool, doing: str) -> None:
        """Wait until the socket is ready, for as long as patience and deadline allow."""
        if not self._poll(writing, self._seconds(doing)):
            raise self._late(doing)

    def _seconds(self, doing: str) -> float | None:
        """Return how long to wait now, at most.

        Raises:
            DeadlineError: The deadline has passed.
        """
        if self._deadline is None:
            return self._patience
        left = self._deadline - monotonic()
        if left <= 0:
            raise neterrors.too_late(self._label, sent=self._sent > 0, doing=doing)
        return left if self._patience is None or left < self._patience else self._patience

    def _late(self, doing: str) -> CatchmentError:
        passed = self._deadline is not None and monotonic() >= self._deadline
        return neterrors.too_late(
            self._label, sent=self._sent > 0, doing=doing, seconds=None if passed else self._patience
        )
