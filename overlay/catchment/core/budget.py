"""How many repetitions a client may make while nothing succeeds, so that an outage is not made worse."""

from __future__ import annotations

from threading import Lock
from typing import TypeVar

from catchment.core.retry import Again, Stop, Verdict

V = TypeVar("V", bound=Verdict)

CAPACITY = 500


class Budget:
    """
    Pay for repetitions out of one bucket of tokens, shared by all calls of a client; thread-safe.

    First attempts are never held back. What a call paid is given back when it succeeds at last; a call that succeeds at
    once adds one token.

    Args:
        capacity: Tokens at the start and at most.
    """

    __slots__ = ("_lock", "_tokens", "capacity")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self._tokens = capacity
        self._lock = Lock()

    @property
    def tokens(self) -> int:
        """Tokens left."""
        return self._tokens

    def allow(self, verdict: V) -> V | Stop:
        """Pay for an `Again`; what cannot be paid for becomes a `Stop`. Other verdicts stay as they are."""
        if not isinstance(verdict, Again) or self._take(verdict.cost):
            return verdict
        return Stop("too many calls of this client fail at present, so none is repeated")

    def succeeded(self, spent: int = 0) -> None:
        """
        Note a success.

        Args:
            spent: Sum of the costs that this call paid.
        """
        if self._tokens >= self.capacity:
            return  # the usual case, without the lock
        with self._lock:
            self._tokens = min(self.capacity, self._tokens + (spent or 1))

    def _take(self, cost: int) -> bool:
        with self._lock:
            if cost > self._tokens:
                return False
            self._tokens -= cost
            return True

    def __repr__(self) -> str:
        return f"<Budget {self._tokens}/{self.capacity}>"

    def __reduce__(self) -> tuple[type[Budget], tuple[int]]:
        # A process of its own has an outlook of its own: the far side starts full.
        return (Budget, (self.capacity,))
