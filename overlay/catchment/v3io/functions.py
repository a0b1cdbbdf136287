"""Functions of V3IO's expression language."""

from __future__ import annotations

from typing import Literal

from catchment.core.errors import UnsafeInputError
from catchment.v3io.expressions import Attribute, Condition, Operand, Value, call, position


def minimum(first: Value, *others: Value) -> Operand:
    """Return the smaller of two values, or the smallest element of an array."""
    return call("min", first, *_at_most_one(others))


def maximum(first: Value, *others: Value) -> Operand:
    """Return the larger of two values, or the largest element of an array."""
    return call("max", first, *_at_most_one(others))


def sqrt(value: Value) -> Operand:
    """Return the square root."""
    return call("sqrt", value)


def if_else(condition: Condition, then: Value, otherwise: Value) -> Operand:
    """Return one of two values."""
    if not isinstance(condition, Condition):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UnsafeInputError(f"if_else begins with a condition, not {condition!r}")
    return call("if_else", condition, then, otherwise)


def if_not_exists(attribute: Attribute | str, default: Value) -> Operand:
    """Return an attribute, or a default where the item lacks it; for updates."""
    return call("if_not_exists", Attribute(attribute) if isinstance(attribute, str) else attribute, default)


def init_array(length: int, kind: Literal["int", "double"], fill: float | None = None) -> Operand:
    """
    Return a new array, for updates.

    Args:
        length: Elements, at least 1.
        kind: `"int"` for 64-bit integers, `"double"` for floats.
        fill: First value of each; 0 if left out.
    """
    if kind not in ("int", "double"):
        raise UnsafeInputError(f"kind={kind!r} must be 'int' or 'double'")
    if position(length, "a length") < 1:
        raise UnsafeInputError("an array has at least one element")
    return call("init_array", length, kind, *(() if fill is None else (fill,)))


def _at_most_one(others: tuple[Value, ...]) -> tuple[Value, ...]:
    if len(others) > 1:
        raise UnsafeInputError("the server compares two values, or the elements of one array; nest calls for more")
    return others
