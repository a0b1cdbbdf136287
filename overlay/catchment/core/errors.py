"""The tree of errors: each class one sentence on what happened.

    CatchmentError
    ├ ConfigError (ValueError) · CredentialsNotFoundError
    ├ UnsafeInputError (ValueError) · ClosedError
    ├ NetworkError (ConnectionError) · TLSError · RedirectRefusedError
    ├ DeadlineError (TimeoutError)
    ├ StatusError: InvalidRequestError UnauthenticatedError ForbiddenError (PermissionError) NotFoundError (LookupError)
    │   ConflictError PreconditionError RangeNotSatisfiableError RateLimitedError ServerError
    ├ ResponseError: TruncatedBodyError DecodeError (HeaderError) IntegrityError ResponseTooLargeError
    ├ OutcomeUnknownError
    └ BulkError (ExceptionGroup)

Errors carry facts, not connections: they pickle, compare by their text and never show a secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self


class CatchmentError(Exception):
    """Something asked of this package did not happen.

    Attributes:
        service: Platform, such as `"lakefs"`; `None` outside a call.
        operation: Operation id of the platform's document.
        status: HTTP status, where there was an answer.
        code: The platform's own error code, where it sends one.
        request_id: The platform's id of the request, for its operators.
        attempts: Requests sent for this call; 0 means nothing was sent.
        retryable: Whether the same call may succeed later unchanged.
        hint: What to do about it, where that is known.
    """

    retryable: bool = False

    def __init__(
        self,
        message: str = "",
        *,
        service: str | None = None,
        operation: str | None = None,
        status: int | None = None,
        code: str | int | None = None,
        request_id: str | None = None,
        attempts: int = 0,
        hint: str | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.service = service
        self.operation = operation
        self.status = status
        self.code = code
        self.request_id = request_id
        self.attempts = attempts
        self.body_bytes = body
        self.header_map: dict[str, str] = dict(headers or {})
        self.hint: str | None = None
        if hint:
            self.advise(hint)

    @property
    def message(self) -> str:  # a property, because ExceptionGroup's own is read-only
        """What happened, without the place."""
        return str(self.args[0]) if self.args else ""

    def advise(self, hint: str) -> Self:
        """Set the advice shown below the message."""
        self.hint = hint
        self.add_note(hint)
        return self

    def at(self, *, service: str, operation: str, attempts: int) -> Self:
        """Say where it happened, unless that is known already."""
        self.service = self.service or service
        self.operation = self.operation or operation
        self.attempts = self.attempts or attempts
        return self

    def __str__(self) -> str:
        place = ".".join(part for part in (self.service, self.operation) if part)
        status = f"{self.status} " if self.status is not None and isinstance(self, StatusError) else ""
        facts = [f"code {self.code}"] if self.code is not None else []
        if self.request_id:
            facts.append(f"request {self.request_id}")
        if self.attempts > 1:
            facts.append(f"{self.attempts} attempts")
        tail = f" ({', '.join(facts)})" if facts else ""
        return f"{place}: {status}{self.message}{tail}" if place else f"{status}{self.message}{tail}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), self.args, dict(self.__dict__))


# -- nothing was sent --------------------------------------------------------------------------------------------------


class ConfigError(CatchmentError, ValueError):
    """A setting is missing, malformed or contradicts another; nothing was sent."""


class CredentialsNotFoundError(ConfigError):
    """No source had credentials; the message lists every source that was tried."""


class UnsafeInputError(CatchmentError, ValueError):
    """An argument cannot be sent safely or without loss; nothing was sent."""


class ClosedError(CatchmentError, ValueError):
    """The client, file or handle was closed before this call; nothing was sent."""


# -- no answer ---------------------------------------------------------------------------------------------------------


class NetworkError(CatchmentError, ConnectionError):
    """There was no answer: no connection, or one that broke.

    Attributes:
        sent: Whether any byte of the request may have reached the server.
        stale: Whether a pooled connection turned out to be closed already, before any byte of an answer.
    """

    retryable = True
    sent: bool = True
    stale: bool = False


class DeadlineError(CatchmentError, TimeoutError):
    """The time allowed for the call, or for one silent wait in it, ran out.

    Attributes:
        sent: Whether any byte of the request may have reached the server.
    """

    retryable = True
    sent: bool = True


class TLSError(NetworkError):
    """The secure connection could not be set up; nothing was sent."""

    retryable = False
    sent = False


class RedirectRefusedError(CatchmentError):
    """The server pointed elsewhere, and following it could leak credentials or repeat a write."""


# -- an answer, and it was no ------------------------------------------------------------------------------------------


class StatusError(CatchmentError):
    """The server answered, and the answer was no.

    Attributes:
        fate: What a platform's own class knows of the request beyond its status: `"unapplied"`, nothing was done and it
            may be repeated; `"final"`, a repetition brings the same. `None` leaves it to the status.
    """

    fate: Literal["unapplied", "final"] | None = None


class InvalidRequestError(StatusError):
    """The server found the request malformed or its values not acceptable (400, 413, 422)."""


class UnauthenticatedError(StatusError):
    """The server does not know who asks, or no longer accepts the credentials (401)."""


class ForbiddenError(StatusError, PermissionError):
    """The server knows who asks and refuses (403)."""


class NotFoundError(StatusError, LookupError):
    """There is no such thing, or no longer (404, 410)."""


class ConflictError(StatusError):
    """The request contradicts the present state (409)."""


class PreconditionError(StatusError):
    """A condition of the request did not hold (412)."""


class RangeNotSatisfiableError(StatusError):
    """The byte range asked for lies outside the object (416).

    Attributes:
        size: The object's size in bytes, where the server told it.
    """

    size: int | None = None


class RateLimitedError(StatusError):
    """The server asks to slow down (420, 429).

    Attributes:
        retry_after: Seconds that the server asks to wait, where it told.
    """

    retryable = True
    retry_after: float | None = None


class ServerError(StatusError):
    """The server failed (5xx).

    Attributes:
        retry_after: Seconds that the server asks to wait, where it told.
    """

    retryable = True
    retry_after: float | None = None


# -- a yes that cannot be read -----------------------------------------------------------------------------------------


class ResponseError(CatchmentError):
    """The server said yes, and its answer cannot be used."""


class TruncatedBodyError(ResponseError):
    """The body ended before its announced end."""

    retryable = True


class DecodeError(ResponseError):
    """The body is not in the announced or documented form."""


class HeaderError(DecodeError):
    """A header of the answer has characters that HTTP forbids, so that nothing behind it was read.

    Attributes:
        line: The header as it was sent.
    """

    line: bytes = b""


class IntegrityError(ResponseError):
    """Size or checksum of what arrived differ from what was announced."""


class ResponseTooLargeError(ResponseError):
    """The body is larger, or unpacks to more, than the caller allows."""


# -- neither yes nor no ------------------------------------------------------------------------------------------------


class OutcomeUnknownError(CatchmentError):
    """The request was sent, no answer came, and it may have been applied; the hint says what to check."""


class BulkError(CatchmentError, ExceptionGroup[Exception]):
    """Some of many items failed.

    Attributes:
        succeeded: Items that were done.
        failed: Item to its error.
    """

    succeeded: Sequence[Any]
    failed: Mapping[Any, Exception]

    def __new__(cls, message: str, failed: Mapping[Any, Exception], *_: Any, **__: Any) -> Self:
        """Make the group out of the failures."""
        return super().__new__(cls, message, list(failed.values()))

    def __init__(
        self, message: str, failed: Mapping[Any, Exception], succeeded: Sequence[Any] = (), **facts: Any
    ) -> None:
        CatchmentError.__init__(self, message, **facts)
        self.failed = dict(failed)
        self.succeeded = succeeded

    def derive(self, excs: Sequence[Exception], /) -> ExceptionGroup[Exception]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Keep the facts of those items that `except*` selects."""
        chosen = {item: error for item, error in self.failed.items() if any(error is exc for exc in excs)}
        return type(self)(self.message, chosen, self.succeeded)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.message, self.failed, self.succeeded), dict(self.__dict__))


_BY_STATUS: dict[int, type[StatusError]] = {
    401: UnauthenticatedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: NotFoundError,
    412: PreconditionError,
    416: RangeNotSatisfiableError,
    420: RateLimitedError,
    429: RateLimitedError,
}


def class_for_status(status: int) -> type[StatusError]:
    """Say which class an answer with this status is, where a platform has no leaf of its own for it."""
    known = _BY_STATUS.get(status)
    if known is not None:
        return known
    return ServerError if status >= 500 else InvalidRequestError if status >= 400 else StatusError
