"""One call's way: out, back, and judged by what its caller accepts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from catchment.core._async.ahead import AsyncAhead
from catchment.core._async.api import AsyncApiClient
from catchment.core.wire import RawResponse
from catchment.v3io.calls.plan import Planned
from catchment.v3io.errors import HttpResponseError
from catchment.v3io.response import REDIRECTS, RaiseForStatusTypes, Response, outcomes_of

T = TypeVar("T")


async def send(api: AsyncApiClient, plan: Planned[T], wanted: RaiseForStatusTypes = None) -> Response[T]:
    """
    Send a call and return its response.

    Args:
        api: Where to.
        plan: The call.
        wanted: Which answers are acceptable, as `response.check_wanted` returns it.

    Raises:
        HttpResponseError: The answer is not acceptable.
        CatchmentError: There is no answer.
    """
    request = plan.request
    outcomes = REDIRECTS if wanted is None else outcomes_of(wanted, request.operation.method)
    try:
        if plan.transfer:
            raw = await api.send(request, outcomes=outcomes, deadline=api.settings.timeouts.transfer)
        else:
            raw = await api.send(request, outcomes=outcomes)
    except HttpResponseError as error:
        return plan.refused(error, wanted)
    return plan.answered(raw, wanted)


class AsyncUnderWay(Generic[T]):
    """
    A call that was sent and whose answer is not read yet.

    Args:
        plan: The call.
        ahead: The request under way.
        wanted: Which answers are acceptable.
    """

    __slots__ = ("_plan", "_wanted", "ahead")

    def __init__(self, plan: Planned[T], ahead: AsyncAhead, wanted: RaiseForStatusTypes) -> None:
        self._plan = plan
        self.ahead = ahead
        self._wanted = wanted

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._plan.operation.name}>"

    async def result(self) -> Response[T]:
        """
        Wait for the answer and return the response; retries and errors are those of a plain call.

        Raises:
            HttpResponseError: The answer is not acceptable.
            CatchmentError: There is no answer.
        """
        return await self._judged(self.ahead.result)

    async def unhurried(self) -> Response[T]:
        """As `result`, but what the caller did in between does not count against the deadline."""
        return await self._judged(self.ahead.unhurried)

    async def _judged(self, wait: Callable[[], Awaitable[RawResponse]]) -> Response[T]:
        try:
            raw = await wait()
        except HttpResponseError as error:
            return self._plan.refused(error, self._wanted)
        return self._plan.answered(raw, self._wanted)

    async def cancel(self) -> None:
        """Give the call up; whether it is carried out nobody knows."""
        await self.ahead.cancel()


async def begin(api: AsyncApiClient, plan: Planned[T], wanted: RaiseForStatusTypes = None) -> AsyncUnderWay[T]:
    """Send a call and return at once; errors wait for `result`. Arguments are those of `send`."""
    outcomes = outcomes_of(wanted, plan.operation.method)
    ahead = await AsyncAhead.begin(api, plan.request, outcomes=outcomes, transfer=plan.transfer)
    return AsyncUnderWay(plan, ahead, wanted)
