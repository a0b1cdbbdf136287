"""What was found out about points' measurements, tags and fields, kept for the points that follow.

Only what is well is kept: whatever is not raises `Unusual`, and `PointEncoder` looks at the point.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from catchment.influxdb import escaping, precision
from catchment.influxdb.escaping import MAX_KEY, Place
from catchment.influxdb.points import PointEncoder

MOST: Final = 100_000
"""Distinct sets of tags kept for one write; beyond that, all are forgotten."""
MOST_FOR_LONG: Final = 20_000
"""The same where they are kept between writes: a few MB."""
_MOST_FIELDS: Final = 2_000
_HALF: Final = MAX_KEY // 2 - 4  # of measurement, tags and field: then both fit, and need no further look

TROUBLE: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What quick ways through a point end in when something about it is not as usual."""

HeadKey: TypeAlias = tuple[Any, ...]


class Unusual(ValueError):  # noqa: N818 - a signal inside the package, not an error
    """Something that `PointEncoder` has to look at."""


class Known:
    """
    Texts of measurements with tags, and of fields' names; safe to share between threads.

    Args:
        points: Whose settings hold.
        most: Sets of tags kept.
    """

    def __init__(self, points: PointEncoder, most: int = MOST) -> None:
        self._points = points
        self._most = most
        self._low, self._high = precision.limits(points.precision)
        self._unit = precision.NANOSECONDS[points.precision]
        self.heads: dict[HeadKey, str] = {}
        """Measurement (`None`: the default) and pairs of tags, to what is sent, a space at its end."""
        self.keys: dict[tuple[str, ...], tuple[str, ...]] = {}
        """Fields' names to what is sent before their values."""

    def head(self, key: HeadKey) -> str:
        """
        Return what is sent for a key of `heads`.

        Raises:
            Unusual: It is not just text that can be stored.
        """
        measurement = self._points.measurement if key[0] is None else key[0]
        tags: dict[str, Any] = {**dict(key[1:]), **self._points.tags}
        if type(measurement) is not str or any(
            type(name) is not str or (value is not None and type(value) is not str) for name, value in tags.items()
        ):
            raise Unusual
        pairs = sorted((name.encode(), name, value) for name, value in tags.items() if value)
        head = escaping.name(Place.MEASUREMENT, measurement) + "".join(
            f",{escaping.name(Place.TAG_KEY, name)}={escaping.name(Place.TAG_VALUE, value)}" for _, name, value in pairs
        )
        if escaping.misleads(head, ('"',)) or len(head.encode()) > _HALF:  # perhaps with a field's name together
            raise Unusual
        if all(type(value) is str for _, value in key[1:]):  # 1 and True are equal, and have not one text
            _keep(self.heads, key, f"{head} ", self._most)
        return f"{head} "

    def field_keys(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """
        Return what is sent before the values of fields.

        Raises:
            Unusual: There is none, or a name is not just text that can be stored.
        """
        if not names or any(type(name) is not str for name in names):
            raise Unusual
        keys = tuple(f"{escaping.name(Place.FIELD_KEY, name)}=" for name in names)
        if max(len(key.encode()) for key in keys) > _HALF:
            raise Unusual
        _keep(self.keys, names, keys, _MOST_FIELDS)
        return keys

    # -- times ---------------------------------------------------------------------------------------------------------

    def times(self, times: Sequence[Any]) -> Sequence[int | None]:
        """Return timestamps; `None` where there is none."""
        if set(map(type, times)) != {int}:
            times = [self._number(time) for time in times]
        present = [time for time in times if time is not None] if None in times else times
        if present and (min(present) < self._low or max(present) > self._high):
            raise Unusual
        return times

    def time(self, time: object) -> int | None:
        """Return one timestamp; `None` for none."""
        number = time if type(time) is int else self._number(time)
        return None if number is None else self._checked(number)

    def _number(self, time: object) -> int | None:
        read = _READERS.get(time.__class__)
        return precision.timestamp(time, self._points.precision) if read is None else read(time, self._unit)

    def _checked(self, time: int) -> int:
        if not self._low <= time <= self._high:
            raise Unusual
        return time


def _keep(known: dict[Any, Any], key: object, text: object, most: int) -> None:
    if len(known) >= most:
        known.clear()
    known[key] = text


_READERS: Final[dict[type, Callable[[Any, int], int]]] = {
    int: lambda time, _: time,
    str: lambda time, unit: precision.text_ns(time) // unit,
    datetime: lambda time, unit: precision.datetime_ns(time) // unit,
}
