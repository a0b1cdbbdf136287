"""The functions of the language."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Mapping
from functools import reduce

from catchment.local.v3io import limits
from catchment.local.v3io.expressions.running import NoAnswerError, Result, compare, integer, number, numbers, text
from catchment.local.v3io.values import Numbers, number_text, read_array

Function = Callable[..., Result]


def _length(value: Result) -> int:
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode())
    if isinstance(value, bytes) and read_array(value) is None:
        return len(value)
    return len(numbers(value))


def _candidates(values: tuple[Result, ...]) -> list[Result]:
    found: list[Result] = list(numbers(values[0])) if len(values) == 1 else list(values)
    if not found:
        raise NoAnswerError("an empty array has no least and no greatest")
    return found


def _smaller(left: Result, right: Result) -> Result:
    return left if compare("<=", left, right) else _other(left, right)


def _greater(left: Result, right: Result) -> Result:
    return left if compare(">=", left, right) else _other(left, right)


def _other(left: Result, right: Result) -> Result:
    if not compare("==", left, left) or not (compare("<", left, right) or compare(">", left, right)):
        raise NoAnswerError("values of unlike kinds have no order")
    return right


def _root(value: Result) -> float:
    found = number(value)
    if found < 0:
        raise NoAnswerError("a negative number has no square root")
    return math.sqrt(found)


def _init_array(count: Result, kind: Result, fill: Result = 0) -> Numbers:
    size, name = integer(count), text(kind)
    if not 0 <= size <= limits.ATTRIBUTE_BYTES // 8 or name not in {"int", "double"}:
        raise NoAnswerError("init_array takes a length, 'int' or 'double', and a value")
    if name == "double":
        return array("d", [float(number(fill))]) * size
    return array("q", [fitting_element(fill)]) * size


def fitting_element(value: Result) -> int:
    """Return a whole number that an array of integers can hold."""
    found = integer(value)
    if not -(2**63) <= found < 2**63:
        raise NoAnswerError("the number does not fit an array of integers")
    return found


def folded(fold: Callable[[float, float], float]) -> Callable[[Result, Result], Result]:
    """Return a function that folds an array into another, element by element."""

    def apply(left: Result, right: Result) -> Numbers:
        first, second = numbers(left), numbers(right)
        if len(first) != len(second):
            raise NoAnswerError("the arrays are of unlike lengths")
        pairs = [fold(one, other) for one, other in zip(first, second, strict=True)]
        if first.typecode == "q" and second.typecode == "q":
            return array("q", [fitting_element(each) for each in pairs])
        return array("d", [float(each) for each in pairs])

    return apply


def _average(value: Result) -> float:
    found = numbers(value)
    if not found:
        raise NoAnswerError("an empty array has no average")
    return sum(found) / len(found)


def _as_text(value: Result) -> str:
    return number_text(value) if isinstance(value, float) else str(number(value))


_OF_ONE: Mapping[str, Callable[[Result], Result]] = {
    "length": _length,
    "sqrt": _root,
    "avg": _average,
    "sum": lambda value: sum(numbers(value)),
    "isnan": lambda value: math.isnan(number(value)),
    "nanaszero": lambda value: 0 if math.isnan(number(value)) else number(value),
    "to_int": lambda value: int(number(value)) if math.isfinite(number(value)) else integer(value),
    "str": _as_text,
}
_OF_TWO: Mapping[str, Callable[[Result, Result], Result]] = {
    "starts": lambda value, part: text(value).startswith(text(part)),
    "ends": lambda value, part: text(value).endswith(text(part)),
    "contains": lambda value, part: text(part) in text(value),
    "pmin": folded(min),
    "pmax": folded(max),
    "psum": folded(lambda left, right: left + right),
}


def _least(*values: Result) -> Result:
    return reduce(_smaller, _candidates(values))


def _greatest(*values: Result) -> Result:
    return reduce(_greater, _candidates(values))


FUNCTIONS: Mapping[str, tuple[int, int, Function]] = {
    **{name: (1, 1, function) for name, function in _OF_ONE.items()},
    **{name: (2, 2, function) for name, function in _OF_TWO.items()},
    "min": (1, 2, _least),
    "max": (1, 2, _greatest),
    "init_array": (2, 3, _init_array),
}
"""Fewest and most arguments, and the function itself; all arguments are values."""

_UNDESCRIBED = (
    "as", "extract_by_indices", "find", "find_all_indices", "maxdbl", "regexp_instr", "regexp_replace", "select",
    "sort_array", "stddev",
)  # fmt: skip
KNOWN_TO_THE_ENGINE = frozenset(_UNDESCRIBED)
"""Functions that the real server has, that no documentation describes, and that this one lacks."""
