"""What this package writes to the logger `catchment`, and what it never writes.

Debug: one event an attempt. Warning: one a surrender, one an outage. Info: the end of an outage. No headers, no bodies,
no query strings. Handlers and levels are the application's; the root logger is not touched.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TypeAlias
from urllib.parse import unquote

from catchment.core.errors import StatusError
from catchment.core.secret import MASK
from catchment.core.wire import Operation

logger = logging.getLogger("catchment")
logger.addHandler(logging.NullHandler())

Facts: TypeAlias = dict[str, str | int | float | None]

SHOWN_HEADERS = frozenset(
    {
        "accept", "accept-encoding", "accept-ranges", "age", "cache-control", "connection", "content-encoding",
        "content-length", "content-range", "content-type", "date", "etag", "expect", "host", "if-match",
        "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "last-modified", "range",
        "retry-after", "server", "transfer-encoding", "user-agent", "vary", "via", "x-amz-request-id",
        "x-content-type-options", "x-influxdb-build", "x-influxdb-version", "x-lakefs-client", "x-request-id",
        "x-v3io-function",
    }
)  # fmt: skip
"""Headers whose values may be shown; all others are masked, those not invented yet included."""

SHOWN_PARAMETERS = frozenset(
    {
        "after", "amount", "chunk_size", "chunked", "consistency", "delimiter", "epoch", "expires", "limit",
        "list-type", "offset", "partnumber", "precision", "presign", "show", "x-amz-algorithm", "x-amz-date",
        "x-amz-expires", "x-amz-signedheaders",
    }
)  # fmt: skip
"""Query parameters whose values may be shown; paths, queries and names may be personal, signatures are secret."""


def attempt(operation: Operation, number: int, seconds: float, result: int | BaseException) -> None:
    """
    Note one attempt (debug).

    Args:
        operation: What was called.
        number: Of the attempt, from 1.
        seconds: How long it took.
        result: HTTP status, or what was raised, of which only the class is written.
    """
    if not logger.isEnabledFor(logging.DEBUG):
        return
    facts = _facts(operation, number, result)
    facts["milliseconds"] = round(seconds * 1000, 3)
    logger.debug(
        "%s: attempt %d: %s in %.1f ms",
        operation.name, number, _shown(result), seconds * 1000,
        extra={"catchment": facts},
    )  # fmt: skip


def is_detailed() -> bool:
    """Say whether single attempts are noted."""
    return logger.isEnabledFor(logging.DEBUG)


def gave_up(operation: Operation, attempts: int, error: BaseException, reason: str, *, warns: bool = True) -> None:
    """
    Note that a call failed for good (warning).

    A plain no to the first request, such as 404, is an answer and no failure: callers ask in order to know (debug).

    Args:
        operation: What was called.
        attempts: Requests that were sent.
        error: What the caller gets; only its class and status are written.
        reason: Why it is not repeated.
        warns: Whether it is a failure for good; not where the caller repeats the call and tells of it (debug).
    """
    plain_no = isinstance(error, StatusError) and not error.retryable and attempts == 1
    level = logging.WARNING if warns and not plain_no else logging.DEBUG
    if not logger.isEnabledFor(level):
        return
    facts = _facts(operation, attempts, error)
    facts["reason"] = reason
    logger.log(
        level,
        "%s: gave up after %d attempt%s: %s: %s",
        operation.name, attempts, "" if attempts == 1 else "s", _shown(error), reason,
        extra={"catchment": facts},
    )  # fmt: skip


def warn(message: str) -> None:
    """Tell the user of something that works and should not stay so (warning)."""
    logger.warning("%s", message)


def info(message: str) -> None:
    """Tell the user of something that is over (info)."""
    logger.info("%s", message)


def redact_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return headers as they may be shown: values by allow-list, all others `***`."""
    return [(name, value if name.lower() in SHOWN_HEADERS else MASK) for name, value in headers]


def redact_query(query: str) -> str:
    """Return a query string as it may be shown: values by allow-list, all others `***`."""
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return "&".join(f"{name}{equals}{_parameter(name, value)}" for name, equals, value in pairs)


def _parameter(name: str, value: str) -> str:
    return value if not value or unquote(name).lower() in SHOWN_PARAMETERS else MASK


def _facts(operation: Operation, number: int, result: int | BaseException) -> Facts:
    status = result if isinstance(result, int) else getattr(result, "status", None)
    error = None if isinstance(result, int) else type(result).__name__
    return {"operation": operation.name, "attempt": number, "status": status, "error": error}


def _shown(result: int | BaseException) -> str:
    if isinstance(result, int):
        return str(result)
    status = getattr(result, "status", None)
    return type(result).__name__ if status is None else f"{type(result).__name__} ({status})"
