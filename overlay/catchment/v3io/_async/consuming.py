"""The records of a stream, from all its shards at once."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from catchment.core._async.waiting import sleep
from catchment.core.paging import check_limit
from catchment.v3io._async.sending import send
from catchment.v3io._async.sent import AsyncApi, window_of
from catchment.v3io._async.shards import AsyncShardReader
from catchment.v3io.calls import streams
from catchment.v3io.outputs import GetRecordsResult
from catchment.v3io.paths import shard_target, stream_target
from catchment.v3io.reading import (
    EARLIEST,
    POLL_SECONDS,
    OnTrimmed,
    Start,
    StreamRecord,
    check_start,
    check_trimmed,
    shards_to_read,
)


class AsyncRecords:
    """
    The records of a stream, fetched page by page as they are asked for.

    Records of one shard come in their order; shards take turns, a page each, while the next pages of the others are
    under way already. Nothing is sent before the first record is asked for; at most eight pages are in memory. An
    iteration continues where the last one stopped, after an error too.

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
        if self._records is None or self._walk.broken:
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

    begun: bool = False
    held: tuple[int, Iterator[GetRecordsResult]] = field(default_factory=lambda: (0, iter(())))
    """Shard, and what is left of its page."""
    broken: bool = False
    """Whether the latest iteration ended by an error, behind which another one goes on."""

    async def records(self) -> AsyncGenerator[StreamRecord]:
        """Yield one record after another."""
        self.broken = False
        try:
            await self._begin()
            for record in self._handed_out():
                yield record
            while self.readers and self.remaining != 0:
                found = False
                async for record in self._round():
                    found = True
                    yield record
                if self.readers and not found and all(reader.at_end for reader in self.readers):
                    await sleep(self.poll)
        except GeneratorExit:
            raise
        except BaseException:
            self.broken = True
            raise
        finally:
            for reader in self.readers:
                await reader.cancel()

    async def _begin(self) -> None:
        if self.begun:
            return
        if isinstance(self.start, Mapping):
            self.positions = dict(self.start)
        self.readers = await self._all_readers()
        self.begun = True

    async def _round(self) -> AsyncGenerator[StreamRecord]:
        """Read a page of each shard."""
        waiting = deque(self.readers)
        again: list[AsyncShardReader] = []
        while waiting and self.remaining != 0:
            await self._send([*waiting, *again])
            reader = waiting.popleft()
            page = await reader.page()
            self.held = reader.shard_id, iter(page[: self.remaining])
            if self.follow or not reader.at_end:
                again.append(reader)
            self.readers = [*waiting, *again]
            await self._send([*waiting, *(one for one in again if not one.at_end)])
            for record in self._handed_out():
                yield record

    def _handed_out(self) -> Iterator[StreamRecord]:
        """Yield what is left of the page at hand."""
        shard, rest = self.held
        for record in rest:
            self.positions[shard] = record.sequence_number
            self.remaining = None if self.remaining is None else self.remaining - 1
            yield StreamRecord.of(shard, record)

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
