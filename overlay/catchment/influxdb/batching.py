"""Lines that wait to be sent: cut by count, bytes and age, one batch at a time for each lane. Pure; never waits.

A lane is a share of the series of one target. Only one batch of a lane is under way at a time, so that the points of a
series arrive in the order in which they were written, while other lanes have requests of their own.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

from catchment.core.config import Retry
from catchment.core.errors import ConfigError
from catchment.influxdb.chunks import Chunk
from catchment.influxdb.linecut import divide
from catchment.influxdb.sending import Target

Overflow: TypeAlias = Literal["block", "raise", "drop_oldest"]
"""What `write` does when the buffer is full."""

MIB: Final = 1 << 20
RETRY: Final = Retry(attempts=6, base=1.0, throttled_base=2.0, cap=125.0, max_retry_after=180.0)
"""Patient, because nobody waits for a batch: 5 repetitions within half a minute or so."""


@dataclass(frozen=True, slots=True)
class Limits:
    """
    When a batch is sent, and how much may wait.

    Args:
        batch_size: Lines of a request at most; as many are sent at once.
        max_bytes: Bytes of a request at most, before compression; a single longer line is still sent.
        flush_interval: Seconds that a line waits for others at most.
        jitter_interval: Seconds, drawn evenly up to this, that a batch waits longer, so that many writers that started
            together do not send together.
        max_buffer_bytes: Bytes that wait or are under way at most.
        overflow: What `write` does beyond that: wait, raise, or drop the lines that have waited longest.
        in_flight: Requests under way at a time.
        retry: How often and how fast a batch is repeated.
        max_retry_time: Seconds after its first attempt in which a batch may still be repeated.
        max_close_wait: Seconds that `close` waits for what is left.
    """

    batch_size: int = 5_000
    max_bytes: int = 2 * MIB
    flush_interval: float = 1.0
    jitter_interval: float = 0.0
    max_buffer_bytes: int = 32 * MIB
    overflow: Overflow = "block"
    in_flight: int = 2
    retry: Retry = RETRY
    max_retry_time: float = 180.0
    max_close_wait: float = 300.0

    def __post_init__(self) -> None:
        for name in ("batch_size", "max_bytes", "max_buffer_bytes", "in_flight"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ConfigError(f"{name}={value!r} must be a whole number of at least 1")
        for name in ("flush_interval", "jitter_interval", "max_retry_time", "max_close_wait"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
                raise ConfigError(f"{name}={value!r} must be a number of seconds, 0 or more")
        if self.overflow not in get_args(Overflow):
            raise ConfigError(f"overflow={self.overflow!r}: one of {', '.join(get_args(Overflow))} is needed")
        if self.in_flight > 16:
            raise ConfigError(f"in_flight={self.in_flight}: at most 16; 2 to 4 keep a server busy")
        if self.max_buffer_bytes < self.max_bytes:
            raise ConfigError(f"max_buffer_bytes={self.max_buffer_bytes} is less than max_bytes={self.max_bytes}")


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """
    Lines that are sent together.

    Attributes:
        number: Rises with the order in which batches were closed.
        target: Where they go.
        lane: Which share of the target's series they belong to.
        chunk: The lines.
        since: When the first of them was written.
    """

    number: int
    target: Target
    lane: int
    chunk: Chunk
    since: float


@dataclass(slots=True)
class _Lane:
    target: Target
    number: int
    closed: deque[Batch] = field(default_factory=deque[Batch])
    busy: bool = False
    pieces: list[Chunk] = field(default_factory=list[Chunk])
    lines: int = 0
    size: int = 0
    since: float = 0.0
    due: float = 0.0

    @property
    def empty(self) -> bool:
        return not self.closed and not self.pieces and not self.busy


class Buffer:
    """
    Holds lines until they are settled.

    Args:
        limits: When to send.
        jitter: Gives numbers drawn evenly from 0 to 1.
    """

    def __init__(self, limits: Limits, jitter: Callable[[], float]) -> None:
        self.limits = limits
        self.max_bytes = limits.max_bytes
        self.lines = 0
        self.size = 0
        self._jitter = jitter
        self._lanes: dict[tuple[Target, int], _Lane] = {}
        self._taken: dict[int, Batch] = {}
        self._unsettled: set[int] = set()
        self._last = 0

    @property
    def in_flight(self) -> int:
        """Batches that are under way."""
        return len(self._taken)

    def has_room(self, size: int) -> bool:
        """Say whether so many bytes may be added; what is larger than the whole buffer may come into an empty one."""
        return self.size == 0 or self.size + size <= self.limits.max_buffer_bytes

    # -- in ------------------------------------------------------------------------------------------------------------

    def add(self, target: Target, lane: int, chunk: Chunk, now: float) -> bool:
        """Take lines; say whether one who waits for work should look again."""
        self.lines += chunk.lines
        self.size += len(chunk.body)
        place = self._lanes.get((target, lane))
        if place is None:
            place = self._lanes[target, lane] = _Lane(target, lane)
        wake = not place.pieces
        while chunk.lines:
            chunk, full = self._fill(place, chunk, now)
            wake = wake or full
        return wake

    def _fill(self, lane: _Lane, chunk: Chunk, now: float) -> tuple[Chunk, bool]:
        """Put what fits into the open batch; return the rest, and whether the batch was closed."""
        room = self.limits.batch_size - lane.lines
        if lane.pieces and lane.size + len(chunk.body) > self.max_bytes:
            self._close(lane)
            return chunk, True
        head, rest = divide(chunk, room) if chunk.lines > room else (chunk, Chunk(b"", 0, True))
        if not lane.pieces:
            lane.since = now
            lane.due = now + self.limits.flush_interval + self.limits.jitter_interval * self._jitter()
        lane.pieces.append(head)
        lane.lines += head.lines
        lane.size += len(head.body)
        full = lane.lines >= self.limits.batch_size or lane.size >= self.max_bytes
        if full:
            self._close(lane)
        return rest, full

    def _close(self, lane: _Lane) -> None:
        self._last += 1
        self._unsettled.add(self._last)
        body = lane.pieces[0].body if len(lane.pieces) == 1 else b"".join(piece.body for piece in lane.pieces)
        chunk = Chunk(body, lane.lines, True)
        lane.closed.append(Batch(self._last, lane.target, lane.number, chunk, lane.since))
        lane.pieces, lane.lines, lane.size = [], 0, 0

    # -- out -----------------------------------------------------------------------------------------------------------

    def take(self, now: float) -> Batch | None:
        """Return the batch that has waited longest among those that may go; its lane then waits for `settle`."""
        best: _Lane | None = None
        for lane in self._lanes.values():
            if lane.busy or not (lane.closed or (lane.pieces and lane.due <= now)):
                continue
            if best is None or _age(lane) < _age(best):
                best = lane
        if best is None:
            return None
        if not best.closed:
            self._close(best)
        best.busy = True
        batch = best.closed.popleft()
        self._taken[batch.number] = batch
        return batch

    def due(self) -> float | None:
        """Return when the next batch is old enough; `None` if nothing waits for its time."""
        return min((lane.due for lane in self._lanes.values() if lane.pieces and not lane.busy), default=None)

    def settle(self, batch: Batch) -> None:
        """Forget a batch: its lines were stored, or their loss was told."""
        if self._taken.pop(batch.number, None) is None:
            return
        self._forget(batch)
        key = (batch.target, batch.lane)
        lane = self._lanes[key]
        lane.busy = False
        if lane.empty:
            del self._lanes[key]

    def put_back(self, batch: Batch) -> None:
        """Let a batch wait again, before all others of its lane: whoever had it was interrupted."""
        if self._taken.pop(batch.number, None) is not None:
            lane = self._lanes[batch.target, batch.lane]
            lane.busy = False
            lane.closed.appendleft(batch)

    def recover(self) -> None:
        """Put everything back that is under way: those who had it are gone."""
        for batch in list(self._taken.values()):
            self.put_back(batch)

    def close_all(self) -> int:
        """Make everything ready to go; return the number for `reached`."""
        for lane in self._lanes.values():
            if lane.pieces:
                self._close(lane)
        return self._last

    def reached(self, number: int) -> bool:
        """Say whether all batches up to this number are settled."""
        return not self._unsettled or min(self._unsettled) > number

    def drop_oldest(self) -> Batch | None:
        """Take out the batch that has waited longest and is not under way; `None` if there is none."""
        waiting = [lane for lane in self._lanes.values() if lane.closed or lane.pieces]
        if not waiting:
            return None
        lane = min(waiting, key=_age)
        if not lane.closed:
            self._close(lane)
        batch = lane.closed.popleft()
        self._forget(batch)
        if lane.empty:
            del self._lanes[lane.target, lane.number]
        return batch

    def abandon(self) -> list[Batch]:
        """Take out everything that is not under way."""
        left: list[Batch] = []
        while (batch := self.drop_oldest()) is not None:
            left.append(batch)
        return left

    def shrink(self, refused: int) -> None:
        """Make batches smaller, because one of so many bytes was too large for the server or something before it."""
        self.max_bytes = max(1, min(self.max_bytes, refused // 2))

    def _forget(self, batch: Batch) -> None:
        self._unsettled.discard(batch.number)
        self.lines -= batch.chunk.lines
        self.size -= len(batch.chunk.body)


def _age(lane: _Lane) -> float:
    return lane.closed[0].since if lane.closed else lane.since
