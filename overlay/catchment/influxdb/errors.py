"""InfluxDB's errors: those of HTTP, and those that come with a 200 inside the answer of a query.

    InfluxDBError
    ├ StatementError                 a statement failed inside an answered query
    ├ QuerySyntaxError               the query could not be parsed; nothing was run
    ├ QueryTruncatedError            the server cut the answer
    ├ DatabaseNotFoundError · RetentionPolicyNotFoundError
    ├ AuthenticationError (401) · AuthorizationError (403) · NotServedError (404) · TooManyRequestsError (429)
    ├ PayloadTooLargeError (413) · ServerBusyError (503) · ServerFailureError (5xx)
    └ InfluxDBWriteError             any of the above, for a write
      ├ PartialWriteError            good lines were stored, and others were not
      └ FieldTypeConflictError       a field has another type already

Each is one of `catchment.core.errors` too. What a write and a query can both meet has a class for either; the
`Write...` ones are both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from importlib import import_module
from typing import Any

from catchment.core.errors import (
    CatchmentError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
    ResponseError,
    ServerError,
    StatusError,
    UnauthenticatedError,
)
from catchment.core.failures import Told
from catchment.core.wire import Headers, Operation, RawResponse, load_json_exactly

WRITES = frozenset({"writePoints", "writeBucket", "promWrite"})
"""Operations whose errors are those of writes."""


class InfluxDBError(CatchmentError):
    """InfluxDB said no.

    Attributes:
        statement_id: 0-based number of the statement that failed, where one did.
        query: The query, string literals and passwords hidden.
    """

    statement_id: int | None = None
    query: str | None = None

    def __init__(
        self, message: str = "", statement_id: int | None = None, *, query: str | None = None, **facts: Any
    ) -> None:
        super().__init__(message, **facts)
        self.statement_id = statement_id
        self.query = query
        if self.hint is None:
            hint = next((hint for part, hint in _HINTS if part in message), None)
            if hint is not None:
                self.advise(hint)


class StatementError(InfluxDBError, InvalidRequestError):
    """A statement failed; those before it were run, those behind it were not."""


class QuerySyntaxError(InfluxDBError, InvalidRequestError):
    """The server could not parse the query; nothing was run.

    Attributes:
        line: From 1, where the server told.
        char: From 1, where the server told.
    """

    line: int | None = None
    char: int | None = None

    def __init__(
        self, message: str = "", statement_id: int | None = None, *, query: str | None = None, **facts: Any
    ) -> None:
        super().__init__(message, statement_id, query=query, **facts)
        place = _PLACE.search(message)
        if place is not None:
            self.line, self.char = int(place[1]), int(place[2])


class QueryTruncatedError(InfluxDBError, ResponseError):
    """The server cut the answer at its `max-row-limit`: rows and whole series are missing."""


class DatabaseNotFoundError(InfluxDBError, NotFoundError):
    """There is no such database."""


class RetentionPolicyNotFoundError(InfluxDBError, NotFoundError):
    """There is no such retention policy; on writes the server calls this a failure of its own (500)."""

    fate = "final"


class AuthenticationError(InfluxDBError, UnauthenticatedError):
    """The credentials are missing, wrong or expired (401)."""


class AuthorizationError(InfluxDBError, ForbiddenError):
    """The user may not do this (403)."""


class PayloadTooLargeError(InfluxDBError, InvalidRequestError):
    """The body is larger than the server's `max-body-size` (413)."""


class NotServedError(InfluxDBError, NotFoundError):
    """There is no such endpoint: the address is something else's or lacks its path, or the server is older (404)."""


class TooManyRequestsError(InfluxDBError, RateLimitedError):
    """A machine before the server asks to slow down (429)."""


class ServerBusyError(InfluxDBError, ServerError):
    """The server's queue of writes is full, so that it did not look at this one (503)."""

    fate = "unapplied"


class ServerFailureError(InfluxDBError, ServerError):
    """The server failed (5xx)."""


class HandlerCrashedError(ServerFailureError):
    """The server's handler crashed on this request, as it does again; points with exactly 100 tags do so before 1.8."""

    retryable = False
    fate = "final"


class InfluxDBWriteError(InfluxDBError, StatusError):
    """Points were not written.

    Attributes:
        reason: The status in words, such as `"Bad Request"`.
        error: What the server says, whole.
        dropped: Points that the server says it dropped; lines that it could not parse are not among them.
        partial: Whether other points of the same call were stored.
        bad_lines: Lines that the server could not parse, each with the reason.
    """

    error: str = ""
    dropped: int = 0
    partial: bool = False
    bad_lines: tuple[tuple[str, str], ...] = ()

    def __init__(
        self, message: str = "", statement_id: int | None = None, *, query: str | None = None, **facts: Any
    ) -> None:
        super().__init__(message, statement_id, query=query, **facts)
        self.error = message
        self.partial = self.partial or message.startswith("partial write")
        self.bad_lines = bad_lines(message)
        self.dropped = dropped(message)

    @property
    def reason(self) -> str:
        """The status in words."""
        try:
            return HTTPStatus(self.status or 0).phrase
        except ValueError:
            return ""

    @property
    def headers(self) -> Headers:
        """Headers of the answer; upper and lower case are the same."""
        return Headers(list(self.header_map.items()))


class LinesRefusedError(InfluxDBWriteError, InvalidRequestError):
    """The server refused the request, or each of its lines, and stored nothing."""


class PartialWriteError(InfluxDBWriteError, InvalidRequestError):
    """The server stored some points and not others; sending all of them again would not help."""

    partial = True


class FieldTypeConflictError(InfluxDBWriteError, InvalidRequestError):
    """A field has another type in this shard already; the first write decides."""


class PartialFieldTypeConflictError(PartialWriteError, FieldTypeConflictError):
    """Points with a field of another type were dropped, and the others were stored."""


class WriteDatabaseNotFoundError(InfluxDBWriteError, DatabaseNotFoundError):
    """There is no database to write to."""


class WriteRetentionPolicyNotFoundError(InfluxDBWriteError, RetentionPolicyNotFoundError):
    """There is no retention policy of this name to write to."""


class WriteAuthenticationError(InfluxDBWriteError, AuthenticationError):
    """The credentials for a write are missing, wrong or expired (401)."""


class WriteAuthorizationError(InfluxDBWriteError, AuthorizationError):
    """The user may not write to this database (403)."""


class WritePayloadTooLargeError(InfluxDBWriteError, PayloadTooLargeError):
    """One line alone is larger than the server's `max-body-size` (413)."""


class WriteNotServedError(InfluxDBWriteError, NotServedError):
    """There is no endpoint to write to."""


class WriteTooManyRequestsError(InfluxDBWriteError, TooManyRequestsError):
    """A machine before the server asks to write less often (429)."""


class WriteServerBusyError(InfluxDBWriteError, ServerBusyError):
    """The server's queue of writes is full (503)."""


class WriteServerFailureError(InfluxDBWriteError, ServerFailureError):
    """The server failed while writing (5xx)."""


class WriteHandlerCrashedError(InfluxDBWriteError, HandlerCrashedError):
    """The server's handler crashed on these points."""


_FOR_WRITES: dict[type[InfluxDBError], type[InfluxDBWriteError]] = {
    DatabaseNotFoundError: WriteDatabaseNotFoundError,
    RetentionPolicyNotFoundError: WriteRetentionPolicyNotFoundError,
    AuthenticationError: WriteAuthenticationError,
    AuthorizationError: WriteAuthorizationError,
    PayloadTooLargeError: WritePayloadTooLargeError,
    NotServedError: WriteNotServedError,
    TooManyRequestsError: WriteTooManyRequestsError,
    ServerBusyError: WriteServerBusyError,
    ServerFailureError: WriteServerFailureError,
    HandlerCrashedError: WriteHandlerCrashedError,
    StatementError: LinesRefusedError,
}


# -- what the server says ----------------------------------------------------------------------------------------------

_BAD_LINE = re.compile(r"^(?:partial write: )?unable to parse '(.*)': (.*?)(?: dropped=\d+)?$", re.DOTALL)
_DROPPED = re.compile(r" dropped=(\d+)\s*\Z")
_PLACE = re.compile(r"at line (\d+), char (\d+)")
_NEW_LINE_ENTRY = re.compile(r"\n(?=unable to parse ')")
_HINTS = (
    ("database is required", "give db=, or set the client's database"),
    ("database name required", "give db=, set the client's database, or name it in the query: \"db\"..\"measurement\""),
    ("field type conflict", "field_types={\"name\": \"float\"} gives a field one type whatever its values look like"),
    ("points beyond retention policy", "the retention policy keeps points for a shorter time than their age"),
    ("max key length exceeded", "measurement and tags may have 65,535 bytes together"),
    ("query-timeout limit exceeded", "narrow the time range, or raise query-timeout in the server's configuration"),
    ("max-concurrent-queries", "too many queries run at once; repeat it later"),
    ("max-select-series", "narrow the query: it touches more series than the server allows"),
    ("max-select-point", "narrow the query: it touches more points than the server allows"),
    ("unable to bind parameter", "give each $name a str, int, float, bool or time in params="),
    ("missing parameter", "give each $name of the query a value in params="),
    ("404 page not found", "is the address right, and its path? Servers before 1.8 lack /health and /api/v2"),
    ("create admin user first", "the only statement allowed is CREATE USER ... WITH ALL PRIVILEGES"),
    ("not executed", "an earlier statement failed; run the statements one by one to see which"),
    ("unable to parse authentication credentials", "servers before 1.8 take no token=; give username and password"),
    ("bearer auth disabled", "the server's configuration has no shared-secret for tokens"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class InfluxTold(Told):
    """What an error's body says, and whether it is in the server's own form."""

    structured: bool = True


class InfluxDBDialect:
    """Reads the errors of `/write`, `/query` and the other endpoints."""

    request_id_header = "x-request-id"

    def read(self, response: RawResponse) -> Told | None:
        """Take `error` out of JSON or msgpack; other bodies are plain text, whose header may say the same."""
        message = _structured(response)
        if message is not None:
            return InfluxTold(message)
        text = response.headers.get("x-influxdb-error", "")
        if not text and response.headers.get("content-type", "").startswith("text/plain"):
            text = " ".join(response.text[:400].split())
        return InfluxTold(text, structured=False) if text else None

    def leaf(self, operation: Operation, status: int, told: Told) -> type[StatusError] | None:
        """Name the class by what the message says; the status comes second, because it is often wrong."""
        structured = told.structured if isinstance(told, InfluxTold) else False
        general = class_of(status, told.message, structured=structured)
        if operation.id in WRITES and general in {StatementError, None}:
            return write_class(told.message) if status in {400, 413, 422} else InfluxDBWriteError
        if general is None:
            return None
        leaf: type[InfluxDBError] = general
        if operation.id in WRITES:
            leaf = _FOR_WRITES.get(general, InfluxDBWriteError)
        return leaf if issubclass(leaf, StatusError) else None

    def check(self, operation: Operation) -> str | None:
        """Say what to look at when nobody knows whether a request was applied."""
        if operation.id in WRITES:
            return "query the points, or give every point a time so that writing it again changes nothing"
        return "look at what the statement changes"


DIALECT = InfluxDBDialect()


def class_of(status: int, message: str, *, structured: bool = True) -> type[InfluxDBError] | None:
    """Name the class of an answer that was no, whatever was asked; `None` where only the status is known."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if "retention policy not found" in message:
        return RetentionPolicyNotFoundError
    if "database not found" in message:
        return DatabaseNotFoundError
    if message.startswith("error parsing query"):
        return QuerySyntaxError
    if status == 503:
        # Both of the throttle's answers mean that the handler never ran; other 503s come from machines in between.
        return ServerBusyError if message.startswith("request throttled") else ServerFailureError
    if status >= 500:
        crashed = (not structured and "Internal Server Error" in message) or "invalid UTF-8" in message
        return HandlerCrashedError if status == 500 and crashed else ServerFailureError
    if status == 404:
        return NotServedError
    return StatementError if status in {200, 400} else None


_BY_STATUS: dict[int, type[InfluxDBError]] = {
    401: AuthenticationError,
    403: AuthorizationError,
    413: PayloadTooLargeError,
    429: TooManyRequestsError,
}


def write_class(message: str) -> type[InfluxDBWriteError]:
    """Name the class of a refused write."""
    partial = message.startswith("partial write")
    if "field type conflict" in message:
        return PartialFieldTypeConflictError if partial else FieldTypeConflictError
    return PartialWriteError if partial else LinesRefusedError


def bad_lines(message: str) -> tuple[tuple[str, str], ...]:
    """Take the lines that could not be parsed out of the message of a refused write, each with its reason."""
    entries = _NEW_LINE_ENTRY.split(message.strip())
    found = [match for entry in entries if (match := _BAD_LINE.match(entry))]
    return tuple((match[1], match[2]) for match in found)


def dropped(message: str) -> int:
    """Return how many points a refused write dropped, as far as the server counted them."""
    match = _DROPPED.search(message)
    return int(match[1]) if match else 0


def statement_error(message: str, number: int | None, *, query: str | None) -> InfluxDBError:
    """Make the error of a statement that failed inside an answer that is a success for HTTP."""
    cls = class_of(200, message) or StatementError
    shown = message if number is None else f"{message} (statement {number})"
    return cls(shown, number, query=query, service="influxdb", operation="query")


def _structured(response: RawResponse) -> str | None:
    """Return the member `error` of a body in JSON or msgpack."""
    try:
        if "msgpack" in response.headers.get("content-type", ""):
            body = import_module("msgpack").unpackb(response.body)
        else:
            body = load_json_exactly(response.body)
    except (ValueError, RecursionError):
        return None
    message = body.get("error") if isinstance(body, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return message if isinstance(message, str) else None
