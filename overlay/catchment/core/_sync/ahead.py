"""A request under way while its caller does something else: sent on a connection, its answer not read yet.

The hand-written twin of `_async/ahead.py`. There is no thread: the request leaves at once, the server works while the
caller does, and the answer waits in the socket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from catchment.core._sync.lean import LeanEngine, Pending
from catchment.core.errors import CatchmentError
from catchment.core.wire import RawResponse, Request

if TYPE_CHECKING:
    from catchment.core._sync.api import ApiClient


class Ahead:
    """The answer to a safe request (retry class A) that was sent ahead of its use."""

    def __init__(self, api: ApiClient, request: Request, pending: Pending | None) -> None:
        self._api = api
        self._request = request
        self._pending = pending

    @classmethod
    def begin(cls, api: ApiClient, request: Request) -> Ahead:
        """Start sending where the connection allows it; errors wait for `result`."""
        transport = api.transport()
        call = api.call_of(request)
        engine = transport.engine_of(call)
        if not isinstance(engine, LeanEngine):
            return cls(api, request, None)
        try:
            headers, content = transport.prepare(call)
            pending = engine.begin(call.method, call.url, headers, cast("bytes | None", content), call.deadline)
        except CatchmentError:
            pending = None
        return cls(api, request, pending)

    def result(self) -> RawResponse:
        """Wait for the answer.

        An early request that went wrong is forgotten: it was safe, and the plain call that follows has the retries.
        """
        pending, self._pending = self._pending, None
        if pending is not None:
            try:
                response = pending.result()
            except CatchmentError:
                pass
            else:
                if 200 <= response.status < 300:
                    return response
        return self._api.send(self._request)

    def cancel(self) -> None:
        """Give the request up; its connection is closed, because the answer would come to nobody."""
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
