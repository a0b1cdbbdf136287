"""Keep an object's data as the pieces it arrived in, so that appending copies nothing large."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from catchment.local.bodies import Blob, MemoryBlob

SMALL_BYTES = 64 * 1024
"""Neighbours in memory become one piece up to this size, so that many small appends stay few pieces."""


class Piece(NamedTuple):
    """One part of an object's data: the bytes, and the file name where they have one."""

    blob: Blob
    name: str = ""


class Content:
    """
    Data made of pieces; a blob itself.

    It may grow while somebody still sends a part of it: bytes that are there never change.
    """

    __slots__ = ("_starts", "kept", "size")

    def __init__(self, pieces: Iterable[Piece] = ()) -> None:
        self.kept: list[Piece] = []
        self._starts: list[int] = []
        self.size = 0
        for piece in pieces:
            self.append(piece)

    @property
    def md5(self) -> str:
        """MD5 of the whole, in hex; computed each time."""
        digest = hashlib.md5(usedforsecurity=False)
        for part in self.pieces(0, self.size, SMALL_BYTES):
            digest.update(part)
        return digest.hexdigest()

    def append(self, piece: Piece) -> None:
        """Add bytes at the end."""
        if not piece.blob.size:
            return
        last = self.kept[-1] if self.kept else None
        if last is None or last.name or piece.name or last.blob.size + piece.blob.size > SMALL_BYTES:
            self.kept.append(piece)
            self._starts.append(self.size)
        else:
            self.kept[-1] = Piece(MemoryBlob(last.blob.read() + piece.blob.read()))
        self.size += piece.blob.size

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        """Return the bytes from `start` to `stop`."""
        end = self.size if stop is None else min(stop, self.size)
        parts = [blob.read(first, last) for blob, first, last in self._spans(start, end)]
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def pieces(self, start: int, stop: int, size: int) -> Iterator[bytes]:
        """Yield the bytes from `start` to `stop` in pieces of at most `size`."""
        for blob, first, last in self._spans(start, stop):
            yield from blob.pieces(first, last, size)

    def _spans(self, start: int, stop: int) -> list[tuple[Blob, int, int]]:
        found: list[tuple[Blob, int, int]] = []
        for index in range(max(0, bisect_right(self._starts, start) - 1), len(self.kept)):
            begin, blob = self._starts[index], self.kept[index].blob
            if begin >= stop:
                break
            found.append((blob, max(0, start - begin), min(stop - begin, blob.size)))
        return found
