"""Tasks that work in the background, and how they wait for one another. The blocking twin is written by hand."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import inspect
import os
import weakref
from collections.abc import Awaitable, Callable
from types import TracebackType

from catchment.core import clock
from catchment.core.errors import UnsafeInputError


class AsyncMonitor:
    """A lock, and a place to wait under it for what others change."""

    def __init__(self) -> None:
        self._condition = asyncio.Condition()

    async def __aenter__(self) -> None:
        await self._condition.acquire()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._condition.release()

    async def wait(self, seconds: float | None = None) -> None:
        """Let others in until they notify, or until so many seconds have passed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._condition.wait()

    def notify_all(self) -> None:
        """Wake all who wait."""
        self._condition.notify_all()


class AsyncGate:
    """A pause that can be cut short for good."""

    def __init__(self) -> None:
        self._open = asyncio.Event()

    async def pause(self, seconds: float) -> None:
        """Wait; not at all once it is open. Under `catchment.testing.no_waiting()` only in name."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(clock.scaled(seconds)):
                await self._open.wait()

    def open(self) -> None:
        """End all pauses."""
        self._open.set()

    @property
    def is_open(self) -> bool:
        """Whether it was opened."""
        return self._open.is_set()


class AsyncCrew:
    """
    Workers of one writer: tasks of the event loop in which they were started.

    Args:
        name: Of the workers; a number is added.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._pid = os.getpid()
        self._loop = weakref.ref(asyncio.get_running_loop())
        self._tasks: list[asyncio.Task[None]] = []
        self.monitor = AsyncMonitor()
        self.gate = AsyncGate()

    @property
    def forked(self) -> bool:
        """Whether this is another process than that of the workers."""
        return self._pid != os.getpid()

    @property
    def here(self) -> bool:
        """
        Whether the workers still work for whoever asks: in this process, and in the event loop that runs.

        Raises:
            UnsafeInputError: They work in another event loop, which is still open.
        """
        loop = self._loop()
        if not self.forked and loop is not None and loop is not asyncio.get_running_loop() and not loop.is_closed():
            raise UnsafeInputError("this writer belongs to another event loop", hint="make a writer for each loop")
        return not self.forked and loop is asyncio.get_running_loop()

    @property
    def inside(self) -> bool:
        """Whether a worker itself asks: from a callback."""
        return asyncio.current_task() in self._tasks

    def start(self, count: int, work: Callable[[], Awaitable[None]]) -> None:
        """Start workers."""
        for number in range(count):
            self._tasks.append(asyncio.create_task(_run(work), name=f"{self._name}-{number + 1}"))

    async def join(self, seconds: float) -> None:
        """Wait for the workers to end, and end them after so many seconds."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)


async def _run(work: Callable[[], Awaitable[None]]) -> None:
    await work()


async def settled(value: object) -> None:
    """Wait for what a callback returned, if it must be waited for."""
    if inspect.isawaitable(value):
        await value


class AsyncExit:
    """
    Does something when the interpreter ends, in an event loop of its own, unless it was called off.

    Args:
        work: What to do.
    """

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self._work = work
        self._pid = os.getpid()
        atexit.register(self._run)

    def call_off(self) -> None:
        """Do nothing."""
        atexit.unregister(self._run)

    def _run(self) -> None:
        if self._pid == os.getpid():
            asyncio.run(_run(self._work))
