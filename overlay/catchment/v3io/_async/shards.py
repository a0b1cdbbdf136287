"""Reading of one shard of a stream, page by page."""

from __future__ import annotations

import logging
from typing import Final

from catchment.core import clock
from catchment.v3io._async.sending import AsyncUnderWay, begin
from catchment.v3io._async.sent import AsyncApi
from catchment.v3io.calls import streams
from catchment.v3io.errors import IllegalLocationError, StreamNotFoundError
from catchment.v3io.outputs import GetRecordsOutput, GetRecordsResult, SeekShardOutput
from catchment.v3io.reading import (
    EARLIEST,
    LATEST,
    OnTrimmed,
    Start,
    seek_plan,
)

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
