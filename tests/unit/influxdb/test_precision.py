"""Spellings of precision, and time arithmetic."""

from __future__ import annotations

import datetime as dt

import pytest
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import precision
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [("ns", "n"), ("n", "n"), ("us", "u"), ("u", "u"), ("µs", "u"), ("µ", "u"), ("μ", "u"), ("ms", "ms"), ("s", "s"),
     ("m", "m"), ("h", "h")],
)  # fmt: skip
def test_spellings_become_the_servers(spelling: str, expected: str) -> None:
    """`us` and `µ` are sent as `u`: as they are, the server takes them for nanoseconds."""
    assert precision.canonical(spelling) == expected


@pytest.mark.parametrize("spelling", ["", "S", "sec", "d", "ns ", None, 1, []])
def test_other_words_are_refused(spelling: object) -> None:
    """The server takes any word for nanoseconds and stores wrong times."""
    with pytest.raises(UnsafeInputError, match="no precision"):
        precision.canonical(spelling)  # type: ignore[arg-type]


def test_version_2_spells_otherwise() -> None:
    """And knows no minutes and hours."""
    assert [precision.version2(p) for p in ("n", "u", "ms", "s")] == ["ns", "us", "ms", "s"]
    with pytest.raises(UnsafeInputError, match="'m'"):
        precision.version2("m")


@pytest.mark.parametrize("unit", list(precision.NANOSECONDS))
def test_limits_are_the_last_that_fit(unit: precision.Precision) -> None:
    """One more would be outside of what the server stores."""
    low, high = precision.limits(unit)
    size = precision.NANOSECONDS[unit]
    assert (low - 1) * size < precision.MIN_NS <= low * size
    assert high * size <= precision.MAX_NS < (high + 1) * size
    assert precision.timestamp(high, unit) == high
    for outside in (low - 1, high + 1):
        with pytest.raises(ValueError, match="1677 to 2262"):
            precision.timestamp(outside, unit)


@given(st.integers(precision.MIN_NS, precision.MAX_NS))
def test_text_of_an_instant_is_read_back(nanoseconds: int) -> None:
    """RFC 3339 with up to nine decimals loses nothing, before 1970 too."""
    assert precision.text_ns(precision.iso_text(nanoseconds)) == nanoseconds


@given(st.datetimes(dt.datetime(1678, 1, 1), dt.datetime(2262, 1, 1)), st.sampled_from(list(precision.NANOSECONDS)))
def test_times_are_rounded_down(when: dt.datetime, unit: precision.Precision) -> None:
    """Also before 1970, so that equal steps stay equal."""
    exact = (when - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1) * 1000
    stamp = precision.timestamp(when, unit)
    assert stamp is not None
    assert 0 <= exact - stamp * precision.NANOSECONDS[unit] < precision.NANOSECONDS[unit]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("20200101T000000.5Z", 1_577_836_800_500_000_000), ("2020-01-01T00:00:00,25", 1_577_836_800_250_000_000),
     ("2020-01-01T00:00:00.1234567899", 1_577_836_800_123_456_789), ("2020-W01-3", 1_577_836_800_000_000_000),
     (" 2020-01-01 ", 1_577_836_800_000_000_000), ("1 Jan 2020", 1_577_836_800_000_000_000),
     ("2020-01-01T01:00:00.5+01:00", 1_577_836_800_500_000_000)],
)  # fmt: skip
def test_dates_that_people_write(text: str, expected: int) -> None:
    """ISO in its forms, and what dateutil is sure of."""
    assert precision.text_ns(text) == expected
