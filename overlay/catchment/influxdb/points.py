"""Points given as mappings: one line each, with every row's trouble named."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from catchment.core.errors import UnsafeInputError
from catchment.influxdb import escaping, precision
from catchment.influxdb.escaping import Place, Unstorable
from catchment.influxdb.precision import Precision
from catchment.influxdb.reporting import DroppedPoint, Policy
from catchment.influxdb.values import FieldType, field_text, is_missing, plain_value


class Line(NamedTuple):
    """
    A point as it is sent, without its line feed.

    Attributes:
        text: Measurement, tags, fields and time.
        stamped: Whether it has a timestamp.
    """

    text: str
    stamped: bool


class PointEncoder:
    """
    Writes mappings of `measurement`, `tags`, `fields` and `time`; other keys are ignored.

    Args:
        measurement: Of points that name none.
        tags: Tags of all points; they win over a point's own.
        precision: What integers in `time` are in, and what is sent.
        field_types: Types to make of fields.
        policy: What to do with what cannot be stored.
    """

    def __init__(
        self,
        measurement: str | None,
        tags: Mapping[str, object],
        precision: Precision,
        field_types: Mapping[str, FieldType],
        policy: Policy,
    ) -> None:
        self.measurement = measurement
        self.tags = tags
        self.precision: Precision = precision
        self.field_types = field_types
        self.policy = policy

    def line(self, point: Mapping[str, Any], row: int) -> Line | None:
        """
        Return a point's line; `None` if it is left out, which is counted.

        Args:
            point: With `fields`, and a `measurement` unless there is one for all points.
            row: Its number, for errors and the report.

        Raises:
            UnsafeInputError: It cannot be stored as it is, and the policy allows nothing else.
        """
        try:
            head = self._head(point, row)
            fields = self._fields(point, row, head)
            if not fields:
                self.policy.skip(row)
                return None
            time = self._time(point, row)
        except DroppedPoint:
            self.policy.report.dropped += 1
            return None
        text = f"{head} {','.join(fields)}"
        return Line(text, stamped=False) if time is None else Line(f"{text} {time}", stamped=True)

    def _head(self, point: Mapping[str, Any], row: int) -> str:
        measurement = point.get("measurement")
        measurement = self.measurement if measurement is None else measurement
        if measurement is None:
            raise UnsafeInputError(f"row {row}: no measurement; give the point a 'measurement', or one for all points")
        head = self._named(Place.MEASUREMENT, str(measurement), row, f"measurement {measurement!r}")
        own = point.get("tags")
        if own is not None and not isinstance(own, Mapping):
            raise UnsafeInputError(f"row {row}: 'tags' is {type(own).__name__}; a mapping is needed")
        tags: dict[str, str] = {}
        for name, value in {**cast("Mapping[Any, Any]", own or {}), **self.tags}.items():
            self._add_tag(tags, name, value, row)
        pairs = sorted((name.encode(), name, text) for name, text in tags.items())  # saves the server the sorting
        return head + "".join(f",{escaping.name(Place.TAG_KEY, name)}={text}" for _, name, text in pairs)

    def _add_tag(self, tags: dict[str, str], name: object, value: object, row: int) -> None:
        if is_missing(value):
            return
        text = self._named(Place.TAG_VALUE, _tag_text(name, value), row, f"tag {name!r}")
        if not text:
            return
        key = self._settled(Place.TAG_KEY, _key_text("tag", name), row, f"tag {name!r}")
        if key in tags:
            raise UnsafeInputError(f"row {row}: tag {key!r} occurs twice once its name is text")
        tags[key] = text

    def _fields(self, point: Mapping[str, Any], row: int, head: str) -> list[str]:
        fields = point.get("fields")
        if not isinstance(fields, Mapping):
            raise UnsafeInputError(f"row {row}: 'fields' is {type(fields).__name__}; a mapping is needed")
        texts: dict[str, str] = {}
        for name, value in cast("Mapping[Any, Any]", fields).items():
            text = self._value(name, value, row)
            key = self._named(Place.FIELD_KEY, _key_text("field", name), row, f"field {name!r}")
            if key in texts:
                raise UnsafeInputError(f"row {row}: field {key!r} occurs twice once its name is text")
            if text is not None:
                self._check_key(head, key, row)
                texts[key] = text
        return [f"{key}={text}" for key, text in texts.items()]

    def _value(self, name: object, value: object, row: int) -> str | None:
        try:
            return field_text(value, self.field_types.get(str(name)))
        except Unstorable as flaw:
            return self.policy.settle(row, f"field {name!r}", flaw)

    def _named(self, place: Place, text: str, row: int, where: str) -> str:
        return escaping.name(place, self._settled(place, text, row, where))

    def _settled(self, place: Place, text: str, row: int, where: str) -> str:
        """Return text that can be stored in this place, not escaped yet."""
        try:
            escaping.name(place, text)
        except Unstorable as flaw:
            return self.policy.settle(row, where, flaw)
        return text

    def _check_key(self, head: str, key: str, row: int) -> None:
        try:
            escaping.check_key(head, key)
        except Unstorable as flaw:
            self.policy.settle(row, f"field {key[:60]!r}", flaw)

    def _time(self, point: Mapping[str, Any], row: int) -> int | None:
        try:
            return precision.timestamp(point.get("time"), self.precision)
        except (TypeError, ValueError) as error:
            self.policy.settle(row, "time", Unstorable(str(error)))
            raise  # never: nothing replaces a time


def _key_text(what: str, name: object) -> str:
    if type(name) is str:
        return name
    if isinstance(name, str):
        return str.__str__(name)
    warnings.warn(f"{what} name {name!r} is made text", UserWarning, stacklevel=2)
    return str(name)


def _tag_text(name: object, value: object) -> str:
    plain = plain_value(value)
    if isinstance(plain, str):
        return plain
    warnings.warn(f"value {plain!r} of tag {name!r} is made text", UserWarning, stacklevel=2)
    return str(plain)
