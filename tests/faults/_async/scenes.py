"""What a workflow is, whichever platform it works with, and what may be said of how one ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from catchment.core.clock import ManualClock
from catchment.core.errors import BulkError, CatchmentError, OutcomeUnknownError

from tests.faults.stage import CountingStack, Hurry


@dataclass
class Scene:
    """A stack in time that stands still, and a client of it."""

    stack: CountingStack
    client: Any
    time: ManualClock | Hurry
    service: str
    secret: str
    """What no error may show."""
    before: int = 0
    """Mutations in the ledger before the work began."""
    results: dict[str, Any] = field(default_factory=dict[str, Any])
    done: list[str] = field(default_factory=list[str])
    """What was reported written, in this order."""

    def applied(self, operation: str) -> int:
        """Count how often an operation took effect since the work began."""
        return sum(entry.sequence > self.before for entry in self.stack.ledger.of(operation, self.service))

    def begin(self) -> None:
        """Count from here on."""
        self.before = len(self.stack.ledger)
        self.stack.asked = 0
        self.results.clear()
        self.done.clear()


Step = Callable[[Any], Awaitable[None]]


@dataclass(frozen=True)
class Workflow:
    """
    One piece of work.

    Attributes:
        name: How test ids call it.
        scene: Where it plays: in process, in time that stands still; or `served=True`, on sockets.
        prepare: What must be there before; no fault strikes it.
        work: The calls that faults strike.
        check: Raises `AssertionError` unless the work was done once and as a whole.
        law: Raises `AssertionError` unless all that was reported done is there, and nothing twice; holds after failures.
        services: Whose requests can be struck.
        doubtful: Operations that nobody can look up after a lost answer; only these may end in doubt.
        tidying: Requests that cleaning up takes after an interruption; `None` where many are under way at once.
        in_background: Whether requests are made by workers, which no interruption reaches.
    """

    name: str
    scene: Callable[..., AbstractAsyncContextManager[Any]]
    prepare: Step
    work: Step
    check: Step
    law: Step
    services: tuple[str, ...] = ("lakefs",)
    doubtful: frozenset[str] = frozenset()
    tidying: int | None = 1
    in_background: bool = False


async def nothing(scene: Scene) -> None:
    """Prepare nothing."""
    del scene


async def outcome(workflow: Workflow, here: Scene) -> BaseException | None:
    """Do the work; return what it raised."""
    try:
        await workflow.work(here)
    except BaseException as raised:  # whatever it is, a test looks at it
        if isinstance(raised, AssertionError):
            raise
        return raised
    return None


def single(error: BaseException) -> Iterator[BaseException]:
    """Yield the errors of which an error is made."""
    if isinstance(error, BulkError):
        for one in error.failed.values():
            yield from single(one)
    else:
        yield error


def is_doubt(error: BaseException, workflow: Workflow) -> bool:
    """Say whether an error says, of an operation of which nobody can know, that nobody knows, and where to look."""
    return (
        isinstance(error, OutcomeUnknownError)
        and error.operation in workflow.doubtful
        and bool(error.hint)
        and isinstance(error.__cause__, CatchmentError)
    )
