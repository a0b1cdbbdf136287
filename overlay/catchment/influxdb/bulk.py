"""Many mappings at once: points with the same fields are turned into columns, and each column is written in one go.

Only points without any trouble take this way. At the first sign of some, `PointEncoder` looks at each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from catchment.core import extras
from catchment.influxdb import escaping
from catchment.influxdb.known import TROUBLE, Known, Unusual
from catchment.influxdb.points import Line, PointEncoder
from catchment.influxdb.values import INT_MAX, INT_MIN, FieldType, field_text
from catchment.influxdb.weave import Weave

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

    def lines(self, points: Sequence[Mapping[str, Any]], start: int) -> tuple[Weave, bool]:
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
            return Weave([[line.text for line in written], "\n"], len(written)), all(line.stamped for line in written)

    def _turned(self, points: Sequence[Mapping[str, Any]]) -> tuple[Weave, bool]:
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
        times, stamped = self._times(given_times)
        if len(groups) == 1:
            ((names, (_, rows)),) = groups.items()
            return self._group(names, rows, heads, times), stamped
        lines = [""] * len(points)
        for names, (places, rows) in groups.items():
            mine = self._group(names, rows, [heads[at] for at in places], [times[at] for at in places])
            for at, line in zip(places, mine.lines(), strict=True):
                lines[at] = line
        return Weave([lines], len(lines)), stamped

    def _times(self, given: Sequence[Any]) -> tuple[Sequence[str], bool]:
        """Return what stands behind the fields, and whether all points have a timestamp."""
        times = self._known.times(given)
        if None in times:
            return ["\n" if time is None else f" {time}\n" for time in times], False
        if self._orjson is None:
            return [f" {time}\n" for time in times], True
        return (" " + self._orjson.dumps(times).decode()[1:-1].replace(",", "\n, ") + "\n").split(","), True

    def _group(self, names: tuple[str, ...], rows: Sequence[Any], heads: Sequence[str], times: Sequence[str]) -> Weave:
        """Return lines of points that have the same fields."""
        keys = self._known.keys.get(names) or self._known.field_keys(names)
        wanted = self._points.field_types
        columns = [
            self._column(values, wanted.get(name)) for name, values in zip(names, zip(*rows, strict=True), strict=True)
        ]
        if any(None in values for form, values in columns if form == "gaps"):
            return Weave([heads, list(_with_gaps(keys, columns)), times], len(heads))
        parts: list[str | Sequence[str]] = [heads]
        behind = ""
        for key, (form, values) in zip(keys, columns, strict=True):
            before, after = _FORMS[form]
            parts += [f"{behind}{key}{before}", values]
            behind = f"{after},"
        return Weave([*parts, behind[:-1], times], len(heads))

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
            return "integer", list(map(str, values))
        return "integer", self._orjson.dumps(values).decode()[1:-1].split(",")


def _with_gaps(keys: Sequence[str], columns: Sequence[tuple[str, Sequence[Any]]]) -> Iterator[str]:
    """Yield the fields of points some of which lack one."""
    texts: list[list[str | None]] = []
    for key, (form, values) in zip(keys, columns, strict=True):
        before, after = _FORMS[form]
        texts.append([None if value is None else f"{key}{before}{value}{after}" for value in values])
    for row in zip(*texts, strict=True):
        present = ",".join(filter(None, row))
        if not present:
            raise Unusual
        yield present


def _strings(values: Sequence[str]) -> Sequence[str]:
    together = "".join(values)
    if not together.isascii():
        together.encode()  # half a surrogate pair is a ValueError
    if '"' in together or "\\" in together:
        return [escaping.escaped(value) for value in values]
    return values


_OWN_TYPE: Final[dict[FieldType, type]] = {"float": float, "integer": int, "string": str, "boolean": bool}
_FORMS: Final[dict[str, tuple[str, str]]] = {
    "plain": ("", ""),
    "gaps": ("", ""),
    "integer": ("", "i"),
    "string": ('"', '"'),
}
"""What stands before and behind a value."""
