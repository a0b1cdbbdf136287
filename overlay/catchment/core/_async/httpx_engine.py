"""The general engine: whatever is unusual, such as proxies and HTTP/2. httpx's transport layer on sockets of ours.

That layer is httpcore, which httpx itself sits on; httpx's client above it costs more than all the rest of a call and
knows cookies, redirects and codings that must not happen here. Proxies, TLS and HTTP/2 behave as httpx users know them.
"""

from __future__ import annotations

import ast
import os
import re
import weakref
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from importlib.util import find_spec
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

from catchment.core import neterrors, tls
from catchment.core._async.arriving import AsyncArriving
from catchment.core._async.network import AsyncBackend, current_scope, is_over
from catchment.core._async.streams import gathered, length_of, pieces_of
from catchment.core.addresses import Origin, mask_url, origin, proxy_of, split_url
from catchment.core.engines import HEAD_LIMIT, HeaderList, TransportSettings
from catchment.core.errors import ClosedError, ConfigError, NetworkError, UnsafeInputError
from catchment.core.exchange import Exchange, timeouts
from catchment.core.headers import check_headers, framed_headers
from catchment.core.lean import IDLE
from catchment.core.wire import AsyncContent, Headers, RawResponse

if TYPE_CHECKING:
    import httpcore


class AsyncHttpxEngine:
    """
    Any request: bodies of any size streamed both ways, through proxies, over HTTP/2.

    Nothing heavy is imported before the first request. A process forked later starts with connections of its own;
    pickled, it takes its settings along and no connection.
    """

    def __init__(self, settings: TransportSettings | None = None) -> None:
        self._settings = settings or TransportSettings()
        self._pools: dict[tuple[object, str | None, str], _Pool] = {}
        self._pid = os.getpid()
        self._closed = False
        self._finalizer = weakref.finalize(self, _abandon_all, self._pools)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, {len(self._pools)} pools>"

    def __reduce__(self) -> tuple[type[AsyncHttpxEngine], tuple[TransportSettings]]:
        return (AsyncHttpxEngine, (self._settings,))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.aclose()

    async def send(
        self, method: str, url: str, headers: HeaderList, content: AsyncContent | None, deadline: float | None
    ) -> RawResponse:
        """Send a request and return its answer; `core.engines.Engine.send` has the arguments."""
        return await gathered(await self.open(method, url, headers, content, deadline))

    async def open(
        self, method: str, url: str, headers: HeaderList, content: AsyncContent | None, deadline: float | None
    ) -> AsyncHttpxArriving:
        """Send a request and return as soon as its headers are there."""
        place, target = origin(url), split_url(url)[1]
        if self._closed:
            raise ClosedError("the engine is closed", hint="make a new client")
        length = length_of(content)
        framed, length = framed_headers(method, headers, place.netloc, length, has_body=content is not None)
        coded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in check_headers(framed)]
        pool = self._pool(place, proxy_of(url, self._settings))
        exchange = Exchange(place.label, deadline)
        body = None if content is None else pieces_of(content, length)
        response = await pool.request(method, place, target, coded, body, exchange)
        return await AsyncHttpxArriving.begin(response, exchange, method, self._settings.max_body)

    async def aclose(self) -> None:
        """Close every connection; later calls raise `ClosedError`."""
        self._closed = True
        here = current_scope()
        for (scope, _, _), pool in list(self._pools.items()):
            if scope is here and self._pid == os.getpid():
                await pool.aclose()
            else:
                pool.abandon()
        self._pools.clear()

    def _pool(self, place: Origin, proxy: str | None) -> _Pool:
        if self._pid != os.getpid():
            self._start_anew()
        socket_path = place.host if place.scheme == "http+unix" else ""
        key = (current_scope(), proxy, socket_path)
        pool = self._pools.get(key)
        if pool is None:
            for old in [old for old in list(self._pools) if is_over(old[0])]:
                self._pools.pop(old).abandon()
            # Two callers may both make one; the dict keeps the first, and both use that.
            pool = self._pools.setdefault(key, _Pool(self._settings, proxy, socket_path))
        return pool

    def _start_anew(self) -> None:
        """After a fork: leave the parent's connections alone. Closing our copies of them sends nothing."""
        inherited, self._pools = self._pools, {}
        self._finalizer.detach()
        self._finalizer = weakref.finalize(self, _abandon_all, self._pools)
        self._pid = os.getpid()
        _abandon_all(inherited)


def _abandon_all(pools: dict[tuple[object, str | None, str], _Pool]) -> None:
    for pool in list(pools.values()):
        pool.abandon()


class _Pool:
    """httpcore's pool on our sockets, directly or through one proxy."""

    def __init__(self, settings: TransportSettings, proxy: str | None, socket_path: str) -> None:
        self._settings = settings
        self._backend = AsyncBackend()
        self._pool = _make_pool(settings, proxy, socket_path, self._backend)

    async def request(
        self,
        method: str,
        place: Origin,
        target: str,
        headers: list[tuple[bytes, bytes]],
        body: AsyncIterator[bytes] | None,
        exchange: Exchange,
    ) -> Any:
        """Send, and return httpcore's answer and what closes it."""
        import httpcore

        unix = place.scheme == "http+unix"
        url = httpcore.URL(
            scheme="http" if unix else place.scheme,
            host="localhost" if unix else place.host,
            port=None if place.has_usual_port else place.port,
            target=target,
        )
        opening = self._pool.stream(
            method,
            url,
            headers=headers,
            content=body,
            extensions={"timeout": timeouts(self._settings, exchange)},
        )
        with mapped(exchange):
            return await opening.__aenter__(), opening

    async def aclose(self) -> None:
        await self._pool.aclose()

    def abandon(self) -> None:
        self._backend.abandon()


def _make_pool(
    settings: TransportSettings, proxy: str | None, socket_path: str, backend: AsyncBackend
) -> httpcore.AsyncConnectionPool:
    import httpcore

    common: dict[str, Any] = {
        "ssl_context": tls.context_for(settings),
        "max_connections": settings.pool_size,
        "max_keepalive_connections": settings.pool_size,
        "keepalive_expiry": IDLE,
        "http2": settings.http2,
        "network_backend": backend,
    }
    if settings.http2:
        _demand("h2", "http2=True")
    if proxy is None:
        return httpcore.AsyncConnectionPool(uds=socket_path or None, **common)
    parts = urlsplit(proxy)
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    if parts.scheme.startswith("socks"):
        _demand("socksio", f"the proxy {mask_url(proxy)}")
        return httpcore.AsyncSOCKSProxy(address.replace("socks5h", "socks5"), proxy_auth=auth, **common)
    secured = tls.context_for(settings) if parts.scheme == "https" else None
    return httpcore.AsyncHTTPProxy(address, proxy_auth=auth, proxy_ssl_context=secured, **common)


def _demand(package: str, what: str) -> None:
    if find_spec(package) is None:
        raise ConfigError(f"{what} needs the package {package}", hint=f"pip install {package}")


@contextmanager
def mapped(exchange: Exchange) -> Generator[None]:
    """Turn httpcore's own errors into ours; those of the sockets are ours already."""
    import httpcore

    try:
        yield
    except httpcore.PoolTimeout:
        raise exchange.late("waiting for a free connection to") from None
    except httpcore.RemoteProtocolError as exc:
        if line := _illegal_header(exc):
            raise neterrors.bad_header(exchange.label, line) from None
        raise (
            exchange.broke(None)
            if exchange.ended
            else neterrors.garbled(exchange.label, _worded(exc), status=exchange.status)
        ) from None
    except httpcore.LocalProtocolError as exc:
        raise UnsafeInputError(f"the request cannot be sent: {_worded(exc)}") from None
    except httpcore.ProxyError as exc:
        error = NetworkError(f"the proxy on the way to {exchange.label} refused: {_worded(exc)}")
        error.sent = False
        raise error from None
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.UnsupportedProtocol) as exc:
        raise exchange.lost(exc) from exc


def _illegal_header(exc: Exception) -> bytes | None:
    """Take the header that h11 refused out of its message; it hands it out nowhere else."""
    match = re.fullmatch(r"illegal header line: bytearray\((b['\"].*)\)", str(exc), re.DOTALL)
    return ast.literal_eval(match[1]) if match else None


def _worded(exc: Exception) -> str:
    # h11 quotes what it could not read, which may be a secret of the other side.
    return str(exc).partition(":")[0].partition("b'")[0].strip()[:120].lower() or type(exc).__name__


def _is_out_of_step(response: Any) -> bool:
    """
    Tell whether more came than the answer, so that its connection would hand the rest to the next call.

    httpcore puts such connections back (1.0.9; tests/engines/test_faults.py: spills). Only its HTTP/1.1 parser knows,
    and the way there is private; where it is missing, the connection is not trusted.
    """
    if response.extensions.get("http_version") == b"HTTP/2":
        return False
    connection = getattr(getattr(response.stream, "_stream", None), "_connection", None)
    parser = getattr(connection, "_h11_state", None)
    return parser is None or bool(parser.trailing_data[0])


class AsyncHttpxArriving(AsyncArriving):
    """An answer that comes through httpcore."""

    def __init__(self, response: Any, exchange: Exchange, method: str, limit: int) -> None:
        self._response, self._opening = response
        self._exchange = exchange
        raw = self._response.headers
        headers = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw])
        super().__init__(int(self._response.status), headers, method=method, label=exchange.label, limit=limit)

    @classmethod
    async def begin(cls, response: Any, exchange: Exchange, method: str, limit: int) -> AsyncHttpxArriving:
        """Take over an answer of which the headers are there.

        Raises:
            DecodeError: They are larger than any in use.
        """
        self = cls(response, exchange, method, limit)
        if sum([len(name) + len(value) + 4 for name, value in self.headers.raw]) > HEAD_LIMIT:
            await self.aclose()
            raise neterrors.garbled(exchange.label, f"more than {HEAD_LIMIT} bytes of headers", status=self.status)
        if self.status == 101:
            await self.aclose()
            raise neterrors.garbled(exchange.label, "it changes the protocol unasked", status=101)
        exchange.in_body, exchange.status = True, self.status
        exchange.received = 0
        return self

    async def _raw(self) -> AsyncIterator[bytes]:
        with mapped(self._exchange):
            async for piece in self._response.stream:
                yield piece
        await self._release()

    async def _let_go(self) -> None:
        if _is_out_of_step(self._response):
            await self._response.extensions["network_stream"].aclose()
        await self._opening.__aexit__(None, None, None)
