"""The engines behind one blocking face, so that a rule is written once; lean ones also with all answers streamed."""

# ruff: noqa: D102 - the methods are the engines'

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from catchment.core._async.httpx_engine import AsyncHttpxEngine
from catchment.core._async.lean import AsyncLeanEngine
from catchment.core._sync.httpx_engine import HttpxEngine
from catchment.core._sync.lean import LeanEngine
from catchment.core.clock import monotonic
from catchment.core.engines import TransportSettings
from catchment.core.wire import RawResponse

ENGINES: dict[str, type[Any]] = {
    "lean": LeanEngine,
    "async-lean": AsyncLeanEngine,
    "httpx": HttpxEngine,
    "async-httpx": AsyncHttpxEngine,
}
# `send` of the general engine is `open` and `read` already.
DRIVERS = [*ENGINES, "lean-streams", "async-lean-streams"]


class Driver:
    """One engine; blocking calls whatever its kind. Deadlines are seconds from now."""

    def __init__(self, name: str, settings: TransportSettings | None = None) -> None:
        self.name = name
        self.lean = "lean" in name
        self.streams = name.endswith("streams")
        self.is_async = name.startswith("async")
        self.engine = ENGINES[name.removesuffix("-streams")](settings)
        self._runner = asyncio.Runner() if self.is_async else None

    def run(self, work: Awaitable[Any]) -> Any:
        if self._runner is None:
            return work

        async def wait() -> Any:
            return await work

        return self._runner.run(wait())

    def send(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Sequence[tuple[str, str]] = (),
        content: Any = None,
        within: float | None = 5.0,
    ) -> RawResponse:
        if self.streams:
            body = self.open(url, method=method, headers=headers, content=content, within=within)
            try:
                return RawResponse(body.status, body.headers, self.run(body.read()))
            finally:
                self.finish(body)
        deadline = None if within is None else monotonic() + within
        return self.run(self.engine.send(method, url, headers, content, deadline))

    def open(
        self,
        url: str,
        *,
        within: float | None = 5.0,
        method: str = "GET",
        headers: Sequence[tuple[str, str]] = (),
        content: Any = None,
    ) -> Any:
        deadline = None if within is None else monotonic() + within
        return self.run(self.engine.open(method, url, headers, content, deadline))

    def drain(self, make: Callable[[], Any]) -> list[Any]:
        if not self.is_async:
            return list(make())

        async def collect() -> list[Any]:
            return [item async for item in make()]

        return self.run(collect())

    def reading(self, make: Callable[[], Any]) -> Callable[[], Any]:
        """Return what returns the next item."""
        items = make()
        return lambda: self.run(anext(items)) if self.is_async else next(items)

    def consume(self, make: Callable[[], Any]) -> None:
        """Take items and forget them."""

        async def forget() -> None:
            async for _ in make():
                pass

        if self.is_async:
            self.run(forget())
        else:
            for _ in make():
                pass

    def pause(self, seconds: float) -> None:
        """Let time pass, and whatever the engine does of itself."""
        if self.is_async:
            self.run(asyncio.sleep(seconds))
        else:
            time.sleep(seconds)

    def finish(self, body: Any) -> None:
        self.run(body.aclose() if self.is_async else body.close())

    def close(self) -> None:
        self.run(self.engine.aclose() if self.is_async else self.engine.close())
        if self._runner is not None:
            self._runner.close()
