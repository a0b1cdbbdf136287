"""Items as tables: pandas, Arrow, polars; each attribute a column of the type that its values have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast

from catchment.core import columns_in, extras
from catchment.core.columns_in import Kind, Piece, Whole
from catchment.v3io import timestamps
from catchment.v3io.frame_rows import NAME
from catchment.v3io.schema import SCHEMA_NAME, Schema
from catchment.v3io.values import Value

if TYPE_CHECKING:
    import pandas as pd

_KINDS: Final[Mapping[str, Kind]] = {
    "string": "string", "double": "float", "long": "integer", "boolean": "boolean",
}  # fmt: skip
_NS_RANGE: Final = range(-(2**63) + 1, 2**63)


class Rows:
    """
    Items on their way into a table, by columns; the object that holds a table's schema is none.

    Args:
        columns: Attributes wanted, in order; by default all that come, in the order in which they do.
        schema: Of the table: the types of what it names, where values do not say them.
    """

    def __init__(self, columns: Sequence[str] | None = None, schema: Schema | None = None) -> None:
        known = [field.name for field in schema.fields] if schema is not None and columns is None else columns
        self.kinds: dict[str, str] = {field.name: field.type for field in schema.fields} if schema is not None else {}
        self.names: list[Value] = []
        self._pieces: dict[str, list[Piece]] = {name: [] for name in known or () if name != NAME}
        self._fixed = columns is not None

    def add(self, items: Sequence[Mapping[str, Value]]) -> None:
        """Take a page of items."""
        items = [item for item in items if item.get(NAME) != SCHEMA_NAME]
        if not items:
            return
        before = len(self.names)
        self.names += [item.get(NAME, "") for item in items]
        if not self._fixed:
            for name in dict.fromkeys(name for item in items for name in item if name != NAME):
                if name not in self._pieces:
                    self._pieces[name] = [Piece("null", None, None, before)] if before else []
        for name, pieces in self._pieces.items():
            pieces.append(columns_in.piece([item.get(name) for item in items]))

    def columns(self) -> dict[str, Whole]:
        """Return the columns, each of one type."""
        return {name: _typed(pieces, self.kinds.get(name)) for name, pieces in self._pieces.items()}


def _typed(pieces: list[Piece], kind: str | None) -> Whole:
    column = columns_in.whole(pieces, _KINDS.get(kind or ""))
    # The wire writes 1.0 as 1.
    return columns_in.as_floats(column) if kind == "double" else column


def to_pandas(rows: Rows) -> pd.DataFrame:
    """
    Return the items as a DataFrame, indexed by their names.

    Whole numbers are `int64`, or `Int64` where some are missing; whole numbers and floats together are `float64` where
    that holds them all; instants are `datetime64[ns, UTC]`; what has no type of its own stays as Python objects.
    """
    pandas = extras.pandas()
    data = {name: _pandas_column(column) for name, column in rows.columns().items()}
    index = pandas.Index(rows.names, name=NAME, dtype=object)
    return cast("pd.DataFrame", pandas.DataFrame(data, index=index, copy=False))


def _pandas_column(column: Whole) -> Any:
    pd = extras.pandas()
    stamps = _stamps(column)
    if stamps is None:
        return columns_in.to_pandas(column)
    np = extras.numpy()
    missing = -(2**63)  # NaT
    values = np.array([missing if stamp is None else stamp for stamp in stamps], "int64")
    return pd.DatetimeIndex(values.view("M8[ns]")).tz_localize("UTC")


def to_arrow(rows: Rows) -> Any:
    """
    Return the items as a `pyarrow.Table`; their names are the column `__name`.

    Raises:
        ConfigError: pyarrow is not installed.
    """
    pa = extras.needed("pyarrow", "arrow", "Arrow output")
    data = {NAME: pa.array(rows.names, pa.string())}
    data |= {name: _arrow_column(pa, column) for name, column in rows.columns().items()}
    return pa.table(data)


def _arrow_column(pa: Any, column: Whole) -> Any:
    stamps = _stamps(column)
    if stamps is not None:
        return pa.array(stamps, pa.timestamp("ns", "UTC"))
    if column.kind != "object":
        return columns_in.to_arrow(column)
    values = columns_in.plain(column)
    try:
        return pa.array(values)  # bytes, arrays of numbers
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return columns_in.to_arrow(column)


def to_polars(rows: Rows) -> Any:
    """
    Return the items as a `polars.DataFrame`; their names are the column `__name`.

    Raises:
        ConfigError: polars or pyarrow is not installed.
    """
    return extras.needed("polars", "arrow", "polars output").from_arrow(to_arrow(rows))


def _stamps(column: Whole) -> list[int | None] | None:
    """Return a column of instants as nanoseconds since 1970; `None` for any other, and for what these cannot hold."""
    if column.kind != "object":
        return None
    values = columns_in.plain(column)
    if not all(value is None or isinstance(value, datetime) for value in values):
        return None
    stamps = [None if value is None else timestamps.total_nanoseconds(value) for value in values]
    return stamps if all(stamp is None or stamp in _NS_RANGE for stamp in stamps) else None
