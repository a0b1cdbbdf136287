"""Turn nanoseconds into text and back, exactly, and know how far a zone is off."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SECOND = 1_000_000_000
MIN_TIME = -(2**63) + 2
MAX_TIME = 2**63 - 2
PRECISIONS = {"u": 1_000, "ms": 1_000_000, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_LONG = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.+", re.ASCII)
_TEXT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:([ T])([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(Z|[+-][0-9]{2}:[0-9]{2})?)?",
    re.ASCII,
)


def rfc3339(nanoseconds: int, zone: str = "") -> str:
    """Return the text of an instant, with as many decimals as it needs."""
    seconds, rest = divmod(nanoseconds, SECOND)
    offset = zone_offset(zone, nanoseconds) // SECOND if zone else 0
    local = _EPOCH + timedelta(seconds=seconds + offset)
    text = local.strftime("%Y-%m-%dT%H:%M:%S").zfill(19)
    if rest:
        text += "." + str(rest).zfill(9).rstrip("0")
    return text + _offset_text(offset)


def _offset_text(seconds: int) -> str:
    if not seconds:
        return "Z"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02d}:{minutes:02d}"


def is_time_text(text: str) -> bool:
    """Tell whether a string literal looks like a time."""
    return _DATE.fullmatch(text) is not None or _LONG.fullmatch(text) is not None


def parse_time(text: str, zone: str = "") -> int:
    """
    Return the nanoseconds since the epoch of a date or time.

    Raises:
        ValueError: It is none.
    """
    found = _TEXT.fullmatch(text)
    if found is None or (found[2] == " " and found[7]) or (found[2] == "T" and not found[7]):
        message = "invalid timestamp string"
        raise ValueError(message)
    try:
        moment = datetime.fromisoformat(f"{found[1]}T{found[3] or '00'}:{found[4] or '00'}:{found[5] or '00'}")
    except ValueError:
        message = "invalid timestamp string"
        raise ValueError(message) from None
    fraction = int((found[6] or "").ljust(9, "0")[:9])
    return _seconds(moment, found[7], zone) * SECOND + fraction


def _seconds(moment: datetime, offset: str | None, zone: str) -> int:
    if offset and offset != "Z":
        sign = -1 if offset[0] == "-" else 1
        away = sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6]))
        return _whole_seconds(moment.replace(tzinfo=UTC) - away)
    if zone and not offset:
        return _whole_seconds(moment.replace(tzinfo=load_zone(zone)))
    return _whole_seconds(moment.replace(tzinfo=UTC))


def _whole_seconds(moment: datetime) -> int:
    passed = moment.astimezone(UTC) - _EPOCH
    return passed.days * 86400 + passed.seconds


@lru_cache(maxsize=64)
def load_zone(name: str) -> ZoneInfo:
    """
    Return a time zone.

    Raises:
        ValueError: There is none of that name.
    """
    try:
        return ZoneInfo("UTC" if name in ("", "UTC") else name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"unable to find time zone {name}"
        raise ValueError(message) from None


def zone_offset(zone: str, nanoseconds: int) -> int:
    """Return how far a zone is ahead of UTC at an instant, in nanoseconds."""
    moment = _EPOCH + timedelta(seconds=nanoseconds // SECOND)
    offset = moment.astimezone(load_zone(zone)).utcoffset()
    return int(offset.total_seconds()) * SECOND if offset is not None else 0


def from_seconds(seconds: float) -> int:
    """Return the nanoseconds of a clock's seconds, to the microsecond."""
    return round(seconds * 1_000_000) * 1000


def truncated(nanoseconds: int, precision: str) -> int:
    """Return an instant cut down to a precision's unit."""
    unit = PRECISIONS.get(precision, 1)
    return nanoseconds - nanoseconds % unit
