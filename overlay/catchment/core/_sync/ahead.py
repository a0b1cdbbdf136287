"""A request under way while its caller does something else: sent on a connection, its answer not read yet.

The hand-written twin of `_async/ahead.py`. There is no thread: the request leaves at once, the server works while the
caller does, and the answer waits in the socket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from catchment.core import clock
from catchment.core._sync.lean import LeanEngine, Pending
from catchment.core.errors import CatchmentError
from catchment.core.hiding import without_frames
from catchment.core.wire import RawResponse, Request

if TYPE_CHECKING:
    from catchment.core._sync.api import ApiClient
    from catchment.core._sync.transport import Call


class Ahead:
    """The answer to a request that was sent ahead of its use."""

    __slots__ = ("_api", "_began", "_call", "_error", "_pending")

    def __init__(self, api: ApiClient, call: Call) -> None:
        self._api = api
        self._call = call
        self._began = 0.0
        self._pending: Pending | None = None
        self._error: CatchmentError | None = None

    @classmethod
    def begin(
        cls, api: ApiClient, request: Request, *, outcomes: tuple[int, ...] = (), transfer: bool = False
    ) -> Ahead:
        """
        Start sending where a connection is free; errors wait for `result`.

        Nothing waits for a connection here: whoever holds answers that are not read yet, and waits for the connections
        of others who do the same, waits for ever.

        Args:
            api: What sends.
            request: Of any retry class; what becomes of a failure is what a plain call makes of it.
            outcomes: Statuses besides 2xx that the caller wants to see instead of an error.
            transfer: Whether the answer may be large, and the limit of transfers holds for it.
        """
        limit = (api.settings.timeouts.transfer,) if transfer else ()
        ahead = cls(api, api.call_of(request, outcomes, *limit))
        ahead._began = clock.monotonic()
        ahead.launch()
        return ahead

    @property
    def sent(self) -> bool:
        """Whether the request has left, or has failed to."""
        return self._pending is not None or self._error is not None

    def launch(self) -> bool:
        """Start sending, unless that has happened; return whether it has."""
        if self.sent:
            return True
        transport, call = self._api.transport(), self._call
        engine = transport.engine_of(call)
        # Bodies that stream are sent by what waits for their answers.
        if not isinstance(engine, LeanEngine) or not call.body.whole:
            return False
        self._began = clock.monotonic()
        try:
            headers, content = transport.prepare(call)
            body = cast("bytes | None", content)
            self._pending = engine.begin_at_once(call.method, call.url, headers, body, call.deadline)
        except CatchmentError as exc:
            self._error = without_frames(exc)
        if not self.sent:
            call.attempts -= 1
        return self.sent

    def arrived(self, seconds: float) -> bool:
        """
        Wait for a moment; return whether `result` has nothing more to wait for, be it because time is up.

        Args:
            seconds: How long at most; 0 only looks.
        """
        return self._pending is None or self._pending.arrived(seconds)

    def result(self) -> RawResponse:
        """Wait for the answer; retries and errors are those of a plain call."""
        pending, self._pending = self._pending, None
        outcome: RawResponse | CatchmentError | None
        outcome, self._error = self._error, None
        if pending is not None:
            try:
                outcome = pending.result()
            except CatchmentError as exc:
                outcome = without_frames(exc)
        transport = self._api.transport()
        return transport.send(self._call) if outcome is None else transport.resume(self._call, outcome, self._began)

    def unhurried(self) -> RawResponse:
        """
        As `result`, but what the caller did in between does not count against the deadline.

        For reads whose answers lie here while a page is being used, be it for hours. Of many calls that are sent
        together each would be waited for as if it were alone: those use `result`.
        """
        call = self._call
        if call.deadline is not None:
            call.deadline += clock.monotonic() - self._began
            if self._pending is not None:
                self._pending.extend(call.deadline)
        return self.result()

    def cancel(self) -> None:
        """Give the request up; its connection is closed, because the answer would come to nobody."""
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
