"""What an HTTP engine is: one exchange, no judgement. Settings that all engines share.

An engine sends exactly the headers that it is given, plus `Host` and the framing of the body. It follows no redirect,
repeats nothing and returns any status. It raises errors of `core.errors` only: `NetworkError`, `TLSError`,
`DeadlineError`, `TruncatedBodyError`, `DecodeError`, `ResponseTooLargeError`, and, before anything is sent,
`UnsafeInputError`, `ConfigError` and `ClosedError`. Their messages name host and port, never a query, a header or a
body. Content codings are undone only where the caller asked for one with `Accept-Encoding` or the server uses one
unasked; header values are latin-1, as RFC 9110 has them, so that no byte is lost.
"""

from __future__ import annotations

import math
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias

from catchment.core.addresses import check_proxy, has_credentials
from catchment.core.errors import ConfigError
from catchment.core.wire import AsyncContent, AsyncIncoming, Content, Incoming, RawResponse

HeaderList: TypeAlias = Sequence[tuple[str, str]]

MIB = 1024 * 1024
HEAD_LIMIT = 64 * 1024
"""Bytes that status line and headers of one answer may have."""
PIECE = MIB
"""Bytes in which files are read and content codings undone."""


class IncomingBody(Incoming, Protocol):
    """An answer of any status whose body is still arriving. Close it, or read it to its end."""

    def close(self) -> None:
        """Give up the rest of the body; closing twice is fine."""
        ...


class AsyncIncomingBody(AsyncIncoming, Protocol):
    """An answer of any status whose body is still arriving. Close it, or read it to its end."""

    async def aclose(self) -> None:
        """Give up the rest of the body; closing twice is fine."""
        ...


class Engine(Protocol):
    """One HTTP exchange after another, blocking; safe to share between threads."""

    def send(
        self, method: str, url: str, headers: HeaderList, content: Content | None, deadline: float | None
    ) -> RawResponse:
        """
        Send a request and return its answer with the whole body.

        Args:
            method: Upper case.
            url: Absolute, escaped, without fragment.
            headers: Sent in this order.
            content: Body; iterables can be sent once only.
            deadline: Instant of `clock.monotonic()` by which the answer must be complete; `None` leaves only the limit
                on silence of the settings.
        """
        ...

    def open(
        self, method: str, url: str, headers: HeaderList, content: Content | None, deadline: float | None
    ) -> IncomingBody:
        """Send a request and return as soon as its headers are there; the deadline covers the body too."""
        ...

    def close(self) -> None:
        """Close every connection; later calls raise `ClosedError`."""
        ...


class AsyncEngine(Protocol):
    """One HTTP exchange after another, for tasks of one event loop at a time."""

    async def send(
        self, method: str, url: str, headers: HeaderList, content: AsyncContent | None, deadline: float | None
    ) -> RawResponse:
        """Send a request and return its answer with the whole body; arguments as `Engine.send` has them."""
        ...

    async def open(
        self, method: str, url: str, headers: HeaderList, content: AsyncContent | None, deadline: float | None
    ) -> AsyncIncomingBody:
        """Send a request and return as soon as its headers are there; the deadline covers the body too."""
        ...

    async def aclose(self) -> None:
        """Close every connection; later calls raise `ClosedError`."""
        ...


@dataclass(frozen=True)
class TransportSettings:
    """
    Settings of connections.

    Args:
        connect: Seconds until a connection is set up, TLS included; `None` leaves it to the system.
        read: Seconds of silence, while sending as while receiving; `None` waits for ever.
        pool_size: Connections to one origin; further calls queue until their deadline.
        verify: `True` for the system's trust store, a file or folder of certificates, a ready context, or `False`.
        cert: Client certificate: a PEM file, or the files of certificate and key, and the key's password.
        proxy: URL of a proxy for every request; its user-info shows nowhere.
        http2: Offer HTTP/2; needs the package `h2`.
        max_body: Bytes that `send` accepts as one body, before and after its content coding is undone.
        lenient_headers: Accept control characters in header values of answers, which some servers send.
        trust_env: Whether these count: `HTTP(S)_PROXY`, `ALL_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`, `SSL_CERT_DIR`.

    Raises:
        ConfigError: A value that cannot be meant.
    """

    connect: float | None = 5.0
    read: float | None = 30.0
    pool_size: int = 32
    verify: bool | str | Path | ssl.SSLContext = True
    cert: str | tuple[str, ...] | None = field(default=None, repr=False)
    proxy: str | None = field(default=None, repr=False)
    http2: bool = False
    max_body: int = 256 * MIB
    lenient_headers: bool = False
    trust_env: bool = True

    def __post_init__(self) -> None:
        for name in ("connect", "read"):
            seconds = getattr(self, name)
            if seconds is not None and not (seconds > 0 and math.isfinite(seconds)):
                raise ConfigError(f"{name} must be a positive number of seconds or None, not {seconds!r}")
        for name in ("pool_size", "max_body"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, not {getattr(self, name)!r}")
        if self.cert is not None and not isinstance(self.cert, str) and not 1 <= len(self.cert) <= 3:
            raise ConfigError("cert is a file, or (certificate, key), or (certificate, key, password)")
        for path in self._files():
            if not Path(path).exists():
                raise ConfigError(f"there is no file or folder {os.fspath(path)!r}, which TLS is to use")
        if self.proxy is not None:
            check_proxy(self.proxy)

    def _files(self) -> list[str | Path]:
        cert = (self.cert,) if isinstance(self.cert, str) else (self.cert or ())
        return [*([self.verify] if isinstance(self.verify, (str, Path)) else []), *cert[:2]]

    def __getstate__(self) -> dict[str, object]:
        if (self.proxy is not None and has_credentials(self.proxy)) or (
            isinstance(self.cert, tuple) and len(self.cert) == 3
        ):
            raise TypeError(
                "these settings hold a password (of the proxy or of the client certificate's key) and are not pickled; "
                "name the proxy in HTTPS_PROXY where the work runs, or make the client there"
            )
        if isinstance(self.verify, ssl.SSLContext):
            raise TypeError("a ready SSL context cannot be pickled; give verify= the path of its certificates")
        return dict(self.__dict__)
