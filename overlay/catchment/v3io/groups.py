"""Consumer groups: who reads which shards, as the platform's Go client and Nuclio agree on it. Decisions only.

The group's state is JSON in one attribute of one item beside the shards, changed under a condition on that item's
modification time; the position in a shard is an attribute of the shard itself. Members of both clients share a group.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final, cast

from catchment.core.errors import ConflictError, DecodeError, UnsafeInputError
from catchment.core.wire import parse_instant
from catchment.v3io.errors import V3IOError
from catchment.v3io.limits import MAX_SHARDS, check_int
from catchment.v3io.reading import EARLIEST, POLL_SECONDS, OnTrimmed, Start, check_start, check_trimmed

SCHEMA_VERSION: Final = "0.0.1"

HEARTBEAT_SECONDS: Final = 3.0
"""How often a member says that it lives."""

STALE_SECONDS: Final = 10.0
"""Silence after which a member's shards are free."""

COMMIT_SECONDS: Final = 10.0
"""How often positions are written."""

STATE_ATTRIBUTE: Final = "state"
STATE_ATTRIBUTES: Final = "__mtime_secs,__mtime_nsecs,state"
"""What is asked for of the state's item."""

FIRST_STATE: Final = "not(exists(state))"
"""Condition under which a group is begun."""

IS_SHARD: Final = "__obj_type == 3"
"""Condition under which a position is written, so that a shard which has gone is not made anew as an item."""


class GroupFullError(V3IOError):
    """Every group of shards is held by a living member; nothing was taken."""

    retryable = True


class MembershipLostError(V3IOError):
    """This member was silent for too long, and another one holds its shards now; records may have been read twice."""


@dataclass(frozen=True, slots=True)
class Session:
    """
    One member of a group.

    Attributes:
        member_id: Unique among the members.
        last_heartbeat: When it last said that it lives, by its own clock.
        shards: Those that it reads.
    """

    member_id: str
    last_heartbeat: datetime
    shards: tuple[int, ...]

    def is_stale(self, now: datetime) -> bool:
        """Say whether it has been silent for so long that its shards are free."""
        return now - self.last_heartbeat > timedelta(seconds=STALE_SECONDS)


@dataclass(frozen=True, slots=True)
class GroupState:
    """Who is in a group."""

    sessions: tuple[Session, ...] = ()

    def session_of(self, member_id: str) -> Session | None:
        """Return a member's session, if it has one."""
        return next((session for session in self.sessions if session.member_id == member_id), None)

    def without_stale(self, now: datetime) -> GroupState:
        """Drop the members that were silent for too long."""
        return GroupState(tuple(session for session in self.sessions if not session.is_stale(now)))

    def without(self, member_id: str) -> GroupState:
        """Drop a member."""
        return GroupState(tuple(session for session in self.sessions if session.member_id != member_id))


PAGE: Final = 100
"""Records that a member asks a shard for at once."""


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """
    What the members of a group agree on, and how this one reads.

    Attributes:
        max_replicas: Members of the complete group; all must say the same.
        start: Where to begin in shards of which the group has no position yet.
        page_size: Records to ask a shard for at once.
        poll: Seconds to wait where no shard has anything new.
        on_trimmed: What to do where retention dropped records before the group read them.
        auto_mark: Whether a record counts as done when the next one is asked for.
    """

    max_replicas: int
    start: Start = EARLIEST
    page_size: int = PAGE
    poll: float = POLL_SECONDS
    on_trimmed: OnTrimmed = "raise"
    auto_mark: bool = True

    def __post_init__(self) -> None:
        check_int(self.max_replicas, "max_replicas", 1, MAX_SHARDS)
        check_int(self.page_size, "page_size", 1, 2**31)
        check_start(self.start)
        check_trimmed(self.on_trimmed)


# -- names -------------------------------------------------------------------------------------------------------------

_GROUP_NAME: Final = re.compile(r"[A-Za-z0-9_]{1,200}")


def check_group(name: str) -> str:
    """
    Return a group's name.

    Raises:
        UnsafeInputError: It cannot be part of a path and of an attribute's name.
    """
    if not isinstance(name, str) or not _GROUP_NAME.fullmatch(name):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UnsafeInputError(f"group {name!r} must be 1 to 200 letters, digits and underscores")
    return name


def state_key(group: str) -> str:
    """Return the name of the item, in the stream's directory, that holds a group's state."""
    return f"{group}-state.json"


def offset_attribute(group: str) -> str:
    """Return the attribute of a shard that holds a group's position: the last sequence number that it has done."""
    return f"__{group}_committed_sequence_number"


# -- the state as it is stored -----------------------------------------------------------------------------------------


def read_state(text: object) -> GroupState:
    """
    Read a state.

    Raises:
        DecodeError: It is none, or of a version that this package does not know; it is better left alone then.
    """
    try:
        value = json.loads(cast("str", text))
        version = value["schema_version"]
        # Go writes an empty list that was never filled as null.
        state = GroupState(tuple(_session(one) for one in value["session_states"] or ()))
    except (ValueError, TypeError, KeyError) as exc:
        raise DecodeError(f"the consumer group's state cannot be read: {exc!r}", service="v3io") from exc
    if version != SCHEMA_VERSION:
        raise DecodeError(f"the consumer group's state has version {version!r}, not {SCHEMA_VERSION!r}", service="v3io")
    return state


def _session(value: Mapping[str, Any]) -> Session:
    shards = tuple(int(shard) for shard in value["shards"] or ())
    return Session(str(value["member_id"]), parse_instant(value["last_heartbeat_time"]), shards)


def write_state(state: GroupState) -> str:
    """Write a state."""
    sessions = [
        {
            "member_id": session.member_id,
            "last_heartbeat_time": _rfc3339(session.last_heartbeat),
            "shards": list(session.shards),
        }
        for session in state.sessions
    ]
    return json.dumps({"schema_version": SCHEMA_VERSION, "session_states": sessions}, separators=(",", ":"))


def _rfc3339(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def unchanged_since(seconds: int, nanoseconds: int) -> str:
    """Return the condition that nobody has written the state's item since it was read."""
    return f"(__mtime_nsecs == {nanoseconds}) AND (__mtime_secs == {seconds})"


# -- who reads what ----------------------------------------------------------------------------------------------------


def deal_shards(shard_count: int, replicas: int) -> list[tuple[int, ...]]:
    """
    Deal the shards of a stream to members, in neighbourhoods of nearly equal size.

    Args:
        shard_count: Shards of the stream.
        replicas: Members that the group has when it is complete.

    Returns:
        As many groups as there are replicas; some are empty where there are fewer shards.
    """
    bounds = [(2 * index * shard_count + replicas) // (2 * replicas) for index in range(replicas + 1)]
    return [tuple(range(first, stop)) for first, stop in pairwise(bounds)]


def free_shards(state: GroupState, groups: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """
    Return the shards for a new member: an empty group while one is left over, then the first that nobody holds.

    Raises:
        GroupFullError: All are held.
    """
    idle = sum(not session.shards for session in state.sessions)
    if idle < sum(not group for group in groups):
        return ()
    held = {shard for session in state.sessions for shard in session.shards}
    for group in groups:
        if group and held.isdisjoint(group):
            return group
    raise GroupFullError(
        f"all {len(groups)} groups of shards are held by living members",
        service="v3io",
        hint=f"a member that has died frees its shards after {STALE_SECONDS:.0f} s; more replicas make smaller groups",
    )


def join(state: GroupState, member_id: str, groups: Sequence[tuple[int, ...]], now: datetime) -> GroupState:
    """
    Add a member, with shards that nobody living holds.

    Raises:
        GroupFullError: There are none.
        ConflictError: There is a living member of this id.
    """
    living = state.without_stale(now)
    if living.session_of(member_id) is not None:
        raise ConflictError(f"there is a living member {member_id!r} already", service="v3io")
    return GroupState((*living.sessions, Session(member_id, now, free_shards(living, groups))))


def heartbeat(state: GroupState, member_id: str, shards: tuple[int, ...], now: datetime) -> GroupState:
    """
    Say that a member lives, and drop those that do not; one that was dropped takes its shards back if they are free.

    Args:
        state: As it is stored.
        member_id: Who lives.
        shards: What it reads.
        now: By this machine's clock.

    Raises:
        MembershipLostError: Another member holds some of them.
    """
    living = state.without_stale(now)
    mine = living.session_of(member_id)
    if mine is not None and mine.shards == shards:
        renewed = replace(mine, last_heartbeat=now)
        return GroupState(tuple(renewed if session is mine else session for session in living.sessions))
    others = living.without(member_id)
    for session in others.sessions:
        if not set(session.shards).isdisjoint(shards):
            raise MembershipLostError(
                f"member {member_id!r} was silent for more than {STALE_SECONDS:.0f} s, and {session.member_id!r} holds "
                "its shards now",
                service="v3io",
                hint="join again; call heartbeat() at least every 3 s while a record takes longer to handle",
            )
    return GroupState((*others.sessions, Session(member_id, now, shards)))
