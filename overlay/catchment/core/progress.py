"""Reports on long work: silent unless asked for, or unless a person watches the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from threading import Lock
from types import TracebackType
from typing import Protocol, Self, TextIO, TypeAlias

from catchment.core import clock
from catchment.core.errors import ConfigError, UnsafeInputError

VARIABLE = "CATCHMENT_PROGRESS"
_INTERVAL = 0.1


class Progress(Protocol):
    """What users may give as `progress=`: called with what is done and the total, which is `None` if unknown."""

    def __call__(self, done: int, total: int | None, /) -> object:
        """Take note; an exception raised here ends the work."""
        ...


ProgressLike: TypeAlias = "bool | Progress | None"
"""`None` shows if stderr is a terminal; `True` shows; `False` is silent; a callable is called."""


class Display(Protocol):
    """Shows progress to a person."""

    def __call__(self, done: int, total: int | None, /) -> object:
        """Show the present state."""
        ...

    def close(self) -> None:
        """Show the last state and leave the line."""
        ...


class Reporter:
    """
    Count what is done and report it; safe to call from several threads.

    Call it with what has been done since the last call; a negative number takes back what must be done again. Reports
    come in order and never two at once. As a context manager it ends the line on the terminal.

    Args:
        tell: Whom to report to; `None` only counts.
        total: What there is to do, where that is known.
        close: Called once at the end.
    """

    def __init__(self, tell: Progress | None, total: int | None, close: Callable[[], None] | None = None) -> None:
        self.done = 0
        self.total = total
        self._tell = tell
        self._close = close
        self._lock = Lock()

    def __call__(self, step: int) -> None:
        """Add what has been done since the last call."""
        with self._lock:
            self.done = max(0, self.done + step)
            if self._tell is not None:
                self._tell(self.done, self.total)

    def close(self) -> None:
        """End the display; later calls only count."""
        with self._lock:
            close, self._close, self._tell = self._close, None, None
        if close is not None:
            close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def resolve(
    progress: ProgressLike,
    *,
    label: str,
    total: int | None,
    unit: str = "B",
    environ: Mapping[str, str] | None = None,
    stream: TextIO | None = None,
) -> Reporter:
    """
    Turn what the user gave into a reporter.

    Args:
        progress: See `ProgressLike`. `CATCHMENT_PROGRESS=0` silences all displays, `=1` shows them without a terminal;
            callables are called in any case.
        label: What is going on, such as `"upload data.parquet"`.
        total: What there is to do; `None` if unknown.
        unit: `"B"` for bytes, or what is counted.
        environ: Instead of the process's environment.
        stream: Instead of stderr.

    Raises:
        UnsafeInputError: `progress` is none of these.
        ConfigError: `CATCHMENT_PROGRESS` is neither 0 nor 1.
    """
    if progress is not None and not isinstance(progress, bool):
        if not callable(progress):
            raise UnsafeInputError(f"progress={progress!r} must be True, False, None or a callable")
        return Reporter(progress, total)
    stream = stream or sys.stderr
    # A process without a console has no stderr.
    if not stream or not _is_shown(progress, os.environ if environ is None else environ, stream):  # pyright: ignore[reportUnnecessaryComparison]
        return Reporter(None, total)
    display = _bar(label, total, unit, stream) or Line(label, unit, stream)
    return Reporter(display, total, display.close)


class Line:
    """
    Show progress as one line that is written over; where it goes to a file, only the last state is written.

    Args:
        label: What is going on.
        unit: `"B"` for bytes, or what is counted.
        stream: Where to write.
    """

    def __init__(self, label: str, unit: str, stream: TextIO) -> None:
        self._label = label
        self._unit = unit
        self._stream = stream
        self._began = clock.monotonic()
        self._next = self._began
        self._last = ""
        self._state: tuple[int, int | None] = (0, None)

    def __call__(self, done: int, total: int | None, /) -> None:
        """Write the present state, at most ten times a second."""
        self._state = (done, total)
        now = clock.monotonic()
        if now >= self._next and self._stream.isatty():
            self._next = now + _INTERVAL
            self._write("\r")

    def close(self) -> None:
        """Write the last state and end the line."""
        self._write("\r" if self._stream.isatty() else "")
        self._stream.write("\n")
        self._stream.flush()

    def _write(self, start: str) -> None:
        text = self._text()
        self._stream.write(start + text + " " * (len(self._last) - len(text) if start else 0))
        self._stream.flush()
        self._last = text

    def _text(self) -> str:
        done, total = self._state
        elapsed = clock.monotonic() - self._began
        share = f" {100 * done // total:3d}%" if total else ""
        of = "" if total is None else f" of {amount(total, self._unit)}"
        rate = f", {amount(done / elapsed, self._unit)}/s" if elapsed > 0 and done else ""
        return f"{self._label}:{share} {amount(done, self._unit)}{of}{rate}"


def amount(count: float, unit: str) -> str:
    """Write an amount for people: bytes in binary units with one decimal, anything else as a whole number."""
    if unit != "B":
        return f"{count:,.0f} {unit}"
    for name in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1024:
            return f"{count:.0f} B" if name == "B" else f"{count:.1f} {name}"
        count /= 1024
    return f"{count:.1f} TiB"


def _is_shown(progress: bool | None, environ: Mapping[str, str], stream: TextIO) -> bool:
    setting = environ.get(VARIABLE, "")
    if setting not in {"", "0", "1"}:
        raise ConfigError(f"{VARIABLE}={setting!r} must be 0 or 1")
    if setting == "0" or progress is False:
        return False
    return progress is True or setting == "1" or stream.isatty()


def _bar(label: str, total: int | None, unit: str, stream: TextIO) -> Display | None:
    try:
        base = import_module("tqdm").tqdm
    except ImportError:
        return None
    # A monitor interval of 0 keeps tqdm from starting a thread.
    bar = type("Bar", (base,), {"monitor_interval": 0})
    divisor = 1024 if unit == "B" else 1000
    return _Tqdm(bar(desc=label, total=total, unit=unit, unit_scale=True, unit_divisor=divisor, file=stream))


class _Bar(Protocol):
    """The part of tqdm that is used."""

    n: float

    def update(self, n: float, /) -> object: ...
    def close(self) -> object: ...


class _Tqdm:
    """Feeds tqdm, which wants steps, with states."""

    def __init__(self, bar: _Bar) -> None:
        self._bar = bar

    def __call__(self, done: int, total: int | None, /) -> None:
        del total
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Leave the line."""
        self._bar.close()
