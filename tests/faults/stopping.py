"""Interruptions as they come: Ctrl-C where calls block, the cancellation of the caller's task where they are awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NoReturn


def stopper(stop: type[BaseException]) -> Callable[[], NoReturn]:
    """
    Return what interrupts whoever calls this, from inside any request of theirs.

    Args:
        stop: What they see.
    """
    caller = asyncio.current_task() if issubclass(stop, asyncio.CancelledError) else None

    def interrupt() -> NoReturn:
        # A request may be made by a task of its own, which is not what people cancel.
        if caller is not None and asyncio.current_task() is not caller:
            caller.cancel()
        raise stop

    return interrupt
