"""The one line of I/O between generated code and the wire: a request in, a success out."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from catchment.core import clock
from catchment.core._async.auth import AsyncAuth
from catchment.core._async.httpx_engine import AsyncHttpxEngine
from catchment.core._async.lean import AsyncLeanEngine
from catchment.core._async.transport import AsyncTransport, Call
from catchment.core.addresses import needs_proxy
from catchment.core.bodies import Body
from catchment.core.budget import Budget
from catchment.core.config import Retry, Timeouts
from catchment.core.engines import AsyncEngine, AsyncIncomingBody, TransportSettings
from catchment.core.errors import ClosedError
from catchment.core.failures import Dialect
from catchment.core.headers import check_headers
from catchment.core.inprocess import AsyncInProcessEngine, InProcessService
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


class AsyncApiClient:
    """
    Sends requests of generated code: signed, retried, judged; raises one error for each thing that can happen.

    Hand it to any raw endpoint as `client=`. Safe to share between tasks and threads; connections are made at the first
    call, and again in a process forked later.
    """

    def __init__(self, settings: ApiSettings, auth: AsyncAuth | None) -> None:
        self.settings = settings
        self._auth = auth
        self._budget = Budget()
        self._transport: AsyncTransport | None = None
        self._lean: AsyncLeanEngine | None = None
        self._pid = 0
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
                with small bodies get the client's deadline and others none.

        Raises:
            CatchmentError: Of the class that says what happened.
        """
        return await self._ready().send(self._call(request, outcomes, deadline))

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[AsyncIncomingBody]:
        """Send a request and hand out its success while the body is still arriving."""
        async with self._ready().stream(self._call(request, (), None)) as body:
            yield body

    async def send_elsewhere(
        self,
        operation: Operation,
        url: str,
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
            url: Absolute. Its query is a secret and shows nowhere.
            headers: All that is sent besides what HTTP itself needs.
            content: Body.
            outcomes: Statuses besides 2xx that are no error.
            deadline: Seconds; `None` for as long as it takes.
        """
        call = Call(
            operation=operation,
            method=operation.method,
            url=url,
            headers=check_headers(headers),
            body=Body.of(content),
            auth=None,
            outcomes=outcomes,
            deadline=None if deadline is None else clock.monotonic() + deadline,
        )
        return await self._ready().send(call)

    def _call(self, request: Request, outcomes: tuple[int, ...], deadline: float | _Default | None) -> Call:
        body = Body.of(request.content)
        if isinstance(deadline, _Default):
            deadline = self.settings.timeouts.deadline if body.small else None
        return Call(
            operation=request.operation,
            method=request.operation.method,
            url=self.settings.endpoint + request.target,
            headers=check_headers([*self.settings.headers, *request.headers]),
            body=body,
            auth=None if request.operation.anonymous else self._auth,
            outcomes=outcomes,
            deadline=None if deadline is None else clock.monotonic() + deadline,
        )

    def _ready(self) -> AsyncTransport:
        if self._closed:
            raise ClosedError(
                f"this {self.settings.service} client is closed",
                service=self.settings.service,
                hint="make a new client, or keep it open until its last file, listing and transaction is done",
            )
        transport = self._transport
        if transport is None or self._pid != os.getpid():
            transport = self._connect()
        return transport

    def _connect(self) -> AsyncTransport:
        """Choose engines by what the settings ask for; nothing is sent yet."""
        settings = self.settings
        whole: AsyncEngine
        streaming: AsyncEngine
        self._lean = None
        if settings.local is not None:
            whole = streaming = AsyncInProcessEngine(settings.local)
        else:
            whole = streaming = AsyncHttpxEngine(settings.transport)
            if not settings.transport.http2 and not needs_proxy(settings.endpoint, settings.transport):
                whole = self._lean = AsyncLeanEngine(settings.transport)
        self._pid = os.getpid()
        self._transport = AsyncTransport(
            whole=whole, streaming=streaming, dialect=settings.dialect, retry=settings.retry, budget=self._budget
        )
        return self._transport

    def with_settings(self, **changes: object) -> AsyncApiClient:
        """Return a client with other settings that shares this one's credentials; connections are its own."""
        return AsyncApiClient(replace(self.settings, **changes), self._auth)  # pyright: ignore[reportArgumentType]

    async def aclose(self) -> None:
        """Close every connection; later calls raise `ClosedError`. Closing twice is fine."""
        self._closed = True
        transport, self._transport = self._transport, None
        if transport is not None and self._pid == os.getpid():
            await transport.aclose()
