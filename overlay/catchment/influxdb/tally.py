"""What a batching writer has done so far, and what was lost and nobody was told of yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock
from typing import Final

from catchment.influxdb.chunks import Chunk
from catchment.influxdb.verdicts import BatchWriteError, Loss

KEPT: Final = 1_000
KEPT_BYTES: Final = 32 << 20


@dataclass(slots=True)
class WriterStats:
    """
    Counts of a batching writer, from its start.

    Attributes:
        lines: Lines taken by `write`.
        written: Lines that the server stored.
        bytes: Bytes of these, before compression.
        batches: Requests that stored lines.
        retries: Requests that were repeated.
        splits: Batches that were sent in halves.
        dropped: Lines that were not stored: refused, given up, or pushed out of a full buffer.
        buffered: Lines that wait or are under way now.
        buffered_bytes: Bytes of these.
        in_flight: Batches under way now.
        last_error: Of the latest request that failed, also if its repetition went well.
    """

    lines: int = 0
    written: int = 0
    bytes: int = 0
    batches: int = 0
    retries: int = 0
    splits: int = 0
    dropped: int = 0
    buffered: int = 0
    buffered_bytes: int = 0
    in_flight: int = 0
    last_error: Exception | None = None


class Tally:
    """Keeps the counts, and the losses until they are raised; thread-safe."""

    def __init__(self) -> None:
        self._stats = WriterStats()
        self._losses: list[Loss] = []
        self._lines = 0
        self._kept = 0
        self._lock = Lock()

    def taken(self, lines: int) -> None:
        """Count lines of `write`."""
        with self._lock:
            self._stats.lines += lines

    def stored(self, chunk: Chunk) -> None:
        """Count lines that the server stored."""
        if chunk.lines:
            with self._lock:
                self._stats.written += chunk.lines
                self._stats.bytes += len(chunk.body)
                self._stats.batches += 1

    def halved(self) -> None:
        """Count a batch that is sent in halves."""
        with self._lock:
            self._stats.splits += 1

    def failed(self, error: Exception, *, again: bool) -> None:
        """Note a request that failed."""
        with self._lock:
            self._stats.last_error = error
            self._stats.retries += again

    def lost(self, loss: Loss) -> None:
        """Count a loss, and keep it for `error`, if there is room: the first ones tell what went wrong."""
        self.pushed_out(loss)
        with self._lock:
            self._lines += loss.lines
            if not self._losses or (len(self._losses) < KEPT and self._kept + len(loss.data) <= KEPT_BYTES):
                self._losses.append(loss)
                self._kept += len(loss.data)

    def pushed_out(self, loss: Loss) -> None:
        """Count a loss that the user asked for."""
        with self._lock:
            self._stats.dropped += loss.lines
            self._stats.last_error = loss.error

    def error(self) -> BatchWriteError | None:
        """Return what was lost since the last time, once."""
        with self._lock:
            losses, lines = self._losses, self._lines
            self._losses, self._lines, self._kept = [], 0, 0
        return BatchWriteError.of(losses, lines) if losses else None

    def seen(self, *, lines: int, size: int, in_flight: int) -> WriterStats:
        """Return a copy of the counts, with what is buffered."""
        with self._lock:
            return replace(self._stats, buffered=lines, buffered_bytes=size, in_flight=in_flight)
