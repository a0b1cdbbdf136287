"""Calls that wait in a batch, and what is raised when several have failed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from catchment.core.errors import CatchmentError, ClosedError, OutcomeUnknownError
from catchment.core.secret import Secret
from catchment.v3io.calls.plan import Planned
from catchment.v3io.errors import BatchError, BatchStatusError, HttpResponseError, PutRecordsError
from catchment.v3io.response import RaiseForStatusTypes, Response, Responses, answer_of

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Queued(Generic[T]):
    """
    One call of a batch.

    Args:
        plan: The call; of a call of several requests, the last one.
        response: What its caller holds already.
        access_key: For this call, in place of the client's.
        wanted: Which answers are acceptable; `None` leaves it to `wait`.
        steps: Makes the requests of a call that takes several, by the client, for what is acceptable.
        error: What went wrong.
    """

    plan: Planned[T]
    response: Response[T]
    access_key: Secret | None = field(default=None, repr=False)
    wanted: RaiseForStatusTypes = None
    steps: Callable[[RaiseForStatusTypes], Any] | None = None
    error: Exception | None = None
    settled: bool = False
    """Whether its end is known."""

    def done(self, response: Response[T]) -> None:
        """Hand the answer to whoever holds the response."""
        self.settled = True
        self.response.fill(response)

    def failed(self, error: Exception) -> None:
        """Note an answer that is not acceptable, or that there is none."""
        self.settled = True
        self.error = error
        if isinstance(error, PutRecordsError):
            self.response.fill(error.response)
        elif isinstance(error, HttpResponseError):
            self.response.fill(Response(self.plan.operation, answer_of(error), self.plan.read, error))
        else:
            self.response.fail(error)


def give_up(queued: Iterable[Queued[Any]], unsent: Collection[Queued[Any]]) -> None:
    """
    Settle what is still open when a batch is interrupted.

    Args:
        queued: All calls.
        unsent: Those that had not been sent.
    """
    for call in unsent:
        call.failed(ClosedError("the batch was interrupted before this call was sent", service="v3io"))
    for call in queued:
        if not call.settled:
            call.failed(OutcomeUnknownError("sent, and the batch was interrupted before its answer", service="v3io"))


def responses_of(queued: Sequence[Queued[Any]]) -> Responses[Any]:
    """
    Return the responses in the order of the calls.

    Raises:
        CatchmentError: The one call that failed; its `responses` are those of all calls.
        BatchError: Several failed.
    """
    responses: Responses[Any] = Responses(call.response for call in queued)
    failed = {place: call.error for place, call in enumerate(queued) if call.error is not None}
    if not failed:
        return responses
    if len(failed) == 1:
        error = next(iter(failed.values()))
    else:
        succeeded = [place for place in range(len(queued)) if place not in failed]
        error = _together(failed, succeeded, len(queued))
    error.responses = responses  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    raise error


def _together(failed: dict[int, Exception], succeeded: list[int], count: int) -> BatchError:
    first = next(iter(failed.values()))
    text = f"{len(failed)} of {count} calls failed; the first: {first}"
    if isinstance(first, HttpResponseError) and all(isinstance(error, HttpResponseError) for error in failed.values()):
        made = BatchStatusError(
            text, failed, succeeded, service="v3io", status=first.status, code=first.code, body=first.body
        )
        made.raw_headers = first.raw_headers
        return made
    attempts = max((error.attempts for error in failed.values() if isinstance(error, CatchmentError)), default=0)
    return BatchError(text, failed, succeeded, service="v3io", attempts=attempts)
