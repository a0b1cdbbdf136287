from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from catchment.core import clock
from catchment.core.errors import UnsafeInputError

START = datetime(2025, 1, 15, 10, 30, tzinfo=UTC)


def test_now_is_aware_and_utc() -> None:
    """Instants never lack their zone."""
    assert clock.now().utcoffset() == timedelta(0)


def test_waits_last_as_long_as_asked_by_default() -> None:
    """Outside tests nothing is scaled."""
    assert clock.scaled(1.5) == 1.5


def test_a_wait_moves_a_manual_clock_and_takes_no_time() -> None:
    """Under a manual clock, time passes by waiting and only so."""
    with clock.using(clock.ManualClock(START)) as manual:
        assert clock.scaled(2.5) == 0
        assert clock.monotonic() == 2.5
        assert clock.now() == START + timedelta(seconds=2.5)
        assert manual.waits == [2.5]


def test_no_waiting_notes_what_was_asked() -> None:
    """Tests can check waits that they did not sit through."""
    with clock.using(clock.NoWaiting()) as quick:
        assert clock.scaled(20) == 0
    assert quick.waits == [20]


def test_the_replacement_ends_with_its_block() -> None:
    """Also when the block raises, the real clock returns."""
    with pytest.raises(RuntimeError), clock.using(clock.ManualClock(START)):
        raise RuntimeError
    assert clock.scaled(1) == 1


def test_worker_threads_see_the_replacement() -> None:
    """Bulk work runs in threads; its waits must not sleep in tests either."""
    with ThreadPoolExecutor(1) as pool, clock.using(clock.NoWaiting()):
        assert pool.submit(clock.scaled, 9).result() == 0


def test_a_manual_clock_wants_a_zone() -> None:
    """A naive start would mean another instant on each machine."""
    with pytest.raises(UnsafeInputError, match="time zone"):
        clock.ManualClock(START.replace(tzinfo=None))


def test_a_manual_clock_never_goes_back() -> None:
    """Monotonic means monotonic."""
    manual = clock.ManualClock(START)
    manual.advance(0)
    with pytest.raises(UnsafeInputError):
        manual.advance(-0.5)
    assert manual.monotonic() == 0


def test_a_start_in_another_zone_is_the_same_instant() -> None:
    """Zones change how an instant is written, not when it is."""
    paris = START.astimezone(timezone(timedelta(hours=1)))
    assert clock.ManualClock(paris).now() == START


@pytest.mark.parametrize(
    "text",
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"],
)
def test_all_three_forms_of_http_dates_are_read(text: str) -> None:
    """RFC 9110 §5.6.7 wants recipients to accept each of them."""
    assert clock.parse_http_date(text) == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", [None, "", "soon", "Sun, 99 Nov 1994 08:49:37 GMT", "1", "Sun, 06 Nov 1994 25:00:00 GMT"]
)
def test_junk_is_no_date(text: str | None) -> None:
    """A date that cannot be read is None, never an error."""
    assert clock.parse_http_date(text) is None


@pytest.mark.parametrize(("hour", "zone"), [("10", "+0200"), ("08", "-0000")])
def test_dates_of_sloppy_servers_keep_their_zone(hour: str, zone: str) -> None:
    """An offset counts; -0000, which Python reads as naive, is UTC."""
    parsed = clock.parse_http_date(f"Sun, 06 Nov 1994 {hour}:49:37 {zone}")
    assert parsed == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
