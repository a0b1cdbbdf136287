"""Instants as `secs:nanos`, to the nanosecond."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final, Self, SupportsIndex

from catchment.core.errors import UnsafeInputError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_year: Final[Callable[[datetime], int]] = date.year.__get__  # pyright: ignore[reportFunctionMemberAccess, reportUnknownMemberType, reportAttributeAccessIssue]
_HINT: Final = "give it a time zone: tzinfo=timezone.utc, or .astimezone() for this machine's"


class Timestamp(datetime):
    """
    An instant with nanoseconds that a `datetime` has no place for.

    Answers hold one where the stored instant is not a whole microsecond, and a plain `datetime` everywhere else. It
    is sent, compared, shown, pickled, moved by a `timedelta` and to other zones without losing them; the difference of
    two instants is a `timedelta` and counts microseconds.

    Attributes:
        nanosecond: Beyond the microseconds, 0 to 999, as in pandas.
    """

    __slots__ = ("nanosecond",)

    nanosecond: int

    def __new__(cls, *args: Any, nanosecond: int = 0, **kwargs: Any) -> Self:
        """Take what `datetime` takes, and `nanosecond`."""
        if not 0 <= nanosecond <= 999:
            raise ValueError("nanosecond must be in 0..999")
        made = super().__new__(cls, *args, **kwargs)
        made.nanosecond = nanosecond
        return made

    @classmethod
    def of(cls, instant: datetime, nanosecond: int) -> Self:
        """Return an instant with the nanoseconds given."""
        return cls(
            instant.year,
            instant.month,
            instant.day,
            instant.hour,
            instant.minute,
            instant.second,
            instant.microsecond,
            instant.tzinfo,
            nanosecond=nanosecond,
            fold=instant.fold,
        )

    def to_datetime(self) -> datetime:
        """Return a plain `datetime`, the nanoseconds cut off."""
        return _plain(self)

    def astimezone(self, tz: tzinfo | None = None) -> Self:
        """Return the same instant in another zone."""
        return self.of(self.to_datetime().astimezone(tz), self.nanosecond)

    def replace(self, *args: Any, nanosecond: int | None = None, **kwargs: Any) -> Self:  # pyright: ignore[reportIncompatibleMethodOverride] - one argument more
        """Return it with some of its parts changed."""
        return self.of(
            self.to_datetime().replace(*args, **kwargs), self.nanosecond if nanosecond is None else nanosecond
        )

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        """Return RFC 3339 text; with `timespec="auto"`, to the nanosecond."""
        if timespec != "auto" or not self.nanosecond:
            return self.to_datetime().isoformat(sep, timespec)
        text = self.to_datetime().isoformat(sep, "microseconds")
        whole = len("2020-01-01") + len(sep) + len("00:00:00.000000")
        return f"{text[:whole]}{self.nanosecond:03d}{text[whole:]}"

    def __str__(self) -> str:
        return self.isoformat(" ")

    def __repr__(self) -> str:
        return f"Timestamp({self.isoformat()!r})"

    def __add__(self, other: timedelta) -> Self:
        return self.of(self.to_datetime() + other, self.nanosecond)

    def __radd__(self, other: timedelta) -> Self:
        return self + other

    def __sub__(self, other: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride] - as datetime's two forms
        if isinstance(other, timedelta):
            return self.of(self.to_datetime() - other, self.nanosecond)
        return self.to_datetime() - other

    def __eq__(self, other: object) -> bool:
        return _order(self) == _order(other) if isinstance(other, datetime) else NotImplemented

    def __ne__(self, other: object) -> bool:  # datetime has one of its own, which Python would ask
        return _order(self) != _order(other) if isinstance(other, datetime) else NotImplemented

    def __hash__(self) -> int:
        return hash(_order(self)) if self.nanosecond else hash(self.to_datetime())

    def __lt__(self, other: datetime) -> bool:
        return _order(self) < _order(other)

    def __le__(self, other: datetime) -> bool:
        return _order(self) <= _order(other)

    def __gt__(self, other: datetime) -> bool:
        return _order(self) > _order(other)

    def __ge__(self, other: datetime) -> bool:
        return _order(self) >= _order(other)

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return type(self).of, (self.to_datetime(), self.nanosecond)


def _order(instant: datetime) -> tuple[datetime, int]:
    nanosecond = getattr(instant, "nanosecond", None)  # pandas' instants have it too, and compare by it
    return (instant, 0) if nanosecond is None else (_plain(instant), int(nanosecond))


def _plain(value: datetime) -> datetime:
    return datetime(
        value.year,
        value.month,
        value.day,
        value.hour,
        value.minute,
        value.second,
        value.microsecond,
        value.tzinfo,
        fold=value.fold,
    )


def split(value: datetime) -> tuple[int, int]:
    """
    Return the seconds since 1970, rounded down, and the nanoseconds beyond them.

    Args:
        value: Aware; pandas' and our `Timestamp` keep their nanoseconds.

    Raises:
        UnsafeInputError: It has no time zone, so that it is no instant; or is `NaT`.
    """
    if type(value).__name__ == "NaTType":
        raise UnsafeInputError("NaT is no instant", hint="leave the attribute out")
    try:
        # As datetime does it: the difference of pandas overflows beyond the year 2262.
        since = datetime.__sub__(value, _EPOCH)
    except TypeError:
        raise UnsafeInputError(f"{value} has no time zone, so that it is no instant", hint=_HINT) from None
    nanosecond = 0 if type(value) is datetime else _nanosecond(value)
    return since.days * 86_400 + since.seconds, since.microseconds * 1_000 + nanosecond


def _nanosecond(value: datetime) -> int:
    # What datetime itself knows of pandas' instants beyond its own years is made up: the year 1970 or 1972.
    if value.year != _year(value):
        raise UnsafeInputError(f"{value} is outside the years 1 to 9999", hint="store it as text or as a number")
    return int(getattr(value, "nanosecond", 0))


def total_nanoseconds(value: datetime) -> int:
    """
    Return the nanoseconds since 1970, exactly.

    Raises:
        UnsafeInputError: As for `split`.
    """
    seconds, nanoseconds = split(value)
    return seconds * 1_000_000_000 + nanoseconds


def encode(value: datetime) -> str:
    """
    Return an instant as `secs:nanos`; before 1970 seconds are rounded down.

    Raises:
        UnsafeInputError: It has no time zone, so that it is no instant.
    """
    seconds, nanoseconds = split(value)
    return f"{seconds}:{nanoseconds}"


def decode(text: str) -> datetime:
    """
    Return the instant that `secs:nanos` means, in UTC; a `Timestamp` if it is not a whole microsecond.

    Raises:
        ValueError: It is none, or outside the years 1 to 9999.
    """
    seconds, _, rest = text.partition(":")
    nanoseconds = int(rest)
    if not 0 <= nanoseconds <= 999_999_999:
        raise ValueError(f"{text[:40]!r} is no instant: nanoseconds from 0 to 999999999 are needed")
    return from_nanoseconds(int(seconds), nanoseconds)


def from_nanoseconds(seconds: int, nanoseconds: int) -> datetime:
    """
    Return an instant in UTC; a `Timestamp` if it is not a whole microsecond.

    Raises:
        ValueError: It is outside the years 1 to 9999.
    """
    microseconds, nanosecond = divmod(nanoseconds, 1_000)
    try:
        instant = _EPOCH + timedelta(0, seconds, microseconds)
    except OverflowError:
        raise ValueError(f"{seconds} seconds from 1970 are outside the years 1 to 9999") from None
    return Timestamp.of(instant, nanosecond) if nanosecond else instant
