"""A point put together step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from catchment.core.errors import UnsafeInputError
from catchment.influxdb import precision as precisions
from catchment.influxdb.points import PointEncoder
from catchment.influxdb.precision import NANOSECONDS, Precision
from catchment.influxdb.records import Layout
from catchment.influxdb.reporting import Policy, Report
from catchment.influxdb.values import FieldType, field_types


class Point:
    """
    One point: `Point("cpu").tag("host", "a").field("load", 0.64).time(datetime.now(UTC))`.

    Every method that sets something returns the point itself. Points are equal if they hold the same.
    """

    __slots__ = ("_fields", "_measurement", "_precision", "_tags", "_time", "_types")

    def __init__(self, measurement: str) -> None:
        self._measurement = measurement
        self._tags: dict[str, object] = {}
        self._fields: dict[str, object] = {}
        self._types: dict[str, FieldType] = {}
        self._time: object = None
        self._precision: Precision = "n"

    @classmethod
    def measurement(cls, measurement: str) -> Self:
        """Start a point of this measurement."""
        return cls(measurement)

    @classmethod
    def from_dict(
        cls,
        dictionary: Mapping[str, Any],
        write_precision: str = "ns",
        *,
        record_measurement_key: str | None = None,
        record_measurement_name: str | None = None,
        record_time_key: str = "time",
        record_tag_keys: Sequence[str] = (),
        record_field_keys: Sequence[str] | None = None,
        field_types: Mapping[str, object] | None = None,
    ) -> Self:
        """
        Make a point of a mapping: a flat one, of which the `record_*` arguments say what is what, or a nested one.

        Raises:
            UnsafeInputError: No measurement, or an unknown type or precision.
        """
        layout = Layout(
            record_measurement_key, record_measurement_name, record_time_key, record_tag_keys, record_field_keys
        )
        parts = layout.point(dictionary)
        name = parts.get("measurement") or dictionary.get("measurement")
        if name is None:
            raise UnsafeInputError("no measurement: give record_measurement_name, or record_measurement_key")
        point = cls(str(name))
        point._tags.update(parts.get("tags") or {})
        point._fields.update(parts["fields"])
        point._types.update(_types(field_types))
        return point.time(parts.get("time"), write_precision)

    def tag(self, key: str, value: object) -> Self:
        """Set a tag; `None` and empty text leave it out."""
        self._tags[key] = value
        return self

    def field(self, key: str, value: object) -> Self:
        """Set a field; `None` and NaN leave it out."""
        self._fields[key] = value
        return self

    def time(self, time: object, write_precision: str = "ns") -> Self:
        """
        Set the time.

        Args:
            time: Datetime, date, pandas or numpy time, text of a date, or an `int` in the precision.
            write_precision: What an `int` is in, and what the line has unless it is asked for another.
        """
        self._precision = precisions.canonical(write_precision)
        self._time = time
        return self

    @property
    def write_precision(self) -> Precision:
        """The precision that `time` was set with."""
        return self._precision

    def as_mapping(self, precision: str | None = None) -> dict[str, Any]:
        """Return the point as a mapping; its time in units of the precision, by default its own."""
        wanted = self._precision if precision is None else precisions.canonical(precision)
        return {
            "measurement": self._measurement,
            "tags": dict(self._tags),
            "fields": dict(self._fields),
            "time": self._time_in(wanted),
        }

    def to_line_protocol(self, precision: str | None = None) -> str:
        """
        Return the point as a line, empty if no field has a value.

        Args:
            precision: Unit of the timestamp; by default the one that `time` was set with.

        Raises:
            UnsafeInputError: The server cannot store it.
        """
        wanted = self._precision if precision is None else precisions.canonical(precision)
        encoder = PointEncoder(None, {}, wanted, self._types, Policy("raise", Report(), strict=False))
        line = encoder.line(self.as_mapping(wanted), 0)
        return "" if line is None else line.text

    def to_lineprotocol(self) -> bytes:
        """Return the point as a line in nanoseconds."""
        return self.to_line_protocol("ns").encode()

    def _time_in(self, wanted: Precision) -> int | None:
        try:
            time = precisions.timestamp(self._time, self._precision)
        except (TypeError, ValueError) as error:
            raise UnsafeInputError(f"time: {error}") from None
        if time is None or wanted == self._precision:
            return time
        if not isinstance(self._time, int):
            return precisions.timestamp(self._time, wanted)  # whatever the unit it was set with would cut off
        return time * NANOSECONDS[self._precision] // NANOSECONDS[wanted]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Point):
            return NotImplemented
        return (self.as_mapping("ns"), self._types) == (other.as_mapping("ns"), other._types)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __str__(self) -> str:
        return self.to_line_protocol()

    def __repr__(self) -> str:
        return f"Point({self._measurement!r}, tags={self._tags!r}, fields={self._fields!r}, time={self._time!r})"


def _types(wanted: Mapping[str, object] | None) -> dict[str, FieldType]:
    return field_types(wanted)
