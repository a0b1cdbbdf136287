"""Chapter two: a year of hourly weather goes into InfluxDB, is averaged there by week, and comes back as it was."""

from __future__ import annotations

import uuid
from typing import Any

from catchment.cli.demo.data import Flights
from catchment.cli.demo.telling import Story
from catchment.influxdb import InfluxDBClient, Report
from catchment.influxdb.chain import DEFAULT_URL

_ROWS = 26_115
_COLUMNS = 14
_WEEKS = {"EWR": 53, "JFK": 53, "LGA": 53}
_MEANS = """
    SELECT MEAN("temp") AS "temp", MEAN("wind_speed") AS "wind_speed" FROM "weather"
    WHERE time >= '2013-01-01' AND time < '2014-01-01' GROUP BY time(1w), "origin" FILL(none)
"""
_CLOSE = 1e-9
"""Relative difference of means that comes from the order in which numbers are added."""


def client(profile: str | None) -> InfluxDBClient:
    """Return a client of the profile's InfluxDB; where it names none, of a local one that lives as long as it."""
    database = f"nycflights13_{uuid.uuid4().hex[:8]}"
    if profile is not None:
        given = InfluxDBClient(profile=profile, database=database)
        if given.config["url"] != DEFAULT_URL:
            return given
    from catchment.local import Stack

    return InfluxDBClient(local=Stack(), database=database)


def tell(story: Story, flights: Flights, client: InfluxDBClient) -> None:
    """Tell the chapter."""
    story.chapter("InfluxDB: the weather at the airports, hour by hour")
    client.create_database()
    story.say(f"Created the database {client.db} at {client.config['url']}.")

    frame = _frame(flights)
    report = Report()
    client.write(frame, "weather", tag_columns=["origin"], report=report)
    story.check("points written", report.lines, _ROWS)

    _average(story, frame, client)

    found = client.query_data_frame('SELECT * FROM "weather" GROUP BY "origin"')
    for origin, rows in frame.groupby("origin"):
        wanted = rows.drop(columns="origin").sort_index(axis=1)
        back = found[f"weather,origin={origin}"].drop(columns="origin")
        story.check(f"columns of {origin} read back, each of its type", _alike(back, wanted), _COLUMNS)
        same = int((back.eq(wanted) | (back.isna() & wanted.isna())).all(axis=1).sum()) if _aligned(back, wanted) else 0
        story.check(f"hours of {origin} read back, to the nanosecond and the last digit", same, len(wanted))


def _frame(flights: Flights) -> Any:
    """Read the table: instants as the index, whole numbers as such, `NA` as missing."""
    import pandas as pd

    frame = pd.read_csv(flights.table("weather"), parse_dates=["time_hour"], dtype={"wind_dir": "Int64"})
    frame.index = pd.DatetimeIndex(frame.pop("time_hour"), name=None).as_unit("ns")
    return frame


def _average(story: Story, frame: Any, client: InfluxDBClient) -> None:
    """Let the server average, and compare with what pandas makes of the same numbers."""
    means = client.query_data_frame(_MEANS)
    by_origin = {key.partition("origin=")[2]: found.drop(columns="origin") for key, found in means.items()}
    story.check("weeks averaged by the server", {name: len(found) for name, found in by_origin.items()}, _WEEKS)
    equal = 0
    for origin, found in by_origin.items():
        rows = frame.loc[frame["origin"] == origin, ["temp", "wind_speed"]]
        wanted = rows.groupby(rows.index.floor("7D")).mean()
        equal += int((((found - wanted).abs() / wanted.abs()) < _CLOSE).all(axis=1).sum())
        coldest = found["temp"].idxmin()
        story.say(f"  {origin}: coldest in the week from {coldest:%d %B %Y}, {found['temp'].min():.1f} °F on average")
    story.check("weekly means that pandas finds too", equal, sum(_WEEKS.values()))


def _alike(one: Any, other: Any) -> int:
    """Count columns of the same name and type, the index among them."""
    kinds = [{"time": frame.index.dtype, **frame.dtypes} for frame in (one, other)]
    return sum(kinds[1].get(name) == kind for name, kind in kinds[0].items())


def _aligned(one: Any, other: Any) -> bool:
    return one.index.equals(other.index) and one.columns.equals(other.columns)
