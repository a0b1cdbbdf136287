"""A call that is encoded and not yet sent, and what becomes of its answer. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from catchment.core.errors import CatchmentError
from catchment.core.failures import is_page
from catchment.core.wire import Operation, RawResponse, Request, undecodable
from catchment.v3io.errors import HttpResponseError
from catchment.v3io.response import RaiseForStatusTypes, Response, acceptable, answer_of, refusal

T = TypeVar("T")
Constant = tuple[tuple[str, str], ...]

_JSON: Final = ("Content-Type", "application/json")


def function_headers(name: str) -> Constant:
    """Return the headers of a function call."""
    return (("X-v3io-function", name), _JSON)


@dataclass(slots=True)
class Planned(Generic[T]):
    """
    One call, encoded.

    Args:
        request: What is sent.
        read: Reads the output out of the body of a success; `None` where there is none.
        transfer: Whether it may take as long as it takes, because its answer is an object.
        check: Finds what a success says of parts that failed; asked only where the caller leaves the errors to us.
        opaque: Whether a success may be anything, so that only its headers tell it from a gateway's page.
    """

    request: Request
    read: Callable[[bytes], T] | None = None
    transfer: bool = False
    check: Callable[[Response[Any]], CatchmentError | None] | None = None
    opaque: bool = False

    @property
    def operation(self) -> Operation:
        """What is called."""
        return self.request.operation

    def pending(self) -> Response[T]:
        """Return a response whose answer comes later."""
        return Response.awaited(self.request.operation, self.read)

    def answered(self, raw: RawResponse, wanted: RaiseForStatusTypes = None) -> Response[T]:
        """
        Make the response of an answer.

        Args:
            raw: The answer.
            wanted: Which statuses are acceptable, as `response.check_wanted` returns it.

        Raises:
            HttpResponseError: The status is not acceptable.
            PutRecordsError: Records were refused, and errors are left to us.
            DecodeError: A gateway's page came in place of an object.
        """
        if self.opaque and _is_of_a_gateway(self.request.operation.method, raw):
            raise undecodable(self.request.operation, raw, ValueError("this is a page, and no answer of the platform"))
        response: Response[T] = Response(self.request.operation, raw, self.read)
        if (raw.status >= 300 or wanted is not None) and not acceptable(raw.status, wanted):
            raise refusal(self.request.operation, raw)
        if self.check is not None and wanted is None:
            problem = self.check(response)
            if problem is not None:
                raise problem
        return response

    def refused(self, error: HttpResponseError, wanted: RaiseForStatusTypes) -> Response[T]:
        """Make the response of an answer that was repeated and given up, or raise it."""
        if not acceptable(error.status_code, wanted):
            raise error
        return Response(self.request.operation, answer_of(error), self.read, error)


# An object may be a page itself, but the platform sends these with all objects, and a gateway's login none of them.
_OF_OBJECTS: Final = ("x-v3io-transaction-verifier", "x-v3io-object-type", "last-modified")


def _is_of_a_gateway(method: str, raw: RawResponse) -> bool:
    """Say whether a success is a page that something before the platform put in place of an object, or of its size."""
    # The first bytes come first: headers are not even read of an answer that is no page.
    if raw.status != 200 or not (method == "HEAD" or is_page(raw.body)):
        return False
    headers = raw.headers
    return "html" in headers.get("content-type", "") and not any(name in headers for name in _OF_OBJECTS)
