"""Members of consumer groups: joining, reading, heartbeats, positions, leaving."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from catchment.core import clock
from catchment.core._async.waiting import sleep
from catchment.core.errors import CatchmentError
from catchment.v3io import groups
from catchment.v3io._async.shards import MISSING_SECONDS, AsyncShardReader
from catchment.v3io.groups import GroupFullError, GroupState, MembershipLostError, Session
from catchment.v3io.reading import EARLIEST, StreamRecord

_LAST_WAIT: Final = 1.0
"""How often shards are asked for while all are held."""

if TYPE_CHECKING:
    from catchment.v3io._async.groups import AsyncConsumerGroup


class AsyncGroupMember:
    """
    One member of a consumer group; as a context manager it joins, and leaves with its positions written down.

    Iterating gives the records of its shards, for ever. No thread or task works behind it: heartbeats (every 3 s) and
    positions (every 10 s) are sent while records are asked for. Where handling one record takes longer than that, call
    `heartbeat()` in between; after 10 s of silence another member may take the shards, and this one is told so by
    `MembershipLostError`.

    Every record is delivered at least once. It counts as done when the next one is asked for, or when `mark` is called;
    what was not done when a member leaves or dies comes again.

    Args:
        group: The group.
        member_id: Unique among the members.
        wait: Seconds to wait for shards.
    """

    def __init__(self, group: AsyncConsumerGroup, member_id: str, wait: float) -> None:
        self.member_id = member_id
        self.shards: tuple[int, ...] = ()
        self._group = group
        self._wait = wait
        self._joined = False
        self._proposed: Session | None = None
        self._marks: dict[int, int] = {}
        self._opened: set[int] = set()
        self._turn: deque[AsyncShardReader] = deque()
        self._held: deque[StreamRecord] = deque()
        self._missing: dict[int, float] = {}
        self._heartbeat_at = 0.0
        self._commit_at = 0.0
        self._records: AsyncGenerator[StreamRecord] | None = None
        self._broken = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.member_id!r} of {self._group.name!r}, shards {list(self.shards)}>"

    async def join(self) -> Self:
        """
        Take a share of the shards.

        Raises:
            GroupFullError: All are held, and none became free while waiting.
            StreamNotFoundError: There is no such stream.
        """
        shares = groups.deal_shards(await self._group.shard_count(), self._group.settings.max_replicas)
        until = clock.monotonic() + self._wait
        while not self._joined:
            try:
                self._take(await self._group.change(lambda old: self._joining(old, shares)))
            except GroupFullError:
                if clock.monotonic() >= until:
                    raise
                await sleep(_LAST_WAIT)
        return self

    async def leave(self) -> None:
        """
        Write the positions down and free the shards; leaving twice is fine.

        Wire: putItem · specs/v3io.yaml
        """
        if not self._joined:
            return
        await self._stop()
        await self.commit()
        self._joined = False
        await self._group.change(lambda state: state.without(self.member_id))

    async def heartbeat(self) -> None:
        """
        Say that this member lives, so that nobody takes its shards.

        Raises:
            MembershipLostError: It was silent for too long, and somebody has; nothing is written down any more.
        """
        self._heartbeat_at = clock.monotonic() + groups.HEARTBEAT_SECONDS
        try:
            await self._group.change(lambda old: groups.heartbeat(old, self.member_id, self.shards, clock.now()))
        except MembershipLostError:
            self._joined = False
            self._marks.clear()
            await self._stop()
            raise

    def mark(self, record: StreamRecord) -> None:
        """Count a record, and all before it in its shard, as done; it is written down with the next commit."""
        self._marks[record.shard_id] = max(record.sequence_number, self._marks.get(record.shard_id, 0))

    async def commit(self) -> None:
        """
        Write down now what is done, instead of within ten seconds.

        Wire: putItem · specs/v3io.yaml
        """
        self._commit_at = clock.monotonic() + groups.COMMIT_SECONDS
        for shard, done in list(self._marks.items()):
            await self._group.commit(shard, done)
            if self._marks.get(shard) == done:
                del self._marks[shard]

    def __aiter__(self) -> AsyncIterator[StreamRecord]:
        if self._records is None or self._broken:
            self._broken = False
            self._records = self.records()
        return self._records

    async def records(self, *, idle: float | None = None) -> AsyncGenerator[StreamRecord]:
        """
        Yield the records of this member's shards, in order within each shard.

        Args:
            idle: End after so many seconds without a new record; never if left out.
        """
        last = clock.monotonic()
        while self._joined:
            if await self._ready():
                # What a reader of records that stopped half-way left behind is held for the next one.
                record = self._held.popleft()
                yield record
                if self._group.settings.auto_mark:
                    self.mark(record)
                last = clock.monotonic()
            elif idle is not None and clock.monotonic() - last >= idle:
                return
            else:
                await sleep(self._group.settings.poll)

    async def __aenter__(self) -> Self:
        return await self.join()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self.leave()
        except CatchmentError:
            if exc is None:
                raise

    # -- inside --------------------------------------------------------------------------------------------------------

    def _joining(self, state: GroupState, shares: Sequence[tuple[int, ...]]) -> GroupState:
        mine = state.session_of(self.member_id)
        if mine is not None and mine == self._proposed:
            return state  # written after all, by the attempt whose answer was lost
        joined = groups.join(state, self.member_id, shares, clock.now())
        self._proposed = joined.session_of(self.member_id)
        return joined

    def _take(self, state: GroupState) -> None:
        session = state.session_of(self.member_id)
        self.shards = session.shards if session is not None else ()
        now = clock.monotonic()
        self._heartbeat_at, self._commit_at = now + groups.HEARTBEAT_SECONDS, now + groups.COMMIT_SECONDS
        self._joined = True

    async def _ready(self) -> bool:
        """Do what is due, and have a record at hand if there is one; behind an error another iteration goes on."""
        try:
            await self._tend()
            return bool(self._held) or await self._refill()
        except BaseException:
            self._broken = True
            raise

    async def _tend(self) -> None:
        now = clock.monotonic()
        if now >= self._heartbeat_at:
            await self.heartbeat()
        if now >= self._commit_at:
            await self.commit()

    async def _refill(self) -> bool:
        """Hold the next page that has any record; false where no shard has one."""
        await self._open_readers()
        for _ in range(len(self._turn)):
            for ahead in list(self._turn)[: self._group.window()]:
                await ahead.begin()
            reader = self._turn[0]
            page = await reader.page()
            self._turn.rotate(-1)
            if page:
                self._held.extend(StreamRecord.of(reader.shard_id, record) for record in page)
                return True
        return False

    async def _open_readers(self) -> None:
        """Begin with shards that exist, at the group's position; those that appear later begin at their oldest."""
        now = clock.monotonic()
        for shard in self.shards:
            if shard in self._opened or self._missing.get(shard, now) > now:
                continue
            # The first record of a shard that appears is a new one, also for those who want only new ones.
            start = EARLIEST if shard in self._missing else self._group.settings.start
            reader = await self._group.reader(shard, start)
            if reader is None:
                self._missing[shard] = now + MISSING_SECONDS
            else:
                self._opened.add(shard)
                self._turn.append(reader)

    async def _stop(self) -> None:
        for reader in self._turn:
            await reader.cancel()
        self._turn.clear()
        self._opened.clear()
        self._held.clear()
