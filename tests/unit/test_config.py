from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from catchment.core.config import Retry, Timeouts
from catchment.core.errors import ConfigError


def test_defaults_are_the_documented_ones() -> None:
    """Four requests; 0.1 s and 1 s to start with; at most 20 s; a server may ask for 60 s."""
    assert Retry.of(None) == Retry(attempts=4, base=0.1, throttled_base=1.0, cap=20.0, max_retry_after=60.0)


def test_default_timeouts_are_the_documented_ones() -> None:
    """5 s to connect, 30 s of silence, 60 s for a small call, no limit for a transfer."""
    assert Timeouts.of(None) == Timeouts(connect=5.0, read=30.0, deadline=60.0, transfer=None)


def test_a_number_counts_repetitions() -> None:
    """retries=0 really means one request."""
    assert Retry.of(0).attempts == 1
    assert Retry.of(3) == Retry()


def test_a_policy_stays_as_it_is() -> None:
    """A finished policy is not copied or changed."""
    policy = Retry(attempts=9)
    assert Retry.of(policy) is policy


@pytest.mark.parametrize("value", [-1, True, 1.5, "3", []])
def test_other_retries_are_refused(value) -> None:
    """False and "3" are mistakes, not numbers of repetitions."""
    with pytest.raises(ConfigError, match="retries"):
        Retry.of(value)


@pytest.mark.parametrize(
    "setting",
    [
        {"attempts": 0},
        {"attempts": 2.0},
        {"base": -0.1},
        {"cap": float("nan")},
        {"throttled_base": float("inf")},
        {"max_retry_after": "60"},
    ],
)
def test_a_policy_that_cannot_work_is_refused_by_name(setting) -> None:
    """The message names the setting that is wrong."""
    with pytest.raises(ConfigError, match=next(iter(setting))):
        Retry(**setting)


def test_messages_say_what_is_allowed() -> None:
    """0 is a fine wait and no timeout."""
    assert Retry(base=0).base == 0
    with pytest.raises(ConfigError, match="must be 0 or more"):
        Retry(base=-1)
    with pytest.raises(ConfigError, match="must be above 0"):
        Timeouts(read=0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, Timeouts()),
        (10, Timeouts(connect=5, read=10, deadline=10)),
        (2.5, Timeouts(connect=2.5, read=2.5, deadline=2.5)),
        (300, Timeouts(connect=5, read=300, deadline=300)),
        (timedelta(minutes=2), Timeouts(connect=5, read=120, deadline=120)),
        ((1, 10), Timeouts(connect=1, read=10, deadline=60)),
        ((1, 90), Timeouts(connect=1, read=90, deadline=90)),
        ((None, None), Timeouts(connect=None, read=None, deadline=None)),
        (httpx.Timeout(7), Timeouts(connect=7, read=7, deadline=60)),
        (httpx.Timeout(None), Timeouts(connect=None, read=None, deadline=None)),
        (httpx.Timeout(5, read=200), Timeouts(connect=5, read=200, deadline=200)),
    ],
)
def test_each_way_of_giving_timeouts(value, expected: Timeouts) -> None:
    """A number bounds whole calls; pairs and httpx's own bound the waits that they name."""
    assert Timeouts.of(value) == expected


def test_finished_timeouts_stay_as_they_are() -> None:
    """Nothing is derived from explicit settings."""
    timeouts = Timeouts(transfer=600)
    assert Timeouts.of(timeouts) is timeouts


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        float("nan"),
        float("inf"),
        True,
        "10",
        (1,),
        (1, 2, 3),
        (0, 1),
        (1, -1),
        timedelta(0),
        httpx.Timeout(0),
        [],
    ],
)
def test_other_timeouts_are_refused(value) -> None:
    """A timeout of 0 would fail every call; no timeout is written None."""
    with pytest.raises(ConfigError, match="timeout"):
        Timeouts.of(value)


@pytest.mark.parametrize("name", ["connect", "read", "deadline", "transfer"])
def test_each_setting_is_checked_by_name(name: str) -> None:
    """The message names the setting that is wrong."""
    with pytest.raises(ConfigError, match=name):
        Timeouts(**{name: 0})


def test_transfers_and_metadata_calls_have_their_own_totals() -> None:
    """A long upload is not cut by the deadline of small calls."""
    timeouts = Timeouts(deadline=10, transfer=600)
    assert (timeouts.total(), timeouts.total(transfer=True)) == (10, 600)
