"""Lengths of time as people and other tools write them."""

from __future__ import annotations

import math
import re
from datetime import timedelta

from catchment.core.errors import ConfigError

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # U+00B5, what Go prints
    "μs": 1_000,  # U+03BC, what keyboards give
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_TERM = re.compile(r"([0-9]{0,18})(?:\.([0-9]{0,18}))?(ns|us|µs|μs|ms|s|m|h)")
_SECONDS = re.compile(r"[0-9]{1,18}")


def parse_duration(value: float | str | timedelta, *, what: str = "duration") -> float:
    """
    Read a length of time.

    Args:
        value: Seconds as a number or as digits; a Go duration (`"60m"`, `"1h30m"`, `"200ms"`); a `timedelta`.
        what: How messages call it, such as the name of the setting.

    Returns:
        Seconds.

    Raises:
        ConfigError: It is neither of these, negative or not finite.
    """
    seconds = _seconds(value)
    if seconds is None:
        raise ConfigError(
            f"{what}={value!r} is no length of time",
            hint='write seconds (90), a timedelta, or a duration with units ("1m30s", "200ms")',
        )
    if not math.isfinite(seconds) or seconds < 0:
        raise ConfigError(f"{what}={value!r} must be finite and not negative")
    return seconds


def _seconds(value: object) -> float | None:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _as_float(value)
    return _text_seconds(value.strip()) if isinstance(value, str) else None


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # an int beyond 1.8e308
        return math.inf


def _text_seconds(text: str) -> float | None:
    if _SECONDS.fullmatch(text):
        return float(int(text))
    total = position = 0
    while position < len(text):
        term = _TERM.match(text, position)
        if term is None or not (term[1] or term[2]):
            return None
        whole, fraction, unit = term[1] or "0", term[2] or "", _UNITS[term[3]]
        # Whole nanoseconds: 0.1 + 0.2 must not become 0.30000000000000004.
        total += int(whole) * unit + (int(fraction) * unit // 10 ** len(fraction) if fraction else 0)
        position = term.end()
    return total / 1e9 if position else None
