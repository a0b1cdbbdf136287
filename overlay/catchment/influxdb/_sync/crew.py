"""Threads that work in the background, and how they wait for one another; the hand-written twin of `_async/crew.py`."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable
from types import TracebackType

from catchment.core import clock


class Monitor:
    """A lock, and a place to wait under it for what others change."""

    def __init__(self) -> None:
        self._condition = threading.Condition()

    def __enter__(self) -> None:
        self._condition.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._condition.release()

    def wait(self, seconds: float | None = None) -> None:
        """Let others in until they notify, or until so many seconds have passed."""
        self._condition.wait(seconds)

    def notify_all(self) -> None:
        """Wake all who wait."""
        self._condition.notify_all()


class Gate:
    """A pause that can be cut short for good."""

    def __init__(self) -> None:
        self._open = threading.Event()

    def pause(self, seconds: float) -> None:
        """Wait; not at all once it is open. Under `catchment.testing.no_waiting()` only in name."""
        self._open.wait(clock.scaled(seconds))

    def open(self) -> None:
        """End all pauses."""
        self._open.set()

    @property
    def is_open(self) -> bool:
        """Whether it was opened."""
        return self._open.is_set()


class Crew:
    """
    Workers of one writer: threads of the process in which they were started.

    They do not keep the interpreter from ending; `Exit` lets them finish first.

    Args:
        name: Of the workers; a number is added.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._pid = os.getpid()
        self._threads: list[threading.Thread] = []
        self.monitor = Monitor()
        self.gate = Gate()

    @property
    def forked(self) -> bool:
        """Whether this is another process than that of the workers."""
        return self._pid != os.getpid()

    @property
    def here(self) -> bool:
        """Whether the workers still work for whoever asks: in this process."""
        return not self.forked

    @property
    def inside(self) -> bool:
        """Whether a worker itself asks: from a callback."""
        return threading.current_thread() in self._threads

    def start(self, count: int, work: Callable[[], None]) -> None:
        """Start workers."""
        for number in range(count):
            thread = threading.Thread(target=work, name=f"{self._name}-{number + 1}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def join(self, seconds: float) -> None:
        """Wait for the workers to end, so many seconds at most; one that waits for the network cannot be ended."""
        until = clock.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - clock.monotonic()))


def settled(value: object) -> None:
    """Take what a callback returned, which nobody waits for here."""
    del value


class Exit:
    """
    Does something when the interpreter ends, unless it was called off.

    Args:
        work: What to do.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._pid = os.getpid()
        atexit.register(self._run)

    def call_off(self) -> None:
        """Do nothing."""
        atexit.unregister(self._run)

    def _run(self) -> None:
        if self._pid == os.getpid():
            self._work()
