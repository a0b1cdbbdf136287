from __future__ import annotations

from datetime import timedelta

import pytest
from catchment.core.durations import parse_duration
from catchment.core.errors import ConfigError
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (0, 0.0),
        (90, 90.0),
        (1.5, 1.5),
        ("3600", 3600.0),
        (" 60 ", 60.0),
        ("60m", 3600.0),
        ("1h30m", 5400.0),
        ("200ms", 0.2),
        ("1.5h", 5400.0),
        (".5s", 0.5),
        ("10us", 1e-5),
        ("10µs", 1e-5),
        ("10\u03bcs", 1e-5),
        ("1ns", 1e-9),
        ("0.1s200ms", 0.3),
        (timedelta(minutes=2), 120.0),
    ],
)
def test_each_way_of_writing_is_read(value, seconds: float) -> None:
    """Numbers and digits are seconds; anything with a unit is a Go duration."""
    assert parse_duration(value) == seconds


@pytest.mark.parametrize(
    "value",
    ["", "s", "1.5", "5 minutes", "1d", "-5m", "1h-30m", "٣s", ".s", "1e3", "nan", True, None, b"5s", [], "9" * 40],
)
def test_anything_else_is_refused_by_name(value) -> None:
    """The message names the setting and says what can be written."""
    with pytest.raises(ConfigError, match="token_ttl") as caught:
        parse_duration(value, what="token_ttl")
    assert "1m30s" in (caught.value.hint or "")


@pytest.mark.parametrize("value", [-1, -0.001, float("nan"), float("inf"), timedelta(seconds=-1), 10**400])
def test_lengths_are_finite_and_not_negative(value) -> None:
    """A wait that runs backwards or forever is a mistake."""
    with pytest.raises(ConfigError, match="finite"):
        parse_duration(value)


@given(st.integers(0, 1000), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_terms_add_up(hours: int, minutes: int, seconds: int, millis: int) -> None:
    """What Go prints is read back to the nanosecond's nearest double."""
    text = f"{hours}h{minutes}m{seconds}s{millis}ms"
    assert parse_duration(text) == ((hours * 60 + minutes) * 60 * 1000 + seconds * 1000 + millis) * 1_000_000 / 1e9
