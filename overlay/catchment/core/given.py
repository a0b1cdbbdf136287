"""What a caller said to a client of any platform: checked, in one spelling, and nothing looked up yet."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar

from catchment.core.config import Retry, Timeouts, TimeoutTypes
from catchment.core.engines import TransportSettings
from catchment.core.errors import ConfigError, UnsafeInputError

if TYPE_CHECKING:
    from catchment.core.inprocess import InProcessService

C_co = TypeVar("C_co", covariant=True)


class LocalStack(Protocol):
    """What a client needs of `catchment.local.Stack`."""

    def service(self, name: str) -> InProcessService:
        """Return one platform of the stack."""
        ...


@dataclass(frozen=True, slots=True)
class CommonGiven(Generic[C_co]):
    """
    Say what the caller of any platform says; each platform adds what it has beyond.

    Pickles as far as its parts do: a secret given as text only with `pickle_secrets`, a local stack never.
    """

    endpoint: str | None = None
    credential: C_co | None = None
    profile: str | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    retry: Retry = field(default_factory=Retry)
    transport: TransportSettings = field(default_factory=TransportSettings)
    local: LocalStack | None = field(default=None, repr=False)

    def timed(self, timeout: TimeoutTypes) -> Self:
        """Return the same with other limits of time; `None` changes nothing."""
        if timeout is None:
            return self
        timeouts = Timeouts.of(timeout)
        transport = replace(self.transport, connect=timeouts.connect, read=timeouts.read)
        return replace(self, timeouts=timeouts, transport=transport)

    def repeating(self, retries: int | Retry | None) -> Self:
        """Return the same with another retry policy; `None` changes nothing."""
        return self if retries is None else replace(self, retry=Retry.of(retries))

    def refuse_two_places(self, others: str) -> None:
        """
        Go on, unless a local stack and another place are both named.

        Args:
            others: The arguments that name another place, as the message calls them.

        Raises:
            ConfigError: They are.
        """
        if self.local is not None and (self.endpoint or self.profile):
            raise ConfigError(f"local= serves in process; leave {others} out")

    def refuse_pickling_local(self) -> None:
        """
        Go on, unless a local stack is given, which lives in this process.

        Raises:
            UnsafeInputError: One is given.
        """
        if self.local is not None:
            raise UnsafeInputError(
                "a client of a local stack in this process cannot be pickled",
                hint="serve the stack on a port with stack.serve() and make the client from running.environment",
            )
