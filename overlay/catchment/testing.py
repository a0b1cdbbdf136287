"""What tests of code that uses catchment need: retries that do not wait, and time that stands still.

The local stack (`catchment.local.Stack`) stands in for the platforms; this module for time.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime

from catchment.core import clock

__all__ = ["frozen_time", "no_waiting"]


@contextmanager
def no_waiting() -> Generator[list[float]]:
    """
    Skip every wait of this package until the block is left: pauses between retries, polls of long work.

    It holds for all threads of the process.

    Yields:
        Seconds that were asked for, oldest first; grows while the block runs.
    """
    skipping = clock.NoWaiting()
    with clock.using(skipping):
        yield skipping.waits


@contextmanager
def frozen_time(at: datetime) -> Generator[clock.ManualClock]:
    """
    Let time stand still for this package; a wait moves it by its length and takes none.

    Args:
        at: Aware instant at which it stands.

    Yields:
        The clock; `advance(seconds)` moves it.
    """
    standing = clock.ManualClock(at)
    with clock.using(standing):
        yield standing
