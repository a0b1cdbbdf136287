"""What groups of calls need of whatever carries their calls out: a client, or a batch that keeps them for later."""

from __future__ import annotations

from typing import Protocol, TypeVar

from catchment.core.secret import Secret
from catchment.v3io.calls.plan import Planned
from catchment.v3io.response import RaiseForStatusTypes, Response

T = TypeVar("T")


class AsyncCarrier(Protocol):
    """Carries calls out."""

    async def perform(
        self,
        plan: Planned[T],
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[T]:
        """
        Send one call and return its response.

        Args:
            plan: Made by `catchment.v3io.calls`.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; by default all from 300 on.
            transport_actions: How far to go; see `TransportActions`.

        Raises:
            HttpResponseError: The answer is not acceptable.
            CatchmentError: There is no answer.
        """
        ...


class AsyncCalls:
    """
    A group of calls.

    Args:
        carrier: What carries them out.
    """

    __slots__ = ("_carrier",)

    def __init__(self, carrier: AsyncCarrier) -> None:
        self._carrier = carrier

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._carrier!r}>"
