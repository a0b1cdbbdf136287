"""Read and write durations, in InfluxQL's form and in Go's."""

from __future__ import annotations

import re

NANOSECOND = 1
MICROSECOND = 1_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

_UNITS = {
    "ns": NANOSECOND,
    "u": MICROSECOND,
    "µ": MICROSECOND,
    "ms": MILLISECOND,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
    "d": DAY,
    "w": WEEK,
}
_PART = re.compile(r"([0-9]+)(ns|ms|[uµsmhdw])")
# Largest first; the first that divides is written.
_WRITTEN = (("w", WEEK), ("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND), ("ms", MILLISECOND), ("u", MICROSECOND))


def parse_duration(text: str) -> int:
    """
    Return the nanoseconds of an InfluxQL duration such as `1h30m`.

    Raises:
        ValueError: It is none, or does not fit 64 bits.
    """
    position, total, last = 0, 0, ""
    while position < len(text):
        part = _PART.match(text, position)
        if part is None:
            message = "invalid duration"
            raise ValueError(message)
        total += int(part[1]) * _UNITS[part[2]]
        position, last = part.end(), part[0]
    if len(text) < 2:
        message = "invalid duration"
        raise ValueError(message)
    if total > 2**63 - 1:
        message = f"overflowed duration {last}: choose a smaller duration or INF"
        raise ValueError(message)
    return total


def format_duration(nanoseconds: int) -> str:
    """Return the InfluxQL form: one number, in the largest unit that divides it."""
    if nanoseconds == 0:
        return "0s"
    for unit, size in _WRITTEN:
        if nanoseconds % size == 0:
            return f"{nanoseconds // size}{unit}"
    return f"{nanoseconds}ns"


def format_go_duration(nanoseconds: int) -> str:
    """Return Go's form, such as `168h0m0s` or `1.5ms`."""
    if nanoseconds == 0:
        return "0s"
    sign, left = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if left < SECOND:
        unit, size = (
            ("ns", 1) if left < MICROSECOND else ("µs", MICROSECOND) if left < MILLISECOND else ("ms", MILLISECOND)
        )
        return f"{sign}{_decimal(left, size)}{unit}"
    hours, left = divmod(left, HOUR)
    minutes, left = divmod(left, MINUTE)
    text = f"{_decimal(left, SECOND)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{text}"
    return f"{sign}{minutes}m{text}" if minutes else sign + text


def _decimal(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    if not rest:
        return str(whole)
    digits = str(rest).zfill(len(str(unit)) - 1).rstrip("0")
    return f"{whole}.{digits}"
