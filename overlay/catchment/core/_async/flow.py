"""Credentials that are a conversation: an `httpx.Auth` sees each answer before the caller does, and may ask again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from catchment.core._async.streams import AsyncBuffered, gathered
from catchment.core.engines import AsyncEngine, AsyncIncomingBody, HeaderList
from catchment.core.errors import DeadlineError, NetworkError
from catchment.core.flowing import Flow, no_request
from catchment.core.wire import AsyncContent, RawResponse

if TYPE_CHECKING:
    from catchment.core.flowing import HttpxAuth, HttpxRequest, HttpxResponse


class AsyncFlowAuth:
    """
    What httpx's clients take as `auth`: basic, digest, or a flow of the user's own.

    Its requests go over the engine of the call that they are for, proxies and limits included. Each attempt of a call
    runs the flow anew, so that what is judged, and maybe repeated, is the answer behind the flow.

    Args:
        auth: As safe to share between threads and tasks as it is itself.
    """

    def __init__(self, auth: HttpxAuth) -> None:
        self._auth = auth

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {type(self._auth).__name__}>"

    async def sign(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes | None
    ) -> list[tuple[str, str]]:
        """Return no header: the flow adds its own."""
        del method, url, headers, body
        return []

    async def renew(self, refused: Sequence[tuple[str, str]]) -> bool:
        """Whatever can be done about a refusal, the flow has done."""
        del refused
        return False

    def through(self, engine: AsyncEngine) -> AsyncEngine:
        """Return an engine that sends over another one what the flow wants sent."""
        return AsyncFlowEngine(engine, self._auth)


class AsyncFlowEngine:
    """
    Runs the flow of an `httpx.Auth` around each exchange of another engine.

    Args:
        engine: What sends.
        auth: Whose flow it is.
    """

    def __init__(self, engine: AsyncEngine, auth: HttpxAuth) -> None:
        self._engine = engine
        self._auth = auth

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {type(self._auth).__name__} on {self._engine!r}>"

    async def send(
        self, method: str, url: str, headers: HeaderList, content: AsyncContent | None, deadline: float | None
    ) -> RawResponse:
        """Send a request as the flow wants it and return the last answer, with its whole body."""
        return await gathered(await self.open(method, url, headers, content, deadline))

    async def open(
        self, method: str, url: str, headers: HeaderList, content: AsyncContent | None, deadline: float | None
    ) -> AsyncIncomingBody:
        """Send a request as the flow wants it and return the last answer as soon as its headers are there."""
        flow = Flow(self._auth, method, url, headers, content)
        async with aclosing(self._auth.async_auth_flow(flow.request)) as steps:
            try:
                request = await steps.__anext__()
            except StopAsyncIteration:
                raise no_request(self._auth) from None
            while True:
                body = await self._ask(flow, request, deadline)
                try:
                    answer, body = await self._shown(flow, request, body)
                    request = await steps.asend(answer)
                except StopAsyncIteration:
                    return body
                except BaseException:
                    await body.aclose()
                    raise
                await body.aclose()

    async def aclose(self) -> None:
        """Close the other engine."""
        await self._engine.aclose()

    async def _ask(self, flow: Flow, request: HttpxRequest, deadline: float | None) -> AsyncIncomingBody:
        content = cast("Any", flow.content(request))  # the blocking twin is given no async iterables
        try:
            return await self._engine.open(
                request.method, flow.address(request), flow.headers(request), content, deadline
            )
        except (NetworkError, DeadlineError) as exc:
            if not flow.is_own(request):  # it is the call's own request that must not happen twice
                exc.sent = False
            raise

    async def _shown(
        self, flow: Flow, request: HttpxRequest, body: AsyncIncomingBody
    ) -> tuple[HttpxResponse, AsyncIncomingBody]:
        """Return an answer as the flow sees it, and what is left of it: its body is read where the flow wants that."""
        if not self._auth.requires_response_body:
            return flow.answer(request, body.status, body.headers, b""), body
        whole = await gathered(body)
        return flow.answer(request, whole.status, whole.headers, whole.body), AsyncBuffered(whole)
