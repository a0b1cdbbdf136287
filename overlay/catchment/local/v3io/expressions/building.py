"""Make functions of an item out of operands and operators."""

from __future__ import annotations

from collections.abc import Callable

from catchment.local.v3io.expressions.running import (
    Evaluator,
    NoAnswerError,
    Result,
    Scope,
    combine,
    integer,
    negated,
    number,
    numbers,
)


def settled(condition: Callable[[Scope], bool]) -> Evaluator:
    """Return a single condition that is false where it has no answer; what is around it goes on."""

    def run(scope: Scope) -> bool:
        try:
            return condition(scope)
        except NoAnswerError:
            return False

    return run


def constant(value: Result) -> Evaluator:
    """Return what always has one value."""
    return lambda _: value


def signed(signs: list[str], inner: Evaluator) -> Evaluator:
    """Return an operand with `-` and `~` before it."""

    def run(scope: Scope) -> Result:
        result = inner(scope)
        for sign in reversed(signs):
            result = negated(result) if sign == "-" else ~integer(result)
        return result

    return run


def chained(first: Evaluator, rest: list[tuple[str, Evaluator]]) -> Evaluator:
    """Return operands with operators between them that bind from left to right."""

    def run(scope: Scope) -> Result:
        result = first(scope)
        for symbol, operand in rest:
            result = combine(symbol, result, operand(scope))
        return result

    return run


def element(value: Result, index: Result) -> float:
    """
    Return one element of an array.

    Raises:
        NoAnswerError: There is none at this place.
    """
    found, place = numbers(value), integer(index)
    if not 0 <= place < len(found):
        raise NoAnswerError(f"the array has no element {place}")
    return found[place]


def slice_of_array(value: Result, first: Result, last: Result) -> Result:
    """Return the elements `first..last`, both taken in."""
    found = numbers(value)
    start, stop = checked_slice(len(found), first, last)
    return found[start:stop]


def checked_slice(length: int, first: Result, last: Result) -> tuple[int, int]:
    """
    Return the first place and the one behind the last of `first..last`.

    Raises:
        NoAnswerError: An array of this length has no such elements.
    """
    start, end = integer(number(first)), integer(number(last))
    if not 0 <= start <= end < length:
        raise NoAnswerError(f"the array has no elements {start}..{end}")
    return start, end + 1
