"""Classes of one's own as points."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple, Optional

import pytest
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import lines
from catchment.influxdb.schema import (
    BOOL,
    DECIMAL,
    ENUM,
    FLOAT,
    INT,
    MEASUREMENT,
    STR,
    TAG,
    TAGENUM,
    TIMEDT,
    TIMEINT,
    TIMESTR,
    SchemaError,
    lineprotocol,
)


class Level(Enum):
    LOW = 1
    HIGH = 2


@lineprotocol
class Everything(NamedTuple):
    name: MEASUREMENT
    at: TIMEINT
    city: TAG
    level: TAGENUM
    good: BOOL
    count: INT
    cost: DECIMAL
    load: FLOAT
    note: STR
    worst: ENUM


class Trip(NamedTuple):
    at: TIMEDT
    city: TAG
    distance: FLOAT


@lineprotocol(rm_none=True, extra_tags={"app": "x y"})
@dataclass
class Sparse:
    city: TAG | None
    when: TIMESTR
    v: INT | None = None
    w: STR = ""


def line(point: Any) -> str:
    """Return what is sent."""
    return point.to_lineprotocol().decode()


def test_every_role_has_its_form() -> None:
    """Names, measurement and tags are escaped, enums go by name, decimals are floats."""
    point = Everything("m x", 5, "a,b", Level.LOW, True, 3, Decimal("0.5"), 2.0, 'q"', Level.HIGH)
    assert line(point) == 'm\\ x,city=a\\,b,level=LOW good=true,count=3i,cost=0.5,load=2.0,note="q\\"",worst="HIGH" 5'
    assert list(lines.encode([point, point])) == [((line(point) + "\n").encode() * 2, 2, True)]


def test_the_class_is_the_measurement() -> None:
    """Where no attribute is; the method's options can be read."""
    made = lineprotocol(Trip)
    assert line(made(datetime(1970, 1, 1, 0, 0, 1), "x", 1)) == "Trip,city=x distance=1.0 1000000000"  # type: ignore[call-arg]
    assert made.to_lineprotocol.opts["schema"] == {"at": "TIMEDT", "city": "TAG", "distance": "FLOAT"}  # type: ignore[attr-defined]


def test_missing_attributes_are_left_out() -> None:
    """None where it is optional, and with `rm_none` whatever is None or empty."""
    when = "1970-01-01T00:00:00Z"
    assert line(Sparse(None, when, 1)) == "Sparse,app=x\\ y v=1i 0"
    assert line(Sparse("c", when, None, "s")) == 'Sparse,app=x\\ y,city=c w="s" 0'
    with pytest.raises(UnsafeInputError, match="no field"):
        line(Sparse("c", when))


def test_a_placeholder_makes_points_without_fields_storable() -> None:
    """As events are."""

    @lineprotocol(placeholder=True)
    class Event(NamedTuple):
        city: TAG

    assert line(Event("x")) == "Event,city=x _=true"


def test_a_schema_instead_of_annotations() -> None:
    """For plain namedtuples, and classes that cannot be annotated."""
    plain = namedtuple("plain", "t v")  # noqa: PYI024
    assert line(lineprotocol(schema={"t": TAG, "v": Optional[INT]})(plain)("x", 1)) == "plain,t=x v=1i"


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"a": MEASUREMENT, "b": MEASUREMENT, "v": INT}, "more than one measurement"),
        ({"a": TIMEINT, "b": TIMEDT, "v": INT}, "more than one time"),
        ({"t": TAG}, "no field"),
        ({"v": bool}, "no role"),
        ({"v": Optional[int]}, "no role"),
        ({"t": Optional[TIMEINT], "v": INT}, "no role"),
        ({"time": INT}, "timestamp"),
        ({}, "no annotations"),
    ],
)
def test_schemas_that_cannot_be_are_refused(schema: dict[str, Any], why: str) -> None:
    """When the class is made, not when a point is written."""
    with pytest.raises(SchemaError, match=why) as caught:
        lineprotocol(schema=schema)(type("Own", (), {}))
    assert isinstance(caught.value, TypeError)


def test_a_class_without_annotations_is_refused() -> None:
    """There is nothing to go by."""
    with pytest.raises(SchemaError, match="no annotations"):
        lineprotocol(type("Own", (), {}))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ((datetime.now(UTC), "x\n", 1.0), "city holds a line feed"),
        ((datetime.now(UTC), None, 1.0), "city is None"),
        ((None, "x", 1.0), "at is missing"),
        (("soon", "x", 1.0), "at: "),
        ((datetime.now(UTC), "x", "far"), "distance"),
        ((datetime.now(UTC), "x" * 65_536, 1.0), "bytes"),
        ((datetime.now(UTC), "x", float("nan")), "no field"),
    ],
)
def test_points_that_cannot_be_stored_are_refused(values: tuple[Any, ...], why: str) -> None:
    """The class and its attribute are named."""
    with pytest.raises(UnsafeInputError, match=f"Trip: .*{why}"):
        line(lineprotocol(Trip)(*values))
