"""What waits, blocking: sleep, locks, ordered bounded work. The hand-written twin of `_async/waiting.py`."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TypeVar

from catchment.core import clock

T = TypeVar("T")
R = TypeVar("R")

Lock = threading.Lock


def sleep(seconds: float) -> None:
    """Wait; under `catchment.testing.no_waiting()` only in name."""
    time.sleep(clock.scaled(seconds))


def map_ordered(
    work: Callable[[T], R], items: Iterable[T], *, limit: int, executor: Executor | None = None
) -> Iterator[R]:
    """Yield the results of `work` in the order of `items`, with at most `limit` of them under way.

    Items are drawn as places become free, so an endless iterable is fine. The first failure ends the rest.
    Threads are this call's own unless `executor` lends some; with `limit` 1 there are none.
    """
    if limit == 1 and executor is None:
        yield from map(work, items)
        return
    own = ThreadPoolExecutor(limit, thread_name_prefix="catchment") if executor is None else None
    pool = executor or own
    if pool is None:  # unreachable; says so to type checkers
        return
    running: deque[Future[R]] = deque()
    source = iter(items)
    try:
        while True:
            while len(running) < limit:
                try:
                    item = next(source)
                except StopIteration:
                    break
                running.append(pool.submit(work, item))
            if not running:
                return
            yield running[0].result()
            running.popleft()
    finally:
        for future in running:
            future.cancel()
        if own is not None:
            own.shutdown(wait=True)


def in_thread(work: Callable[[], R]) -> R:
    """Do blocking work in the caller's own thread."""
    return work()


def demand(load: Callable[[], T], what: str) -> T:
    """Return a value that a plain attribute needs and that only a request can bring."""
    del what
    return load()
