"""One mapping at a time: the shortest way from a point to its line, for who has points one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catchment.influxdb.chunks import Chunk
from catchment.influxdb.escaping import escaped
from catchment.influxdb.known import TROUBLE, Known, Unusual
from catchment.influxdb.values import INT_MAX, INT_MIN, FieldType, field_text


class SingleEncoder:
    """
    Writes single points that are as usual, and leaves all others to `PointEncoder`.

    Args:
        known: What is known of names and tags.
        field_types: Types to make of fields.
    """

    def __init__(self, known: Known, field_types: Mapping[str, FieldType]) -> None:
        self._known = known
        self._field_types = field_types

    def chunk(self, point: dict[str, Any]) -> Chunk | None:
        """Return the point's line; `None` where it takes a closer look, at what is wrong or what to warn of."""
        try:
            return self._line(point)
        except TROUBLE:
            return None

    def _line(self, point: dict[str, Any]) -> Chunk:
        known, tags, fields = self._known, point.get("tags"), point["fields"]
        place = (point.get("measurement"), *tags.items()) if tags else (point.get("measurement"),)
        head = known.heads.get(place) or known.head(place)
        names = tuple(fields)
        keys = known.keys.get(names) or known.field_keys(names)
        if self._field_types:
            texts = [field_text(value, self._field_types.get(name)) for name, value in fields.items()]
            found = ",".join([key + text for key, text in zip(keys, texts, strict=True) if text is not None])
        else:
            found = _joined(keys, fields)
        if not found:
            raise Unusual
        time = known.time(point.get("time"))
        line = f"{head}{found}\n" if time is None else f"{head}{found} {time}\n"
        return Chunk(line.encode(), 1, time is not None)


def _joined(keys: tuple[str, ...], fields: Mapping[str, Any]) -> str:
    """Return fields as they are sent, by the types that have one form only."""
    texts: list[str] = []
    values = fields.values()
    for key, value, kind in zip(keys, values, map(type, values), strict=True):
        if kind is float:
            if value - value == 0.0:  # neither NaN nor infinite
                texts.append(f"{key}{value!r}")
        elif kind is str:
            text = escaped(value) if "\\" in value or '"' in value else value
            texts.append(f'{key}"{text}"')
        elif kind is int:
            if not INT_MIN <= value <= INT_MAX:
                raise Unusual
            texts.append(f"{key}{value}i")
        elif (text := field_text(value)) is not None:
            texts.append(key + text)
    return ",".join(texts)
