"""Brings batches to the server: again after failures, in halves after refusals, and tells what became of them."""

from __future__ import annotations

import random
from collections.abc import Callable

from catchment.core import clock, log
from catchment.core._async.api import AsyncApiClient
from catchment.core.config import Retry
from catchment.core.errors import CatchmentError, StatusError
from catchment.influxdb._async.crew import AsyncGate, settled
from catchment.influxdb._async.owner import AsyncOwner
from catchment.influxdb._async.writing import send
from catchment.influxdb.batching import Batch, Buffer
from catchment.influxdb.linecut import halves
from catchment.influxdb.lines import Chunk
from catchment.influxdb.sending import Target
from catchment.influxdb.tally import Tally
from catchment.influxdb.verdicts import NOTHING, Conf, Halve, Loss, Settled, decide, lost
from catchment.influxdb.writing_options import WriterOptions


class AsyncCourier:
    """
    Sends what is handed to it; shared by all workers of a writer.

    Args:
        client: Of the server.
        options: Of the writer.
        buffer: Told when batches are too large.
        tally: Told what became of lines.
    """

    def __init__(self, client: AsyncOwner, options: WriterOptions, buffer: Buffer, tally: Tally) -> None:
        self._client = client
        self._success = options.get("success")
        self._error = options.get("error")
        self._retry = options.get("retry")
        self._buffer = buffer
        self._tally = tally
        self._limits = buffer.limits
        self._sender: tuple[AsyncApiClient, AsyncApiClient] | None = None
        self._silent = False
        self._outage = False

    async def deliver(self, batch: Batch, gate: AsyncGate) -> None:
        """
        Send a batch, in ever smaller parts if need be, in order.

        Args:
            batch: The lines.
            gate: Opened when there is no more time to wait.
        """
        waiting = [batch.chunk]
        crashes = 0
        while waiting:
            chunk = waiting.pop()
            outcome = await self._attempts(chunk, batch.target, gate, crashes)
            if isinstance(outcome, Halve):
                self._tally.halved()
                crashes += outcome.why == "crash"
                if outcome.why == "size":
                    self._buffer.shrink(len(chunk.body))
                waiting += reversed(halves(chunk))
            else:
                await self._account(outcome, batch.target)

    async def _attempts(self, chunk: Chunk, target: Target, gate: AsyncGate, crashes: int) -> Settled | Halve:
        """Send a chunk until something comes of it."""
        until = clock.monotonic() + self._limits.max_retry_time
        attempt = 0
        while True:
            attempt += 1
            error = await self._attempt(chunk, target)
            if error is None:
                self._told(again=False)
                return Settled(chunk)
            if not isinstance(error, CatchmentError) or gate.is_open:
                return Settled(NOTHING, lost(error, chunk, target))
            verdict = decide(
                error, chunk, target, attempt=attempt, policy=self._limits.retry,
                remaining=until - clock.monotonic(), crashes=crashes, jitter=random.random(),  # noqa: S311
            )  # fmt: skip
            again = not isinstance(verdict, Settled | Halve)
            if again or (isinstance(error, StatusError) and not error.retryable):
                self._told(again=again, why=type(error).__name__)
            self._tally.failed(error, again=again)
            if isinstance(verdict, Settled | Halve):
                return verdict
            await _call("retry", self._retry, Conf.of(target), chunk.body, error)
            await gate.pause(verdict.after)

    async def _attempt(self, chunk: Chunk, target: Target) -> Exception | None:
        try:
            await send(self._once(), chunk, target)
        except Exception as exc:  # noqa: BLE001 - a worker that ends would leave everybody waiting
            return exc
        return None

    def _once(self) -> AsyncApiClient:
        """Return what sends once: repeating is the writer's affair, to be seen, and to be cut short by its end."""
        api = self._client.api
        if self._sender is None or self._sender[0] is not api:
            self._sender = api, api.with_settings(retry=Retry(attempts=1), warns=False)
        return self._sender[1]

    def _told(self, *, again: bool, why: str = "") -> None:
        """Say once that the server takes no lines, however many attempts find that, and once that it does again."""
        if again and not self._outage:
            log.warn(f"influxdb: lines wait to be sent again, because the server takes none now: {why}")
        elif self._outage and not again:
            log.info("influxdb: the server answers again, and lines that waited are sent")
        self._outage = again

    async def _account(self, outcome: Settled, target: Target) -> None:
        if self._silent:
            return
        self._tally.stored(outcome.stored)
        if outcome.stored.body:
            await _call("success", self._success, Conf.of(target), outcome.stored.body)
        if outcome.loss is not None:
            await self._lose(outcome.loss)

    async def _lose(self, loss: Loss) -> None:
        self._tally.lost(loss)
        log.warn(f"influxdb: {loss.lines} lines were not stored: {type(loss.error).__name__}")
        await _call("error", self._error, loss.conf, loss.data, loss.error)

    def fall_silent(self) -> None:
        """Tell nothing of requests that are still under way: their lines were given up."""
        self._silent = True

    async def give_up(self, batch: Batch, error: CatchmentError) -> None:
        """Tell that a batch will not be sent."""
        await self._lose(lost(error, batch.chunk, batch.target))

    async def push_out(self, batch: Batch, error: CatchmentError) -> None:
        """Tell that a batch made room for newer lines, as the user wanted it."""
        loss = lost(error, batch.chunk, batch.target)
        self._tally.pushed_out(loss)
        await _call("error", self._error, loss.conf, loss.data, error)


async def _call(name: str, callback: Callable[..., object] | None, *facts: object) -> None:
    """Call the user's code, whose failure is no reason to lose points."""
    if callback is None:
        return
    try:
        await settled(callback(*facts))
    except Exception as exc:  # noqa: BLE001 - anything may come out of it
        log.warn(f"influxdb: the callback {name!r} of a writer failed: {type(exc).__name__}: {exc}")
