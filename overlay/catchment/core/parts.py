"""How big things are cut: uploads into parts, reads into ranges."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from catchment.core.errors import DecodeError, UnsafeInputError

MiB = 1024 * 1024
MIN_PART = 5 * MiB
"""Smallest part but the last that S3 and stores like it accept."""
MAX_PART = 5 * 1024 * MiB
MAX_PARTS = 10_000
DEFAULT_PART = 8 * MiB


@dataclass(frozen=True, slots=True)
class Part:
    """
    Name one piece of a whole.

    Args:
        number: From 1.
        offset: First byte, from 0.
        size: Bytes.
    """

    number: int
    offset: int
    size: int

    @property
    def stop(self) -> int:
        """Offset behind the last byte."""
        return self.offset + self.size

    @property
    def range_header(self) -> str:
        """Value of a `Range` header that asks for it; HTTP counts the last byte in."""
        if self.size < 1:
            raise UnsafeInputError("an empty range cannot be written as an HTTP range")
        return f"bytes={self.offset}-{self.stop - 1}"


def plan_parts(size: int, *, part_bytes: int = DEFAULT_PART) -> list[Part]:
    """
    Cut an upload into parts that stores accept.

    Args:
        size: Bytes of the whole; 0 gives one empty part, because an upload of none cannot be completed.
        part_bytes: Wanted size of a part, at least 5 MiB. It grows, in whole MiB, when 10,000 parts of it do not do.

    Returns:
        Parts of equal size but for the last, in order.

    Raises:
        UnsafeInputError: A part size that stores refuse, or a whole of more than 10,000 parts of 5 GiB.
    """
    _check_size(size)
    if not MIN_PART <= part_bytes <= MAX_PART:
        raise UnsafeInputError(f"part_bytes={part_bytes} must lie between {MIN_PART} (5 MiB) and {MAX_PART} (5 GiB)")
    needed = -(-size // MAX_PARTS)
    if needed > part_bytes:
        part_bytes = -(-needed // MiB) * MiB
    if part_bytes > MAX_PART:
        raise UnsafeInputError(f"{size} bytes are more than {MAX_PARTS} parts of 5 GiB hold")
    return plan_ranges(size, part_bytes) or [Part(1, 0, 0)]


def plan_ranges(size: int, window: int, *, start: int = 0) -> list[Part]:
    """
    Cut a read into ranges.

    Args:
        size: Bytes of the whole; the ranges end there.
        window: Bytes of a range, at least 1.
        start: Byte to begin with.

    Returns:
        Ranges in order, none where nothing is left to read.
    """
    _check_size(size)
    if window < 1 or start < 0:
        raise UnsafeInputError(f"window={window} must be at least 1, and start={start} at least 0")
    return [
        Part(number, offset, min(window, size - offset)) for number, offset in enumerate(range(start, size, window), 1)
    ]


def missing_parts(plan: Iterable[Part], stored: Mapping[int, int]) -> list[Part]:
    """
    Say what an interrupted upload still lacks.

    Args:
        plan: Parts of the upload.
        stored: Number to bytes, of the parts that the store has. One of another size was cut short and is sent again.

    Raises:
        UnsafeInputError: The store has parts that the plan does not know: it is the upload of something else.
    """
    parts = list(plan)
    strange = sorted(stored.keys() - {part.number for part in parts})
    if strange:
        raise UnsafeInputError(
            f"the store holds part {strange[0]}, which this upload does not have",
            hint="the file or the part size has changed since the upload began: start a new upload",
        )
    return [part for part in parts if stored.get(part.number) != part.size]


_CONTENT_RANGE = re.compile(r"bytes\s+(?:([0-9]{1,19})-([0-9]{1,19})|\*)/(?:([0-9]{1,19})|\*)", re.IGNORECASE)


def parse_content_range(value: str) -> tuple[Part | None, int | None]:
    """
    Read a `Content-Range` header.

    Returns:
        The range that was sent, numbered 1, or `None` for one that cannot be; the whole's size, or `None` if untold.

    Raises:
        DecodeError: It is none, or contradicts itself.
    """
    match = _CONTENT_RANGE.fullmatch(value.strip())
    if match is None:
        raise DecodeError(f"Content-Range {value[:80]!r} cannot be read")
    first, last, whole = (None if group is None else int(group) for group in match.groups())
    if first is None or last is None:
        return None, whole
    if last < first or (whole is not None and last >= whole):
        raise DecodeError(f"Content-Range {value[:80]!r} contradicts itself")
    return Part(1, first, last - first + 1), whole


def _check_size(size: int) -> None:
    if size < 0:
        raise UnsafeInputError(f"size={size} must be 0 or more")
