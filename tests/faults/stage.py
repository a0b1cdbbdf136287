"""Where workflows play: a stack that counts its requests, in time that stands still."""

from __future__ import annotations

import time as machine
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from catchment.core import clock
from catchment.core.clock import Clock, ManualClock
from catchment.core.config import Retry, Timeouts
from catchment.local import Stack
from catchment.local.faults import Delivery
from catchment.local.http import Request
from catchment.local.server import Running
from catchment.testing import frozen_time

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
ENDLESS = 500
"""Requests of one workflow after which it is taken for one that never ends."""


class CountingStack(Stack):
    """
    A stack that refuses to be asked for ever, so that a client that never gives up fails its test.

    Attributes:
        asked: Requests so far.
    """

    def __init__(self, **settings: Any) -> None:
        self.asked = 0
        super().__init__(clock=lambda: clock.now().timestamp(), **settings)

    def respond(self, request: Request) -> Delivery:
        """Answer, and count."""
        self.asked += 1
        if self.asked > ENDLESS:
            raise AssertionError(f"more than {ENDLESS} requests: the client does not end")
        return super().respond(request)


@contextmanager
def stage(**options: Any) -> Iterator[tuple[CountingStack, ManualClock]]:
    """Set up a stack and time, which waits move and nothing else."""
    with frozen_time(NOON) as time, CountingStack(**options) as stack:
        yield stack, time


def hasty(silence: float) -> dict[str, Any]:
    """
    Return arguments of clients that repeat at once.

    Args:
        silence: Seconds without a byte after which they give an answer up.
    """
    return {
        "timeout": Timeouts(read=silence, deadline=20.0),
        "retries": Retry(base=0.001, throttled_base=0.001),
    }


class Hurry(Clock):
    """The machine's time, in which waits take none and yet move it, so that sockets and polls both find theirs."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self.waits: list[float] = []

    def now(self) -> datetime:
        """Return the present instant, and what was waited so far on top."""
        return super().now() + timedelta(seconds=self._ahead)

    def monotonic(self) -> float:  # type: ignore[override] # pyright: ignore[reportIncompatibleVariableOverride]
        """Return seconds from an arbitrary start, and what was waited so far on top."""
        return machine.monotonic() + self._ahead

    def scaled(self, seconds: float) -> float:
        """Note the wait and move by it."""
        self.waits.append(seconds)
        self.advance(seconds)
        return 0.0

    def advance(self, seconds: float) -> None:
        """Move forward."""
        self._ahead += seconds


@contextmanager
def theatre(only: str, **options: Any) -> Iterator[tuple[CountingStack, Hurry, Running]]:
    """Set up a stack that listens on sockets."""
    time = Hurry()
    with clock.using(time), CountingStack(**options) as stack, stack.serve(only=[only]) as running:
        yield stack, time, running


def connections_out(api: Any) -> int:
    """
    Count the connections of a client's pools that are not back.

    Args:
        api: The client's way out, blocking or awaited.
    """
    engines = {engine for engines in api._connections._sets.values() for engine in engines}
    out = 0
    for engine in engines:
        loops = getattr(engine, "_loops", None)
        groups = [engine.__dict__.get("_pools", {})] if loops is None else loops.values()
        out += sum(pool._count - len(pool._resting) for group in groups for pool in group.values())
    return out
