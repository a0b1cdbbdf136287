"""What waits, async: sleep, locks, ordered bounded work. Its blocking twin is written by hand beside it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import Executor
from types import TracebackType
from typing import TypeVar
from weakref import WeakKeyDictionary

from catchment.core import clock
from catchment.core.errors import UnsafeInputError

T = TypeVar("T")
R = TypeVar("R")


class AsyncLock:
    """
    A lock for tasks.

    One of asyncio's belongs to the event loop in which it was first contended; a client may see several, one after
    another, so each loop gets its own.
    """

    def __init__(self) -> None:
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    async def __aenter__(self) -> None:
        await self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()).acquire()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._locks[asyncio.get_running_loop()].release()


async def sleep(seconds: float) -> None:
    """Wait; under `catchment.testing.no_waiting()` only in name."""
    await asyncio.sleep(clock.scaled(seconds))


async def map_ordered(
    work: Callable[[T], Awaitable[R]], items: Iterable[T], *, limit: int, executor: Executor | None = None
) -> AsyncIterator[R]:
    """Yield the results of `work` in the order of `items`, with at most `limit` of them under way.

    Items are drawn as places become free, so an endless iterable is fine. The first failure ends the rest.
    """
    del executor  # tasks need none; the twin's threads may come from one
    running: deque[asyncio.Task[R]] = deque()
    source = iter(items)
    try:
        while True:
            while len(running) < limit:
                try:
                    item = next(source)
                except StopIteration:
                    break
                running.append(asyncio.ensure_future(_run(work, item)))
            if not running:
                return
            yield await running[0]
            running.popleft()
    finally:
        for task in running:
            task.cancel()
        if running:
            await asyncio.gather(*running, return_exceptions=True)


async def _run(work: Callable[[T], Awaitable[R]], item: T) -> R:
    return await work(item)


async def in_thread(work: Callable[[], R]) -> R:
    """Do blocking work, such as a library's own request, without holding up the event loop."""
    return await asyncio.to_thread(work)


def demand(load: Callable[[], Awaitable[T]], what: str) -> T:
    """Return a value that a plain attribute needs and that only a request can bring: not possible here."""
    del load
    raise UnsafeInputError(
        f"{what} is not known yet, and an attribute cannot wait for it", hint="await its load() first"
    )
