"""Records of a stream: read from all its shards at once, and written in as many requests as they need."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from catchment.core import clock
from catchment.core._async.waiting import sleep
from catchment.core.errors import CatchmentError, UnsafeInputError
from catchment.core.paging import check_limit
from catchment.v3io._async.sending import AsyncUnderWay, begin, send
from catchment.v3io._async.sent import AsyncApi, window_of
from catchment.v3io.bulk import PutAllOutput
from catchment.v3io.calls import streams
from catchment.v3io.errors import IllegalLocationError, PutRecordsError, StreamNotFoundError
from catchment.v3io.outputs import GetRecordsOutput, GetRecordsResult, PutRecordsOutput, SeekShardOutput
from catchment.v3io.paths import shard_target, stream_target
from catchment.v3io.reading import (
    EARLIEST,
    LATEST,
    POLL_SECONDS,
    OnTrimmed,
    Start,
    StreamRecord,
    check_start,
    check_trimmed,
    seek_plan,
    shards_to_read,
)
from catchment.v3io.record import RecordLike
from catchment.v3io.records import RecordBatch, split_records

MISSING_SECONDS: Final = 1.0
"""How often a shard is asked for that has no record yet."""

_log = logging.getLogger("catchment.v3io")


class AsyncShardReader:
    """
    Reads one shard page by page.

    A shard that has no record yet does not exist. It begins with its oldest record when it appears, also for those who
    wanted only new ones: its first record is one.

    Args:
        api: Gives the client to ask.
        target: Of the shard.
        shard_id: Its number.
        start: Where to begin.
        limit: Records of a page; the server's 1000 if left out.
        on_trimmed: What to do where the records to be read next are gone.
    """

    def __init__(
        self,
        api: AsyncApi,
        target: str,
        shard_id: int,
        start: Start,
        *,
        limit: int | None = None,
        on_trimmed: OnTrimmed = "raise",
    ) -> None:
        self.shard_id = shard_id
        self.at_end = False
        self._api = api
        self._target = target
        self._start: Start = start
        self._limit = limit
        self._on_trimmed = on_trimmed
        self._location: str | None = None
        self._missing_until = 0.0
        self._seek: AsyncUnderWay[SeekShardOutput] | None = None
        self._page: AsyncUnderWay[GetRecordsOutput] | None = None

    async def begin(self) -> None:
        """Ask for the next page, or for the place where it begins, without waiting for it."""
        if self._location is not None:
            self._page = self._page or await begin(self._api(), streams.get(self._target, self._location, self._limit))
        elif self._seek is None and clock.monotonic() >= self._missing_until:
            plan = seek_plan(self._target, self.shard_id, self._start)
            self._seek = await begin(self._api(), plan)

    async def page(self) -> list[GetRecordsResult]:
        """
        Return the next records; none where there are no newer ones now, or where the shard does not exist yet.

        Raises:
            IllegalLocationError: Records were dropped before they were read, and that is to be raised.
        """
        try:
            return await self._next()
        except IllegalLocationError:
            if self._on_trimmed == "raise":
                raise
        _log.warning("%s: retention dropped records before they were read; going on at the oldest", self._target)
        self._start, self._location = EARLIEST, None
        return await self._next()

    async def cancel(self) -> None:
        """Give up what is under way; it will be asked for again."""
        for sent in (self._seek, self._page):
            if sent is not None:
                await sent.cancel()
        self._seek = self._page = None

    async def _next(self) -> list[GetRecordsResult]:
        await self.begin()
        seek, self._seek = self._seek, None
        if seek is not None:
            await self._located(seek)
            await self.begin()
        sent, self._page = self._page, None
        if sent is None:
            return []  # there is no such shard yet
        page = (await sent.unhurried()).output
        stands = not page.records and page.next_location == self._location
        self._location = page.next_location
        self.at_end = stands or page.records_behind_latest == 0
        return page.records

    async def _located(self, seek: AsyncUnderWay[SeekShardOutput]) -> None:
        try:
            self._location = (await seek.unhurried()).output.location
        except StreamNotFoundError:
            self.at_end = True
            self._missing_until = clock.monotonic() + MISSING_SECONDS
            if self._start == LATEST:
                self._start = EARLIEST


class AsyncRecords:
    """
    The records of a stream, fetched page by page as they are asked for.

    Records of one shard come in their order; shards take turns, a page each, while the next pages of the others are
    under way already. Nothing is sent before the first record is asked for; at most eight pages are in memory. An
    iteration continues where the last one stopped.

    Args:
        api: Gives the client to ask.
        container: Of the stream.
        stream_path: Of the stream.
        shards: One, several, or `None` for all that there are at the start.
        start: Where to begin.
        follow: Wait for new records for ever, instead of ending behind the newest.
        limit: Records in all; every one if left out.
        page_size: Records of a page; the server's 1000 if left out.
        poll: Seconds to wait where no shard has anything new.
        on_trimmed: What to do where retention dropped records before they were read.
    """

    def __init__(
        self,
        api: AsyncApi,
        container: str,
        stream_path: str,
        shards: int | Iterable[int] | None = None,
        *,
        start: Start = EARLIEST,
        follow: bool = False,
        limit: int | None = None,
        page_size: int | None = None,
        poll: float = POLL_SECONDS,
        on_trimmed: OnTrimmed = "raise",
    ) -> None:
        self._walk = _Walk(
            api,
            container,
            stream_target(container, stream_path),
            stream_path,
            shards,
            check_start(start),
            follow=follow,
            remaining=check_limit(limit),
            page_size=check_limit(page_size, what="page_size") or None,
            poll=poll,
            on_trimmed=check_trimmed(on_trimmed),
        )
        self._records: AsyncGenerator[StreamRecord] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._walk.target}>"

    @property
    def positions(self) -> dict[int, int]:
        """The last sequence number handed out of each shard: hand it back as `start=` to go on, even elsewhere."""
        return dict(self._walk.positions)

    def __aiter__(self) -> AsyncIterator[StreamRecord]:
        if self._records is None:
            self._records = self._walk.records()
        return self._records

    async def __anext__(self) -> StreamRecord:
        return await anext(self.__aiter__())

    async def first(self) -> StreamRecord | None:
        """Return the next record, or `None` where there is none."""
        return await anext(self.__aiter__(), None)

    async def to_list(self) -> list[StreamRecord]:
        """Return the records that are left; never returns while following a stream."""
        return [record async for record in self]

    async def aclose(self) -> None:
        """Give up the pages that are under way; an unfinished iteration does so by itself when it is dropped."""
        if self._records is not None:
            await self._records.aclose()


@dataclass(slots=True)
class _Walk:
    """The walk through the shards; apart from `AsyncRecords`, so that dropping that ends it at once."""

    api: AsyncApi
    container: str
    target: str
    stream_path: str
    shards: int | Iterable[int] | None
    start: Start
    follow: bool
    remaining: int | None
    page_size: int | None
    poll: float
    on_trimmed: OnTrimmed
    positions: dict[int, int] = field(default_factory=dict[int, int])
    readers: list[AsyncShardReader] = field(default_factory=list[AsyncShardReader])

    async def records(self) -> AsyncGenerator[StreamRecord]:
        """Yield one record after another."""
        if isinstance(self.start, Mapping):
            self.positions = dict(self.start)
        self.readers = await self._all_readers()
        try:
            while self.readers and self.remaining != 0:
                found = False
                async for record in self._round():
                    found = True
                    yield record
                if self.readers and not found and all(reader.at_end for reader in self.readers):
                    await sleep(self.poll)
        finally:
            for reader in self.readers:
                await reader.cancel()

    async def _round(self) -> AsyncGenerator[StreamRecord]:
        """Read a page of each shard."""
        waiting = deque(self.readers)
        again: list[AsyncShardReader] = []
        while waiting and self.remaining != 0:
            await self._send([*waiting, *again])
            reader = waiting.popleft()
            page = await reader.page()
            if self.follow or not reader.at_end:
                again.append(reader)
            self.readers = [*waiting, *again]
            await self._send([*waiting, *(one for one in again if not one.at_end)])
            for record in page[: self.remaining]:
                self.positions[reader.shard_id] = record.sequence_number
                self.remaining = None if self.remaining is None else self.remaining - 1
                yield StreamRecord.of(reader.shard_id, record)

    async def _send(self, readers: Sequence[AsyncShardReader]) -> None:
        """Have the pages under way that are wanted next."""
        for reader in readers[: window_of(self.api())] if self.remaining != 0 else ():
            await reader.begin()

    async def _all_readers(self) -> list[AsyncShardReader]:
        described = (await send(self.api(), streams.describe(self.target))).output
        return [
            AsyncShardReader(
                self.api,
                shard_target(self.container, self.stream_path, shard),
                shard,
                self.start,
                limit=self.page_size,
                on_trimmed=self.on_trimmed,
            )
            for shard in shards_to_read(self.shards, described.shard_count)
        ]


# -- writing -----------------------------------------------------------------------------------------------------------


async def put_all(api: AsyncApi, container: str, stream_path: str, records: Iterable[RecordLike]) -> PutAllOutput:
    """
    Put any number of records; `AsyncStreams.put_all` explains it.

    One request after another: with several under way, records of one shard could change places.
    """
    target = stream_target(container, stream_path)
    done, failed = PutAllOutput(), dict[int, Exception]()
    sent = 0
    try:
        for batch in split_records(records):
            try:
                await _put_batch(api, target, batch, done, failed)
            except CatchmentError as error:
                sent = batch.first + len(batch.records)
                failed |= dict.fromkeys(range(batch.first, sent), error)
                raise _partial(failed, sent, stopped=True) from error
            sent = batch.first + len(batch.records)
    except UnsafeInputError as flaw:
        if not sent:
            raise
        raise _partial({**failed, sent: flaw}, sent, stopped=True) from flaw
    if failed:
        raise _partial(failed, sent, stopped=False)
    return done


async def _put_batch(
    api: AsyncApi, target: str, batch: RecordBatch, done: PutAllOutput, failed: dict[int, Exception]
) -> None:
    plan = streams.put_body(target, batch.body)
    output: PutRecordsOutput
    try:
        output = (await send(api(), plan)).output
    except PutRecordsError as error:
        failed |= {batch.first + index: one for index, one in error.failed.items()}
        output = error.response.output
    for record in output.records:
        if record.shard_id is not None and record.sequence_number is not None:
            done.count += 1
            done.positions[record.shard_id] = record.sequence_number


def _partial(failed: Mapping[int, Exception], sent: int, *, stopped: bool) -> PutRecordsError:
    """Make the error of records that were not stored, or of which nobody knows."""
    refused = sum(place < sent for place in failed)
    text = f"{refused} of {sent} records were not stored"
    if stopped:
        why = failed[max(failed)]
        text = f"{text}, or nobody knows; those from position {sent} on were not sent: {why}"
    return PutRecordsError(
        text,
        failed,
        [index for index in range(sent) if index not in failed],
        service="v3io",
        operation="putRecords",
        hint="put those in .failed again, but look first for those whose outcome is unknown, or they may be doubled",
    )
