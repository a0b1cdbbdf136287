"""Columns of a table on their way to lines, whatever kind of table they came from; and their plain line form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from catchment.core import extras
from catchment.influxdb import escaping

Kind: TypeAlias = Literal["float", "integer", "boolean", "string", "text"]
"""`string` is not escaped yet; `text` is a field's value exactly as it is sent."""


@dataclass(slots=True)
class Column:
    """
    One field of some rows.

    Attributes:
        key: The field's name as it is sent.
        kind: Says what `values` are.
        values: A numpy array of numbers or booleans; for `string` a list or a pyarrow array; for `text` a list.
        valid: numpy mask of the rows that have a value; `None` where all have.
    """

    key: str
    kind: Kind
    values: Any
    valid: Any = None


@dataclass(slots=True)
class Slab:
    """
    Some rows of a table, ready to be written.

    Attributes:
        start: The first row's number.
        codes: numpy array: index into `heads` of each row.
        heads: Distinct measurement and tags as sent.
        columns: The fields.
        times: numpy array of timestamps in units of the precision.
        kept: numpy mask of the rows to write; `None` for all.
    """

    start: int
    codes: Any
    heads: Sequence[str]
    columns: Sequence[Column]
    times: Any
    kept: Any | None = None

    def drop(self, rows: Any) -> None:
        """Leave rows of a mask out."""
        self.kept = ~rows if self.kept is None else self.kept & ~rows

    def without_field(self) -> Any | None:
        """Return a mask of the rows that no column has a value for; `None` where there cannot be one."""
        if any(column.valid is None for column in self.columns):
            return None
        np = extras.numpy()
        empty = np.ones(len(self.codes), bool)
        for column in self.columns:
            empty &= ~column.valid
        return empty


def lines(slab: Slab) -> list[str]:
    """Return the lines without their line feeds, with nothing but numpy; orjson writes numbers if it is there."""
    fields = [_formatted(column) for column in slab.columns]
    heads = [slab.heads[code] for code in slab.codes.tolist()]
    times = slab.times.tolist()
    nullable = [i for i, column in enumerate(slab.columns) if column.valid is not None]
    if not nullable and slab.kept is None:
        template = f"%s {','.join(template for template, _ in fields)} %s"
        return [template % row for row in zip(heads, *(values for _, values in fields), times, strict=True)]
    done: list[str | None] = [None] * len(heads)
    for rows, present in _patterns(slab, nullable):
        template = f"%s {','.join(fields[i][0] for i in present)} %s"
        chosen = (_picked(part, rows) for part in (heads, *(fields[i][1] for i in present), times))
        for row, values in zip(rows, zip(*chosen, strict=True), strict=True):
            done[row] = template % values
    return [line for line in done if line is not None]


def _picked(values: Sequence[Any], rows: Sequence[int]) -> Iterator[Any]:
    return map(values.__getitem__, rows)


def _patterns(slab: Slab, nullable: Sequence[int]) -> Iterator[tuple[list[int], list[int]]]:
    """Yield rows that lack the same fields, with the fields that they have."""
    np = extras.numpy()
    pattern = np.zeros(len(slab.codes), np.int64)
    for at, column in enumerate(nullable):
        if at % 60 == 59:  # renumbered before the bits run out
            pattern = np.unique(pattern, return_inverse=True)[1].reshape(-1)
        pattern = pattern * 2 + ~slab.columns[column].valid
    kept = np.arange(len(slab.codes)) if slab.kept is None else np.flatnonzero(slab.kept)
    order = kept[np.argsort(pattern[kept], kind="stable")]
    for rows in np.split(order, np.flatnonzero(np.diff(pattern[order])) + 1):
        if len(rows):
            absent = {i for i in nullable if not slab.columns[i].valid[rows[0]]}
            present = [i for i in range(len(slab.columns)) if i not in absent]
            if present:
                yield rows.tolist(), present


def _formatted(column: Column) -> tuple[str, Sequence[Any]]:
    """Return a piece of a template, and what goes into it row by row."""
    key = column.key.replace("%", "%%")
    if column.kind == "float":
        return _floats(key, column)
    if column.kind == "integer":
        return f"{key}=%si", column.values.tolist()
    if column.kind == "boolean":
        return f"{key}=%s", ["true" if value else "false" for value in column.values.tolist()]
    values: Sequence[Any] = column.values if _is_list(column.values) else column.values.to_pylist()
    if column.kind == "text":
        return f"{key}=%s", values
    return f'{key}="%s"', _escaped(values)


def _floats(key: str, column: Column) -> tuple[str, Sequence[Any]]:
    orjson = extras.optional("orjson")
    values = column.values
    if orjson is not None:
        text = orjson.dumps(extras.numpy().ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)
        return f"{key}=%s", text[1:-1].decode().split(",")
    if values.dtype.itemsize == 4:
        return f"{key}=%s", values.astype(str).tolist()
    return f"{key}=%s", values.tolist()


def _is_list(values: Any) -> bool:
    return isinstance(values, list)


def _escaped(values: Sequence[Any]) -> Sequence[Any]:
    texts = [value if isinstance(value, str) else "" for value in values]
    together = "".join(texts)
    if '"' in together or "\\" in together:
        return [escaping.escaped(text) for text in texts]
    return texts
