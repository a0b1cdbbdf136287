"""Find the window of `GROUP BY time()` that a time falls into."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from catchment.local.influxdb.columns import Array, Times
from catchment.local.influxdb.errors import InfluxError
from catchment.local.influxdb.times import MAX_TIME, MIN_TIME, SECOND, zone_offset

_QUARTER_HOUR = 900 * SECOND
MOST_WINDOWS = 20_000_000


@dataclass(frozen=True, slots=True)
class Frame:
    """
    The time of a query: its range, both ends included, and its windows.

    Attributes:
        interval: Width of the windows; 0 makes one window of the whole range.
    """

    low: int
    high: int
    interval: int = 0
    offset: int = 0
    zone: str = ""
    ascending: bool = True

    def widened(self) -> Frame:
        """Return the frame with one more window at its start."""
        if not self.interval:
            return self
        if self.ascending:
            return replace(self, low=max(self.low - self.interval, MIN_TIME))
        return replace(self, high=min(self.high + self.interval, MAX_TIME))

    def starts(self, times: Times) -> Times:
        """Return the start of the window of each time."""
        if not self.interval:
            return np.full(len(times), self.low, dtype=np.int64)
        moved = times - self.offset
        zones = self._zones(moved)
        rest = (moved + zones) % self.interval
        starts = np.where(MIN_TIME + rest >= moved, MIN_TIME, moved - rest)
        if self.zone:
            change = zones - self._zones(starts)
            starts = starts + np.where(np.abs(change) < self.interval, change, 0)
        return starts + self.offset

    def start(self, time: int) -> int:
        """Return the start of the window of one time."""
        return int(self.starts(np.array([time], dtype=np.int64))[0])

    def end(self, time: int) -> int:
        """Return the end of the window of one time, which no longer belongs to it."""
        if not self.interval:
            return self.high + 1
        moved = time - self.offset
        zone = zone_offset(self.zone, moved) if self.zone else 0
        left = self.interval - (moved + zone) % self.interval
        end = MAX_TIME if MAX_TIME - left <= moved else moved + left
        if self.zone:
            after = zone_offset(self.zone, end)
            change = zone - after
            moves = change != 0 and abs(change) < self.interval
            if moves and (change > 0 or zone_offset(self.zone, end + change) == after):
                end += change
        return end + self.offset

    def _zones(self, times: Times) -> Array:
        if not self.zone:
            return np.zeros(1, dtype=np.int64)
        quarters, places = np.unique(times // _QUARTER_HOUR, return_inverse=True)
        offsets = np.array([zone_offset(self.zone, int(each) * _QUARTER_HOUR) for each in quarters], dtype=np.int64)
        return offsets[places]

    def all_starts(self, first: int) -> Times:
        """
        Return the starts of all windows of the range, in the direction of the query.

        Args:
            first: A time of the first point, where the range is open at its start.
        """
        begin, end = (self.low, self.high) if self.ascending else (self.high, self.low)
        start = self.start(first if begin == MIN_TIME else begin)
        stop = self.start(end)
        step = self.interval if self.ascending else -self.interval
        if abs(stop - start) // self.interval > MOST_WINDOWS:
            message = f"more than {MOST_WINDOWS} windows are not implemented by the local InfluxDB server"
            raise InfluxError(message)
        if not self.zone:
            return np.arange(start, stop + (1 if step > 0 else -1), step, dtype=np.int64)
        return self._zoned_starts(start, stop, step)

    def _zoned_starts(self, start: int, stop: int, step: int) -> Times:
        times: list[int] = []
        offset = zone_offset(self.zone, start)
        while (start <= stop) if step > 0 else (start >= stop):
            times.append(start)
            start += step
            found = zone_offset(self.zone, start - 1)
            if found != offset:
                if abs(offset - found) < self.interval:
                    start += offset - found
                offset = found
        return np.array(times, dtype=np.int64)


def runs(values: Times) -> Array:
    """Return where each run of equal values starts."""
    if not len(values):
        return np.zeros(0, dtype=np.int64)
    return np.concatenate([[0], np.flatnonzero(np.diff(values)) + 1])
