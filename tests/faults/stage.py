"""Where workflows play: a stack that counts its requests, in time that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from catchment.core import clock
from catchment.core.clock import ManualClock
from catchment.local import Stack
from catchment.local.faults import Delivery
from catchment.local.http import Request
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
