"""Where reading of a stream begins, and the records as readers of several shards see them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from catchment.core.errors import UnsafeInputError
from catchment.v3io import timestamps
from catchment.v3io.calls import streams
from catchment.v3io.calls.plan import Planned
from catchment.v3io.errors import ShardOutOfRangeError
from catchment.v3io.limits import check_int
from catchment.v3io.outputs import GetRecordsResult, SeekShardOutput

EARLIEST: Final = "EARLIEST"
LATEST: Final = "LATEST"

POLL_SECONDS: Final = 0.25
"""How long to wait where no shard has anything new."""

Start: TypeAlias = Literal["EARLIEST", "LATEST"] | int | datetime | Mapping[int, int]
"""The oldest record; behind the newest; a sequence number; what arrived at an instant or later; or a mapping of shards
to the last sequence numbers that were read, as `AsyncRecords.positions` gives it."""

OnTrimmed: TypeAlias = Literal["raise", "earliest"]
"""What to do when retention has dropped records before they were read."""


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """
    A record of a stream, with the shard that it is in.

    Attributes:
        shard_id: 0-based.
        sequence_number: Unique in the shard, growing by one.
        data: What was put.
        partition_key: What the writer chose the shard by, or `None`.
        client_info: What the writer sent along, or `None`.
        arrival_time_sec: Seconds since 1970 at which the server had it.
        arrival_time_nsec: Nanoseconds beyond them.
    """

    shard_id: int
    sequence_number: int
    data: bytes
    partition_key: str | None
    client_info: bytes | None
    arrival_time_sec: int
    arrival_time_nsec: int

    @classmethod
    def of(cls, shard_id: int, record: GetRecordsResult) -> StreamRecord:
        """Make it of a record of an answer."""
        return cls(
            shard_id,
            record.sequence_number,
            record.data,
            record.partition_key,
            record.client_info,
            record.arrival_time_sec,
            record.arrival_time_nsec,
        )

    @property
    def arrival_time(self) -> datetime:
        """When the server had it: aware, UTC; with nanoseconds where a `datetime` has no place for them."""
        return timestamps.from_nanoseconds(self.arrival_time_sec, self.arrival_time_nsec)


def check_start(start: Start) -> Start:
    """
    Return where to begin.

    Raises:
        UnsafeInputError: It is no such place.
    """
    if isinstance(start, str):
        if start not in (EARLIEST, LATEST):
            raise UnsafeInputError(f"start={start!r} must be 'EARLIEST', 'LATEST', a sequence number or a datetime")
        return start
    if isinstance(start, Mapping):
        return {
            check_int(shard, "shard", 0, 2**31): check_int(at, "position", 0, 2**64 - 2) for shard, at in start.items()
        }
    if isinstance(start, datetime):
        timestamps.split(start)
        return start
    return check_int(start, "start", 1, 2**64 - 1)


def check_trimmed(on_trimmed: str) -> OnTrimmed:
    """
    Return what to do about trimmed records.

    Raises:
        UnsafeInputError: It is none of the choices.
    """
    if on_trimmed not in ("raise", "earliest"):
        raise UnsafeInputError(f"on_trimmed={on_trimmed!r} must be 'raise' or 'earliest'")
    return "earliest" if on_trimmed == "earliest" else "raise"


def seek_plan(target: str, shard_id: int, start: Start) -> Planned[SeekShardOutput]:
    """Return the call that finds the place in one shard; a shard that a mapping does not name begins at its oldest."""
    if isinstance(start, Mapping):
        return (
            streams.seek(target, "SEQUENCE", start[shard_id] + 1)
            if shard_id in start
            else streams.seek(target, EARLIEST)
        )
    if isinstance(start, str):
        return streams.seek(target, start)
    if isinstance(start, datetime):
        seconds, nanoseconds = timestamps.split(start)
        return streams.seek(target, "TIME", None, max(seconds, 0), nanoseconds if seconds >= 0 else 0)
    return streams.seek(target, "SEQUENCE", start)


def shards_to_read(wanted: int | Iterable[int] | None, shard_count: int) -> list[int]:
    """
    Return the shards to read.

    Args:
        wanted: One, several, or `None` for all.
        shard_count: Shards that the stream has.

    Raises:
        ShardOutOfRangeError: The stream has no shard of a number.
    """
    if wanted is None:
        return list(range(shard_count))
    shards = [wanted] if isinstance(wanted, int) else list(dict.fromkeys(wanted))
    for shard in shards:
        if check_int(shard, "shard_id", 0, 2**31) >= shard_count:
            raise ShardOutOfRangeError(f"there is no shard {shard}: the stream has {shard_count}", service="v3io")
    return shards
