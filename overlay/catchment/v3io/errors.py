"""V3IO's errors: by the code in the answer where there is one, by the status where there is none.

    V3IOError
    ├ HttpResponseError                any answer that the caller did not accept; `.status_code`
    │ ├ RequestRefusedError (400)      InvalidArgumentError · ShardOutOfRangeError · IllegalLocationError
    │ │                                NotAStreamError · InvalidShardCountError
    │ ├ ConditionFalseError            the condition of a write did not hold
    │ ├ ItemExistsError                the item was to be created, and it is there
    │ ├ ResourceNotFoundError (404)    ContainerNotFoundError · StreamNotFoundError
    │ ├ ResourceConflictError (409)    StreamExistsError · DirectoryNotEmptyError
    │ ├ AuthenticationError (401) · AccessDeniedError (403) · TooManyRequestsError (429)
    │ ├ ServerFailureError (5xx)       ControlPathBusyError (503) · TableChangedError (513)
    │ ├ RedirectedError (3xx)
    │ └ UnexpectedStatusError          a success that `raise_for_status` did not list
    ├ PutRecordsError                  some records of one call were not stored; a `BulkError`
    └ BatchError                       several calls of one batch failed; a `BulkError`
      └ BatchStatusError               all of them with an answer; an `HttpResponseError` too

Each is one of `catchment.core.errors` too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from catchment.core.errors import (
    BulkError,
    CatchmentError,
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    PreconditionError,
    RateLimitedError,
    RedirectRefusedError,
    ServerError,
    StatusError,
    UnauthenticatedError,
)
from catchment.core.failures import Told
from catchment.core.wire import Headers, Operation, RawResponse


class V3IOError(CatchmentError):
    """V3IO said no, or a call of its client did not come to its end.

    Attributes:
        responses: After `batch.wait()`: the response of every call, in the order of the calls.
    """

    responses: Sequence[Any] = ()


class HttpResponseError(V3IOError, StatusError):
    """The server answered with a status that the caller did not accept."""

    def __init__(
        self,
        message: str = "",
        status_code: int | None = None,  # by the name and in the place that code for the original gives it
        *,
        headers: Mapping[str, str] | None = None,
        **facts: Any,
    ) -> None:
        if status_code is not None:
            facts["status"] = status_code
        super().__init__(message, headers=headers, **facts)
        raw = headers.raw if isinstance(headers, Headers) else list(self.header_map.items())
        self.raw_headers: tuple[tuple[str, str], ...] = tuple(raw)

    @property
    def status_code(self) -> int:
        """HTTP status."""
        return self.status or 0

    @property
    def body(self) -> bytes:
        """Body of the answer, of which at most 16 KiB are kept."""
        return self.body_bytes


# -- the request -------------------------------------------------------------------------------------------------------


class RequestRefusedError(HttpResponseError, InvalidRequestError):
    """The server found the request malformed, or its values not acceptable (400)."""


class InvalidArgumentError(RequestRefusedError):
    """An argument or an expression cannot be read, or a limit is passed."""


class ShardOutOfRangeError(RequestRefusedError):
    """The stream has no shard of this number."""


class IllegalLocationError(RequestRefusedError):
    """The records at this location are gone: retention has trimmed them. Seek again, from EARLIEST."""


class NotAStreamError(RequestRefusedError):
    """What the path names is a directory, and no stream."""


class InvalidShardCountError(RequestRefusedError):
    """The stream has more shards already; their number may only grow."""


class ConditionFalseError(HttpResponseError, PreconditionError):
    """The condition of the write did not hold; nothing was changed."""


class ItemExistsError(HttpResponseError, ConflictError):
    """The item was to be created, and there is one of this name; nothing was changed."""


# -- the resource ------------------------------------------------------------------------------------------------------


class ResourceNotFoundError(HttpResponseError, NotFoundError):
    """There is no such object, item, table or directory (404)."""


class ContainerNotFoundError(ResourceNotFoundError):
    """There is no such container."""


class StreamNotFoundError(ResourceNotFoundError):
    """There is no such stream, or the shard has no record yet."""


class ResourceConflictError(HttpResponseError, ConflictError):
    """The request contradicts what is there (409)."""


class StreamExistsError(ResourceConflictError):
    """Where the stream was to be created is something already."""


class DirectoryNotEmptyError(ResourceConflictError):
    """A directory can be deleted only when nothing is in it."""


# -- who asks, and how often -------------------------------------------------------------------------------------------


class AuthenticationError(HttpResponseError, UnauthenticatedError):
    """The access key or password is missing or wrong (401)."""


class AccessDeniedError(HttpResponseError, ForbiddenError):
    """The user may not do this (403)."""


class TooManyRequestsError(HttpResponseError, RateLimitedError):
    """A machine before the server asks to slow down (429)."""


# -- the server --------------------------------------------------------------------------------------------------------


class ServerFailureError(HttpResponseError, ServerError):
    """The server failed (5xx)."""


class ControlPathBusyError(ServerFailureError):
    """The server's control path is busy (503); the same call may succeed later."""


class TableChangedError(ServerFailureError):
    """The table was made anew, or its server failed over, while it was read (513); read it again."""


class RedirectedError(HttpResponseError, RedirectRefusedError):
    """The server points to another address (3xx), which is never followed: a client of plain HTTP at a TLS gateway."""


class UnexpectedStatusError(HttpResponseError):
    """The call succeeded, with a status that `raise_for_status` did not list. What it does was done."""


# -- many at once ------------------------------------------------------------------------------------------------------


class PutRecordsError(BulkError, V3IOError):
    """Some records of one call were not stored.

    Attributes:
        failed: Position of the record in the call to its error.
        succeeded: Positions of the records that were stored; putting them again would double them.
        response: The answer, with the place of every record that was stored.
    """

    response: Any = None


class BatchError(BulkError, V3IOError):
    """Several calls of a batch failed.

    Attributes:
        failed: Position of the call in the batch to its error.
        succeeded: Positions of the other calls.
        responses: The response of every call, in the order of the calls.
    """


class BatchStatusError(BatchError, HttpResponseError):
    """Several calls of a batch failed, each with an answer; `status_code` and `body` are those of the first."""


def record_error(code: int | None, message: str | None) -> HttpResponseError:
    """Make the error of one record out of what the answer says of it."""
    text = message or "no reason given"
    cls = _by_code(code, text) or RequestRefusedError
    return cls(text, service="v3io", operation="putRecords", status=200, code=code)


# -- what the server says ----------------------------------------------------------------------------------------------

CONDITION_FALSE: Final = ("16777244", "16777245", "184549378", "385876025")
"""Codes of a false condition, oldest servers last; their sign and place in the text differ between releases."""
ITEM_EXISTS: Final = "369098809"

_INVALID_ARGUMENT: Final = -201326592
_SHARD_OUT_OF_RANGE: Final = -201326594
_CONTROL_PATH_BUSY: Final = -117440512
_NUMBER = re.compile(r"\d+")
_CODE = re.compile(r'"ErrorCode"\s*:\s*(-?\d+)')
_TEXTS: Final[tuple[tuple[str, type[HttpResponseError]], ...]] = (
    ("IllegalLocation", IllegalLocationError),
    ("ShardIDOutOfRange", ShardOutOfRangeError),
    ("InvalidShardCount", InvalidShardCountError),
    ("ResourceNotStream", NotAStreamError),
    ("ResourceInUse", StreamExistsError),
    ("ResourceNotFoundException", StreamNotFoundError),
    ("InvalidArgument", InvalidArgumentError),
)
_BY_CODE: Final[Mapping[int, type[HttpResponseError]]] = {
    _INVALID_ARGUMENT: InvalidArgumentError,
    _SHARD_OUT_OF_RANGE: ShardOutOfRangeError,
    _CONTROL_PATH_BUSY: ControlPathBusyError,
}
_BY_STATUS: Final[Mapping[int, type[HttpResponseError]]] = {
    400: RequestRefusedError,
    401: AuthenticationError,
    403: AccessDeniedError,
    404: ResourceNotFoundError,
    409: ResourceConflictError,
    429: TooManyRequestsError,
    513: TableChangedError,
}
_CHECKS: Final[Mapping[str, str]] = {
    "appendObject": "compare the size of the object with what it was",
    "putItem": "read the item, and see whether it holds what was put",
    "updateItem": "read the item, and see whether the expression was applied",
    "createStream": "describe the stream",
    "putRecords": "read the last records of the stream's shards",
    "putObject": "read the object",
    "scatterWrite": "read the object",
    "putChunk": "read the object",
    "deleteObject": "see whether the object is still there",
}


@dataclass(frozen=True, slots=True)
class V3IOTold(Told):
    """What an error's body says; `text` is all of it, where codes may be nested."""

    text: str = ""


class V3IODialect:
    """Reads the errors of the web API."""

    request_id_header = "x-request-id"

    def read(self, response: RawResponse) -> Told | None:
        """Take code and message out of JSON, or the text of a simple object call."""
        text = response.text[:4096]
        if not text.strip():
            return None
        if "<html" in text[:512].lower():
            return V3IOTold("an HTML page, probably of a proxy, instead of an answer")
        codes = _CODE.findall(text)
        message = _message(response.body) or " ".join(text.split())[:400]
        within = [code for code in codes[1:] if code != codes[0] and code not in message]
        if within:  # callers of other clients look for these in the text
            message = f"{message} (within it code {', '.join(within)})"
        return V3IOTold(message, int(codes[0]) if codes else None, text)

    def leaf(self, operation: Operation, status: int, told: Told) -> type[StatusError]:
        """Name the class by the code, then by the text, then by the status."""
        text = told.text if isinstance(told, V3IOTold) else told.message
        if status == 404:
            return _not_found(text)
        if 400 <= status < 500 and status not in {401, 403}:
            known = _by_code(told.code, text)
            if known is not None:
                return known
        if status == 409:
            return {"createStream": StreamExistsError, "deleteObject": DirectoryNotEmptyError}.get(
                operation.id, ResourceConflictError
            )
        if status == 503 and told.code == _CONTROL_PATH_BUSY:
            return ControlPathBusyError
        known = _BY_STATUS.get(status)
        return known or (ServerFailureError if status >= 500 else HttpResponseError)

    def check(self, operation: Operation) -> str | None:
        """Say what to look at when nobody knows whether a request was applied."""
        return _CHECKS.get(operation.id)


DIALECT = V3IODialect()


def _by_code(code: str | int | None, text: str) -> type[HttpResponseError] | None:
    if isinstance(code, int) and code in _BY_CODE:
        return _BY_CODE[code]
    numbers = set(_NUMBER.findall(text))
    if isinstance(code, int):
        numbers.add(str(abs(code)))
    if ITEM_EXISTS in numbers:
        return ItemExistsError
    if not numbers.isdisjoint(CONDITION_FALSE):
        return ConditionFalseError
    return next((leaf for part, leaf in _TEXTS if part in text), None)


def _not_found(text: str) -> type[HttpResponseError]:
    if "Container not found" in text:
        return ContainerNotFoundError
    return StreamNotFoundError if "ResourceNotFoundException" in text else ResourceNotFoundError


def _message(body: bytes) -> str | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    message = cast("dict[str, object]", document).get("ErrorMessage")
    return message if isinstance(message, str) and message else None
