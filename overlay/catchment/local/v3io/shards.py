"""Keep the records of one shard: sequence numbers without gaps, arrival times that never go back."""

from __future__ import annotations

import base64
import struct
from bisect import bisect_left
from typing import NamedTuple

from catchment.local.v3io.errors import illegal_location, invalid

_LOCATION = struct.Struct("<IQI")
_VERSION = 1


class Record(NamedTuple):
    """One record as it arrived: `data` and `client_info` in base64, `arrived` in nanoseconds since the epoch."""

    arrived: int
    data: str
    client_info: str | None
    partition_key: str | None


class Shard:
    """The records that are left of a shard, oldest first; `trimmed` counts those that are gone."""

    __slots__ = ("records", "trimmed")

    def __init__(self, trimmed: int = 0, records: list[Record] | None = None) -> None:
        self.trimmed = trimmed
        self.records: list[Record] = [] if records is None else records

    @property
    def last_sequence(self) -> int:
        """The number of the youngest record; 0 before the first."""
        return self.trimmed + len(self.records)

    def add(self, record: Record) -> int:
        """Append a record and return its sequence number."""
        self.records.append(record)
        return self.last_sequence

    def trim(self, before: int) -> None:
        """Drop the records that arrived before an instant."""
        if self.records and self.records[0].arrived < before:
            gone = bisect_left(self.records, before, key=lambda record: record.arrived)
            del self.records[:gone]
            self.trimmed += gone

    # Locations count the records before them

    def at_sequence(self, number: int) -> str:
        """
        Return the location of a record, or of the end for the number after the last one.

        Raises:
            RefusalError: The record is trimmed, or there never was one.
        """
        if number <= self.trimmed and number >= 1:
            raise illegal_location()
        if not self.trimmed < number <= self.last_sequence + 1:
            raise invalid(f"no record has the sequence number {number}")
        return write_location(number - 1)

    def at_time(self, instant: int) -> str:
        """Return the location of the first record that arrived then or later, or of the end."""
        return write_location(self.trimmed + bisect_left(self.records, instant, key=lambda record: record.arrived))

    def at_start(self) -> str:
        """Return the location of the oldest record left."""
        return write_location(self.trimmed)

    def at_end(self) -> str:
        """Return the location behind the last record."""
        return write_location(self.last_sequence)

    def index(self, location: str) -> int:
        """
        Return the place in `records` that a location means.

        Raises:
            RefusalError: It was not made here, or the records there are trimmed.
        """
        position = read_location(location)
        if position < self.trimmed or position > self.last_sequence:
            raise illegal_location()
        return position - self.trimmed


def write_location(position: int) -> str:
    """Return the opaque text of a location."""
    return base64.b64encode(_LOCATION.pack(_VERSION, position, 0)).decode("ascii")


def read_location(text: str) -> int:
    """
    Return the position in an opaque text.

    Raises:
        RefusalError: It is not one of ours.
    """
    try:
        version, position, rest = _LOCATION.unpack(base64.b64decode(text, validate=True))
    except (ValueError, struct.error):
        raise invalid("Location is not one that a seek or a read returned") from None
    if version != _VERSION or rest:
        raise invalid("Location is not one that a seek or a read returned")
    return position
