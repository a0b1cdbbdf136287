"""An `httpx.Auth` on engines that are not httpx's: its requests as we send them, our answers as it reads them. Pure."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, TypeAlias, TypeGuard

from catchment.core.addresses import origin, split_url
from catchment.core.engines import HeaderList
from catchment.core.errors import ConfigError, UnsafeInputError
from catchment.core.hiding import HiddenHeaders
from catchment.core.wire import AsyncContent, Headers

if TYPE_CHECKING:
    import httpx

    HttpxAuth: TypeAlias = httpx.Auth
    HttpxRequest: TypeAlias = httpx.Request
    HttpxResponse: TypeAlias = httpx.Response

_FRAMING: Final = frozenset({"host", "content-length", "transfer-encoding"})
_CODING: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def is_httpx_auth(value: object) -> TypeGuard[HttpxAuth]:
    """Tell whether a value is an `httpx.Auth`, without importing httpx: whoever has one has imported it."""
    httpx = sys.modules.get("httpx")
    return httpx is not None and isinstance(value, httpx.Auth)


class Flow:
    """
    One attempt of one call, as an `httpx.Auth` sees it.

    Args:
        auth: Whose flow it is.
        method: Of the call's own request.
        url: Of that request.
        headers: Of that request.
        content: Of that request.

    Raises:
        UnsafeInputError: The flow reads bodies of requests, and this one streams.
    """

    def __init__(
        self, auth: HttpxAuth, method: str, url: str, headers: HeaderList, content: AsyncContent | None
    ) -> None:
        import httpx

        self._whole = content is None or isinstance(content, bytes | bytearray | memoryview | str)
        if auth.requires_request_body and not self._whole:
            raise UnsafeInputError(
                f"{type(auth).__name__} reads the body of each request, and this one is sent while it is read",
                hint="give the body as bytes",
            )
        where, target = split_url(url)
        self._where = where
        self._sent = False
        self._content = content
        self._given = {name.lower() for name, _ in headers}
        self.request = httpx.Request(
            method,
            ("http://localhost" if origin(url).scheme == "http+unix" else where) + target,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            content=content.encode() if isinstance(content, str) else bytes(content or b"") if self._whole else None,  # type: ignore[arg-type]
        )
        self._place = _place(self.request.url)
        self._host = self.request.headers["host"]

    def is_own(self, request: HttpxRequest) -> bool:
        """Tell whether a request goes to the call's own address; others fetch what that one needs."""
        return _place(request.url) == self._place and request.url.raw_path == self.request.url.raw_path

    def address(self, request: HttpxRequest) -> str:
        """Return the URL of a request; that of the call's own is the call's, whatever stands for a Unix socket."""
        if _place(request.url) == self._place:
            return self._where + request.url.raw_path.decode("ascii")
        return str(request.url)

    def headers(self, request: HttpxRequest) -> HiddenHeaders:
        """Return the headers of a request without those that httpx added and every engine adds for itself."""
        left_out = _FRAMING - self._given
        if request.headers.get("host") not in {None, self._host, request.url.netloc.decode("ascii")}:
            left_out -= {"host"}
        return HiddenHeaders(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in request.headers.raw
            if name.lower().decode("latin-1") not in left_out
        )

    def content(self, request: HttpxRequest) -> AsyncContent | None:
        """
        Return the body of a request.

        Raises:
            UnsafeInputError: It streams, and was sent already.
        """
        if request is not self.request:
            return request.read() or None
        if self._sent and not self._whole:
            raise UnsafeInputError(
                "the server wants the request again, with other credentials, and its body can be read once only",
                hint="give the body as bytes",
            )
        self._sent = True
        return self._content

    def answer(self, request: HttpxRequest, status: int, headers: Headers, body: bytes) -> HttpxResponse:
        """Return an answer as the flow reads it; of the body, the coding is undone already."""
        import httpx

        kept = [(name, value) for name, value in headers.raw if name.lower() not in _CODING]
        return httpx.Response(
            status,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept],
            content=body,
            request=request,
        )


def no_request(auth: HttpxAuth) -> ConfigError:
    """Return the error for a flow that ends before its first request."""
    return ConfigError(
        f"the flow of {type(auth).__name__} yields no request", hint="yield the request that it is given"
    )


def _place(url: httpx.URL) -> tuple[str, bytes]:
    return url.scheme, url.netloc
