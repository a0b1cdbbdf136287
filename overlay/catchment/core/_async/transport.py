"""The attempt loop: sign, send, judge, and wait or raise or return."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from catchment.core import clock, log
from catchment.core._async.auth import AsyncAuth
from catchment.core._async.flow import AsyncFlowAuth
from catchment.core._async.waiting import sleep
from catchment.core.addresses import split_url
from catchment.core.bodies import Body
from catchment.core.budget import Budget
from catchment.core.config import Retry
from catchment.core.engines import AsyncEngine, AsyncIncomingBody
from catchment.core.errors import (
    CatchmentError,
    DeadlineError,
    NetworkError,
    OutcomeUnknownError,
    ResponseError,
    UnauthenticatedError,
)
from catchment.core.failures import Dialect, failure, is_spoilt
from catchment.core.hiding import HiddenHeaders, without_frames
from catchment.core.retry import Again, Outcome, Stop, Unknown, fate, is_already_gone, judge
from catchment.core.wire import AsyncContent, Headers, Operation, RawResponse, RetryClass, undecodable

_ERROR_BODY = 64 * 1024


@dataclass(slots=True)
class Call:
    """One logical call: what every attempt of it has in common."""

    operation: Operation
    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    body: Body
    auth: AsyncAuth | None
    outcomes: tuple[int, ...] = ()
    retry: RetryClass | None = None
    """The request's own class, where it has one, instead of the operation's."""
    deadline: float | None = None
    """Instant of `clock.monotonic()` at which the caller stops waiting."""
    attempts: int = 0
    renewed: bool = False
    doubted: bool = False
    """Whether an earlier attempt may have been applied."""
    signature: Sequence[tuple[str, str]] = ()
    """Headers that the credentials added to the latest attempt."""
    paid: int = 0
    """Tokens of the retry budget that its repetitions cost."""

    def __repr__(self) -> str:
        return f"<Call {self.operation.name}, {self.attempts} attempts>"

    def accepts(self, status: int) -> bool:
        """Whether this status is an answer that the caller asked for."""
        return 200 <= status < 300 or status in self.outcomes


class Engines(NamedTuple):
    """
    What carries the calls of one client.

    Attributes:
        whole: Calls whose bodies are in memory.
        streaming: Calls with a body on its way, in connections of their own: whoever reads a long answer makes other
            calls meanwhile, which must not wait for its connection.
        general: Whatever needs a proxy.
    """

    whole: AsyncEngine
    streaming: AsyncEngine
    general: AsyncEngine


class AsyncTransport:
    """Sends calls of one service, again where that is safe, and turns every no into its error."""

    def __init__(
        self,
        *,
        engines: Engines,
        proxied: Callable[[str], bool],
        dialect: Dialect,
        retry: Retry,
        budget: Budget,
        warns: bool = True,
    ) -> None:
        self._engines = engines
        self._proxied = proxied
        self._routes: dict[str, bool] = {}
        self._dialect = dialect
        self._retry = retry
        self._budget = budget
        self._warns = warns

    async def send(self, call: Call) -> RawResponse:
        """Return the answer with its whole body.

        Raises:
            CatchmentError: Of the class that says what happened.
        """
        engine = self.engine_of(call)
        while True:
            headers, content = await self.prepare(call)
            began = clock.monotonic()
            result: RawResponse | CatchmentError
            try:
                result = await engine.send(call.method, call.url, headers, content, call.deadline)
            except CatchmentError as exc:
                result = without_frames(exc)
            answer = self._answer(call, result, began)
            if isinstance(answer, RawResponse):
                return answer
            await self._again_or_raise(call, answer)

    async def resume(self, call: Call, result: RawResponse | CatchmentError, began: float) -> RawResponse:
        """Go on with a call whose latest attempt was made elsewhere.

        Args:
            call: Prepared by `prepare`, and sent.
            result: What came of it.
            began: Instant at which it was sent.

        Raises:
            CatchmentError: As `send`.
        """
        answer = self._answer(call, result, began)
        if isinstance(answer, RawResponse):
            return answer
        await self._again_or_raise(call, answer)
        return await self.send(call)

    def is_plain_success(self, operation: Operation, response: RawResponse) -> bool:
        """Note a first attempt's success, of which there is nothing to say; anything else is for `resume`."""
        if not 200 <= response.status < 300 or is_spoilt(operation, response) or log.is_detailed():
            return False
        self._budget.succeeded()
        return True

    def _answer(self, call: Call, result: RawResponse | CatchmentError, began: float) -> RawResponse | CatchmentError:
        """Return the call's success, or what went wrong in this attempt."""
        if isinstance(result, CatchmentError):
            log.attempt(call.operation, call.attempts, clock.monotonic() - began, result)
            return result
        log.attempt(call.operation, call.attempts, clock.monotonic() - began, result.status)
        if call.accepts(result.status) and not is_spoilt(call.operation, result):
            self._budget.succeeded(call.paid)
            return result
        if is_already_gone(call.method, result.status, doubted=call.doubted):
            self._budget.succeeded(call.paid)
            return RawResponse(204, Headers(), b"")
        return _error_of(call, result, self._dialect)

    def engine_of(self, call: Call, *, streams: bool = False) -> AsyncEngine:
        """Choose by the call's shape: through proxies the general way, streams out of the way of small calls."""
        where, _ = split_url(call.url)
        proxied = self._routes.get(where)
        if proxied is None:  # a presigned URL may lie behind a proxy where the service does not
            proxied = self._routes[where] = self._proxied(call.url)
        engine = self._engines.whole
        if proxied:
            engine = self._engines.general
        elif streams or not call.body.whole:
            engine = self._engines.streaming
        return _through(call, engine)

    @asynccontextmanager
    async def stream(self, call: Call) -> AsyncGenerator[AsyncIncomingBody]:
        """Hand out a success whose body is still arriving; what goes wrong before that is retried as in `send`."""
        body = await self._open(call)
        try:
            yield body
        except (ResponseError, NetworkError, DeadlineError) as exc:
            exc.at(service=call.operation.service, operation=call.operation.id, attempts=call.attempts)
            raise
        finally:
            await body.aclose()

    async def _open(self, call: Call) -> AsyncIncomingBody:
        engine = self.engine_of(call, streams=True)
        while True:
            headers, content = await self.prepare(call)
            began = clock.monotonic()
            error: CatchmentError
            try:
                body = await engine.open(call.method, call.url, headers, content, call.deadline)
                log.attempt(call.operation, call.attempts, clock.monotonic() - began, body.status)
                if call.accepts(body.status):
                    self._budget.succeeded(call.paid)
                    return body
                error = failure(call.operation, await _bounded(body), self._dialect)
            except CatchmentError as exc:
                error = without_frames(exc)
                log.attempt(call.operation, call.attempts, clock.monotonic() - began, error)
            await self._again_or_raise(call, error)

    async def prepare(self, call: Call) -> tuple[list[tuple[str, str]], AsyncContent | None]:
        """Return headers, signed, and body of the next attempt."""
        content = call.body.rewind() if call.attempts else call.body.content
        call.attempts += 1
        headers = HiddenHeaders(call.headers)
        if call.auth is not None:
            signable = bytes(content or b"") if call.body.whole else None  # type: ignore[arg-type]
            call.signature = await call.auth.sign(call.method, call.url, headers, signable)
            headers += call.signature
        return headers, cast("Any", content)  # the blocking twin is given no async iterables

    async def _again_or_raise(self, call: Call, error: CatchmentError) -> None:
        """Wait until the next attempt may start, or raise the error that the caller gets."""
        if isinstance(error, UnauthenticatedError) and await self._renewed(call):
            return
        outcome = _outcome(call, error, self._dialect)
        call.doubted = call.doubted or fate(outcome) == "doubtful"
        verdict = judge(outcome, attempt=call.attempts, policy=self._retry, jitter=random.random())  # noqa: S311
        verdict = self._budget.allow(verdict)
        if isinstance(verdict, Again):
            call.paid += verdict.cost
            await sleep(verdict.after)
            return
        final = error
        if isinstance(verdict, Unknown):
            what = error.message or type(error).__name__
            final = OutcomeUnknownError(f"sent, and nobody knows whether it was applied: {what}", hint=verdict.hint)
            final.status, final.request_id = error.status, error.request_id
        final.at(service=call.operation.service, operation=call.operation.id, attempts=call.attempts)
        reason = verdict.reason if isinstance(verdict, Stop) else "in doubt"
        log.gave_up(call.operation, call.attempts, final, reason, warns=self._warns)
        raise final from (None if final is error else error)

    async def _renewed(self, call: Call) -> bool:
        """One 401 in a call may be an expired token; lakeFS also says 401 for a missing permission, so only one."""
        if call.auth is None or call.renewed or not call.body.replayable:
            return False
        call.renewed = True
        return await call.auth.renew(call.signature)


def _through(call: Call, engine: AsyncEngine) -> AsyncEngine:
    return call.auth.through(engine) if isinstance(call.auth, AsyncFlowAuth) else engine


def _outcome(call: Call, error: CatchmentError, dialect: Dialect) -> Outcome:
    """Say what one attempt came to, for `judge`."""
    left = None if call.deadline is None else call.deadline - clock.monotonic()
    return Outcome.of_error(
        error,
        call.retry or call.operation.retry,
        replayable=call.body.replayable,
        remaining=left,
        check=dialect.check(call.operation),
    )


def _error_of(call: Call, response: RawResponse, dialect: Dialect) -> CatchmentError:
    if call.accepts(response.status):
        return undecodable(call.operation, response, ValueError("this is no such answer, or not all of it"))
    return failure(call.operation, response, dialect)


async def _bounded(body: AsyncIncomingBody) -> RawResponse:
    """Read an error's body, which is a sentence, not a download."""
    kept = b""
    try:
        async for chunk in body.chunks():
            kept += chunk
            if len(kept) >= _ERROR_BODY:
                break
    except CatchmentError:  # the status says what happened; half an explanation is better than another error
        pass
    finally:
        await body.aclose()
    return RawResponse(body.status, body.headers, kept[:_ERROR_BODY])
