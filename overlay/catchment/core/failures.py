"""From an answer that was no to its error, made once for every platform."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from catchment.core.errors import (
    CatchmentError,
    RangeNotSatisfiableError,
    RateLimitedError,
    RedirectRefusedError,
    ServerError,
    StatusError,
    class_for_status,
)
from catchment.core.retry import parse_retry_after
from catchment.core.wire import Operation, RawResponse, load_json_exactly, looks_whole

_BODY_KEPT = 16 * 1024
_READING: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Told:
    """What the body of an error says."""

    message: str
    code: str | int | None = None


class Dialect(Protocol):
    """How one platform words its errors."""

    @property
    def request_id_header(self) -> str:
        """Header of an answer that names the request."""
        ...

    def read(self, response: RawResponse) -> Told | None:
        """Read the platform's own error body; `None` where it is none of the platform's."""
        ...

    def leaf(self, operation: Operation, status: int, told: Told) -> type[StatusError] | None:
        """Name the platform's class for this failure, where it has one."""
        ...

    def check(self, operation: Operation) -> str | None:
        """Say what a person should look at when nobody knows whether a request was applied."""
        ...


@dataclass(frozen=True, slots=True)
class MessageDialect:
    """Errors as `{"message": str}`, told apart by operation and status, else by status alone."""

    request_id_header: str = "x-request-id"
    by_status: Mapping[int, type[StatusError]] = field(default_factory=dict[int, type[StatusError]])
    by_operation: Mapping[tuple[str, int], type[StatusError]] = field(
        default_factory=dict[tuple[str, int], type[StatusError]]
    )
    checks: Mapping[str, str] = field(default_factory=dict[str, str])
    server_failure: type[StatusError] = ServerError
    other: type[StatusError] = StatusError

    def read(self, response: RawResponse) -> Told | None:
        """Take `message` out of a JSON object."""
        try:
            body = load_json_exactly(response.body)
        except (ValueError, RecursionError):
            return None
        message = body.get("message") if isinstance(body, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return Told(message) if isinstance(message, str) else None

    def leaf(self, operation: Operation, status: int, told: Told) -> type[StatusError]:
        """Operation and status, then status, then the half of the range it lies in."""
        del told
        known = self.by_operation.get((operation.id, status)) or self.by_status.get(status)
        return known or (self.server_failure if status >= 500 else self.other)

    def check(self, operation: Operation) -> str | None:
        """Take it out of the table, by operation."""
        return self.checks.get(operation.id)


def failure(operation: Operation, response: RawResponse, dialect: Dialect) -> CatchmentError:
    """Make the error for an answer that is no success."""
    headers = response.headers
    if 300 <= response.status < 400 and response.status != 304:
        return RedirectRefusedError(
            f"the server answered {response.status} and points to another address; redirects are never followed",
            service=operation.service,
            operation=operation.id,
            status=response.status,
            hint="set the endpoint to the address at which the server really answers",
        )
    told = dialect.read(response) or Told(_summary(response))
    cls = dialect.leaf(operation, response.status, told) or class_for_status(response.status)
    error = cls(
        told.message,
        service=operation.service,
        operation=operation.id,
        status=response.status,
        code=told.code,
        request_id=headers.get(dialect.request_id_header),
        body=response.body[:_BODY_KEPT],
        headers=headers,
    )
    if isinstance(error, (RateLimitedError, ServerError)):
        error.retry_after = parse_retry_after(headers.get("retry-after"), headers.get("date"))
    if isinstance(error, RangeNotSatisfiableError):
        error.size = size_of_range(headers.get("content-range"))
    return error


def is_spoilt(operation: Operation, response: RawResponse) -> bool:
    """Say whether a success cannot be what it should: a proxy's page with status 200, or half an answer."""
    if not 200 <= response.status < 300:
        return False
    if operation.reads_json:
        return not looks_whole(response.body)
    if operation.successes and response.status not in operation.successes:
        return "html" in response.headers.get("content-type", "")
    # What is read may be a page itself; what is written is never confirmed by one, but by a gateway's login.
    return bool(response.body) and operation.method not in _READING and is_page(response.body)


def is_page(body: bytes) -> bool:
    """Say whether a body begins as a page of HTML does."""
    return body[:256].lstrip()[:14].lower().startswith((b"<!doctype html", b"<html"))


def size_of_range(content_range: str | None) -> int | None:
    """Read the complete size out of `bytes a-b/size` or `bytes */size`."""
    match = re.fullmatch(r"bytes (?:\*|\d+-\d+)/(\d+)", content_range or "")
    return int(match[1]) if match else None


def _summary(response: RawResponse) -> str:
    """Say in one line what a body without a message holds; markup is of no use to anybody."""
    kind = response.headers.get("content-type", "")
    if not response.body.strip():
        return "no reason given"
    if "html" in kind:
        return "an HTML page, probably of a proxy, instead of an answer"
    line = " ".join(response.text[:400].split())
    return line[:200]
