"""Answers to Flux scripts: annotated CSV, read as it arrives, with the types that its annotations say. Pure."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast

from catchment.core.errors import DecodeError
from catchment.influxdb.errors import StatementError
from catchment.influxdb.precision import text_ns

Row: TypeAlias = tuple[Any, ...]

_LONGEST: Final = 256 << 20
_CELL: Final = re.compile(r'(?:"([^"]*(?:""[^"]*)*)"|([^",]*))(,|\Z)')
_ERROR: Final = {"error", "reference"}
_ANNOTATIONS: Final = ("#datatype", "#group", "#default")


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "boolean": _boolean, "long": int, "unsignedLong": int, "double": float, "string": str, "duration": str,
    "base64Binary": lambda text: b64decode(text, validate=True), "dateTime": text_ns,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FluxColumn:
    """
    A column of a table.

    Attributes:
        name: Such as `_time`, `_value`, or a tag.
        type: `boolean`, `long`, `unsignedLong`, `double`, `string`, `duration`, `base64Binary`, or `dateTime`.
        group: Whether all rows of a table have the same value here.
        default: Stands where a row has nothing, as text; empty for none.
    """

    name: str
    type: str
    group: bool
    default: str = ""

    def read(self, text: str) -> Any:
        """
        Return a value: times as nanoseconds since 1970, durations as text, nothing as `None`.

        Raises:
            DecodeError: It is not of the column's type.
        """
        if not text:
            text = self.default
            if not text:
                return None
        try:
            return _READERS.get(self.type, str)(text)
        except ValueError as exc:
            raise broken(f"column {self.name!r} holds what is no {self.type}") from exc


@dataclass(frozen=True, slots=True, eq=False)
class FluxSchema:
    """Columns that the tables behind one header share."""

    columns: tuple[FluxColumn, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    def place(self, name: str) -> int:
        """Return where a column is; -1 for nowhere."""
        names = self.names
        return names.index(name) if name in names else -1

    def read(self, values: Sequence[str]) -> Row:
        """
        Return a row.

        Raises:
            DecodeError: It is not as wide as the header, or a value is not of its type.
        """
        if len(values) != len(self.columns):
            raise broken(f"a row has {len(values)} values, and its header {len(self.columns)} columns")
        return tuple([column.read(text) for column, text in zip(self.columns, values, strict=True)])


@dataclass(slots=True)
class FluxTable:
    """
    One table of an answer: rows that have the columns of its group key in common.

    Iterating yields rows as dicts. Times are integers of nanoseconds since 1970.

    Attributes:
        result: Which of the script's results it belongs to, `_result` by default.
        number: Of the table in its result.
        columns: Without `result` and `table`.
        rows: Values, in the order of the columns.
    """

    result: str
    number: int
    columns: tuple[FluxColumn, ...]
    rows: list[Row] = field(default_factory=list[Row])

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield rows by column."""
        names = [column.name for column in self.columns]
        for row in self.rows:
            yield dict(zip(names, row, strict=True))

    @property
    def group_key(self) -> dict[str, Any]:
        """What all rows have in common, by column."""
        first = self.rows[0] if self.rows else tuple(column.read("") for column in self.columns)
        return {column.name: value for column, value in zip(self.columns, first, strict=True) if column.group}


class FluxReader:
    """
    Reads annotated CSV in pieces as they arrive: a schema for each header, and rows with the schema before them.

    Memory holds one row that is not complete.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._annotations: dict[str, list[str]] = {}
        self._schema: FluxSchema | None = None
        self._gap = False

    def feed(self, data: bytes) -> Iterator[tuple[FluxSchema, Row | None]]:
        """
        Yield what is complete: schemas, each once with `None`, and their rows.

        Raises:
            StatementError: The script failed while it ran; what came before it was yielded.
            DecodeError: This is no annotated CSV.
        """
        pending: list[bytes] = [self._rest] if self._rest else []
        quotes = self._rest.count(b'"')
        *whole, rest = data.split(b"\n")
        for piece in whole:
            pending.append(piece)
            quotes += piece.count(b'"')
            if quotes % 2:  # the line ends inside a quoted value
                pending.append(b"\n")
                continue
            yield from self._record(b"".join(pending))
            pending, quotes = [], 0
        self._rest = b"".join([*pending, rest])
        if len(self._rest) > _LONGEST:
            raise broken(f"a row has more than {_LONGEST} bytes")

    def finish(self) -> Iterator[tuple[FluxSchema, Row | None]]:
        """
        Yield a last row without a line end.

        Raises:
            DecodeError: The answer ends inside a quoted value.
        """
        rest, self._rest = self._rest, b""
        if rest.count(b'"') % 2:
            raise broken("it ends inside a quoted value")
        yield from self._record(rest)

    def _record(self, line: bytes) -> Iterator[tuple[FluxSchema, Row | None]]:
        mark, values = _split(line)
        if not values:
            if mark:
                raise broken("a line is neither annotation, nor header, nor row")
            self._gap = True
            return
        if self._schema is not None and (mark in _ANNOTATIONS or (self._gap and set(values) == _ERROR)):
            self._schema, self._annotations = None, {}
        self._gap = False
        if mark in _ANNOTATIONS:
            self._annotations[mark] = values
        elif self._schema is None:
            self._schema = self._header(values)
            yield self._schema, None
        else:
            row = self._schema.read(values)
            _check_error(self._schema, row)
            yield self._schema, row

    def _header(self, names: list[str]) -> FluxSchema:
        types = self._annotations.get("#datatype")
        if types is None:
            if set(names) == _ERROR:
                return FluxSchema(tuple(FluxColumn(name, "string", group=True) for name in names))
            raise broken("it has no #datatype annotation")
        groups = self._annotations.get("#group", ["false"] * len(names))
        defaults = self._annotations.get("#default", [""] * len(names))
        if not len(names) == len(types) == len(groups) == len(defaults):
            raise broken("annotations and header are not of one width")
        return FluxSchema(
            tuple(
                FluxColumn(name, kind.partition(":")[0], group == "true", default)
                for name, kind, group, default in zip(names, types, groups, defaults, strict=True)
            )
        )


def _split(line: bytes) -> tuple[str, list[str]]:
    """Return the annotation of a line and its other values; none of these for an empty line."""
    try:
        text = line.removesuffix(b"\r").decode()
    except UnicodeDecodeError as exc:
        raise broken("it is no UTF-8") from exc
    if not text:
        return "", []
    parts = _cells(text) if '"' in text else text.split(",")
    return parts[0], parts[1:]


def _cells(text: str) -> list[str]:
    """Cut a line with quotes; `csv` would refuse values of more than 128 KiB."""
    found: list[str] = []
    at, more = 0, True
    while more:
        match = _CELL.match(text, at)
        if match is None:
            raise broken("its quotes are not those of CSV")
        found.append(match[2] if match[1] is None else match[1].replace('""', '"'))
        at, more = match.end(), match[3] == ","
    return found


def _check_error(schema: FluxSchema, row: Row) -> None:
    """
    Take a table that is an error: it comes where one shows after the answer has begun.

    Raises:
        StatementError: It is one.
    """
    if set(schema.names) == _ERROR:
        found = dict(zip(schema.names, row, strict=True))
        reference = f" (reference {found['reference']})" if found["reference"] else ""
        raise StatementError(f"{found['error']}{reference}", service="influxdb", operation="queryFlux")


class Tables:
    """Puts rows together to tables; a header without rows is a table without rows."""

    def __init__(self) -> None:
        self.found: list[FluxTable] = []
        self._schema: FluxSchema | None = None
        self._key: tuple[object, object] | None = None
        self._places: tuple[int, int] = (-1, -1)
        self._kept: list[int] = []

    def add(self, schema: FluxSchema, row: Row | None) -> None:
        """Take what a reader yields."""
        if schema is not self._schema:
            self._begin(schema)
        if row is None:
            return
        result, number = self._places
        key = (row[result] if result >= 0 else None, row[number] if number >= 0 else None)
        if key != self._key:
            if self._key is not None:
                self.found.append(self._empty(schema))
            self._key = key
            self.found[-1].result = str(key[0] or "")
            self.found[-1].number = int(cast("int", key[1] or 0))
        self.found[-1].rows.append(tuple([row[at] for at in self._kept]))

    def _begin(self, schema: FluxSchema) -> None:
        self._schema, self._key = schema, None
        self._places = schema.place("result"), schema.place("table")
        self._kept = [at for at in range(len(schema.columns)) if at not in self._places]
        self.found.append(self._empty(schema))

    def _empty(self, schema: FluxSchema) -> FluxTable:
        result, number = (schema.columns[at].read("") if at >= 0 else None for at in self._places)
        return FluxTable(str(result or ""), number or 0, tuple(schema.columns[at] for at in self._kept))


def broken(what: str) -> DecodeError:
    """Return the error for an answer that is not what it should be."""
    return DecodeError(f"the answer is no annotated CSV: {what}", service="influxdb", operation="queryFlux")
