"""Instants keep every nanosecond, in both directions and on the way between."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from catchment.core.errors import UnsafeInputError
from catchment.v3io import timestamps
from catchment.v3io.timestamps import Timestamp
from hypothesis import given
from hypothesis import strategies as st

noon = datetime(2024, 5, 1, 12, 0, 0, 500_000, UTC)
fine = Timestamp.of(noon, 7)


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), "0:0"),
        (datetime(1969, 12, 31, 23, 59, 59, 500_000, UTC), "-1:500000000"),
        (datetime(1, 1, 1, tzinfo=UTC), "-62135596800:0"),
        (datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC), "253402300799:999999000"),
        (datetime(2024, 5, 1, 14, 0, tzinfo=timezone(timedelta(hours=2))), "1714564800:0"),
        (datetime(2024, 5, 1, 14, 0, tzinfo=ZoneInfo("Europe/Berlin")), "1714564800:0"),
        (datetime(2004, 5, 1, 0, 0, 0, 123_457, UTC), "1083369600:123457000"),
        (fine, "1714564800:500000007"),
        (pd.Timestamp("2024-05-01T12:00:00.500000007Z"), "1714564800:500000007"),
        (pd.Timestamp("1969-12-31T23:59:59.999999999Z"), "-1:999999999"),
        (pd.Timestamp(np.datetime64("3000-01-01", "s")).tz_localize("UTC"), "32503680000:0"),
    ],
)
def test_instants_as_text(instant: datetime, text: str) -> None:
    """From integers, never through floats; seconds are rounded down before 1970."""
    assert timestamps.encode(instant) == text


@pytest.mark.parametrize("instant", [datetime(2024, 5, 1), pd.Timestamp("2024-05-01")])
def test_naive_times_are_refused(instant: datetime) -> None:
    """They would mean another instant on another machine."""
    with pytest.raises(UnsafeInputError, match="no time zone"):
        timestamps.encode(instant)


def test_no_time_is_refused() -> None:
    """Pandas' NaT is a datetime by class only."""
    with pytest.raises(UnsafeInputError, match="NaT"):
        timestamps.encode(pd.NaT)  # type: ignore[arg-type]


def test_years_that_datetimes_make_up_are_refused() -> None:
    """Beyond the year 9999, what pandas shows to datetime's own code is another instant."""
    far = pd.Timestamp(np.datetime64("12000-01-01", "s")).tz_localize("UTC")
    with pytest.raises(UnsafeInputError, match="1 to 9999"):
        timestamps.encode(far)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(0, 999))
def test_instants_come_back(instant: datetime, nanosecond: int) -> None:
    """To the nanosecond; a plain datetime if that is enough, ours if not."""
    found = timestamps.decode(timestamps.encode(Timestamp.of(instant, nanosecond)))
    assert type(found) is (Timestamp if nanosecond else datetime)
    assert found == Timestamp.of(instant, nanosecond)
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text", ["", "1", "1:", ":1", "1:-1", "1:1000000000", "a:1", "1:a", "1.5:0", "999999999999999:0", "1:2:3"]
)
def test_what_is_no_instant_is_a_value_error(text: str) -> None:
    """Readers make an error of the answer out of it."""
    with pytest.raises(ValueError, match=r"invalid literal|no instant|1 to 9999"):
        timestamps.decode(text)


def test_nanoseconds_are_compared() -> None:
    """One nanosecond makes another instant, later than the plain one, on either side of a comparison."""
    later = Timestamp.of(noon, 8)
    assert fine != noon
    assert noon != fine
    assert Timestamp.of(noon, 0) == noon
    assert hash(Timestamp.of(noon, 0)) == hash(noon)
    assert noon < fine < later
    assert noon <= fine <= later
    assert later > fine > noon
    assert later >= fine >= noon
    assert len({noon, fine, later}) == 3
    assert fine != "2024"
    assert timestamps.decode("1714564800:500000007") == pd.Timestamp("2024-05-01T12:00:00.500000007Z")


def test_comparing_with_naive_times_is_as_datetimes_do() -> None:
    """They are never equal, and have no order."""
    assert fine != datetime(2024, 5, 1)
    with pytest.raises(TypeError):
        _ = fine < datetime(2024, 5, 1)


def test_nanoseconds_survive_what_is_done_to_instants() -> None:
    """Pickle, copies, other zones, spans added, parts replaced."""
    assert pickle.loads(pickle.dumps(fine)) == fine
    assert copy.deepcopy(fine) == fine
    moved = fine.astimezone(ZoneInfo("Europe/Berlin"))
    assert (moved, moved.hour, moved.nanosecond) == (fine, 14, 7)
    assert (fine + timedelta(hours=1)).nanosecond == 7
    assert timedelta(hours=1) + fine == fine + timedelta(hours=1)
    assert fine - timedelta(hours=1) + timedelta(hours=1) == fine
    assert fine.replace(hour=1).nanosecond == 7
    assert fine.replace(nanosecond=9).nanosecond == 9
    assert fine - noon == timedelta(0)
    assert fine.to_datetime() == noon
    assert type(fine.to_datetime()) is datetime


def test_nanoseconds_are_shown() -> None:
    """Text of an instant has nine digits where there are nanoseconds, and datetime's own where not."""
    assert fine.isoformat() == "2024-05-01T12:00:00.500000007+00:00"
    assert str(fine) == "2024-05-01 12:00:00.500000007+00:00"
    assert repr(fine) == "Timestamp('2024-05-01T12:00:00.500000007+00:00')"
    assert fine.isoformat(timespec="seconds") == "2024-05-01T12:00:00+00:00"
    assert Timestamp.of(noon, 0).isoformat() == noon.isoformat()


@pytest.mark.parametrize("nanosecond", [-1, 1000])
def test_nanoseconds_are_less_than_a_microsecond(nanosecond: int) -> None:
    """Others would be counted twice."""
    with pytest.raises(ValueError, match=r"0\.\.999"):
        Timestamp.of(noon, nanosecond)


def test_total_nanoseconds() -> None:
    """One number, for frames."""
    assert timestamps.total_nanoseconds(fine) == 1_714_564_800_500_000_007
    assert timestamps.total_nanoseconds(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)) == -1_000_000_000
