"""Points put together step by step."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import lines
from catchment.influxdb.point import Point

WHEN = datetime(2020, 1, 1, 0, 0, 1, 5, tzinfo=UTC)


def test_a_point_is_its_line() -> None:
    """In the order of setting; tags sorted; missing values left out."""
    point = Point("m").tag("b", "x y").tag("a", "").field("v", 1).field("n", None).field("s", '"').time(WHEN)
    assert str(point) == 'm,b=x\\ y v=1i,s="\\"" 1577836801000005000'
    assert point.to_lineprotocol() == str(point).encode()
    assert b"".join(chunk.body for chunk in lines.encode(point)) == point.to_lineprotocol() + b"\n"


def test_a_point_without_time_or_fields() -> None:
    """The server's clock, and no line."""
    assert str(Point("m").field("v", 1.5)) == "m v=1.5"
    assert str(Point("m")) == ""
    assert list(lines.encode(Point("m"))) == []


@pytest.mark.parametrize(
    ("given", "asked", "expected"),
    [("ns", None, "1577836801000005000"), ("s", None, "1577836801"), ("s", "us", "1577836801000005"), ("h", "ms", "1577836801000")],
)  # fmt: skip
def test_a_times_precision_is_that_of_the_line(given: str, asked: str | None, expected: str) -> None:
    """Asked for a finer one, nothing is lost that the time has."""
    assert Point("m").field("v", 1).time(WHEN, given).to_line_protocol(asked).endswith(f" {expected}")


def test_integers_are_in_the_precision_they_were_set_with() -> None:
    """And are converted, rounding down."""
    point = Point("m").field("v", 1).time(-1, "ms")
    assert (point.to_line_protocol(), point.to_line_protocol("us"), point.to_line_protocol("s")) == (
        "m v=1i -1", "m v=1i -1000", "m v=1i -1",
    )  # fmt: skip
    assert point.to_lineprotocol() == b"m v=1i -1000000"


def test_points_of_mappings() -> None:
    """Nested ones, and flat ones of which one says what is what."""
    nested = {"measurement": "m", "tags": {"t": "x"}, "fields": {"v": 1}, "time": 5}
    flat = {"kind": "m", "t": "x", "v": 1, "at": 5}
    other = Point.from_dict(
        flat, record_measurement_key="kind", record_time_key="at", record_tag_keys=["t"], record_field_keys=["v"]
    )
    assert str(Point.from_dict(nested)) == "m,t=x v=1i 5"
    assert other == Point.from_dict(nested) == Point.measurement("m").tag("t", "x").field("v", 1).time(5)
    assert other != Point.from_dict({**nested, "time": 6})
    typed = Point.from_dict(flat, "s", record_measurement_name="n", record_tag_keys=["t", "kind"], field_types={"v": "float"},
                            record_time_key="at")  # fmt: skip
    assert str(typed) == "n,kind=m,t=x v=1.0 5"


def test_points_pickle() -> None:
    """To other processes and back."""
    point = Point("m").tag("t", "x").field("v", 1).time(WHEN, "ms")
    assert pickle.loads(pickle.dumps(point)) == point


@pytest.mark.parametrize(
    "point",
    [Point("#m").field("v", 1), Point("m").tag("t", "\n").field("v", 1), Point("m").field("v", 2**63),
     Point("m").field("v", 1).time("soon"), Point("m").field("v", 1).time(2**63)],
)  # fmt: skip
def test_points_that_cannot_be_stored_have_no_line(point: Point) -> None:
    """Before anything is sent."""
    with pytest.raises(UnsafeInputError):
        point.to_line_protocol()


def test_mistakes_are_refused_at_once() -> None:
    """An unknown precision, a mapping without measurement, a text for a list."""
    with pytest.raises(UnsafeInputError, match="precision"):
        Point("m").time(1, "sec")
    with pytest.raises(UnsafeInputError, match="measurement"):
        Point.from_dict({"v": 1})
    with pytest.raises(UnsafeInputError, match="tag_keys"):
        Point.from_dict({"v": 1}, record_tag_keys="v")
