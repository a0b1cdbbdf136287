"""Consumer groups on the wire: their state, and their positions. What they decide stands in `catchment.v3io.groups`."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Final
from uuid import uuid4

from catchment.core._async.waiting import sleep
from catchment.core.errors import ConflictError, NotFoundError, OutcomeUnknownError
from catchment.v3io import groups
from catchment.v3io._async.members import AsyncGroupMember
from catchment.v3io._async.sending import send
from catchment.v3io._async.sent import AsyncApi, window_of
from catchment.v3io._async.shards import AsyncShardReader
from catchment.v3io.calls import kv, streams
from catchment.v3io.errors import ConditionFalseError
from catchment.v3io.groups import GroupSettings, GroupState
from catchment.v3io.items import MERGE
from catchment.v3io.paths import item_target, shard_target, stream_target
from catchment.v3io.reading import Start
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


def _new_id() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:12]}"


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
