"""Consumer groups: dealing, joining, heartbeats, and the state as the platform's Go client writes it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from catchment.core.errors import ConflictError, DecodeError, UnsafeInputError
from catchment.v3io import groups
from catchment.v3io.groups import GroupFullError, GroupState, MembershipLostError, Session
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2024, 5, 1, 8, 0, 0, tzinfo=UTC)
HALVES = groups.deal_shards(8, 2)


def member(name: str, shards: tuple[int, ...] = (), age: float = 0) -> Session:
    """A member whose last heartbeat is so many seconds old."""
    return Session(name, NOW - timedelta(seconds=age), shards)


@pytest.mark.parametrize(
    ("shards", "replicas", "dealt"),
    [
        (8, 2, [(0, 1, 2, 3), (4, 5, 6, 7)]),
        (8, 3, [(0, 1, 2), (3, 4), (5, 6, 7)]),
        (3, 2, [(0, 1), (2,)]),
        (2, 4, [(0,), (), (1,), ()]),
        (1, 1, [(0,)]),
    ],
)
def test_shards_are_dealt_in_neighbourhoods(shards: int, replicas: int, dealt: list[tuple[int, ...]]) -> None:
    """Group i of r covers shards round(i*n/r) up to round((i+1)*n/r), halves rounded up."""
    assert groups.deal_shards(shards, replicas) == dealt


@given(st.integers(1, 300), st.integers(1, 300))
def test_every_shard_is_dealt_once(shards: int, replicas: int) -> None:
    """Whatever the numbers, the groups are all shards in order, and differ by one at most."""
    dealt = groups.deal_shards(shards, replicas)
    assert len(dealt) == replicas
    assert [shard for group in dealt for shard in group] == list(range(shards))
    assert max(map(len, dealt)) - min(map(len, dealt)) <= 1


def test_states_of_the_go_client_are_read() -> None:
    """Nanoseconds, offsets and lists that are null come as Go writes them."""
    text = (
        '{"schema_version":"0.0.1","session_states":[{"member_id":"a","last_heartbeat_time":'
        '"2024-05-01T10:00:00.123456789+02:00","shards":[0,1]},'
        '{"member_id":"b","last_heartbeat_time":"2024-05-01T08:00:01Z","shards":null}]}'
    )
    first, second = groups.read_state(text).sessions
    assert first == Session("a", datetime(2024, 5, 1, 8, 0, 0, 123456, UTC), (0, 1))
    assert (second.member_id, second.shards) == ("b", ())


def test_a_group_that_go_began_empty_is_read() -> None:
    """A list of sessions that is null has none."""
    assert groups.read_state('{"schema_version":"0.0.1","session_states":null}') == GroupState()


def test_states_are_written_as_go_reads_them() -> None:
    """The members' names are those of the protocol, and times are RFC 3339 in UTC."""
    text = groups.write_state(GroupState((member("a", (2, 3)),)))
    assert json.loads(text) == {
        "schema_version": "0.0.1",
        "session_states": [{"member_id": "a", "last_heartbeat_time": "2024-05-01T08:00:00Z", "shards": [2, 3]}],
    }


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        "{}",
        '{"schema_version":"9","session_states":[]}',
        '{"schema_version":"0.0.1","session_states":[{}]}',
    ],
)
def test_states_that_cannot_be_read_are_left_alone(text: object) -> None:
    """Another version, or no state at all, is an error and not an empty group, which would be overwritten."""
    with pytest.raises(DecodeError):
        groups.read_state(text)


def test_names_on_the_wire() -> None:
    """The state's item, the offset's attribute and the conditions are those of the protocol."""
    assert groups.state_key("cg") == "cg-state.json"
    assert groups.offset_attribute("cg") == "__cg_committed_sequence_number"
    assert groups.unchanged_since(5, 7) == "(__mtime_nsecs == 7) AND (__mtime_secs == 5)"
    assert groups.FIRST_STATE == "not(exists(state))"
    assert groups.IS_SHARD == "__obj_type == 3"


@pytest.mark.parametrize("name", ["", "a/b", "a b", "a-b", "ü", "x" * 201, 5])
def test_group_names_that_paths_or_attributes_cannot_hold_are_refused(name: str) -> None:
    """A group's name is part of a path and of an attribute's name."""
    with pytest.raises(UnsafeInputError):
        groups.check_group(name)


def test_members_join_one_after_another() -> None:
    """Each takes the first group that nobody holds; the third of two finds none."""
    state = groups.join(GroupState(), "a", HALVES, NOW)
    state = groups.join(state, "b", HALVES, NOW)
    assert [session.shards for session in state.sessions] == HALVES
    with pytest.raises(GroupFullError):
        groups.join(state, "c", HALVES, NOW)


def test_empty_groups_are_dealt_first() -> None:
    """With more replicas than shards the spare members come first, as Go has it."""
    state = GroupState()
    for name in "abcd":
        state = groups.join(state, name, groups.deal_shards(2, 4), NOW)
    assert [session.shards for session in state.sessions] == [(), (), (0,), (1,)]


def test_a_newcomer_takes_what_a_silent_member_held() -> None:
    """Ten seconds without a heartbeat free the shards; up to then they are held."""
    held = GroupState((member("a", HALVES[0], 10), member("b", HALVES[1])))
    with pytest.raises(GroupFullError):
        groups.join(held, "c", HALVES, NOW)
    state = groups.join(held, "c", HALVES, NOW + timedelta(microseconds=1))
    assert [(one.member_id, one.shards) for one in state.sessions] == [("b", HALVES[1]), ("c", HALVES[0])]


def test_two_members_of_one_id_are_refused() -> None:
    """Both would believe to hold the same shards."""
    state = groups.join(GroupState(), "a", HALVES, NOW)
    with pytest.raises(ConflictError):
        groups.join(state, "a", HALVES, NOW)


def test_groups_of_another_cut_do_not_overlap() -> None:
    """A member configured with other replicas never gets a shard that somebody holds."""
    state = GroupState((member("a", (0, 1, 2)),))
    assert groups.free_shards(state, HALVES) == (4, 5, 6, 7)


def test_heartbeats_renew_and_drop_the_silent() -> None:
    """The own time is set, the others' stay, and stale members go."""
    state = GroupState((member("a", HALVES[0], 3), member("b", HALVES[1], 4), member("c", (), 11)))
    assert groups.heartbeat(state, "a", HALVES[0], NOW).sessions == (
        member("a", HALVES[0]),
        member("b", HALVES[1], 4),
    )


def test_a_member_that_was_dropped_takes_its_shards_back() -> None:
    """Nobody else has them, so nothing is lost by going on."""
    state = GroupState((member("b", HALVES[1]),))
    assert groups.heartbeat(state, "a", HALVES[0], NOW).session_of("a") == member("a", HALVES[0])


def test_a_member_whose_shards_were_taken_stops() -> None:
    """Two must not read one shard: the one that was silent gives up."""
    state = GroupState((member("a", HALVES[0], 11), member("c", HALVES[0])))
    with pytest.raises(MembershipLostError):
        groups.heartbeat(state, "a", HALVES[0], NOW)


def test_leaving_keeps_the_others() -> None:
    """The own session goes, and no other."""
    assert GroupState((member("a"), member("b"))).without("a").sessions == (member("b"),)
