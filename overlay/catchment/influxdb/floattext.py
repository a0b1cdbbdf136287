"""Texts of many floats by numpy: the same as `repr`'s, the shortest that read back as the same float, in a third of the
time.

Seventeen digits are always enough, and are found exactly: a float times a power of ten is a sum of two floats, without
any error. Fifteen digits, with zeros at their end cut, are the shortest text if they read back; otherwise sixteen are,
if they lie in the interval that reads back. Both are asked for all values at once. The few that are too close to call,
and those that are very small or large, are left to `repr`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

from catchment.core import extras

_LEAST: Final = 0.01
_LIMIT: Final = 1e15
_SPLIT: Final = 134_217_729.0  # 2**27 + 1: cuts a float into two of half its digits
_MARGIN: Final = 1e-9  # of half the distance between floats, which is itself rounded


def texts(values: Any) -> list[str]:
    """
    Return what `repr` returns for each value.

    Args:
        values: numpy float64 array.
    """
    np = extras.numpy()
    size = np.abs(values)
    usual = ((size >= _LEAST) & (size < _LIMIT)) | (size == 0)
    if not len(values) or usual.mean() < 0.5:
        return list(map(repr, values.tolist()))
    whole, fraction, sure = _digits(np.where(usual, size, 0.0))
    found = _written(np.signbit(values), whole, fraction)
    for row in np.flatnonzero(~(usual & sure)).tolist():
        found[row] = repr(float(values[row]))
    return found


class _Tables(NamedTuple):
    powers: Any  # of ten, as floats: exact up to the 22nd
    high: Any  # their upper halves
    low: Any
    counts: Any  # as integers, up to the 18th
    borders: Any  # where numbers get one more digit before the point
    before: Any  # three digits: without zeros before them, and with
    behind: Any  # three digits: with zeros behind them, and without


@cache
def _tables() -> _Tables:
    np = extras.numpy()
    powers = np.array([float(10**n) for n in range(23)])
    high = powers * _SPLIT
    high -= high - powers
    full = [f"{n:03d}" for n in range(1000)]
    before = [*[str(n).rjust(3, "\0") if n else "" for n in range(1000)], *full]
    behind = [*full, *[text.rstrip("0") for text in full]]
    return _Tables(
        powers, high, powers - high, np.array([10**n for n in range(19)], np.int64),
        np.array([0.1, *[float(10**n) for n in range(15)]]), np.array(before, "S3"), np.array(behind, "S3"),
    )  # fmt: skip


def _digits(values: Any) -> tuple[Any, Any, Any]:
    """Return what stands before the point, eighteen digits behind it, and which of these are surely right."""
    np, tables = extras.numpy(), _tables()
    places = np.searchsorted(tables.borders, values, side="right") - 1  # before the point; -1: a zero behind it
    digits, rest = _product(values, 17 - places)  # seventeen digits, and what they lack or have too much
    fifteen = (digits + 50) // 100
    short = fifteen / tables.powers[15 - places] == values
    sixteen = (digits + 5) // 10
    off = sixteen * 10 - digits
    down = (off == 5) & (rest < 0)  # a five at the end, and a little less in truth
    sixteen -= down
    # Powers of two, below which floats lie closer, are all short ones here.
    distance = np.abs((off - 10 * down) - rest)
    room = np.spacing(values) * 0.5 * tables.powers[17 - places]
    fits = distance < room * (1 - _MARGIN)
    unsure = (~fits & (distance <= room * (1 + _MARGIN))) | ((off == 5) & (rest == 0)) | (np.abs(rest) == 0.5)
    digits = np.where(short, fifteen * 100, np.where(fits, sixteen * 10, digits))
    whole = values.astype(np.int64)
    fraction = (digits - whole * tables.counts[17 - places]) * tables.counts[places + 1]
    return whole, fraction, short | ~unsure


def _product(values: Any, exponents: Any) -> tuple[Any, Any]:
    """Return values times powers of ten, more than 2**53, as the nearest integers, and what is missing to these."""
    np, tables = extras.numpy(), _tables()
    powers, high, low = tables.powers[exponents], tables.high[exponents], tables.low[exponents]
    upper = values * _SPLIT
    upper -= upper - values
    lower = values - upper
    product = values * powers
    error = ((upper * high - product) + upper * low + lower * high) + lower * low
    nearest = np.rint(error)
    return product.astype(np.int64) + nearest.astype(np.int64), error - nearest


def _written(negative: Any, whole: Any, fraction: Any) -> list[str]:
    """Return numbers as text: three digits at a time in columns of bytes, what is not needed left zero and cut."""
    np, tables = extras.numpy(), _tables()
    columns: list[Any] = [np.where(negative, b"-", b"\0")]
    started = np.zeros(len(whole), bool)
    for group, _ in _groups(whole, len(str(int(whole.max())))):
        columns.append(tables.before[group + 1000 * started])
        started |= group > 0
    columns.append(np.where(started, b".", b"0."))
    for group, left in _groups(fraction, 18):
        columns.append(tables.behind[group + 1000 * (left == 0)])
        if not left.any():
            break
    columns.append(np.where(fraction == 0, b"0,", b","))
    rows = np.empty(len(whole), [(f"c{at}", column.dtype) for at, column in enumerate(columns)])
    for at, column in enumerate(columns):
        rows[f"c{at}"] = column
    return rows.tobytes().translate(None, b"\0").decode("ascii").split(",")[:-1]


def _groups(numbers: Any, digits: int) -> Iterator[tuple[Any, Any]]:
    """Yield three digits at a time of numbers that have so many, and what is left of the numbers behind them."""
    for place in range(3 * ((digits - 1) // 3), -1, -3):
        group = numbers // 10**place
        numbers = numbers - group * 10**place
        yield group, numbers
