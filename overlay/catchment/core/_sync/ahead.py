"""A request under way while its caller does something else: sent on a connection, its answer not read yet.

The hand-written twin of `_async/ahead.py`. There is no thread: the request leaves at once, the server works while the
caller does, and the answer waits in the socket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from catchment.core import clock
from catchment.core._sync.lean import LeanEngine, Pending
from catchment.core.errors import CatchmentError
from catchment.core.hiding import without_frames
from catchment.core.wire import RawResponse, Request

if TYPE_CHECKING:
    from catchment.core._sync.api import ApiClient
    from catchment.core._sync.lane import Lane
    from catchment.core._sync.transport import Call, Transport
    from catchment.core.headblock import HeaderBlock


class Ahead:
    """The answer to a request that was sent ahead of its use."""

    __slots__ = (
        "_api",
        "_began",
        "_call",
        "_deadline",
        "_error",
        "_lane",
        "_limit",
        "_outcomes",
        "_pending",
        "_request",
    )

    def __init__(
        self, api: ApiClient, request: Request, outcomes: tuple[int, ...], limit: tuple[float | None, ...]
    ) -> None:
        self._api = api
        self._request = request
        self._outcomes = outcomes
        self._limit = limit
        self._began = clock.monotonic()
        self._deadline: float | None = None
        self._lane: Lane | None = None
        self._call: Call | None = None
        self._pending: Pending | None = None
        self._error: CatchmentError | None = None

    @classmethod
    def begin(
        cls, api: ApiClient, request: Request, *, outcomes: tuple[int, ...] = (), transfer: bool = False
    ) -> Ahead:
        """
        Start sending where connections are free; errors wait for `result`.

        Nothing waits for a connection here: whoever holds answers that are not read yet, and waits for the connections
        of others who do the same, waits for ever. Half of the connections are left to calls that are waited for: an
        answer that lies here holds its connection until somebody asks for it, be it never.

        Args:
            api: What sends.
            request: Of any retry class; what becomes of a failure is what a plain call makes of it.
            outcomes: Statuses besides 2xx that the caller wants to see instead of an error.
            transfer: Whether the answer may be large, and the limit of transfers holds for it.
        """
        ahead = cls.of(api, request, outcomes=outcomes, transfer=transfer)
        ahead.launch(spare=True)
        return ahead

    @classmethod
    def of(cls, api: ApiClient, request: Request, *, outcomes: tuple[int, ...] = (), transfer: bool = False) -> Ahead:
        """Return a request that is still to be launched; arguments are those of `begin`."""
        return cls(api, request, outcomes, (api.settings.timeouts.transfer,) if transfer else ())

    @property
    def sent(self) -> bool:
        """Whether the request has left, or has failed to."""
        return self._pending is not None or self._error is not None

    def launch(self, *, spare: bool = False) -> bool:
        """
        Start sending, unless that has happened; return whether it has.

        Args:
            spare: Only where less than half of the connections would be taken.
        """
        if self._pending is not None or self._error is not None:
            return True
        transport = self._api.transport()
        lane = self._api.lane
        block = None if lane is None else lane.block_for(self._request)
        self._began = clock.monotonic()
        try:
            if lane is not None and block is not None and isinstance(lane.engine, LeanEngine):
                self._launch_shortly(lane, lane.engine, block, spare=spare)
            else:
                self._launch_usually(transport, spare=spare)
        except CatchmentError as exc:
            self._error = without_frames(exc)
        return self._pending is not None or self._error is not None

    def _launch_shortly(self, lane: Lane, engine: LeanEngine, block: HeaderBlock, *, spare: bool) -> None:
        request = self._request
        url = lane.endpoint + request.target
        if spare and not engine.has_spare(url):
            return
        seconds = self._limit[0] if self._limit else self._api.settings.timeouts.deadline
        self._deadline = None if seconds is None else self._began + seconds
        self._lane = lane
        content: Any = request.content  # bytes or nothing, as the lane saw
        self._pending = engine.begin_at_once(request.operation.method, url, block, content, self._deadline)
        if self._pending is None:
            self._lane = None

    def _launch_usually(self, transport: Transport, *, spare: bool) -> None:
        call = self._call = self._call or self._api.call_of(self._request, self._outcomes, *self._limit)
        engine = transport.engine_of(call)
        # Bodies that stream are sent by what waits for their answers.
        if not isinstance(engine, LeanEngine) or not call.body.whole or (spare and not engine.has_spare(call.url)):
            return
        headers, content = transport.prepare(call)
        self._pending = engine.begin_at_once(call.method, call.url, headers, cast("Any", content), call.deadline)
        if self._pending is None:
            call.attempts -= 1

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
        if self._lane is not None and isinstance(outcome, RawResponse):
            if transport.is_plain_success(self._request.operation, outcome):
                return outcome
        call = self._resumable()
        return transport.send(call) if outcome is None else transport.resume(call, outcome, self._began)

    def _resumable(self) -> Call:
        """Return what repetitions need; of a first attempt by the short way, with what it did."""
        call = self._call or self._api.call_of(self._request, self._outcomes, *self._limit)
        if self._lane is not None:
            call.deadline, call.attempts, call.signature = self._deadline, 1, self._lane.signature
        return call

    def unhurried(self) -> RawResponse:
        """
        As `result`, but what the caller did in between does not count against the deadline.

        For reads whose answers lie here while a page is being used, be it for hours. Of many calls that are sent
        together each would be waited for as if it were alone: those use `result`.
        """
        spent = clock.monotonic() - self._began
        until = self._deadline if self._call is None else self._call.deadline
        if until is not None:
            self._deadline = until + spent
            if self._call is not None:
                self._call.deadline = self._deadline
            if self._pending is not None:
                self._pending.extend(self._deadline)
        return self.result()

    def cancel(self) -> None:
        """Give the request up; its connection is closed, because the answer would come to nobody."""
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
