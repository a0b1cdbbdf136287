"""Hold the answers of statements, column by column, before they are written as JSON, CSV or msgpack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

Kind = Literal["time", "float", "mixed"]


@dataclass(slots=True)
class Column:
    """Values of one column; `kind` says whether they are times (nanoseconds), floats, or something else."""

    name: str
    values: Sequence[object]
    kind: Kind = "mixed"


@dataclass(slots=True)
class Series:
    """One series of an answer."""

    name: str
    columns: list[Column]
    tags: dict[str, str] = field(default_factory=dict[str, str])
    partial: bool = False
    zone: str = ""
    # Without rows the real server leaves `values` out, or names it null.
    null_values: bool = False

    @property
    def length(self) -> int:
        """How many rows there are."""
        return len(self.columns[0].values) if self.columns else 0

    def slice(self, low: int, high: int) -> Series:
        """Return some of the rows."""
        columns = [replace(each, values=each.values[low:high]) for each in self.columns]
        return replace(self, columns=columns)


@dataclass(slots=True)
class StatementResult:
    """The answer of one statement, or a part of it."""

    statement: int
    series: list[Series] = field(default_factory=list[Series])
    messages: list[str] = field(default_factory=list[str])
    error: str = ""
    partial: bool = False


def table(name: str, names: Sequence[str], rows: Iterable[Sequence[object]]) -> Series:
    """Return a series of plain rows."""
    listed = list(rows)
    columns = [Column(each, [row[index] for row in listed]) for index, each in enumerate(names)]
    return Series(name, columns)


def in_chunks(result: StatementResult, size: int) -> Iterator[StatementResult]:
    """
    Yield the parts of an answer as the real server sends them.

    The last part of a series is not marked; a part is marked when more of its statement follows.
    """
    if not result.series:
        yield result
        return
    parts: list[Series] = []
    for series in result.series:
        starts = range(0, series.length, size) if series.length else (0,)
        for low in starts:
            part = series.slice(low, low + size)
            part.partial = low + size < series.length
            parts.append(part)
    for index, part in enumerate(parts):
        last = index + 1 == len(parts)
        yield StatementResult(result.statement, [part], result.messages if last else [], "", partial=not last)
