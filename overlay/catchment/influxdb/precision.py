"""Spellings of write precision and query epoch, checked here because the server takes unknown ones for nanoseconds."""

from __future__ import annotations

import re
import warnings
from datetime import UTC, date, datetime
from typing import Any, Final, Literal, TypeAlias, cast

from catchment.core import extras
from catchment.core.errors import UnsafeInputError

Precision: TypeAlias = Literal["n", "u", "ms", "s", "m", "h"]
"""A precision as the server spells it."""

NANOSECONDS: Final[dict[Precision, int]] = {
    "n": 1,
    "u": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}

MIN_NS: Final = -9_223_372_036_854_775_806  # two short of int64: the server keeps the others for itself
MAX_NS: Final = 9_223_372_036_854_775_806

_SPELLINGS: Final[dict[str, Precision]] = {
    "n": "n",
    "ns": "n",
    "u": "u",
    "us": "u",
    "\u00b5": "u",  # the micro sign, and below the Greek letter
    "\u00b5s": "u",
    "\u03bc": "u",
    "\u03bcs": "u",
    "ms": "ms",
    "s": "s",
    "m": "m",
    "h": "h",
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FRACTION: Final = re.compile(r"(?<=:\d\d)[.,](\d+)|(?<=T\d{6})[.,](\d+)")
_NUMPY_NS: Final = {"W": 604_800_000_000_000, "D": 86_400_000_000_000, "h": 3_600_000_000_000, "m": 60_000_000_000}
_NUMPY_FINE: Final = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


def canonical(spelling: str) -> Precision:
    """
    Return a precision or epoch as `/write` and `/query` spell it.

    Args:
        spelling: `ns n us u µs µ ms s m h`.

    Raises:
        UnsafeInputError: Another word. The server would take it for nanoseconds and store wrong times.
    """
    try:
        return _SPELLINGS[spelling]
    except (KeyError, TypeError):
        raise UnsafeInputError(f"{spelling!r} is no precision: one of ns, us, ms, s, m and h is") from None


def version2(precision: Precision) -> Literal["ns", "us", "ms", "s"]:
    """
    Return a precision as `/api/v2/write` spells it.

    Raises:
        UnsafeInputError: Minutes or hours, which that endpoint does not know.
    """
    if precision == "m" or precision == "h":
        raise UnsafeInputError(f"/api/v2/write knows ns, us, ms and s, not {precision!r}")
    if precision == "n":
        return "ns"
    return "us" if precision == "u" else precision


def limits(precision: Precision) -> tuple[int, int]:
    """Return the first and the last timestamp that the server stores, in units of the precision."""
    unit = NANOSECONDS[precision]
    return -(-MIN_NS // unit), MAX_NS // unit


def in_units(nanoseconds: int, precision: Precision) -> int:
    """Return an instant in units of the precision, rounded down also before 1970."""
    return nanoseconds // NANOSECONDS[precision]


def timestamp(value: object, precision: Precision = "n") -> int | None:
    """
    Return an instant in units of the precision, rounded down.

    Args:
        value: An `int`, which is in units of the precision already; a datetime, date, pandas `Timestamp`, numpy
            `datetime64`, or text of a date. Naive ones are UTC. `None` and the missing values of pandas and numpy
            mean no timestamp.
        precision: The unit of the result.

    Raises:
        ValueError: Text that is no date, or outside what the server stores.
        TypeError: Something that is no time.
    """
    if value is None or type(value).__name__ in ("NaTType", "NAType"):
        return None
    number = _integer(value)
    if number is None:
        nanoseconds = instant(value)
        if nanoseconds is None:
            return None
        number = in_units(nanoseconds, precision)
    low, high = limits(precision)
    if not low <= number <= high:
        raise ValueError(f"time {value!r} is outside the years 1677 to 2262 that the server stores")
    return number


def instant(value: object) -> int | None:
    """Return the nanoseconds since 1970 of anything that is a time by its type; `None` for numpy's NaT."""
    if isinstance(value, datetime):
        exact = getattr(value, "value", None)  # pandas: a Timestamp has nanoseconds that datetime lacks
        return exact if isinstance(exact, int) else datetime_ns(value)
    if isinstance(value, date):
        return datetime_ns(datetime(value.year, value.month, value.day, tzinfo=UTC))
    if isinstance(value, str):
        return text_ns(value)
    if type(value).__name__ == "datetime64":
        return _numpy_ns(value)
    raise TypeError(f"{type(value).__name__} is no time: int, datetime, date, Timestamp, datetime64 and text are")


def datetime_ns(value: datetime) -> int:
    """Return the nanoseconds since 1970, exactly; naive is UTC."""
    delta = (value if value.tzinfo is not None else value.replace(tzinfo=UTC)) - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000_000 + delta.microseconds * 1_000


def text_ns(text: str) -> int:
    """
    Return the nanoseconds since 1970 that date-like text means, digits behind the ninth cut; naive is UTC.

    Raises:
        ValueError: It is no complete date.
    """
    match = _FRACTION.search(text) if "." in text or "," in text else None  # datetime knows microseconds only
    if match is None:
        return datetime_ns(_parsed(text))
    digits = match[1] or match[2]
    return datetime_ns(_parsed(text[: match.start()] + text[match.end() :])) + int(digits[:9].ljust(9, "0"))


def iso_text(nanoseconds: int) -> str:
    """Return RFC 3339 text in UTC, with as many decimals as the instant needs."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    days, second = divmod(seconds, 86_400)
    day = date.fromordinal(_EPOCH.toordinal() + days)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{day.isoformat()}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}{fraction}Z"


def _integer(value: object) -> int | None:
    if isinstance(value, bool):
        raise TypeError("a bool is no time")
    if isinstance(value, int):
        return value
    numpy = extras.loaded("numpy")
    return int(cast("int", value)) if numpy is not None and isinstance(value, numpy.integer) else None


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _guessed(text)


def _guessed(text: str) -> datetime:
    """Read what people write; parts that are missing show as a difference between two defaults."""
    from dateutil import parser

    if text != text.strip():
        return _parsed(text.strip())
    if text.isdigit():
        raise ValueError(f"{text!r} is no date; give a number of {'/'.join(NANOSECONDS)} since 1970 as an int")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # an unknown time zone would be read as naive
        try:
            one, two = (parser.parse(text, default=datetime(year, 1, day)) for year, day in ((2000, 1), (2001, 2)))  # noqa: DTZ001
        except (ValueError, OverflowError, Warning) as error:
            raise ValueError(f"{text!r} is no date") from error
    if one != two:
        raise ValueError(f"{text!r} is no complete date: year, month and day are needed")
    return one


def _numpy_ns(value: object) -> int | None:
    np, scalar = extras.numpy(), cast("Any", value)
    if np.isnat(scalar):
        return None
    unit, count = np.datetime_data(scalar.dtype)
    if unit in ("Y", "M"):
        scalar, unit, count = scalar.astype("datetime64[D]"), "D", 1
    size = _NUMPY_NS.get(unit) or _NUMPY_FINE.get(unit)
    if size is None:
        raise ValueError(f"{value!r} is finer than nanoseconds")
    return int(scalar.astype("int64")) * count * size
