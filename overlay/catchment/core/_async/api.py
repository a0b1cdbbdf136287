"""The one line of I/O between generated code and the wire: a request in, a success out."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final, cast

from catchment.core import clock, forks
from catchment.core._async.auth import AsyncAuth
from catchment.core._async.httpx_engine import AsyncHttpxEngine
from catchment.core._async.lane import AsyncLane
from catchment.core._async.lean import AsyncLeanEngine
from catchment.core._async.transport import AsyncTransport, Call, Engines
from catchment.core.addresses import needs_proxy
from catchment.core.bodies import Body
from catchment.core.budget import Budget
from catchment.core.config import Retry, Timeouts
from catchment.core.engines import AsyncIncomingBody, TransportSettings
from catchment.core.errors import CatchmentError, ClosedError
from catchment.core.failures import Dialect
from catchment.core.headers import check_headers
from catchment.core.inprocess import AsyncInProcessEngine, InProcessService
from catchment.core.secret import Secret
from catchment.core.wire import AsyncContent, Operation, RawResponse, Request


class _Default:
    """Marks a deadline that the settings decide."""


DEFAULT: Final = _Default()


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Everything that a client of one service needs to know before its first call; holds no secret."""

    service: str
    endpoint: str
    """Base URL without a trailing slash."""
    dialect: Dialect
    headers: tuple[tuple[str, str], ...] = ()
    retry: Retry = field(default_factory=Retry)
    timeouts: Timeouts = field(default_factory=Timeouts)
    transport: TransportSettings = field(default_factory=TransportSettings)
    local: InProcessService | None = None
    warns: bool = True
    """Whether a call that fails for good is warned of; not where the caller repeats calls, and tells of them itself."""


class AsyncConnections:
    """
    The engines of one client and of its copies, a set for each group of connection settings, and their retry budget.

    Engines are made at first use, and again in a process forked later, which must not use its parent's sockets.
    """

    def __init__(self) -> None:
        self.budget = Budget()
        self._sets: dict[TransportSettings, Engines] = {}
        self._lock = threading.Lock()
        self._born = 0
        self.closed = False
        """Whether the client that made them is closed."""

    def engines(self, settings: ApiSettings) -> Engines:
        """Return the engines for these settings; nothing is sent yet."""
        with self._lock:
            if self._born != forks.generation:
                self._sets, self._born = {}, forks.generation
            engines = self._sets.get(settings.transport)
            if engines is None:
                engines = self._sets[settings.transport] = _engines(settings)
            return engines

    async def aclose(self) -> None:
        """Close every connection."""
        self.closed = True
        sets, self._sets = self._sets, {}
        if self._born != forks.generation:
            return
        for engine in [engine for engines in sets.values() for engine in engines]:
            with contextlib.suppress(CatchmentError):
                await engine.aclose()


def _engines(settings: ApiSettings) -> Engines:
    """Choose engines by what the settings ask for."""
    if settings.local is not None:
        local = AsyncInProcessEngine(settings.local)
        return Engines(local, local, local)
    general = AsyncHttpxEngine(settings.transport)
    if settings.transport.http2:
        return Engines(general, general, general)
    return Engines(AsyncLeanEngine(settings.transport), AsyncLeanEngine(settings.transport), general)


class AsyncApiClient:
    """
    Sends requests of generated code: signed, retried, judged; raises one error for each thing that can happen.

    Hand it to any raw endpoint as `client=`. Safe to share between tasks and threads; connections are made at the first
    call, and again in a process forked later.

    Args:
        settings: Where and how.
        auth: Who asks; `None` for nobody.
        connections: Of another client, to be shared; this one then lives no longer than that.
    """

    def __init__(
        self, settings: ApiSettings, auth: AsyncAuth | None, *, connections: AsyncConnections | None = None
    ) -> None:
        self.settings = settings
        self._auth = auth
        self._connections = AsyncConnections() if connections is None else connections
        self._shares = connections is not None
        self._transport: AsyncTransport | None = None
        self._lane: AsyncLane | None = None
        self._born = 0
        self._closed = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.settings.service} {self.settings.endpoint}>"

    async def send(
        self, request: Request, *, outcomes: tuple[int, ...] = (), deadline: float | _Default | None = DEFAULT
    ) -> RawResponse:
        """
        Send a request and return its success.

        Args:
            request: Made by a generated `build_request`.
            outcomes: Statuses besides 2xx that the caller wants to see instead of an error.
            deadline: Seconds for the whole call, retries included; `None` for as long as it takes. By default calls
                with small bodies get the client's deadline, and others its limit for transfers.

        Raises:
            CatchmentError: Of the class that says what happened.
        """
        transport = self.transport()
        lane = self._lane
        block = None if lane is None else lane.block_for(request)
        if lane is None or block is None:
            return await transport.send(self.call_of(request, outcomes, deadline))
        began = clock.monotonic()
        seconds = self.settings.timeouts.deadline if deadline is DEFAULT else cast("float | None", deadline)
        until = None if seconds is None else began + seconds
        result = await lane.attempt(request, block, until)
        if isinstance(result, RawResponse) and transport.is_plain_success(request.operation, result):
            return result
        call = self.call_of(request, outcomes)
        call.deadline, call.attempts, call.signature = until, 1, lane.signature
        return await transport.resume(call, result, began)

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[AsyncIncomingBody]:
        """Send a request and hand out its success while the body is still arriving."""
        async with self.transport().stream(self.call_of(request, (), self.settings.timeouts.transfer)) as body:
            yield body

    async def send_elsewhere(
        self,
        operation: Operation,
        url: Secret,
        *,
        headers: Sequence[tuple[str, str]] = (),
        content: AsyncContent | None = None,
        outcomes: tuple[int, ...] = (),
        deadline: float | None = None,
    ) -> RawResponse:
        """
        Send to a presigned URL: no credentials, no headers of the service, nothing but what is given.

        Args:
            operation: What errors and logs call it; its retry class counts as ever.
            url: Absolute; a secret, because whoever has it needs no other.
            headers: All that is sent besides what HTTP itself needs.
            content: Body.
            outcomes: Statuses besides 2xx that are no error.
            deadline: Seconds; `None` for as long as it takes.
        """
        call = Call(
            operation=operation,
            method=operation.method,
            url=url.reveal(),
            headers=check_headers(headers),
            body=Body.of(content),
            auth=None,
            outcomes=outcomes,
            deadline=None if deadline is None else clock.monotonic() + deadline,
        )
        return await self.transport().send(call)

    def call_of(
        self, request: Request, outcomes: tuple[int, ...] = (), deadline: float | _Default | None = DEFAULT
    ) -> Call:
        """Add what this client knows to a request: address, headers, credentials, deadline."""
        body = Body.of(request.content)
        if isinstance(deadline, _Default):
            deadline = self.settings.timeouts.total(transfer=not body.small)
        return Call(
            operation=request.operation,
            method=request.operation.method,
            url=self.settings.endpoint + request.target,
            headers=check_headers([*self.settings.headers, *request.constant, *request.headers]),
            body=body,
            auth=None if request.operation.anonymous else self._auth,
            outcomes=outcomes,
            retry=request.retry,
            deadline=None if deadline is None else clock.monotonic() + deadline,
        )

    def transport(self) -> AsyncTransport:
        """Return what sends, made at the first call and anew in a forked process."""
        if self._closed or self._connections.closed:
            raise ClosedError(
                f"this {self.settings.service} client is closed",
                service=self.settings.service,
                hint="make a new client, or keep it open until its last file, listing and transaction is done",
            )
        transport = self._transport
        if transport is None or self._born != forks.generation:
            transport = self._connect()
        return transport

    @property
    def lane(self) -> AsyncLane | None:
        """The short way to the endpoint, where the credentials allow one; there once `transport` was asked for."""
        return self._lane

    def _connect(self) -> AsyncTransport:
        settings = self.settings
        engines = self._connections.engines(settings)

        def proxied(url: str) -> bool:
            return settings.local is None and needs_proxy(url, settings.transport)

        transport = AsyncTransport(
            engines=engines,
            proxied=proxied,
            dialect=settings.dialect,
            retry=settings.retry,
            budget=self._connections.budget,
            warns=settings.warns,
        )
        engine = engines.general if proxied(settings.endpoint) else engines.whole
        self._lane = AsyncLane.of(engine, settings.endpoint, settings.headers, self._auth)
        self._transport, self._born = transport, forks.generation
        return transport

    def with_settings(self, **changes: object) -> AsyncApiClient:
        """Return a client with other settings that shares this one's credentials, connections and retry budget."""
        settings = replace(self.settings, **changes)  # pyright: ignore[reportArgumentType]
        return AsyncApiClient(settings, self._auth, connections=self._connections)

    def with_auth(self, auth: AsyncAuth | None) -> AsyncApiClient:
        """Return a client that asks as somebody else and shares this one's connections and retry budget."""
        return AsyncApiClient(self.settings, auth, connections=self._connections)

    async def aclose(self) -> None:
        """
        Close every connection; later calls raise `ClosedError`. Closing twice is fine.

        A copy made by `with_settings` closes alone: the connections belong to the client that it was made of.
        """
        self._closed = True
        if not self._shares:
            await self._connections.aclose()
