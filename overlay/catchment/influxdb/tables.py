"""What all tables share on their way to lines: which column is what, times, and rows that cannot be written."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from catchment.core import extras
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import escaping
from catchment.influxdb.cells import Cells, coerced
from catchment.influxdb.columns import Column, Slab
from catchment.influxdb.escaping import MAX_KEY, Place, Unstorable
from catchment.influxdb.precision import Precision
from catchment.influxdb.reporting import DroppedPoint, Policy
from catchment.influxdb.tagsets import TagColumn, TagSets, check_distinct
from catchment.influxdb.values import INT_MAX, FieldType, field_text

FAST_ROWS = 50_000  # enough to forget what each slab costs; its text is a few MB
PLAIN_ROWS = 8_000  # Python objects: few enough for the cache
SLAB_TEXT = 32 << 20  # bytes of strings at which a slab is cut further

ReadTag: TypeAlias = Callable[[int, int], tuple[Any, Sequence[object]]]
"""Rows from, to -> each row's index into the distinct values (-1: none), and these."""

ReadField: TypeAlias = Callable[[int, int], Cells]
ReadTimes: TypeAlias = Callable[[int, int], tuple[Any, Any | None]]
"""Rows from, to -> timestamps in units of the precision, and a mask of those that are none or out of range."""


@dataclass(frozen=True, slots=True)
class TableOptions:
    """How a table becomes points; `catchment.influxdb.lines.encode` explains each."""

    measurement: str
    policy: Policy
    tag_columns: Sequence[Hashable] = ()
    tags: Mapping[str, object] | None = None
    precision: Precision = "n"
    counted: bool = False  # integers may be times: the caller named a precision
    field_types: Mapping[str, FieldType] | None = None
    time_column: Hashable | None = None
    timezone: str | None = None
    object_types: Literal["str", "infer"] = "str"
    datetimes: Literal["iso", "ns"] = "iso"
    category_tags: bool = False


@dataclass(slots=True)
class Source:
    """
    A table's columns by role.

    Attributes:
        rows: How many.
        tags: Tag to its reader.
        fields: Field to its reader.
        times: The reader of timestamps.
        weigh: Rows from, to -> bytes of their strings.
    """

    rows: int
    tags: Mapping[str, ReadTag]
    fields: Mapping[str, ReadField]
    times: ReadTimes
    weigh: Callable[[int, int], int]


def check_names(names: Sequence[str], tags: Mapping[str, object] | None) -> None:
    """
    Refuse columns that would overwrite each other.

    Raises:
        UnsafeInputError: Two have one name, or a constant tag has the name of a column.
    """
    check_distinct(names, "column")
    for name in tags or {}:
        if name in names:
            raise UnsafeInputError(f"tag {name!r} is given for all rows, and is a column too; rename one of them")


def check_tag_columns(wanted: Sequence[Hashable], present: Sequence[Hashable]) -> None:
    """
    Refuse tag columns that the table lacks.

    Raises:
        UnsafeInputError: There are some; the message lists what there is.
    """
    for name in wanted:
        if name not in present:
            raise UnsafeInputError(f"tag column {name!r} is not in the table; it has {', '.join(map(repr, present))}")


class SlabMaker:
    """Reads a table in slabs; what cannot be stored is settled on the way."""

    def __init__(self, source: Source, options: TableOptions, first: int = 0) -> None:
        self._source = source
        self._options = options
        self._policy = options.policy
        self._first = first  # number of the table's first row
        self._keys: dict[str, str] = {}
        self._tag_names: dict[str, str] = {}
        self._tagsets = TagSets(options.measurement, {}, options.policy)

    def slabs(self, rows: int) -> Iterator[Slab]:
        """Yield slabs with something to write, of so many rows at most."""
        if not self._source.rows:
            return
        if not self._source.fields:
            raise UnsafeInputError("the table has no field: all its columns are tags or times")
        try:
            self._settle_names()
        except DroppedPoint:
            self._policy.report.dropped += self._source.rows
            return
        for start in range(0, self._source.rows, rows):
            yield from self._cut(start, min(start + rows, self._source.rows))

    def _cut(self, start: int, stop: int) -> Iterator[Slab]:
        if stop - start > 1 and self._source.weigh(start, stop) > SLAB_TEXT:
            middle = (start + stop) // 2
            yield from self._cut(start, middle)
            yield from self._cut(middle, stop)
            return
        slab = self._slab(start, stop)
        if slab is not None:
            yield slab

    def _settle_names(self) -> None:
        rows = self._source.rows
        constant: dict[str, object] = {}
        for name in self._source.fields:
            self._keys[name] = escaping.name(
                Place.FIELD_KEY, self._settled(Place.FIELD_KEY, name, f"column {name!r}", rows)
            )
        for name in self._source.tags:
            self._tag_names[name] = self._settled(Place.TAG_KEY, name, f"tag column {name!r}", rows)
        for name, value in (self._options.tags or {}).items():
            constant[self._settled(Place.TAG_KEY, name, f"tag {name!r}", rows)] = value
        check_distinct(list(self._keys.values()), "field")
        check_distinct([*self._tag_names.values(), *constant], "tag")
        self._tagsets.constant = constant

    def _settled(self, place: Place, name: str, where: str, rows: int) -> str:
        try:
            escaping.name(place, name)
        except Unstorable as flaw:
            return self._policy.settle(self._first, where, flaw, rows)
        return name

    def _slab(self, start: int, stop: int) -> Slab | None:
        source, row = self._source, self._first + start
        times, bad_times = source.times(start, stop)
        tags = [TagColumn(self._tag_names[name], *read(start, stop)) for name, read in source.tags.items()]
        try:
            codes, heads, bad_tags = self._tagsets.combine(tags, stop - start, row)
        except DroppedPoint:  # the measurement, or a tag of all rows
            self._policy.report.dropped += stop - start
            return None
        slab = Slab(row, codes, heads, [], times)
        column = self._options.time_column
        named = "time" if column is None else f"time column {column!r}"
        self._lose(slab, bad_times, named, "is missing or outside the years 1677 to 2262 that the server stores")
        if bad_tags is not None:
            slab.drop(bad_tags)
        slab.columns = [self._column(slab, name, read(start, stop)) for name, read in source.fields.items()]
        self._check_keys(slab)
        return self._counted(slab)

    def _counted(self, slab: Slab) -> Slab | None:
        """Count rows that are not written; return the slab if any is."""
        rows = len(slab.codes)
        if slab.kept is not None:
            self._policy.report.dropped += rows - int(slab.kept.sum())
        empty = slab.without_field()
        if empty is not None:
            empty = empty if slab.kept is None else empty & slab.kept
            if empty.any():
                self._policy.skip(slab.start + int(empty.argmax()), int(empty.sum()))
                slab.drop(empty)
        return slab if slab.kept is None or slab.kept.any() else None

    def _lose(self, slab: Slab, bad: Any | None, where: str, reason: str) -> None:
        if bad is None or not bad.any():
            return
        try:
            self._policy.settle(slab.start + int(bad.argmax()), where, Unstorable(reason), int(bad.sum()))
        except DroppedPoint:
            slab.drop(bad)

    def _check_keys(self, slab: Slab) -> None:
        np = extras.numpy()
        keys = [column.key for column in slab.columns]
        misleading = np.array([escaping.misleads(head, keys) for head in slab.heads])
        if misleading.any():
            self._lose(slab, misleading[slab.codes], "tags", escaping.MISLEADING)
        longest = max(map(escaping.key_size, keys))
        if max(map(len, slab.heads)) * 4 + 4 + longest <= MAX_KEY:  # at most four bytes a character
            return
        sizes = np.array([len(head.encode()) for head in slab.heads])[slab.codes] + 4 + longest
        self._lose(slab, sizes > MAX_KEY, "tags", f"make a key of more than {MAX_KEY} bytes with the longest field")

    def _column(self, slab: Slab, name: str, cells: Cells) -> Column:
        key, wanted = self._keys[name], (self._options.field_types or {}).get(name)
        if wanted is not None:
            cells = coerced(cells, wanted)
        if cells.kind == "loose":
            return self._looked_at(slab, name, cells, wanted)
        if cells.kind == "integer" and cells.values.dtype.kind == "u" and cells.values.dtype.itemsize == 8:
            self._lose(slab, cells.values > INT_MAX, f"column {name!r}", "needs more than 63 bits and a sign")
        return Column(key, cells.kind, cells.values, cells.valid)

    def _looked_at(self, slab: Slab, name: str, cells: Cells, wanted: FieldType | None) -> Column:
        """Write values one by one, because each may be of another type or unstorable."""
        np = extras.numpy()
        texts: list[str | None] = []
        bad = np.zeros(len(slab.codes), bool)
        for index, value in enumerate(cells.values):
            if slab.kept is not None and not slab.kept[index]:
                texts.append(None)
                continue
            try:
                texts.append(self._text(slab.start + index, name, value, wanted))
            except DroppedPoint:
                texts.append(None)
                bad[index] = True
        if bad.any():
            slab.drop(bad)
        valid = np.array([text is not None for text in texts], bool)
        return Column(self._keys[name], "text", texts, None if valid.all() else valid)

    def _text(self, row: int, name: str, value: object, wanted: FieldType | None) -> str | None:
        try:
            return field_text(value, wanted)
        except Unstorable as flaw:
            return self._policy.settle(row, f"column {name!r}", flaw)
