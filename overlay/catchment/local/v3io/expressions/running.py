"""Say what an expression is evaluated on, and how operands combine."""

from __future__ import annotations

import math
import operator
from array import array
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from catchment.local.v3io.nodes import SYSTEM_ATTRIBUTES, File, system_value
from catchment.local.v3io.values import Numbers, Timestamp, Value, read_array

Result: TypeAlias = "Value | Numbers"
Evaluator: TypeAlias = "Callable[[Scope], Result]"

_LOWEST, _HIGHEST = -(2**63), 2**64 - 1


class NoAnswerError(Exception):
    """A value cannot be told: an attribute is missing, or operands do not fit. Around it, a condition is false."""


class Scope:
    """
    What names in an expression mean.

    Args:
        name: Of the item.
        file: The item, or None where there is none yet.
        attributes: Its attributes, or a copy that an update works on.
    """

    __slots__ = ("attributes", "file", "name")

    def __init__(self, name: str, file: File | None, attributes: Mapping[str, Value]) -> None:
        self.name = name
        self.file = file
        self.attributes = attributes

    def find(self, attribute: str) -> Value | None:
        """Return the value of an attribute, or None."""
        found = self.attributes.get(attribute)
        if found is None and self.file is not None and attribute in SYSTEM_ATTRIBUTES:
            return system_value(attribute, self.name, self.file)
        return found

    def value(self, attribute: str) -> Value:
        """
        Return the value of an attribute.

        Raises:
            NoAnswerError: There is none.
        """
        found = self.find(attribute)
        if found is None:
            raise NoAnswerError(f"there is no attribute {attribute!r}")
        return found


def truth(evaluate: Evaluator, scope: Scope) -> bool:
    """Tell whether a condition holds; one that has no answer does not, and neither does one that is no boolean."""
    try:
        return evaluate(scope) is True
    except NoAnswerError:
        return False


# Kinds


def number(value: Result) -> float:
    """Return a number; booleans count as 1 and 0."""
    if isinstance(value, (bool, int, float)):
        return int(value) if isinstance(value, bool) else value
    raise NoAnswerError(f"a number is wanted, not {_kind(value)}")


def integer(value: Result) -> int:
    """Return a whole number."""
    found = number(value)
    if isinstance(found, float):
        if not found.is_integer():
            raise NoAnswerError("a whole number is wanted")
        return int(found)
    return found


def text(value: Result) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise NoAnswerError(f"a text is wanted, not {_kind(value)}")
    return value


def numbers(value: Result) -> Numbers:
    """Return the numbers of an array."""
    found = read_array(value) if isinstance(value, bytes) else value
    if not isinstance(found, array):
        raise NoAnswerError(f"an array is wanted, not {_kind(value)}")
    return found


def _kind(value: Result) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, Timestamp):
        return "instant"
    return "blob" if isinstance(value, bytes) else "array"


# Operators

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
COMPARISONS = frozenset(_COMPARISONS)


def compare(symbol: str, left: Result, right: Result) -> bool:
    """Compare two values of one kind; of unlike kinds no comparison holds, not even `!=`."""
    if _kind(left) != _kind(right):
        return False
    if isinstance(left, array) and isinstance(right, array) and symbol not in {"==", "!="}:
        return False
    return _COMPARISONS[symbol](left, right)


def combine(symbol: str, left: Result, right: Result) -> Result:
    """Apply an arithmetic or bitwise operator; `+` joins texts and blobs as well."""
    if symbol == "+" and isinstance(left, str) and isinstance(right, str):
        return left + right
    if symbol == "+" and isinstance(left, bytes) and isinstance(right, bytes):
        return left + right
    if symbol in _ARITHMETIC:
        return _within(_ARITHMETIC[symbol], number(left), number(right))
    return _within(_BITWISE[symbol], integer(left), integer(right))


def _divided(left: float, right: float) -> float:
    if right == 0:
        raise NoAnswerError("division by zero")
    if isinstance(left, int) and isinstance(right, int) and left % right == 0:
        return left // right
    return left / right


def _shifted(left: int, right: int) -> int:
    if not 0 <= right < 64:
        raise NoAnswerError("shifts go by 0 to 63")
    return left << right


_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divided,
}
_BITWISE: Mapping[str, Callable[[int, int], int]] = {
    "&": lambda left, right: left & right,
    "|": lambda left, right: left | right,
    "^": lambda left, right: left ^ right,
    "<<": _shifted,
    ">>": lambda left, right: left >> min(max(right, 0), 64),
}


def _within(apply: Callable[[Any, Any], float], left: float, right: float) -> float:
    try:
        result = apply(left, right)
    except OverflowError:
        return math.inf
    if isinstance(result, int) and not _LOWEST <= result <= _HIGHEST:
        raise NoAnswerError("the result does not fit 64 bits")
    return result


def negated(value: Result) -> float:
    """Return a number with the other sign."""
    found = number(value)
    return -found if isinstance(found, float) else _within(operator.sub, 0, found)
