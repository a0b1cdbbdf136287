"""Tables of any kind as rows of attributes, each with the name of the item that it becomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

from catchment.core import extras
from catchment.core.errors import UnsafeInputError
from catchment.v3io.limits import SYSTEM_ATTRIBUTES, plain_text, whole, writable_name

Row: TypeAlias = dict[str, object]
Table: TypeAlias = Any
"""A DataFrame of pandas or polars, what has `__arrow_c_stream__`, or an iterable of mappings."""

CHUNK: Final = 1000
"""Rows that are turned into Python values at once."""

NAME: Final = "__name"
"""The item's name, as scans call it: frames that were read have it as index, and it is never stored as an attribute."""


def keyed_rows(table: Table, key: str | Sequence[str] | None) -> Iterator[tuple[str, Row]]:
    """
    Yield each row's item name and attributes; what is missing is left out.

    Args:
        table: See `Table`.
        key: Column that names the items; or two, of which the first is the sharding key and the second the sorting key.
            `None` takes a DataFrame's index, or a column `__name`.

    Raises:
        UnsafeInputError: Columns that cannot be attributes, a key that is missing, empty or there twice.
    """
    seen = set[str]()
    columns = None if key is None else [key] if isinstance(key, str) else list(key)
    if columns is not None and not 1 <= len(columns) <= 2:
        raise UnsafeInputError("key names one column, or two: the sharding key and the sorting key")
    for place, row in enumerate(_rows(table, indexed=columns is None)):
        name = _name(row, columns or [NAME], place)
        if name in seen:
            raise UnsafeInputError(f"row {place}: key {name!r} is there twice, and one row would replace the other")
        seen.add(name)
        row.pop(NAME, None)
        yield name, row


def _rows(table: Table, *, indexed: bool) -> Iterator[Row]:
    if _is_pandas(table):
        return _of_pandas(table, indexed=indexed)
    if hasattr(table, "__arrow_c_stream__"):
        return _of_arrow(table)
    given: object = table
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise UnsafeInputError(
            f"a {type(table).__name__} is no table", hint="give a DataFrame, an Arrow table or an iterable of mappings"
        )
    return _of_mappings(cast("Iterable[object]", given))


def _name(row: Row, columns: list[str], place: int) -> str:
    parts: list[str] = []
    for column in columns:
        value = row.get(column)
        number = whole(value)
        if number is None and not isinstance(value, str):
            what = "is missing" if value is None else f"is of type {type(value).__name__}"
            raise UnsafeInputError(
                f"row {place}: key {column!r} {what}; items are named by text or whole numbers",
                hint="name the column with key=, or convert it to text",
            )
        parts.append(str(number) if number is not None else plain_text(value, f"row {place}: key {column!r}"))
    if len(parts) == 2 and "." in parts[0]:
        raise UnsafeInputError(
            f"row {place}: sharding key {parts[0]!r} has a dot, and what follows it would be taken for the sorting key"
        )
    return ".".join(parts)


def _of_mappings(rows: Iterable[object]) -> Iterator[Row]:
    for place, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise UnsafeInputError(f"row {place} is a {type(row).__name__}, not a mapping of attributes")
        yield {name: value for name, value in cast("Mapping[str, object]", row).items() if value is not None}


# -- pandas ------------------------------------------------------------------------------------------------------------


def _is_pandas(table: object) -> bool:
    pandas = extras.loaded("pandas")
    return pandas is not None and isinstance(table, pandas.DataFrame)


def _of_pandas(frame: Any, *, indexed: bool) -> Iterator[Row]:
    if indexed and NAME not in frame.columns:
        frame = _with_index(frame)
    names = [str(label) for label in frame.columns]
    _check_columns(names)
    series = [frame.iloc[:, at] for at in range(len(names))]
    for start in range(0, len(frame), CHUNK):
        columns = [_values(one.iloc[start : start + CHUNK]) for one in series]
        for row in zip(*columns, strict=True):
            yield {name: value for name, value in zip(names, row, strict=True) if value is not None}


def _with_index(frame: Any) -> Any:
    """Return the frame with its index as the column of names, and as an attribute where it has a name of its own."""
    index = frame.index
    if index.nlevels > 1:
        raise UnsafeInputError(
            "a frame with an index of several levels has no one name for a row", hint="reset_index(), and give key="
        )
    frame = frame.reset_index(drop=index.name is None or index.name == NAME or index.name in frame.columns)
    frame.insert(0, NAME, list(index))
    return frame


def _values(series: Any) -> list[object]:
    """Return a column as Python values, `None` for what pandas calls missing."""
    pd = extras.pandas()
    missing = series.isna().tolist()
    values = list(series.array) if isinstance(series.dtype, pd.CategoricalDtype) else series.tolist()
    return [None if gone else value for gone, value in zip(missing, values, strict=True)]


# -- Arrow, and what speaks it -----------------------------------------------------------------------------------------


def _of_arrow(table: Any) -> Iterator[Row]:
    pa = extras.needed("pyarrow", "arrow", f"a {type(table).__name__} from {type(table).__module__.partition('.')[0]}")
    reader = pa.RecordBatchReader.from_stream(table)
    _check_columns(reader.schema.names)
    for batch in reader:
        for start in range(0, batch.num_rows, CHUNK):
            for row in batch.slice(start, CHUNK).to_pylist():
                yield {name: value for name, value in row.items() if value is not None}


def _check_columns(names: Sequence[str]) -> None:
    for name in names:
        if name in SYSTEM_ATTRIBUTES and name != NAME:
            raise UnsafeInputError(f"column {name!r} is an attribute of the system's; leave it out")
        if names.count(name) > 1:
            raise UnsafeInputError(f"there are two columns {name!r}")
        if name != NAME:
            writable_name(name)
