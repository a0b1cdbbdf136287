"""The batching writer: takes points now, and sends them in the background, many at a time."""

from __future__ import annotations

import random
import warnings
from collections.abc import AsyncIterator, Hashable, Iterator, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Literal, Self, Unpack

from catchment.core import clock, log
from catchment.core._async.waiting import in_thread
from catchment.core.errors import CatchmentError, ClosedError, DeadlineError, UnsafeInputError
from catchment.influxdb._async.base import AsyncBase
from catchment.influxdb._async.courier import AsyncCourier
from catchment.influxdb._async.crew import AsyncCrew, AsyncExit
from catchment.influxdb._async.owner import AsyncOwner
from catchment.influxdb.batching import Batch, Buffer
from catchment.influxdb.encoder import Encoders
from catchment.influxdb.linecut import Lanes, Stamper
from catchment.influxdb.lines import Chunk, Data
from catchment.influxdb.precision import datetime_ns
from catchment.influxdb.records import Layout
from catchment.influxdb.reporting import OnInvalid, Report
from catchment.influxdb.sending import Consistency, Target, target
from catchment.influxdb.tally import Tally, WriterStats
from catchment.influxdb.writing_options import WriterOptions, limits_of

_LAST_WORDS = 1.0
"""Seconds that workers get to end once nothing is left for them to do."""


class AsyncBatchWriter:
    """
    Take points and send them in the background, in batches.

    Points of one series arrive in the order in which they were written. Points without a time get the present one
    when they are written, so that sending a batch again never doubles them. What the server refuses does not keep
    other lines from being stored: batches are taken apart until only the bad lines are left.

    Leaving a `with` block, `close()` and the end of the interpreter send what is left; `flush()` does so in between.
    What was lost is raised by the next `flush()` or `close()`, and told to `error` at once.

    Workers are started by the first `write`: `in_flight` of them, named `catchment-influxdb-writer-N`. Safe to share.
    A process forked later starts with an empty buffer, since its parent sends what was in there.

    Args:
        client: Of the server; stays open when the writer is closed.
        batch_size: Lines of a request, at most (5000). As many are sent at once.
        max_bytes: Bytes of a request, at most (2 MiB), before compression. Halved when the server says 413.
        flush_interval: Seconds that a line waits for others, at most (1).
        jitter_interval: Seconds, drawn evenly up to this, that a batch waits longer (0).
        max_buffer_bytes: Bytes that wait or are under way, at most (32 MiB).
        overflow: What `write` does when the buffer is full: `"block"`, `"raise"` and take nothing of the call, or
            `"drop_oldest"` of what waits; such lines are told to `error` and counted, and not raised by `flush`.
        in_flight: Requests under way at a time (2), of different series.
        retries: Repetitions of a batch, at most (5); or a `Retry`.
        max_retry_time: Seconds after its first attempt in which a batch is repeated (180).
        max_close_wait: Seconds that `close` waits for the server (300); what is left then is lost.
        success: Called with where and what, for each request whose lines were stored.
        error: Called with where, what and why, for lines that were lost.
        retry: Called with where, what and why, before a batch is sent again.
        tags: Tags of all points; those of `write` win over them.
        on_invalid: For `write` that says nothing else.
        field_types: For `write` that says nothing else.
        gzip: For `write` that says nothing else; the client's choice by default.

    Callbacks run in a worker. What they raise is logged and changes nothing. They may write, and must not flush.

    Raises:
        ConfigError: A setting that cannot be meant.
    """

    def __init__(self, client: AsyncOwner, **options: Unpack[WriterOptions]) -> None:
        self._client = client
        self._options = options
        self._limits = limits_of(options)
        self._lanes = Lanes(self._limits.in_flight)
        self._stamper = Stamper(lambda: datetime_ns(clock.now()))
        self._encoders = Encoders()
        self._last_target: tuple[tuple[object, ...], Target] | None = None
        self._crew: AsyncCrew | None = None
        self._exit: AsyncExit | None = None
        self._closed = False
        self._begin()

    def _begin(self) -> None:
        self._tally = Tally()
        self._buffer = Buffer(self._limits, random.random)
        self._courier = AsyncCourier(self._client, self._options, self._buffer, self._tally)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._buffer.lines} lines wait{', closed' if self._closed else ''}>"

    @property
    def stats(self) -> WriterStats:
        """Counts so far; a copy."""
        buffer = self._buffer
        return self._tally.seen(lines=buffer.lines, size=buffer.size, in_flight=buffer.in_flight)

    # -- what users call -----------------------------------------------------------------------------------------------

    async def write(
        self,
        data: Data,
        measurement: str | None = None,
        tag_columns: Sequence[Hashable] | None = None,
        *,
        db: str | None = None,
        rp: str | None = None,
        precision: str | None = None,
        tags: Mapping[str, object] | None = None,
        consistency: Consistency | None = None,
        field_types: Mapping[str, object] | None = None,
        on_invalid: OnInvalid | None = None,
        strict: bool = False,
        report: Report | None = None,
        time_column: Hashable | None = None,
        timezone: str | None = None,
        object_types: Literal["str", "infer"] = "str",
        datetimes: Literal["iso", "ns"] = "iso",
        category_tags: bool = False,
        layout: Layout | None = None,
        gzip: bool | None = None,
        **extra_tags: object,
    ) -> None:
        """
        Take points; they are stored later, and not yet when this returns.

        The arguments are those of `write` of the client, where more is said about them.

        Args:
            data: Line protocol, points, frames, Arrow data, or iterables of these.
            measurement: For points and frames that name none.
            tag_columns: Columns of frames that are tags.
            db: Database; the client's by default.
            rp: Retention policy; the client's by default.
            precision: Unit of times.
            tags: Tags of all points but line protocol; those of the writer are added.
            consistency: What a cluster must confirm.
            field_types: Types of fields; the writer's by default.
            on_invalid: What to do with what cannot be stored; the writer's by default.
            strict: Raise for points without a field.
            report: Receives the counts of what was skipped, replaced and dropped.
            time_column: Column of a frame that has the times.
            timezone: Zone of times that name none.
            object_types: Values of pandas' object columns.
            datetimes: Times in other columns.
            category_tags: Make categorical columns tags.
            layout: Where flat records have the parts of a point.
            gzip: Whether to compress; the writer's choice by default.
            extra_tags: The same as `tags`.

        Raises:
            UnsafeInputError: Data that cannot be stored, or a full buffer with `overflow="raise"`. Of data that is
                more than one batch, what came before it may have been taken.
            ConfigError: There is no database.
            ClosedError: The writer is closed.
        """
        options = self._options
        where = self._where(
            db or self._client.db, rp or (None if db else self._client.rp), precision, consistency,
            bool(options.get("gzip")) if gzip is None else gzip,
        )  # fmt: skip
        crew = self._at_work()
        encoder = self._encoders.of(
            measurement=measurement,
            tag_columns=tag_columns,
            tags={**(options.get("tags") or {}), **(tags or {}), **extra_tags},
            precision=precision,
            field_types=options.get("field_types") if field_types is None else field_types,
            on_invalid=on_invalid or options.get("on_invalid") or "raise",
            strict=strict,
            report=report,
            time_column=time_column,
            timezone=timezone,
            object_types=object_types,
            datetimes=datetimes,
            category_tags=category_tags,
            layout=layout,
        )
        point = encoder.single(data)
        if point is not None:  # without the generators, which take more than a point
            await self._take_one(crew, where, self._stamper.stamp(point, where.precision or "n"))
            return
        pieces = encoder.chunks(data, self._limits.batch_size, self._buffer.max_bytes)
        chunks = self._stamped(pieces, where, in_background=hasattr(data, "__arrow_c_stream__"))
        if self._limits.overflow == "raise":
            await self._add_all(crew, where, chunks)
            return
        async for chunk in chunks:
            await self._add(crew, where, chunk)

    async def flush(self, timeout: float | None = None) -> None:
        """
        Send everything that was written before, and wait until it is stored or lost.

        Args:
            timeout: Seconds to wait at most; the lines stay with the writer after that.

        Raises:
            BatchWriteError: Lines were lost since the last time.
            DeadlineError: The time is over.
        """
        self._refuse_inside("flush")
        if self._buffer.lines and not self._closed:
            crew = self._at_work()
            async with crew.monitor:
                done = await self._drained(crew, timeout)
            if not done:
                raise DeadlineError(f"{self._buffer.lines} lines are not sent yet", service="influxdb")
        self._raise_losses()

    async def aclose(self) -> None:
        """
        Send everything, wait until it is stored or lost, and end the workers. Closing twice is fine.

        Raises:
            BatchWriteError: Lines were lost since the last `flush`.
        """
        self._refuse_inside("close")
        if self._closed or (self._crew is not None and self._crew.forked):
            self._closed = True
            return
        crew = self._at_work() if self._buffer.lines else self._crew
        self._closed = True
        if self._exit is not None:
            self._exit.call_off()
        if crew is not None:
            await self._end(crew)
        self._raise_losses()

    # unasync: cut
    # ruff: noqa: ERA001 - `unasync: cut` is a marker, not code
    async def close(self) -> None:
        """Do what `aclose` does."""
        await self.aclose()

    # unasync: on

    async def __aenter__(self) -> Self:
        self._refuse_closed()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.aclose()
        except CatchmentError as exc:
            if error is None:
                raise
            error.add_note(f"besides, the writer lost lines: {exc}")

    def __reduce__(self) -> tuple[object, ...]:
        # What waits stays with this one.
        return (_rebuilt, (type(self), self._client, dict(self._options)))

    def _where(self, *words: *tuple[str | None, str | None, str | None, str | None, bool]) -> Target:
        """Return where lines go; as a rule where the last ones went, which needs no second check."""
        known = self._last_target
        if known is None or known[0] != words:
            known = self._last_target = words, target(*words[:4], gzip=words[4])
        return known[1]

    # -- in ------------------------------------------------------------------------------------------------------------

    def _at_work(self) -> AsyncCrew:
        """Return the workers; new ones at first, after a fork, and where their event loop is gone."""
        self._refuse_closed()
        crew = self._crew
        if crew is None or not crew.here:
            if crew is not None and crew.forked:
                self._begin()
            self._buffer.recover()
            crew = self._crew = AsyncCrew("catchment-influxdb-writer")
            if self._exit is not None:
                self._exit.call_off()
            self._exit = AsyncExit(self._left_open)
            crew.start(self._limits.in_flight, partial(self._work, crew))
        return crew

    def _refuse_closed(self) -> None:
        if self._closed:
            raise ClosedError("this writer is closed", service="influxdb", hint="make a new one with client.writer()")

    def _refuse_inside(self, what: str) -> None:
        if self._crew is not None and self._crew.inside:
            raise UnsafeInputError(f"{what}() in a callback of the writer would wait for itself")

    async def _stamped(self, pieces: Iterator[Chunk], where: Target, *, in_background: bool) -> AsyncIterator[Chunk]:
        """Yield encoded chunks, a time in each line; tables are encoded where they do not hold up others."""
        draw = partial(next, pieces, None)
        while (chunk := await in_thread(draw) if in_background else draw()) is not None:
            yield self._stamper.stamp(chunk, where.precision or "n")

    async def _take_one(self, crew: AsyncCrew, where: Target, chunk: Chunk) -> None:
        if self._limits.overflow == "raise":
            await self._take_all(crew, where, self._lanes.spread(chunk), len(chunk.body))
        else:
            await self._add(crew, where, chunk)

    async def _add(self, crew: AsyncCrew, where: Target, chunk: Chunk) -> None:
        shares = self._lanes.spread(chunk)
        pushed_out: list[Batch] = []
        async with crew.monitor:
            self._refuse_closed()
            while not self._buffer.has_room(len(chunk.body)) and not crew.inside:
                if self._limits.overflow == "block":
                    self._buffer.close_all()
                    crew.monitor.notify_all()
                    await crew.monitor.wait()
                    self._refuse_closed()
                elif (batch := self._buffer.drop_oldest()) is not None:
                    pushed_out.append(batch)
                else:
                    break
            self._take_in(crew, where, shares)
        for batch in pushed_out:
            full = UnsafeInputError("pushed out of a full buffer by newer lines", hint="raise max_buffer_bytes")
            await self._courier.push_out(batch, full)

    async def _add_all(self, crew: AsyncCrew, where: Target, chunks: AsyncIterator[Chunk]) -> None:
        """Take all of it or nothing."""
        shares: list[tuple[int, Chunk]] = []
        size = 0
        async for chunk in chunks:
            shares += self._lanes.spread(chunk)
            size += len(chunk.body)
            if size > self._limits.max_buffer_bytes:
                break
        await self._take_all(crew, where, shares, size)

    async def _take_all(self, crew: AsyncCrew, where: Target, shares: list[tuple[int, Chunk]], size: int) -> None:
        async with crew.monitor:
            self._refuse_closed()
            if self._buffer.size + size > self._limits.max_buffer_bytes:
                raise UnsafeInputError(
                    f"the writer's buffer is full: {self._buffer.size} of {self._limits.max_buffer_bytes} bytes are "
                    f"taken, and {size} or more were to come; nothing of them was taken",
                    hint="flush() first, write less at a time, or raise max_buffer_bytes",
                )
            self._take_in(crew, where, shares)

    def _take_in(self, crew: AsyncCrew, where: Target, shares: list[tuple[int, Chunk]]) -> None:
        wake = False
        now = clock.monotonic()
        for lane, share in shares:
            self._tally.taken(share.lines)
            wake = self._buffer.add(where, lane, share, now) or wake
        if wake:
            crew.monitor.notify_all()

    # -- out -----------------------------------------------------------------------------------------------------------

    async def _work(self, crew: AsyncCrew) -> None:
        """Send batches, one after another, until the writer is closed and nothing is left."""
        while (batch := await self._next(crew)) is not None:
            try:
                await self._courier.deliver(batch, crew.gate)
            except BaseException:
                self._buffer.put_back(batch)  # an event loop that ends cancels its tasks
                raise
            async with crew.monitor:
                self._buffer.settle(batch)
                crew.monitor.notify_all()

    async def _next(self, crew: AsyncCrew) -> Batch | None:
        async with crew.monitor:
            while not crew.gate.is_open:
                batch = self._buffer.take(clock.monotonic())
                if batch is not None:
                    return batch
                if self._closed and not self._buffer.lines:
                    return None
                due = self._buffer.due()
                await crew.monitor.wait(None if due is None else max(0.0, due - clock.monotonic()))
        return None

    async def _drained(self, crew: AsyncCrew, seconds: float | None) -> bool:
        """Under the monitor: let everything go, and wait for it; say whether all of it is settled."""
        mark = self._buffer.close_all()
        crew.monitor.notify_all()
        until = None if seconds is None else clock.monotonic() + seconds
        while not self._buffer.reached(mark):
            left = None if until is None else until - clock.monotonic()
            if left is not None and left <= 0:
                return False
            await crew.monitor.wait(left)
        return True

    # -- the end -------------------------------------------------------------------------------------------------------

    async def _end(self, crew: AsyncCrew) -> None:
        """Let everything go, and end the workers; what is not gone in time is lost."""
        async with crew.monitor:
            late = not await self._drained(crew, self._limits.max_close_wait)
            left = self._buffer.abandon() if late else []
            crew.gate.open()  # nobody waits to send something again any more
            crew.monitor.notify_all()
        await crew.join(_LAST_WORDS)
        if late:
            self._buffer.recover()  # of a worker that still waits for an answer
            left += self._buffer.abandon()
            self._courier.fall_silent()
        error = DeadlineError(f"not stored within {self._limits.max_close_wait:g} s of close()", service="influxdb")
        for batch in left:
            await self._courier.give_up(batch, error)

    async def _left_open(self) -> None:
        """At the end of the interpreter: send what is left, and say that writers are to be closed."""
        if self._closed:
            return
        if self._buffer.lines:
            warnings.warn("an InfluxDB writer was not closed; its lines are sent now", RuntimeWarning, stacklevel=1)
        try:
            await self.aclose()
        except CatchmentError as exc:
            log.warn(f"influxdb: {exc}")

    def _raise_losses(self) -> None:
        error = self._tally.error()
        if error is not None:
            raise error


def _rebuilt(cls: type[AsyncBatchWriter], client: AsyncOwner, options: WriterOptions) -> AsyncBatchWriter:
    return cls(client, **options)


class AsyncBatches(AsyncBase):
    """The part of a client that makes batching writers."""

    def writer(self, **options: Unpack[WriterOptions]) -> AsyncBatchWriter:
        """
        Return a writer that takes points now and sends them in the background, in batches.

        Leave it by `with`, or close it: that sends what is left and raises what was lost.

        Args:
            options: Those of `AsyncBatchWriter`: `batch_size`, `flush_interval`, `in_flight`, `overflow`, `success`,
                `error` and others.

        Raises:
            ConfigError: A setting that cannot be meant.
        """
        options.setdefault("gzip", self._given.gzip)
        return AsyncBatchWriter(self, **options)
