"""Errors of the wire, made in one place so that every engine says the same of the same event."""

from __future__ import annotations

import errno
import os
import socket
import ssl

from catchment.core.errors import (
    DeadlineError,
    DecodeError,
    HeaderError,
    NetworkError,
    ResponseTooLargeError,
    TLSError,
    TruncatedBodyError,
)

_VERIFY_HINT = (
    "if the server's certificate comes from a CA of your own, name its file in verify=; if the address is an alias, "
    "use the name in the certificate"
)


def unresolved(label: str, cause: BaseException | None = None) -> NetworkError:
    """The name has no address."""
    error = NetworkError(f"cannot find the address of {label}{_because(cause)}", hint="check the endpoint's host name")
    error.sent = False
    return error


def unreachable(label: str, cause: BaseException | None = None) -> NetworkError:
    """No connection came about; nothing was sent."""
    error = NetworkError(f"cannot connect to {label}{_because(cause)}")
    error.sent = False
    return error


def insecure(label: str, cause: BaseException, *, sent: bool = False) -> NetworkError:
    """TLS failed: refused for good, or only cut, which may pass."""
    if isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) or not isinstance(cause, ssl.SSLError):
        error = NetworkError(f"{label} cut the connection while TLS was being set up")
        error.sent = sent
        return error
    if isinstance(cause, ssl.SSLCertVerificationError):
        text, hint = f"the certificate of {label} is not trusted: {cause.verify_message}", _VERIFY_HINT
    else:
        text, hint = f"TLS with {label} failed: {(cause.reason or 'unknown reason').replace('_', ' ').lower()}", None
        if cause.reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"}:
            hint = "the server does not seem to speak TLS there: check scheme and port of the endpoint"
    failed = TLSError(text, hint=hint)
    failed.sent = sent
    return failed


def lost(label: str, cause: BaseException | None, *, sent: bool = True, stale: bool = False) -> NetworkError:
    """The connection broke before an answer was there."""
    what = "closed the connection" if cause is None else f"broke the connection ({_reason(cause)})"
    when = "before answering" if sent else "before anything was sent"
    error = NetworkError(f"{label} {what} {when}")
    error.sent = sent
    error.stale = stale
    return error


def too_late(label: str, *, sent: bool, doing: str, seconds: float | None = None) -> DeadlineError:
    """The deadline passed, or the silence allowed (`seconds`) did."""
    limit = "the deadline passed" if seconds is None else f"nothing happened for {seconds:g} s"
    error = DeadlineError(f"{limit} while {doing} {label}")
    error.sent = sent
    return error


def truncated(label: str, detail: str, *, status: int | None = None) -> TruncatedBodyError:
    """The body ended before its end."""
    return TruncatedBodyError(f"the answer of {label} broke off: {detail}", status=status)


def garbled(label: str, detail: str, *, status: int | None = None) -> DecodeError:
    """What came is no HTTP, or not in the coding that it claims."""
    return DecodeError(f"the answer of {label} cannot be read: {detail}", status=status)


def bad_header(label: str, line: bytes) -> HeaderError:
    """A header holds what no header can; its text stays out of the message, because it may be a secret."""
    name = line.partition(b":")[0].decode("latin-1")[:80]
    error = HeaderError(f"the answer of {label} cannot be read: its header {name!r} has forbidden characters")
    error.line = line
    return error


def too_large(label: str, limit: int, *, status: int | None = None) -> ResponseTooLargeError:
    """More came than the settings allow."""
    return ResponseTooLargeError(
        f"the answer of {label} is larger than {limit} bytes", status=status, hint="stream it, or raise max_body"
    )


def _because(cause: BaseException | None) -> str:
    return "" if cause is None else f": {_reason(cause)}"


def _reason(cause: BaseException) -> str:
    """Word a system error without what it may quote."""
    if isinstance(cause, ssl.SSLError):
        return (cause.reason or "TLS failure").replace("_", " ").lower()
    if isinstance(cause, socket.gaierror):
        return str(cause.strerror or "name resolution failed").lower()
    if isinstance(cause, OSError) and cause.errno is not None and cause.errno in errno.errorcode:
        return os.strerror(cause.errno).lower()
    return type(cause).__name__
