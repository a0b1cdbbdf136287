"""One connection of the lean engine, blocking. Its twin is written by hand beside it."""

from __future__ import annotations

import socket
import ssl

from catchment.core import neterrors
from catchment.core._sync.network import poller
from catchment.core.clock import monotonic
from catchment.core.engines import TransportSettings
from catchment.core.errors import CatchmentError
from catchment.core.http1 import ResponseReader
from catchment.core.lean import BROKEN, IDLE, RECEIVE, Whole, joined
from catchment.core.wire import RawResponse


class Connection:
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
        self.reader = ResponseReader(label, settings.max_body, lenient=settings.lenient_headers)
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
        except BROKEN as exc:
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
