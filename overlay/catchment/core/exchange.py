"""One request and its answer, as the socket sees them: what has been sent, what has come, how long to wait."""

from __future__ import annotations

import math
from dataclasses import dataclass

from catchment.core import neterrors
from catchment.core.clock import monotonic
from catchment.core.engines import HEAD_LIMIT, TransportSettings
from catchment.core.errors import CatchmentError, DeadlineError, NetworkError


@dataclass(slots=True)
class Exchange:
    """Facts that tell one failure from another; the general client's layers in between would lose them."""

    label: str
    deadline: float | None = None
    fresh: bool = False
    """Whether the connection was made for this request."""
    sent: bool = False
    received: int = 0
    ended: bool = False
    """Whether the peer has ended the connection."""
    in_body: bool = False
    status: int | None = None
    """Of the answer, once its headers are there."""

    def took(self, data: bytes) -> bytes:
        """Note bytes of the answer; without bound, headers would fill the memory."""
        self.received += len(data)
        self.ended = not data
        # A read may bring headers and body together, hence twice; the engine counts the headers alone once it has them.
        if not self.in_body and self.received > 2 * HEAD_LIMIT:
            raise neterrors.garbled(self.label, f"more than {HEAD_LIMIT} bytes of headers")
        return data

    def broke(self, cause: BaseException | None) -> CatchmentError:
        """Say what a connection that broke means for this request."""
        if self.in_body:
            how = "was closed" if cause is None else "was reset"
            detail = f"the connection {how} after {self.received} bytes"
            return neterrors.truncated(self.label, detail, status=self.status)
        return self.lost(cause)

    def lost(self, cause: BaseException | None) -> NetworkError:
        """Say that there was no answer."""
        stale = not self.fresh and not self.received
        return neterrors.lost(self.label, cause, sent=self.sent, stale=stale)

    def late(self, doing: str, seconds: float | None = None) -> DeadlineError:
        """Say that time ran out: the deadline's, or the silence allowed (`seconds`)."""
        passed = self.deadline is not None and monotonic() >= self.deadline
        return neterrors.too_late(self.label, sent=self.sent, doing=doing, seconds=None if passed else seconds)


class Patience(float):
    """
    Seconds that one wait may last, and the exchange whose deadline cuts it short.

    A float, because that is what reaches the socket through the general client: its timeouts count per read, so that a
    server which drips its answer would hold a call for ever.
    """

    exchange: Exchange

    @classmethod
    def of(cls, seconds: float | None, exchange: Exchange) -> Patience:
        """Make one; `None` waits as long as the deadline lets it."""
        self = cls(math.inf if seconds is None else seconds)
        self.exchange = exchange
        return self

    def left(self, doing: str) -> float | None:
        """
        Return how long to wait now.

        Raises:
            DeadlineError: The deadline has passed.
        """
        deadline = self.exchange.deadline
        if deadline is None:
            return None if math.isinf(self) else float(self)
        left = deadline - monotonic()
        if left <= 0:
            raise self.exchange.late(doing)
        return min(self, left)

    def until(self, doing: str) -> float | None:
        """Return the instant at which something of several waits must be done."""
        left = self.left(doing)
        return None if left is None else monotonic() + left


def timeouts(settings: TransportSettings, exchange: Exchange) -> dict[str, float | None]:
    """Return the waits of one request as the general client names them."""
    read = Patience.of(settings.read, exchange)
    queue = Patience.of(None, exchange).left("waiting for a free connection to")
    return {"connect": Patience.of(settings.connect, exchange), "read": read, "write": read, "pool": queue}
