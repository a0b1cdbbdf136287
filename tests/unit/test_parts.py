from __future__ import annotations

import pytest
from catchment.core.errors import DecodeError, UnsafeInputError
from catchment.core.parts import (
    MAX_PART,
    MAX_PARTS,
    MIN_PART,
    MiB,
    Part,
    missing_parts,
    parse_content_range,
    plan_parts,
    plan_ranges,
)
from hypothesis import given
from hypothesis import strategies as st


def check_covers(parts: list[Part], start: int, stop: int) -> None:
    """Every byte from start to stop is in exactly one part, in order, numbered from 1."""
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    position = start
    for part in parts:
        assert part.offset == position
        assert part.size > 0
        position = part.stop
    assert position == stop


@given(st.integers(1, 10**14).filter(lambda size: size <= MAX_PARTS * MAX_PART), st.integers(MIN_PART, 64 * MiB))
def test_parts_cover_every_byte_once_and_stores_accept_them(size: int, part_bytes: int) -> None:
    """However big the upload: at most 10,000 parts, all but the last of equal size, within 5 MiB to 5 GiB."""
    parts = plan_parts(size, part_bytes=part_bytes)
    check_covers(parts, 0, size)
    assert len(parts) <= MAX_PARTS
    assert len({part.size for part in parts[:-1]}) <= 1
    assert all(part_bytes <= part.size <= MAX_PART for part in parts[:-1])


def test_the_wanted_part_size_is_kept_while_it_can_be() -> None:
    """10,000 parts of 8 MiB are fine; one byte more makes the parts grow."""
    assert len(plan_parts(10_000 * 8 * MiB)) == 10_000
    assert plan_parts(10_000 * 8 * MiB + 1)[0].size == 9 * MiB


def test_the_limits_are_those_of_s3() -> None:
    """5 MiB to 5 GiB a part, 10,000 parts; 8 MiB unless asked otherwise."""
    assert (MIN_PART, MAX_PART, MAX_PARTS) == (5_242_880, 5_368_709_120, 10_000)
    assert plan_parts(10**8)[0].size == 8_388_608


def test_an_empty_upload_has_one_empty_part() -> None:
    """Stores refuse to complete an upload of no parts."""
    assert plan_parts(0) == [Part(1, 0, 0)]


@pytest.mark.parametrize("part_bytes", [0, -1, MIN_PART - 1, MAX_PART + 1])
def test_part_sizes_that_stores_refuse_are_refused(part_bytes: int) -> None:
    """Before the first part is sent, not at the end."""
    with pytest.raises(UnsafeInputError, match="part_bytes"):
        plan_parts(1, part_bytes=part_bytes)


def test_more_than_all_parts_hold_is_refused() -> None:
    """10,000 parts of 5 GiB is the end."""
    with pytest.raises(UnsafeInputError, match="10000 parts"):
        plan_parts(MAX_PARTS * MAX_PART + 1)


@given(st.integers(0, 10_000), st.integers(1, 500), st.integers(0, 11_000))
def test_ranges_cover_what_is_left_to_read(size: int, window: int, start: int) -> None:
    """Every byte from the start to the end once; nothing behind the end."""
    check_covers(plan_ranges(size, window, start=start), start, max(start, size))


@pytest.mark.parametrize(("size", "window", "start"), [(-1, 1, 0), (1, 0, 0), (1, 1, -1)])
def test_impossible_ranges_are_refused(size: int, window: int, start: int) -> None:
    """Negative sizes and empty windows are mistakes."""
    with pytest.raises(UnsafeInputError):
        plan_ranges(size, window, start=start)


def test_http_counts_the_last_byte_in() -> None:
    """Bytes 10 to 19 are ten bytes."""
    assert Part(1, 10, 10).range_header == "bytes=10-19"


def test_an_empty_range_has_no_header() -> None:
    """bytes=5-4 would be ignored, and the whole object would come."""
    with pytest.raises(UnsafeInputError):
        _ = Part(1, 5, 0).range_header


@given(st.integers(1, 40 * MIN_PART), st.data())
def test_resuming_sends_what_is_missing_and_nothing_else(size: int, data: st.DataObject) -> None:
    """Stored and missing parts together are the whole plan."""
    plan = plan_parts(size, part_bytes=MIN_PART)
    done = data.draw(st.sets(st.sampled_from(plan)))
    missing = missing_parts(plan, {part.number: part.size for part in done})
    assert sorted([*missing, *done], key=lambda part: part.number) == plan


def test_a_part_cut_short_is_sent_again() -> None:
    """A stored size that differs from the plan is no part of ours."""
    plan = plan_parts(2 * MIN_PART, part_bytes=MIN_PART)
    assert missing_parts(plan, {1: MIN_PART, 2: 17}) == [plan[1]]


def test_parts_of_another_upload_are_refused() -> None:
    """Completing it would put foreign bytes behind ours."""
    with pytest.raises(UnsafeInputError, match="part 3"):
        missing_parts(plan_parts(MIN_PART, part_bytes=MIN_PART), {3: 1})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes 0-9/100", (Part(1, 0, 10), 100)),
        ("Bytes 90-99/100", (Part(1, 90, 10), 100)),
        ("bytes 5-5/*", (Part(1, 5, 1), None)),
        ("bytes */100", (None, 100)),
    ],
)
def test_content_range_says_what_came(value: str, expected) -> None:
    """RFC 9110 §14.4, both forms."""
    assert parse_content_range(value) == expected


@pytest.mark.parametrize(
    "value", ["", "0-9/100", "bytes 9-0/100", "bytes 0-100/100", "items 0-9/10", "bytes 0-9", "bytes -9/10"]
)
def test_a_content_range_that_makes_no_sense_is_an_error(value: str) -> None:
    """Guessing would put bytes in the wrong place."""
    with pytest.raises(DecodeError):
        parse_content_range(value)
