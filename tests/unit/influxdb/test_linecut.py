"""Lines of a chunk one by one: found, spread over lanes, stamped."""

from __future__ import annotations

from collections import defaultdict

import pytest
from catchment.influxdb.chunks import Chunk
from catchment.influxdb.linecut import Lanes, Stamper, divide, halves, lines_of
from catchment.influxdb.lines import encode
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.text(st.sampled_from("ab ,=\\\"'é#"), min_size=1, max_size=4).filter(
    lambda text: not text.endswith("\\") and not text.startswith("#") and "\\" not in text
)
POINTS = st.lists(
    st.fixed_dictionaries(
        {
            "measurement": NAMES,
            "tags": st.dictionaries(NAMES, NAMES, max_size=3),
            "fields": st.dictionaries(NAMES, st.text('ab\n" ,=\\') | st.integers(0, 9), min_size=1, max_size=2),
            "time": st.integers(0, 10**18),
        }
    ),
    min_size=1,
    max_size=8,
)


def chunk_of(text: str) -> Chunk:
    """Return the caller's own lines as a chunk."""
    (chunk,) = encode(text)
    return chunk


@given(POINTS)
def test_lines_are_found_whatever_is_in_them(points: list[dict[str, object]]) -> None:
    """Line feeds in values end no line; put together, the lines are the body."""
    (chunk,) = encode(points)
    assert len(lines_of(chunk)) == len(points)
    assert b"".join(lines_of(chunk)) == chunk.body


@given(POINTS, st.integers(0, 9))
def test_dividing_loses_nothing(points: list[dict[str, object]], at: int) -> None:
    """The two parts are the whole."""
    (chunk,) = encode(points)
    head, rest = divide(chunk, at)
    assert (head.body + rest.body, head.lines) == (chunk.body, min(at, chunk.lines))


def test_halves_are_never_empty() -> None:
    """Two lines are one and one, so that halving comes to an end."""
    assert [half.lines for half in halves(chunk_of("m v=1 1\nm v=2 2\nm v=3 3\n"))] == [1, 2]


def test_comments_and_blank_lines_are_left_out_when_lines_are_cut() -> None:
    """They are no points, and the server ignores them."""
    assert lines_of(chunk_of("# note\nm v=1 1\n\n  \nm v=2 2")) == [b"m v=1 1\n", b"m v=2 2\n"]


@given(POINTS)
def test_a_series_keeps_its_lane_and_its_order(points: list[dict[str, object]]) -> None:
    """Whatever the escapes, points of one series take one lane, in the order in which they came."""
    points = [{**point, "time": number} for number, point in enumerate(points)]
    (chunk,) = encode(points)
    lanes = Lanes(3)
    taken: dict[int, list[bytes]] = defaultdict(list)
    for part in (*divide(chunk, chunk.lines // 2),):
        for lane, share in lanes.spread(part):
            taken[lane] += lines_of(share)
    lane_of: dict[str, int] = {}
    for lane, lines in taken.items():
        for line in lines:
            point = points[lines_of(chunk).index(line)]
            series = repr((point["measurement"], sorted(point["tags"].items())))  # type: ignore[attr-defined]
            assert lane_of.setdefault(series, lane) == lane
        numbers = [lines_of(chunk).index(line) for line in lines]
        assert numbers == sorted(numbers)
    assert sum(map(len, taken.values())) == len(points)


def test_the_order_of_tags_means_nothing() -> None:
    """The server sorts them: both lines are of one series."""
    lanes = Lanes(16)
    spread = lanes.spread(chunk_of("m,a=1,b=2 v=1 1\nm,b=2,a=1 v=2 2\n"))
    assert [share.lines for _, share in spread] == [2]


def test_different_series_are_spread() -> None:
    """Some of many take each lane."""
    lanes = Lanes(4)
    text = "".join(f"m,h=h{number} v=1 1\n" for number in range(200))
    assert len(lanes.spread(chunk_of(text))) == 4


def test_lines_without_a_time_get_one_of_their_own() -> None:
    """Two points of one series do not overwrite each other, although they were written in the same instant."""
    stamper = Stamper(lambda: 1000)
    first = stamper.stamp(chunk_of("m v=1\nm v=2 5\nm v=3  \n"), "n")
    second = stamper.stamp(chunk_of("m v=4"), "n")
    assert first == Chunk(b"m v=1 1000\nm v=2 5\nm v=3 1001\n", 3, True)
    assert second.body == b"m v=4 1002\n"


@pytest.mark.parametrize(("precision", "times"), [("u", [7, 8]), ("ms", [0, 0]), ("s", [0, 0])])
def test_stamps_have_the_unit_of_the_request(precision: str, times: list[int]) -> None:
    """Coarse ones are what the server would have given: it rounds down."""
    stamped = Stamper(lambda: 7_900).stamp(chunk_of("m v=1\nm v=2\n"), precision)  # type: ignore[arg-type]
    assert stamped.body == b"m v=1 %d\nm v=2 %d\n" % tuple(times)


def test_lines_that_have_a_time_are_not_touched() -> None:
    """The very same chunk comes back."""
    chunk = chunk_of("m v=1 1\n")
    assert Stamper(lambda: 9).stamp(chunk, "n") is chunk
