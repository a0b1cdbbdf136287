"""Many mappings at once: points with the same fields are turned into columns, and each column is written in one go.

Only points without any trouble take this way. At the first sign of some, `PointEncoder` looks at each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from catchment.core import extras
from catchment.influxdb import escaping
from catchment.influxdb.known import TROUBLE, Known, Unusual
from catchment.influxdb.points import Line, PointEncoder
from catchment.influxdb.values import INT_MAX, INT_MIN, FieldType, field_text

SLICE: Final = 5_000
"""Points turned at once; many more cost a third of the speed to the garbage collector."""


class BulkEncoder:
    """
    Writes slices of points.

    Args:
        points: What looks at points one by one; its settings hold here.
        known: What is known of names and tags.
    """

    def __init__(self, points: PointEncoder, known: Known) -> None:
        self._points = points
        self._known = known
        self._orjson = extras.optional("orjson")

    def lines(self, points: Sequence[Mapping[str, Any]], start: int) -> tuple[list[str], bool]:
        """
        Return the points' lines, in order, and whether all of them have a timestamp.

        Args:
            points: A slice, best of `SLICE` points.
            start: Number of the first one.

        Raises:
            UnsafeInputError: By the policy.
        """
        try:
            return self._turned(points)
        except TROUBLE:
            single = [self._points.line(point, start + at) for at, point in enumerate(points)]
            written: list[Line] = [line for line in single if line is not None]
            return [line.text for line in written], all(line.stamped for line in written)

    def _turned(self, points: Sequence[Mapping[str, Any]]) -> tuple[list[str], bool]:
        heads: list[str] = []
        groups: dict[tuple[str, ...], tuple[list[int], list[Any]]] = {}
        known = self._known.heads
        given_times: list[Any] = []
        last: tuple[str, ...] | None = None
        rows: list[Any] = []
        places: list[int] = []
        for at, point in enumerate(points):
            tags, measurement = point.get("tags"), point.get("measurement")
            key = (measurement, *tags.items()) if tags else (measurement,)
            head = known.get(key)
            heads.append(head if head is not None else self._known.head(key))
            given_times.append(point.get("time"))
            fields = point["fields"]
            if (names := tuple(fields)) != last:
                places, rows = groups.setdefault(names, ([], []))
                last = names
            places.append(at)
            rows.append(tuple(fields.values()))
        times, stamped = self._known.times(given_times)
        if len(groups) == 1:
            ((names, (_, rows)),) = groups.items()
            return list(self._group(names, rows, heads, times, " %d" if stamped else "%s")), stamped
        lines = [""] * len(points)
        for names, (places, rows) in groups.items():
            chosen = [heads[at] for at in places], [times[at] for at in places]
            mine = self._group(names, rows, *chosen, " %d" if stamped else "%s")
            for at, line in zip(places, mine, strict=True):
                lines[at] = line
        return lines, stamped

    def _group(
        self, names: tuple[str, ...], rows: Sequence[Any], heads: Sequence[str], times: Sequence[Any], time_form: str
    ) -> Iterable[str]:
        """Return lines of points that have the same fields."""
        keys = self._known.keys.get(names) or self._known.field_keys(names)
        wanted = self._points.field_types
        columns = [
            self._column(values, wanted.get(name)) for name, values in zip(names, zip(*rows, strict=True), strict=True)
        ]
        if any(None in values for form, values in columns if form == "gaps"):
            return self._with_gaps(keys, columns, heads, [time_form % time for time in times])
        parts = [f"{key.replace('%', '%%')}{_FORMS[form]}" for key, (form, _) in zip(keys, columns, strict=True)]
        template = f"%s{','.join(parts)}{time_form}"
        return [template % row for row in zip(heads, *(values for _, values in columns), times, strict=True)]

    def _with_gaps(
        self, keys: Sequence[str], columns: Sequence[tuple[str, Any]], heads: Sequence[str], times: Sequence[str]
    ) -> Iterator[str]:
        texts = [
            [None if value is None else f"{key}{_FORMS[form] % value}" for value in values]
            for key, (form, values) in zip(keys, columns, strict=True)
        ]
        for head, time, row in zip(heads, times, zip(*texts, strict=True), strict=True):
            present = ",".join(filter(None, row))
            if not present:
                raise Unusual
            yield f"{head}{present}{time}"

    def _column(self, values: Sequence[Any], wanted: FieldType | None) -> tuple[str, Sequence[Any]]:
        """Return how a column's values are put into a line, and these."""
        kinds = set(map(type, values))
        kind = kinds.pop() if len(kinds) == 1 else None
        if wanted is None or _OWN_TYPE.get(wanted) is kind:
            if kind is float:
                return self._floats(values)
            if kind is int:
                return self._integers(values)
            if kind is str:
                return "string", _strings(values)
        return "gaps", [field_text(value, wanted) for value in values]

    def _floats(self, values: Sequence[float]) -> tuple[str, Sequence[Any]]:
        if self._orjson is not None:
            text = self._orjson.dumps(values).decode()
            if "n" not in text:  # null: NaN or an infinity
                return "plain", text[1:-1].split(",")
        return "gaps", [field_text(value) for value in values]

    def _integers(self, values: Sequence[int]) -> tuple[str, Sequence[Any]]:
        if min(values) < INT_MIN or max(values) > INT_MAX:
            raise Unusual
        if self._orjson is None:
            return "integer", values
        return "integer", self._orjson.dumps(values).decode()[1:-1].split(",")


def _strings(values: Sequence[str]) -> Sequence[str]:
    together = "".join(values)
    if not together.isascii():
        together.encode()  # half a surrogate pair is a ValueError
    if '"' in together or "\\" in together:
        return [escaping.escaped(value) for value in values]
    return values


_OWN_TYPE: Final[dict[FieldType, type]] = {"float": float, "integer": int, "string": str, "boolean": bool}
_FORMS: Final[dict[str, str]] = {"plain": "%s", "gaps": "%s", "integer": "%si", "string": '"%s"'}
