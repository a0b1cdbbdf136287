"""Settings of retries and timeouts: what they may be, and how users write them."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Protocol, TypeAlias, runtime_checkable

from catchment.core.durations import parse_duration
from catchment.core.errors import ConfigError

DEFAULT_DEADLINE = 60.0


@dataclass(frozen=True, slots=True)
class Retry:
    """
    Say how often and how fast a failed call is repeated.

    Waits are drawn evenly from 0 to `base * 2 ** (attempt - 1)`, at most `cap`. Whether a failure may be repeated at
    all is not a setting: it follows from what the operation does (see `core.retry`).

    Args:
        attempts: Requests at most, the first included; 1 never repeats.
        base: Seconds, after failures of network or server.
        throttled_base: Seconds, after answers that ask to slow down (420, 429, 503).
        cap: Seconds, the longest wait that is drawn.
        max_retry_after: Seconds that a server may ask for; when it asks for more, the error is raised at once and says
            how long.
    """

    attempts: int = 4
    base: float = 0.1
    throttled_base: float = 1.0
    cap: float = 20.0
    max_retry_after: float = 60.0

    def __post_init__(self) -> None:
        _check_count("attempts", self.attempts, least=1)
        for name in ("base", "throttled_base", "cap", "max_retry_after"):
            _check_seconds(f"Retry.{name}", getattr(self, name))

    @classmethod
    def of(cls, value: int | Retry | None) -> Retry:
        """
        Read what users give as `retries=`.

        Args:
            value: `None` for the defaults; a number of repetitions, of which 0 means one request and no more; a policy.

        Raises:
            ConfigError: It is none of these.
        """
        if value is None:
            return cls()
        if isinstance(value, Retry):
            return value
        _check_count("retries", value, least=0)
        return cls(attempts=value + 1)


@runtime_checkable
class TimeoutLike(Protocol):
    """What `httpx.Timeout` has."""

    @property
    def connect(self) -> float | None:
        """Seconds until a connection stands; `None` waits forever."""
        ...

    @property
    def read(self) -> float | None:
        """Seconds without a byte; `None` waits forever."""
        ...


TimeoutTypes: TypeAlias = "float | timedelta | tuple[float | None, float | None] | TimeoutLike | Timeouts | None"
"""What users may give as `timeout=`."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """
    Say how long each kind of waiting may last, in seconds; `None` anywhere waits without limit.

    Args:
        connect: Until a connection stands, its TLS included.
        read: Without a byte of the answer.
        deadline: A whole call that carries no object or table, its repetitions and their waits included.
        transfer: A whole call that carries an object or a table.
    """

    connect: float | None = 5.0
    read: float | None = 30.0
    deadline: float | None = DEFAULT_DEADLINE
    transfer: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                _check_seconds(f"Timeouts.{field.name}", value, positive=True)

    @classmethod
    def of(cls, value: TimeoutTypes) -> Timeouts:
        """
        Read what users give as `timeout=`.

        Args:
            value: `None` for the defaults. Seconds or a `timedelta`: no metadata call lasts longer, and no transfer is
                silent for longer. `(connect, read)` or an `httpx.Timeout`: these two, where a `read` beyond the usual
                deadline extends it, and `None` lifts it.

        Raises:
            ConfigError: It is none of these, negative, zero or not finite.
        """
        if value is None:
            return cls()
        if isinstance(value, Timeouts):
            return value
        if isinstance(value, tuple):
            return cls._of_pair(value)
        if isinstance(value, TimeoutLike):
            return cls._of_two(value.connect, value.read)
        if isinstance(value, bool | str):
            raise _no_timeout(value)
        return cls._of_total(value)

    @classmethod
    def _of_total(cls, value: float | timedelta) -> Timeouts:
        try:
            seconds = parse_duration(value, what="timeout")
        except ConfigError as exc:
            raise _no_timeout(value) from exc
        _check_seconds("timeout", seconds, positive=True)
        return cls(connect=min(5.0, seconds), read=seconds, deadline=seconds)

    @classmethod
    def _of_pair(cls, value: tuple[float | None, ...]) -> Timeouts:
        if len(value) != 2:
            raise _no_timeout(value)
        return cls._of_two(*value)

    @classmethod
    def _of_two(cls, connect: float | None, read: float | None) -> Timeouts:
        for name, seconds in (("connect", connect), ("read", read)):
            if seconds is not None:
                _check_seconds(f"timeout: {name}", seconds, positive=True)
        # httpx knows no deadline, so its users cannot have meant ours to cut a longer silence that they allowed.
        deadline = None if read is None else max(DEFAULT_DEADLINE, read)
        return cls(connect=connect, read=read, deadline=deadline)

    def total(self, *, transfer: bool = False) -> float | None:
        """Return the seconds that a whole call may last."""
        return self.transfer if transfer else self.deadline


def _no_timeout(value: object) -> ConfigError:
    return ConfigError(
        f"timeout={value!r} cannot be read",
        hint="give seconds, a timedelta, (connect, read), an httpx.Timeout or catchment's own Timeouts; all above 0",
    )


def _check_count(name: str, value: object, *, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigError(f"{name}={value!r} must be a whole number", hint="retries=0 sends one request and no more")
    if value < least:
        raise ConfigError(f"{name}={value} must be at least {least}")


def _check_seconds(name: str, value: object, *, positive: bool = False) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigError(f"{name}={value!r} must be a finite number of seconds")
    if value < 0 or (positive and value == 0):
        raise ConfigError(f"{name}={value!r} must be {'above 0' if positive else '0 or more'}")
