"""The only door to time: what reads the clock or decides how long to wait asks here, so that tests need not sleep.

Waiting itself is not here: `core._async.waiting` sleeps for `scaled(seconds)`.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Lock

from catchment.core.errors import UnsafeInputError


class Clock:
    """The machine's clock; the base of those that tests put in its place."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)

    # The function itself: every call asks for the time several times.
    monotonic = staticmethod(time.monotonic)

    def scaled(self, seconds: float) -> float:
        """Return how long a wait of `seconds` really sleeps."""
        return seconds


class NoWaiting(Clock):
    """Real time in which no wait takes any."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        """Seconds that were asked for, oldest first."""

    def scaled(self, seconds: float) -> float:
        """Note the wait and skip it."""
        self.waits.append(seconds)
        return 0.0


class ManualClock(Clock):
    """
    Time that stands still until it is moved; a wait moves it by its length and takes none.

    Args:
        start: Aware instant at which it stands.
    """

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise UnsafeInputError("start has no time zone; give an aware instant")
        self._now = start.astimezone(UTC)
        self._elapsed = 0.0
        self._lock = Lock()
        self.waits: list[float] = []
        """Seconds that were asked for, oldest first."""

    def now(self) -> datetime:
        """Return the instant at which it stands."""
        return self._now

    def monotonic(self) -> float:
        """Return by how many seconds it was moved since its start."""
        return self._elapsed

    def scaled(self, seconds: float) -> float:
        """Note the wait and move by it."""
        self.waits.append(seconds)
        self.advance(seconds)
        return 0.0

    def advance(self, seconds: float) -> None:
        """Move forward."""
        if seconds < 0:
            raise UnsafeInputError("a monotonic clock does not go back")
        with self._lock:
            self._now += timedelta(seconds=seconds)
            self._elapsed += seconds


_clock: Clock = Clock()


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return _clock.now()


def monotonic() -> float:
    """Return seconds from an arbitrary start, for deadlines and durations."""
    return _clock.monotonic()


def scaled(seconds: float) -> float:
    """Return how long a wait of `seconds` really sleeps; 0 where tests do not wait."""
    return _clock.scaled(seconds)


@contextmanager
def using(clock: Clock) -> Generator[Clock]:
    """
    Put another clock in place, for all threads, until the block is left.

    It is one for the whole process and no context variable: work handed to thread pools must see it too.
    """
    global _clock
    before, _clock = _clock, clock
    try:
        yield clock
    finally:
        _clock = before


def parse_http_date(value: str | None) -> datetime | None:
    """Read an HTTP date (RFC 9110, all three forms) as an aware instant; junk gives `None`."""
    if not value:
        return None
    from email.utils import parsedate_to_datetime  # 10 ms of imports that most calls never need

    try:
        parsed = parsedate_to_datetime(value)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
