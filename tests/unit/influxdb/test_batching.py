"""The buffer of the batching writer: when lines go, in which order, and how much may wait."""

from __future__ import annotations

from typing import Any

import pytest
from catchment.core.errors import ConfigError
from catchment.influxdb.batching import Buffer, Limits
from catchment.influxdb.chunks import Chunk
from catchment.influxdb.sending import Target
from hypothesis import given
from hypothesis import strategies as st

TARGET = Target("db")


def lines(first: int, count: int = 1) -> Chunk:
    """Return numbered points."""
    return Chunk(b"".join(b"m v=%d %d\n" % (number, number) for number in range(first, first + count)), count, True)


def buffer(**limits: Any) -> Buffer:
    """Return an empty buffer."""
    return Buffer(Limits(**limits), lambda: 0.5)


def drained(held: Buffer, now: float = 0.0) -> list[Chunk]:
    """Take everything that may go, as a worker would."""
    chunks: list[Chunk] = []
    while (batch := held.take(now)) is not None:
        chunks.append(batch.chunk)
        held.settle(batch)
    return chunks


@given(st.lists(st.integers(1, 12), max_size=20), st.integers(1, 7))
def test_batches_are_cut_exactly_and_nothing_is_lost_or_reordered(sizes: list[int], batch_size: int) -> None:
    """All batches but the last have `batch_size` lines, whatever the pieces were."""
    held = buffer(batch_size=batch_size)
    first = 0
    for size in sizes:
        held.add(TARGET, 0, lines(first, size), 0.0)
        first += size
    held.close_all()
    sent = drained(held)
    assert b"".join(chunk.body for chunk in sent) == lines(0, first).body
    assert [chunk.lines for chunk in sent[:-1]] == [batch_size] * max(0, len(sent) - 1)
    assert (held.lines, held.size) == (0, 0)


def test_a_batch_is_closed_before_it_has_too_many_bytes() -> None:
    """A piece that does not fit any more begins the next batch."""
    held = buffer(max_bytes=len(lines(0, 3).body), max_buffer_bytes=1000)
    for number in range(0, 8, 2):
        held.add(TARGET, 0, lines(number, 2), 0.0)
    held.close_all()
    assert [chunk.lines for chunk in drained(held)] == [2, 2, 2, 2]


def test_lines_wait_for_others_until_they_are_old_enough() -> None:
    """A batch that is not full goes when its first line is `flush_interval` old, and not before."""
    held = buffer(flush_interval=2.0)
    held.add(TARGET, 0, lines(0), 10.0)
    held.add(TARGET, 0, lines(1), 11.5)
    assert (held.take(11.9), held.due()) == (None, 12.0)
    batch = held.take(12.0)
    assert batch is not None
    assert batch.chunk == lines(0, 2)


def test_jitter_lets_a_batch_wait_longer() -> None:
    """`jitter_interval` is drawn for each batch and added to its age."""
    held = buffer(flush_interval=1.0, jitter_interval=4.0)
    held.add(TARGET, 0, lines(0), 0.0)
    assert held.due() == 3.0


def test_a_full_batch_goes_at_once() -> None:
    """Nothing waits for its age once `batch_size` is reached."""
    held = buffer(batch_size=2, flush_interval=100.0)
    assert held.add(TARGET, 0, lines(0), 0.0)  # somebody must learn when it is due
    assert held.add(TARGET, 0, lines(1), 0.0)
    assert held.take(0.0) is not None


def test_adding_to_a_batch_that_waits_wakes_nobody() -> None:
    """Workers are not woken for lines that change nothing for them."""
    held = buffer(batch_size=10)
    held.add(TARGET, 0, lines(0), 0.0)
    assert not held.add(TARGET, 0, lines(1), 0.0)


def test_one_batch_of_a_lane_is_under_way_at_a_time() -> None:
    """The next one of the same lane waits until it is settled; another lane does not."""
    held = buffer(batch_size=1)
    for lane, number in ((0, 0), (0, 1), (1, 2)):
        held.add(TARGET, lane, lines(number), 0.0)
    first, other = held.take(0.0), held.take(0.0)
    assert first is not None
    assert other is not None
    assert (first.chunk, other.chunk, held.take(0.0)) == (lines(0), lines(2), None)
    held.settle(first)
    second = held.take(0.0)
    assert second is not None
    assert second.chunk == lines(1)


def test_what_was_put_back_goes_first_again() -> None:
    """An interrupted batch keeps its place."""
    held = buffer(batch_size=1)
    held.add(TARGET, 0, lines(0, 3), 0.0)
    batch = held.take(0.0)
    assert batch is not None
    held.put_back(batch)
    assert drained(held) == [lines(0), lines(1), lines(2)]


def test_recovering_puts_back_all_that_is_under_way() -> None:
    """When workers are gone, what they had is sent by others."""
    held = buffer(batch_size=1)
    held.add(TARGET, 0, lines(0), 0.0)
    held.add(TARGET, 1, lines(1), 0.0)
    assert held.take(0.0)
    assert held.take(0.0)
    held.recover()
    assert sorted(chunk.body for chunk in drained(held)) == [lines(0).body, lines(1).body]


def test_reached_only_when_all_before_the_mark_are_settled() -> None:
    """What is added after the mark is not waited for, and what was added before is, in every lane."""
    held = buffer()
    held.add(TARGET, 0, lines(0), 0.0)
    held.add(TARGET, 1, lines(1), 0.0)
    mark = held.close_all()
    first, second = held.take(0.0), held.take(0.0)
    assert first is not None
    assert second is not None
    held.add(TARGET, 2, lines(2), 0.0)
    held.close_all()
    held.settle(second)
    assert not held.reached(mark)
    held.settle(first)
    assert held.reached(mark)


def test_targets_are_never_mixed() -> None:
    """A request has one database, policy and precision."""
    held = buffer()
    targets = [Target("a"), Target("b"), Target("a", "rp"), Target("a", None, "s")]
    for target in targets:
        held.add(target, 0, lines(0), 0.0)
    held.close_all()
    taken = [held.take(0.0) for _ in targets]
    assert {batch.target for batch in taken if batch is not None} == set(targets)


def test_the_oldest_of_what_waits_is_dropped() -> None:
    """What is under way stays, because the server may have it already."""
    held = buffer(batch_size=1)
    for number in range(3):
        held.add(TARGET, number % 2, lines(number), float(number))
    under_way = held.take(5.0)
    dropped = held.drop_oldest()
    assert under_way is not None
    assert dropped is not None
    assert (under_way.chunk, dropped.chunk, held.lines) == (lines(0), lines(1), 2)


def test_room_is_counted_with_what_is_under_way() -> None:
    """Bytes are free once they are settled, and a body larger than the buffer may come into an empty one."""
    size = len(lines(0).body)
    held = buffer(max_buffer_bytes=size * 2, max_bytes=size, batch_size=1)
    assert held.has_room(size * 5)
    held.add(TARGET, 0, lines(0), 0.0)
    batch = held.take(0.0)
    assert batch is not None
    assert (held.has_room(size), held.has_room(size + 1)) == (True, False)
    held.settle(batch)
    assert held.has_room(size + 1)


def test_abandoning_empties_it() -> None:
    """Everything comes out, closed or open; what is under way does once it was put back."""
    held = buffer(batch_size=2)
    held.add(TARGET, 0, lines(0, 5), 0.0)
    assert held.take(0.0) is not None
    assert [batch.chunk.lines for batch in held.abandon()] == [2, 1]
    held.recover()
    assert [batch.chunk.lines for batch in held.abandon()] == [2]
    assert (held.lines, held.size, held.in_flight, held.due()) == (0, 0, 0, None)


def test_batches_stay_smaller_after_one_was_too_large() -> None:
    """Half of what was refused is the limit from then on."""
    held = buffer(max_bytes=1000, max_buffer_bytes=5000)
    held.shrink(600)
    held.shrink(900)
    assert held.max_bytes == 300


@pytest.mark.parametrize(
    "limits",
    [
        {"batch_size": 0}, {"batch_size": True}, {"max_bytes": 1.5}, {"flush_interval": -1}, {"in_flight": 17},
        {"max_close_wait": float("inf")}, {"overflow": "ignore"}, {"max_bytes": 10, "max_buffer_bytes": 9},
    ],
)  # fmt: skip
def test_settings_that_cannot_be_meant_are_refused(limits: dict[str, Any]) -> None:
    """The error names the setting."""
    with pytest.raises(ConfigError, match=next(iter(limits))):
        Limits(**limits)
