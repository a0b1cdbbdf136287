"""Evaluate expressions on whole columns, with the real server's rules for types and for what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from catchment.local.influxdb.columns import Array, array_of
from catchment.local.influxdb.influxql.nodes import (
    COMPARISONS,
    Binary,
    BooleanLiteral,
    Call,
    Expr,
    IntegerLiteral,
    NumberLiteral,
    Paren,
    RegexLiteral,
    StringLiteral,
    VarRef,
)
from catchment.local.influxdb.numbers import go_power

Mask = NDArray[np.bool_]
_NUMERIC = ("float", "integer")
MATH = frozenset(
    [
        "abs",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "atan2",
        "exp",
        "log",
        "ln",
        "log2",
        "log10",
        "sqrt",
        "pow",
        "floor",
        "ceil",
        "round",
    ]
)


@dataclass(slots=True)
class Vector:
    """Values of one type, and which of them are there; `kind` is empty where nothing is."""

    kind: str
    values: Array
    present: Mask

    @classmethod
    def missing(cls, length: int) -> Vector:
        """Return a vector of nothing."""
        return cls("", np.zeros(length, dtype=np.float64), np.zeros(length, dtype=np.bool_))

    @classmethod
    def gap(cls, kind: str, length: int) -> Vector:
        """Return a vector of a type with nothing in it."""
        if not kind or kind == "field":
            return cls.missing(length)
        filler = {"string": "", "tag": "", "integer": 0, "boolean": False}.get(kind, 0.0)
        return cls(kind, array_of(kind, [filler]).repeat(length), np.zeros(length, dtype=np.bool_))

    @classmethod
    def full(cls, kind: str, values: Array) -> Vector:
        """Return a vector without gaps."""
        return cls(kind, values, np.ones(len(values), dtype=np.bool_))

    @classmethod
    def constant(cls, kind: str, value: object, length: int) -> Vector:
        """Return one value many times."""
        return cls.full(kind, array_of(kind, [value]).repeat(length))

    def at(self, rows: Array) -> Vector:
        """Return the rows of an index or a mask."""
        return Vector(self.kind, self.values[rows], self.present[rows])

    def to_list(self) -> list[object]:
        """Return plain Python values, None where nothing is. A float that is no number is nothing too."""
        present = self.present
        if self.kind == "float":
            present = present & ~np.isnan(self.values)
        values = cast("list[object]", self.values.tolist())
        if bool(present.all()):
            return values
        return [value if there else None for value, there in zip(values, present.tolist(), strict=True)]


class Evaluator:
    """
    Evaluates expressions over the columns of some rows.

    Args:
        columns: By name; a name that is not there is missing everywhere.
        length: How many rows there are.
        selecting: In the SELECT clause two integers divide as floats; in WHERE they do not.
    """

    def __init__(self, columns: Mapping[str, Vector], length: int, *, selecting: bool = False) -> None:
        self._columns = columns
        self._length = length
        self._selecting = selecting

    def holds(self, condition: Expr) -> Mask:
        """Return the rows for which a condition is true."""
        result = self.value(condition)
        if not isinstance(result, Vector) or result.kind != "boolean":
            return np.zeros(self._length, dtype=np.bool_)
        return result.values & result.present

    def value(self, expr: Expr) -> Vector | re.Pattern[str]:
        """Return the value of an expression in every row."""
        match expr:
            case VarRef(name=name):
                return self._columns.get(name) or Vector.missing(self._length)
            case Paren(inner=inner):
                return self.value(inner)
            case RegexLiteral(value=pattern):
                return pattern
            case BooleanLiteral(value=value):
                return Vector.constant("boolean", value, self._length)
            case IntegerLiteral(value=value):
                kind = "integer" if value < 2**63 else "float"
                return Vector.constant(kind, value, self._length)
            case NumberLiteral(value=value):
                return Vector.constant("float", value, self._length)
            case StringLiteral(value=value):
                return Vector.constant("string", value, self._length)
            case Call(name=name, args=args) if name in MATH:
                return self._math(name, [self.vector(each) for each in args])
            case Binary():
                return self._binary(expr)
            case _:
                return Vector.missing(self._length)

    def vector(self, expr: Expr) -> Vector:
        """Return the value of an expression that is no regular expression."""
        found = self.value(expr)
        return found if isinstance(found, Vector) else Vector.missing(self._length)

    def _binary(self, expr: Binary) -> Vector:
        op = expr.op
        left, right = self.vector(expr.left), self.value(expr.right)
        if not isinstance(right, Vector):
            return self._matched(op, left, right)
        if "boolean" in (left.kind, right.kind):
            return self._logic(op, left, right)
        if left.kind in _NUMERIC and right.kind in _NUMERIC:
            return self._numbers(op, left, right)
        texts = ("string", "tag")
        if left.kind in texts and right.kind in texts and op in ("=", "!="):
            same = cast("Mask", left.values == right.values)
            both = left.present & right.present
            return self._truth((same if op == "=" else ~same) & both)
        return self._nothing(op)

    def _truth(self, values: Mask) -> Vector:
        return Vector.full("boolean", values.astype(np.bool_))

    def _nothing(self, op: str) -> Vector:
        """Return what an operation gives that cannot be done: comparisons are false, the rest is missing."""
        if op in COMPARISONS:
            return self._truth(np.zeros(self._length, dtype=np.bool_))
        return Vector.missing(self._length)

    def _matched(self, op: str, left: Vector, pattern: re.Pattern[str]) -> Vector:
        if left.kind not in ("string", "tag"):
            return self._nothing("=" if op in COMPARISONS else op)
        known: dict[str, bool] = {}
        hits = np.zeros(self._length, dtype=np.bool_)
        for index, (text, there) in enumerate(zip(left.values.tolist(), left.present.tolist(), strict=True)):
            if there:
                if text not in known:
                    known[text] = (pattern.search(text) is not None) == (op == "=~")
                hits[index] = known[text]
        return self._truth(hits)

    def _logic(self, op: str, left: Vector, right: Vector) -> Vector:
        """Combine truths. Where one is missing, or of another type, the result is false."""
        for one in (left, right):
            if one.kind not in ("boolean", ""):
                return self._truth(np.zeros(self._length, dtype=np.bool_))
        one, other = (each.values.astype(np.bool_) & each.present for each in (left, right))
        both = left.present & right.present
        match op:
            case "AND" | "&":
                return self._truth(one & other)
            case "OR" | "|":
                return self._truth(one | other)
            case "=":
                return self._truth((one == other) & both)
            case "!=" | "^":
                return self._truth((one != other) & both)
            case _:
                return self._nothing(op)

    def _numbers(self, op: str, left: Vector, right: Vector) -> Vector:
        present = left.present & right.present
        if op in COMPARISONS:
            return self._truth(_compare(op, left.values, right.values) & present)
        whole = left.kind == right.kind == "integer"
        if op in ("&", "|", "^"):
            if not whole:
                return self._nothing(op)
            bits: dict[str, Callable[..., Array]] = {"&": np.bitwise_and, "|": np.bitwise_or, "^": np.bitwise_xor}
            return Vector("integer", bits[op](left.values, right.values), present)
        with np.errstate(all="ignore"):
            return self._arithmetic(op, left.values, right.values, present, whole=whole)

    def _arithmetic(self, op: str, left: Array, right: Array, present: Mask, *, whole: bool) -> Vector:
        kind = "integer" if whole else "float"
        match op:
            case "+":
                return Vector(kind, left + right, present)
            case "-":
                return Vector(kind, left - right, present)
            case "*":
                return Vector(kind, left * right, present)
            case "/":
                if whole and not self._selecting:
                    return Vector(kind, _truncated_division(left, right), present)
                quotient = np.where(right == 0, 0.0, left.astype(np.float64) / np.where(right == 0, 1, right))
                return Vector("float", quotient, present)
            case "%":
                if whole:
                    return Vector(kind, np.where(right == 0, 0, np.fmod(left, np.where(right == 0, 1, right))), present)
                return Vector(kind, np.fmod(left.astype(np.float64), right), present)
            case _:
                return self._nothing(op)

    def _math(self, name: str, args: list[Vector]) -> Vector:
        if any(each.kind not in _NUMERIC for each in args):
            return Vector.missing(self._length)
        present = args[0].present
        if name in ("abs", "floor", "ceil", "round"):
            if args[0].kind == "integer":
                # Also abs of a negative integer: so does the real server.
                return args[0]
            return Vector("float", _ROUNDED[name](args[0].values), present)
        floats = [each.values.astype(np.float64) for each in args]
        for each in args[1:]:
            present = present & each.present
        with np.errstate(all="ignore"):
            return Vector("float", _FUNCTIONS[name](*floats), present)


def _compare(op: str, left: Array, right: Array) -> Mask:
    functions: dict[str, Callable[..., Any]] = {
        "=": np.equal,
        "!=": np.not_equal,
        "<": np.less,
        "<=": np.less_equal,
        ">": np.greater,
        ">=": np.greater_equal,
    }
    found = functions.get(op)
    return cast("Mask", found(left, right)) if found else np.zeros(len(left), dtype=np.bool_)


def _truncated_division(left: Array, right: Array) -> Array:
    safe = np.where(right == 0, 1, right)
    quotient = np.abs(left) // np.abs(safe) * np.sign(left) * np.sign(safe)
    return np.where(right == 0, 0, quotient)


def _half_away(values: Array) -> Array:
    whole = np.trunc(values)
    return np.where(np.abs(values - whole) >= 0.5, whole + np.copysign(1, values), whole)


def _logarithm(values: Array, base: Array) -> Array:
    return np.log(values) / np.log(base)


def _power(bases: Array, exponents: Array) -> Array:
    pairs = zip(bases.tolist(), exponents.tolist(), strict=True)
    return np.array([go_power(base, exponent) for base, exponent in pairs], dtype=np.float64)


_ROUNDED: dict[str, Callable[..., Array]] = {"abs": np.abs, "floor": np.floor, "ceil": np.ceil, "round": _half_away}
_FUNCTIONS: dict[str, Callable[..., Array]] = {
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "exp": np.exp,
    "log": _logarithm,
    "ln": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "pow": _power,
}
