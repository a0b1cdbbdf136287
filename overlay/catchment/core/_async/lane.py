"""The short way of calls that have nothing of their own but target and body: one attempt, and no more than it needs."""

from __future__ import annotations

from typing import Any, Final

from catchment.core._async.auth import AsyncAuth, AsyncFixedAuth
from catchment.core.bodies import SMALL
from catchment.core.engines import AsyncEngine
from catchment.core.errors import CatchmentError
from catchment.core.headblock import HeaderBlock
from catchment.core.hiding import without_frames
from catchment.core.wire import RawResponse, Request

_KEPT: Final = 256
"""Groups of headers that are kept written out; there are about as many as a platform has operations."""


class AsyncLane:
    """
    Makes first attempts whose headers are the same for every request of their kind.

    Everything that only failures, streams or other credentials need stays on the usual way, which takes over from any
    attempt that did not succeed.

    Args:
        engine: Sends whole bodies to the endpoint.
        endpoint: Base URL without a trailing slash.
        headers: Of every request.
        signature: What the credentials add to every request.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        endpoint: str,
        headers: tuple[tuple[str, str], ...],
        signature: tuple[tuple[str, str], ...],
    ) -> None:
        self.engine = engine
        self.endpoint = endpoint
        self._headers = headers
        self.signature = signature
        self._blocks: dict[tuple[tuple[str, str], ...], HeaderBlock | None] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.endpoint}>"

    @classmethod
    def of(
        cls, engine: AsyncEngine, endpoint: str, headers: tuple[tuple[str, str], ...], auth: AsyncAuth | None
    ) -> AsyncLane | None:
        """Return a lane, or `None` where each request is signed for itself."""
        if auth is None:
            return cls(engine, endpoint, headers, ())
        lasting = auth.lasting() if isinstance(auth, AsyncFixedAuth) else None
        return None if lasting is None else cls(engine, endpoint, headers, tuple(lasting))

    def block_for(self, request: Request) -> HeaderBlock | None:
        """Return the headers of a request, or `None` where it has to go the usual way."""
        content = request.content
        if request.headers or request.operation.anonymous:
            return None
        if content is not None and (type(content) is not bytes or len(content) > SMALL):
            return None
        try:
            return self._blocks[request.constant]
        except KeyError:
            return self._written(request.constant)

    def _written(self, constant: tuple[tuple[str, str], ...]) -> HeaderBlock | None:
        if len(self._blocks) >= _KEPT:
            self._blocks.clear()
        block = self._blocks[constant] = HeaderBlock.of([*self._headers, *constant, *self.signature])
        return block

    async def attempt(
        self, request: Request, block: HeaderBlock, deadline: float | None
    ) -> RawResponse | CatchmentError:
        """
        Send a request once; return the answer, whatever its status, or the error in place of one.

        Args:
            request: With a body in memory.
            block: Of `block_for`.
            deadline: Instant of `clock.monotonic()`.
        """
        try:
            content: Any = request.content  # bytes or nothing, as `block_for` saw
            url = self.endpoint + request.target
            return await self.engine.send(request.operation.method, url, block, content, deadline)
        except CatchmentError as exc:
            return without_frames(exc)
