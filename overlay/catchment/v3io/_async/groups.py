"""Consumer groups at work: membership, heartbeats, positions. What they decide stands in `catchment.v3io.groups`."""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Final, Self
from uuid import uuid4

from catchment.core import clock
from catchment.core._async.waiting import sleep
from catchment.core.errors import CatchmentError, ConflictError, NotFoundError, OutcomeUnknownError
from catchment.v3io import groups
from catchment.v3io._async.consuming import MISSING_SECONDS, AsyncShardReader
from catchment.v3io._async.sending import send
from catchment.v3io._async.sent import AsyncApi, window_of
from catchment.v3io.calls import kv, streams
from catchment.v3io.errors import ConditionFalseError
from catchment.v3io.groups import GroupFullError, GroupSettings, GroupState, MembershipLostError, Session
from catchment.v3io.items import MERGE
from catchment.v3io.paths import item_target, shard_target, stream_target
from catchment.v3io.reading import EARLIEST, Start, StreamRecord
from catchment.v3io.values import Value

_TRIES: Final = 100
_FIRST_WAIT, _LAST_WAIT = 0.05, 1.0


class AsyncConsumerGroup:
    """
    Consumers that share the shards of a stream, whichever of the platform's clients they use.

    Args:
        api: Gives the client to ask.
        container: Of the stream.
        stream_path: Of the stream.
        name: Of the group: letters, digits and underscores.
        settings: What its members agree on.
    """

    def __init__(self, api: AsyncApi, container: str, stream_path: str, name: str, settings: GroupSettings) -> None:
        self.name = groups.check_group(name)
        self.settings = settings
        self._api = api
        self._container = container
        self._stream_path = stream_path
        self._stream = stream_target(container, stream_path)
        self._state = item_target(container, stream_path, groups.state_key(name))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} of {self._stream}>"

    async def state(self) -> GroupState:
        """
        Return who is in the group, members that may have died included.

        Wire: getItem · specs/v3io.yaml
        """
        return (await self._load())[0]

    async def committed(self, shard_id: int) -> int | None:
        """
        Return the last sequence number of a shard that the group has done; `None` before the first.

        Wire: getItem · specs/v3io.yaml
        """
        position = (await self._shard_attributes(shard_id)).get(groups.offset_attribute(self.name))
        return position if isinstance(position, int) else None

    async def lag(self) -> dict[int, int]:
        """
        Return how many records of each shard the group has not done yet.

        Wire: describeStream, getItem · specs/v3io.yaml
        """
        behind: dict[int, int] = {}
        for shard in range(await self.shard_count()):
            try:
                known = await self._shard_attributes(shard)
            except NotFoundError:
                behind[shard] = 0
                continue
            last, done = known.get("__last_sequence_num", 0), known.get(groups.offset_attribute(self.name), 0)
            behind[shard] = max(0, _number(last) - _number(done))
        return behind

    def member(self, member_id: str | None = None, *, wait: float = 20.0) -> AsyncGroupMember:
        """
        Return a member that joins when its block is entered; nothing is sent before.

        Args:
            member_id: Unique among the members; made of this machine's name if left out.
            wait: Seconds to wait for shards where all are held. A member that has died frees its shards after 10.
        """
        return AsyncGroupMember(self, member_id or _new_id(), wait)

    # -- for members ---------------------------------------------------------------------------------------------------

    async def shard_count(self) -> int:
        """Return how many shards the stream has."""
        return (await send(self._api(), streams.describe(self._stream))).output.shard_count

    async def change(self, decide: Callable[[GroupState], GroupState]) -> GroupState:
        """
        Change the state; where others change it meanwhile, decide anew.

        Raises:
            ConflictError: Others changed it a hundred times in a row.
        """
        wait = _FIRST_WAIT
        for _ in range(_TRIES):
            state, condition = await self._load()
            wanted = decide(state)
            if wanted == state or await self._store(wanted, condition):
                return wanted
            await sleep(wait)
            wait = min(2 * wait, _LAST_WAIT)
        raise ConflictError(f"group {self.name!r}: others changed its state {_TRIES} times in a row", service="v3io")

    async def commit(self, shard_id: int, sequence_number: int) -> None:
        """Write down what the group has done of a shard."""
        attributes = {groups.offset_attribute(self.name): sequence_number}
        plan = kv.put(self._shard_item(shard_id), attributes, groups.IS_SHARD, MERGE)
        # The condition does not depend on what is written, so that writing the same twice is harmless.
        plan.request.retry = "A"
        await send(self._api(), plan)

    async def reader(self, shard_id: int, start: Start) -> AsyncShardReader | None:
        """
        Return what reads a shard from where the group stands; `None` where the shard does not exist yet.

        Args:
            shard_id: Of the shard.
            start: Where to begin if the group has no position there.
        """
        try:
            done = await self.committed(shard_id)
        except NotFoundError:
            return None
        start = start if done is None else done + 1
        target = shard_target(self._container, self._stream_path, shard_id)
        settings = self.settings
        return AsyncShardReader(
            self._api, target, shard_id, start, limit=settings.page_size, on_trimmed=settings.on_trimmed
        )

    def window(self) -> int:
        """Return how many shards may be asked at once."""
        return window_of(self._api())

    async def _load(self) -> tuple[GroupState, str]:
        """Return the state, and the condition under which it is still that."""
        plan = kv.get(self._state, groups.STATE_ATTRIBUTES)
        try:
            item = (await send(self._api(), plan)).output.item
        except NotFoundError:
            return GroupState(), groups.FIRST_STATE
        if groups.STATE_ATTRIBUTE not in item:
            return GroupState(), groups.FIRST_STATE
        condition = groups.unchanged_since(_number(item["__mtime_secs"]), _number(item["__mtime_nsecs"]))
        return groups.read_state(item[groups.STATE_ATTRIBUTE]), condition

    async def _store(self, state: GroupState, condition: str) -> bool:
        """Write the state; false where it was changed by others, and true only where it is known to be written."""
        plan = kv.put(self._state, {groups.STATE_ATTRIBUTE: groups.write_state(state)}, condition, MERGE)
        try:
            await send(self._api(), plan)
        except ConditionFalseError:
            return False
        except OutcomeUnknownError:
            return (await self._load())[0] == groups.read_state(groups.write_state(state))
        return True

    def _shard_item(self, shard_id: int) -> str:
        return item_target(self._container, self._stream_path, str(shard_id))

    async def _shard_attributes(self, shard_id: int) -> dict[str, Value]:
        names = f"{groups.offset_attribute(self.name)},__last_sequence_num"
        plan = kv.get(self._shard_item(shard_id), names)
        return (await send(self._api(), plan)).output.item


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
        if self._records is None:
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
            await self._tend()
            if self._held or await self._refill():
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


def _new_id() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:12]}"


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
