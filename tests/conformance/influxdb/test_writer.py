"""The batching writer against servers: what they refuse, and what is stored nevertheless."""

from __future__ import annotations

import pytest
from catchment.influxdb import InfluxDBClient
from catchment.influxdb.errors import DatabaseNotFoundError, PartialWriteError, RetentionPolicyNotFoundError
from catchment.influxdb.verdicts import BatchWriteError


def count(client: InfluxDBClient, measurement: str = "m") -> int:
    """Count the points of a measurement."""
    series = client.query(f'SELECT COUNT(v) FROM "{measurement}"')["results"][0].get("series")
    return series[0]["values"][0][1] if series else 0


def test_everything_is_stored(client: InfluxDBClient) -> None:
    """Points with a time, and points without, none of which overwrites another."""
    with client.writer(batch_size=300, in_flight=3) as writer:
        for number in range(2_000):
            tags = {"h": f"h{number % 7}"}
            writer.write({"measurement": "m", "tags": tags, "fields": {"v": float(number)}, "time": number})
            writer.write({"measurement": "n", "tags": tags, "fields": {"v": number}})
    assert (count(client), count(client, "n")) == (2_000, 2_000)
    assert writer.stats.written == 4_000


def test_a_line_that_cannot_be_parsed_is_the_only_one_lost(client: InfluxDBClient) -> None:
    """The server quotes it."""
    with pytest.raises(BatchWriteError) as caught, client.writer() as writer:
        writer.write("m v=1 1\nm v=x 2\nm v=3 3\n")
    assert caught.value.losses[0].bad_lines == (("m v=x 2", "invalid boolean"),)
    assert count(client) == 2


@pytest.mark.parametrize("first", ["m v=1i 0", ""])
def test_a_line_of_another_type_is_the_only_one_lost(client: InfluxDBClient, first: str) -> None:
    """Whether the field has its type already, or gets it from the same batch."""
    lines = [first, *(f"m v={number}i {number}" for number in range(1, 60)), "m v=1.5 60", "m v=61i 61"]
    with pytest.raises(BatchWriteError) as caught, client.writer(in_flight=1) as writer:
        writer.write("\n".join(lines))
    assert [loss.data for loss in caught.value.losses] == [b"m v=1.5 60\n"]
    assert count(client) == 60 + bool(first)


def test_types_are_told_apart_where_several_are_wrong(client: InfluxDBClient) -> None:
    """Although the server gives a reason for the first one only."""
    client.write("m v=1 0")
    bad = ["m v=1i 1", 'm v="a, v=1 b" 2', "m v=true 3"]
    with pytest.raises(BatchWriteError) as caught, client.writer() as writer:
        writer.write("\n".join([*bad, "m v=4 4", "m,t=v v=5 5"]))
    assert [line for loss in caught.value.losses for line, _ in loss.bad_lines] == bad
    assert count(client) == 3


def test_points_too_old_for_their_policy_are_counted(client: InfluxDBClient) -> None:
    """The server says how many, and stores the others."""
    client.admin.create_retention_policy("hour", duration="1h", default=True)
    with pytest.raises(BatchWriteError) as caught, client.writer() as writer:
        writer.write(["m v=1 1", {"measurement": "m", "fields": {"v": 2.0}}])
    (loss,) = caught.value.losses
    assert (loss.lines, isinstance(loss.error, PartialWriteError), count(client)) == (1, True, 1)


@pytest.mark.parametrize(
    ("target", "error"),
    [({"db": "conf_nowhere"}, DatabaseNotFoundError), ({"rp": "nowhere"}, RetentionPolicyNotFoundError)],
)
def test_places_that_do_not_exist_are_told_at_once(
    client: InfluxDBClient, target: dict[str, str], error: type[Exception]
) -> None:
    """Without a repetition: it would not help."""
    with pytest.raises(BatchWriteError) as caught, client.writer() as writer:
        writer.write("m v=1 1", **target)
    assert isinstance(caught.value.losses[0].error, error)
    assert writer.stats.retries == 0


def test_control_characters_in_a_refused_line_do_not_hide_the_refusal(client: InfluxDBClient) -> None:
    """The server repeats them in a header that strict readers refuse."""
    with pytest.raises(BatchWriteError) as caught, client.writer() as writer:
        writer.write("m v=1 1\nm\x01 v=\x02 2\nm v=3 3")
    assert (caught.value.lines, count(client)) == (1, 2)
