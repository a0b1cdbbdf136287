"""Columns of answers: values as the server typed them, kept exactly, on their way into frames.

A column arrives in pieces, one a document. A piece is a numpy array (with a mask where values are missing), Arrow
strings where pyarrow is installed, or plain objects; the type of a whole column is decided when all pieces are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from catchment.core import extras
from catchment.core.errors import UnsafeInputError

Kind: TypeAlias = Literal["integer", "float", "boolean", "string", "null", "object"]

EXACT: Final = 2**53
"""Integers up to here are floats without loss."""

_KINDS: Final[Mapping[type, Kind]] = {int: "integer", float: "float", bool: "boolean", str: "string"}
_DTYPES: Final[Mapping[str, str]] = {"integer": "int64", "float": "float64", "boolean": "bool"}
_BLANKS: Final[Mapping[str, object]] = {"integer": 0, "float": float("nan"), "boolean": False}
_NULLABLE: Final[Mapping[str, str]] = {
    "integer": "Int64", "float": "Float64", "boolean": "boolean", "string": "string",
}  # fmt: skip


@dataclass(slots=True)
class Piece:
    """
    Values of one column.

    Attributes:
        kind: The server's type of all of them.
        values: A numpy array, an Arrow array of strings, or a list.
        valid: Mask of those that are not missing; `None` where none is, and where the values say so themselves.
        rows: How many.
    """

    kind: Kind
    values: Any
    valid: Any
    rows: int


def piece(values: Sequence[object]) -> Piece:
    """Look at values of one column and store them as what they are."""
    types = set(map(type, values))
    missing = type(None) in types
    types.discard(type(None))
    rows = len(values)
    if not types:
        return Piece("null", None, None, rows)
    kind = _kind(types, values)
    if kind == "string":
        return _strings(values, rows)
    if kind is None:
        return Piece("object", list(values), None, rows)
    np = extras.numpy()
    valid = np.fromiter((value is not None for value in values), bool, rows) if missing else None
    if missing:
        blank = _BLANKS[kind]
        values = [blank if value is None else value for value in values]
    try:
        return Piece(kind, np.array(values, dtype=_DTYPES[kind]), valid, rows)
    except OverflowError:  # unsigned integers of builds that have them
        return Piece("object", list(values), None, rows)


def _kind(types: set[type], values: Sequence[object]) -> Kind | None:
    if types == {int, float}:  # JSON writes 1.0 as 1
        exact = all(not isinstance(value, int) or -EXACT <= value <= EXACT for value in values)
        return "float" if exact else None
    return _KINDS.get(types.pop()) if len(types) == 1 else None


def constant(text: str, rows: int) -> Piece:
    """Return a column of one text, as the tags of a series are."""
    pa = extras.optional("pyarrow")
    if pa is not None:
        return Piece("string", pa.repeat(pa.scalar(text, pa.string()), rows), None, rows)
    return Piece("string", [text] * rows, None, rows)


def _strings(values: Sequence[object], rows: int) -> Piece:
    pa = extras.optional("pyarrow")
    return Piece("string", list(values) if pa is None else pa.array(values, pa.string()), None, rows)


# -- whole columns -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Whole:
    """
    A whole column.

    Attributes:
        kind: `null` where all is missing and nobody knows the type.
        pieces: Of this kind, or `null`.
        missing: Whether any value is.
    """

    kind: Kind
    pieces: list[Piece]
    missing: bool

    @property
    def rows(self) -> int:
        """How many values."""
        return sum(part.rows for part in self.pieces)


def whole(pieces: list[Piece], expected: Kind | None = None) -> Whole:
    """
    Decide the type of a column.

    Args:
        pieces: All there are.
        expected: The field's type on the server, for a column in which everything is missing.
    """
    kinds: set[Kind] = {part.kind for part in pieces if part.rows and part.kind != "null"}
    missing = any(part.kind == "null" or part.valid is not None or _null_count(part) for part in pieces if part.rows)
    if not kinds:
        return Whole(expected or "null", pieces, missing)
    if len(kinds) == 1:
        return Whole(kinds.pop(), pieces, missing)
    if kinds == {"integer", "float"} and all(_fits_float(part) for part in pieces):
        return Whole("float", [_as_float(part) for part in pieces], missing)
    return Whole("object", pieces, missing)


def as_floats(column: Whole) -> Whole:
    """Return a column of integers as one of floats, where floats hold them all; any other column as it is."""
    if column.kind != "integer" or not all(_fits_float(part) for part in column.pieces):
        return column
    return Whole("float", [_as_float(part) for part in column.pieces], column.missing)


def _null_count(part: Piece) -> int:
    if part.kind != "string":
        return 0
    return int(part.values.count(None)) if _is_list(part) else int(part.values.null_count)


def _is_list(part: Piece) -> bool:
    """Whether text is a list of Python's, because pyarrow is missing."""
    return isinstance(part.values, list)


def _fits_float(part: Piece) -> bool:
    return part.kind != "integer" or bool((abs(part.values) <= EXACT).all())


def _as_float(part: Piece) -> Piece:
    if part.kind != "integer":
        return part
    values = part.values.astype("float64")
    if part.valid is not None:
        values[~part.valid] = _BLANKS["float"]
    return Piece("float", values, part.valid, part.rows)


# -- into pandas -------------------------------------------------------------------------------------------------------

IntegersWithNulls: TypeAlias = Literal["Int64", "float64"]


def to_pandas(column: Whole, *, nullable: bool = False, integers: IntegersWithNulls = "Int64") -> Any:
    """
    Return a column as pandas wants it.

    Args:
        column: The column.
        nullable: Use pandas' own nullable types whether anything is missing or not.
        integers: What integers become where some are missing.

    Raises:
        UnsafeInputError: `"float64"`, and an integer that no float holds.
    """
    if column.kind in {"null", "object"}:
        return _objects(column)
    if column.kind == "string":
        return _pandas_strings(column, nullable=nullable)
    values, valid = _numbers(column)
    if column.kind == "integer" and column.missing and integers == "float64" and not nullable:
        return _floats(values, valid)
    if nullable or (column.missing and column.kind != "float"):
        return _masked(column.kind, values, valid)
    return values


def _numbers(column: Whole) -> tuple[Any, Any]:
    """Return all values in one array, and the mask of those that are there."""
    np = extras.numpy()
    dtype, blank = _DTYPES[column.kind], _BLANKS[column.kind]
    parts = [np.full(part.rows, blank, dtype) if part.kind == "null" else part.values for part in column.pieces]
    values = parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, dtype), *parts])
    if not column.missing:
        return values, None
    masks = [_mask(part) for part in column.pieces]
    return values, np.concatenate([np.empty(0, bool), *masks])


def _mask(part: Piece) -> Any:
    np = extras.numpy()
    if part.kind == "null":
        return np.zeros(part.rows, bool)
    return np.ones(part.rows, bool) if part.valid is None else part.valid


def _masked(kind: Kind, values: Any, valid: Any) -> Any:
    pd, np = extras.pandas(), extras.numpy()
    missing = np.zeros(len(values), bool) if valid is None else ~valid
    arrays = {"integer": "IntegerArray", "float": "FloatingArray", "boolean": "BooleanArray"}
    return getattr(pd.arrays, arrays[kind])(values, missing)


def _floats(values: Any, valid: Any) -> Any:
    if (abs(values) > EXACT).any():
        raise UnsafeInputError(
            f"integers above 2**53 would be altered by float64: {int(abs(values).max())}",
            hint='leave them integers: integers="Int64"',
        )
    floats = values.astype("float64")
    floats[~valid] = float("nan")
    return floats


def _pandas_strings(column: Whole, *, nullable: bool) -> Any:
    pd, pa = extras.pandas(), extras.optional("pyarrow")
    if pa is not None and (nullable or _has_str_dtype()):
        dtype = pd.StringDtype("pyarrow") if nullable else pd.StringDtype("pyarrow", na_value=float("nan"))
        return dtype.__from_arrow__(_arrow_strings(column))
    return pd.array(_objects(column), dtype="string") if nullable else _objects(column)


def _has_str_dtype() -> bool:
    """Whether text is a type of its own by default, as it is from pandas 3 on."""
    return int(extras.pandas().__version__.partition(".")[0]) >= 3


def _objects(column: Whole) -> Any:
    np = extras.numpy()
    array = np.empty(column.rows, dtype=object)
    array[:] = plain(column)
    return array


def plain(column: Whole) -> list[Any]:
    """Return a column as Python values, `None` for what is missing."""
    found: list[Any] = []
    for part in column.pieces:
        if part.kind == "null":
            found += [None] * part.rows
        elif part.kind in {"string", "object"}:
            found += part.values if _is_list(part) else part.values.to_pylist()
        else:
            values = part.values.tolist()
            found += values if part.valid is None else _with_holes(values, part.valid.tolist())
    return found


def _with_holes(values: list[Any], valid: list[bool]) -> list[Any]:
    return [value if there else None for value, there in zip(values, valid, strict=True)]


# -- into Arrow --------------------------------------------------------------------------------------------------------


def to_arrow(column: Whole) -> Any:
    """Return a column as an Arrow array in one piece."""
    pa = extras.needed("pyarrow", "arrow", "Arrow output")
    if column.kind == "string":
        return _arrow_strings(column).combine_chunks()
    if column.kind == "null":
        return pa.nulls(column.rows)
    if column.kind == "object":
        return _mixed(pa, plain(column))
    values, valid = _numbers(column)
    return pa.array(values, mask=None if valid is None else ~valid)


def _mixed(pa: Any, values: list[Any]) -> Any:
    """Return values of several types as text, as JSON writes them; lists keep their type."""
    if all(value is None or isinstance(value, list | tuple) for value in values):
        return pa.array(values, pa.list_(pa.string()))
    from json import dumps

    texts = [value if value is None or isinstance(value, str) else dumps(value) for value in values]
    return pa.array(texts, pa.string())


def _arrow_strings(column: Whole) -> Any:
    pa = extras.needed("pyarrow", "arrow", "Arrow output")
    return pa.chunked_array(
        [
            pa.nulls(part.rows, pa.string())
            if part.kind == "null"
            else pa.array(part.values, pa.string())
            if _is_list(part)
            else part.values
            for part in column.pieces
        ],
        pa.string(),
    )
