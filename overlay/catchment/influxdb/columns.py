"""Columns of a table on their way to lines, whatever kind of table they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from catchment.core import extras

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


Follows: TypeAlias = Literal["always", "never"] | Any
"""Whether another field follows one in its line; a numpy mask where rows differ."""


def follows(columns: Sequence[Column]) -> list[Follows]:
    """Return for each column in which rows another field follows."""
    found: list[Follows] = []
    later: Follows = "never"
    for column in reversed(columns):
        found.append(later)
        if column.valid is None:
            later = "always"
        elif isinstance(later, str):
            later = column.valid if later == "never" else later
        else:
            later = later | column.valid
    return found[::-1]
