"""Spread the items of a table over slices by sharding key; within one sharding key, order them by sorting key."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from zlib import crc32

from catchment.local.v3io.options import SLICES

Entry = tuple[str, str]
"""Sharding key and whole name; names of one sharding key sort as their sorting keys do, bytewise."""


def sharding_key(name: str) -> str:
    """Return the part of an item's name before its first dot."""
    return name.partition(".")[0]


def slice_of(key: str) -> int:
    """Return the slice that a sharding key belongs to."""
    return crc32(key.encode("utf-8", "surrogatepass")) % SLICES


class SliceIndex:
    """The names in a table, by slice."""

    def __init__(self, names: Iterable[str]) -> None:
        self._slices: dict[int, list[Entry]] = {}
        for name in names:
            key = sharding_key(name)
            self._slices.setdefault(slice_of(key), []).append((key, name))
        for entries in self._slices.values():
            entries.sort()

    def add(self, name: str) -> None:
        """Add a name that is not there."""
        key = sharding_key(name)
        insort(self._slices.setdefault(slice_of(key), []), (key, name))

    def discard(self, name: str) -> None:
        """Remove a name that is there."""
        key = sharding_key(name)
        entries = self._slices[slice_of(key)]
        del entries[bisect_left(entries, (key, name))]

    def after(self, number: int, last: Entry | None) -> list[Entry]:
        """Return the entries of a slice behind one of them; None means all."""
        entries = self._slices.get(number, [])
        return entries[bisect_right(entries, last) :] if last is not None else entries

    def between(self, key: str, start: str | None, stop: str | None) -> Iterator[Entry]:
        """Yield the entries of a sharding key with sorting keys from `start` to before `stop`."""
        first: Entry = (key, "") if start is None else (key, f"{key}.{start}")
        entries = self._slices.get(slice_of(key), [])
        for index in range(bisect_left(entries, first), len(entries)):
            entry = entries[index]
            if entry[0] != key or (stop is not None and entry[1] >= f"{key}.{stop}"):
                return
            yield entry
