"""Compute what is constant in an expression, and part a condition into a time range and the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass

from catchment.local.influxdb.errors import InfluxError
from catchment.local.influxdb.influxql.nodes import (
    Binary,
    BooleanLiteral,
    Call,
    DurationLiteral,
    Expr,
    IntegerLiteral,
    Literal,
    NilLiteral,
    NumberLiteral,
    Paren,
    StringLiteral,
    TimeLiteral,
    VarRef,
)
from catchment.local.influxdb.numbers import wrap_int64
from catchment.local.influxdb.times import MAX_TIME, MIN_TIME, is_time_text, parse_time, rfc3339

_MIRRORED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
GO_TYPES = {
    "VarRef": "VarRef",
    "Binary": "BinaryExpr",
    "Paren": "ParenExpr",
    "Wildcard": "Wildcard",
    "Distinct": "Distinct",
}


def go_type(node: Expr) -> str:
    """Return how Go names the type of a node."""
    name = type(node).__name__
    return "*influxql." + GO_TYPES.get(name, name)


@dataclass(frozen=True, slots=True)
class Context:
    """What constants depend on: the time (None leaves `now()` alone) and the zone of the query."""

    now: int | None = None
    zone: str = ""


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A range of times, both ends included; None is open."""

    low: int | None = None
    high: int | None = None

    def within(self, other: TimeRange) -> TimeRange:
        """Return what both ranges share."""
        lows = [each for each in (self.low, other.low) if each is not None]
        highs = [each for each in (self.high, other.high) if each is not None]
        return TimeRange(max(lows, default=None), min(highs, default=None))


def fold(expr: Expr, context: Context) -> Expr:
    """Return an expression with its constant parts computed, without outer brackets."""
    folded = _fold(expr, context)
    return folded.inner if isinstance(folded, Paren) else folded


def _fold(expr: Expr, context: Context) -> Expr:
    match expr:
        case Binary(op=op, left=left, right=right):
            return fold_binary(op, _fold(left, context), _fold(right, context), context)
        case Call(name="now", args=[]) if context.now is not None:
            return TimeLiteral(context.now)
        case Call():
            return expr.rebuilt(lambda each: _fold(each, context))
        case Paren(inner=inner):
            folded = _fold(inner, context)
            return Paren(folded) if isinstance(folded, Binary) else folded
        case _:
            return expr


def fold_binary(op: str, left: Expr, right: Expr, context: Context) -> Expr:
    """Return the value of an operation on constants, or the operation."""
    if op in ("AND", "OR"):
        shortcut = _fold_logic(op, left, right)
        if shortcut is not None:
            return shortcut
    if isinstance(left, Literal) and isinstance(right, Literal):
        folded = _fold_literals(op, left, right, context.zone)
        if folded is not None:
            return folded
    return Binary(op, left, right)


def _fold_logic(op: str, left: Expr, right: Expr) -> Expr | None:
    stop = op == "OR"
    for one, other in ((left, right), (right, left)):
        if isinstance(one, BooleanLiteral):
            return BooleanLiteral(stop) if one.value == stop else other
    return None


def _fold_literals(op: str, left: Literal, right: Literal, zone: str) -> Expr | None:
    if isinstance(left, NilLiteral) or isinstance(right, NilLiteral):
        return BooleanLiteral(value=False) if isinstance(right, NilLiteral) or op in ("=", "!=") else None
    if isinstance(left, StringLiteral) and isinstance(right, StringLiteral):
        return _fold_strings(op, left, right, zone)
    moved = _as_times(left, right, zone)
    if moved is not None:
        left, right = moved
    match left, right:
        case TimeLiteral() | DurationLiteral(), _:
            return _fold_times(op, left, right)
        case _, TimeLiteral() | DurationLiteral():
            return _fold_times(op, left, right)
        case BooleanLiteral(value=one), BooleanLiteral(value=other):
            return _fold_booleans(op, one, other)
        case ((NumberLiteral() | IntegerLiteral()), (NumberLiteral() | IntegerLiteral())):
            return _fold_numbers(op, left.value, right.value)
        case _:
            return None


def _as_times(left: Literal, right: Literal, zone: str) -> tuple[Literal, Literal] | None:
    """Read a string beside a time, a duration or an integer as a time."""
    beside = (TimeLiteral, DurationLiteral, IntegerLiteral)
    try:
        if isinstance(left, StringLiteral) and isinstance(right, beside):
            return TimeLiteral(parse_time(left.value, zone)), right
        if isinstance(right, StringLiteral) and isinstance(left, beside):
            return left, TimeLiteral(parse_time(right.value, zone))
    except ValueError:
        return None
    return None


def _fold_strings(op: str, left: StringLiteral, right: StringLiteral, zone: str) -> Expr | None:
    if op == "+":
        return StringLiteral(left.value + right.value)
    try:
        times = parse_time(left.value, zone), parse_time(right.value, zone)
    except ValueError:
        return BooleanLiteral((left.value == right.value) == (op == "=")) if op in ("=", "!=") else None
    return _fold_times(op, TimeLiteral(times[0]), TimeLiteral(times[1]))


def _fold_booleans(op: str, left: bool, right: bool) -> Expr | None:
    match op:
        case "=":
            return BooleanLiteral(left == right)
        case "!=" | "^":
            return BooleanLiteral(left != right)
        case "&":
            return BooleanLiteral(left and right)
        case "|":
            return BooleanLiteral(left or right)
        case _:
            return None


def _compared(op: str, left: float, right: float) -> Expr | None:
    match op:
        case "=":
            return BooleanLiteral(left == right)
        case "!=":
            return BooleanLiteral(left != right)
        case "<":
            return BooleanLiteral(left < right)
        case "<=":
            return BooleanLiteral(left <= right)
        case ">":
            return BooleanLiteral(left > right)
        case ">=":
            return BooleanLiteral(left >= right)
        case _:
            return None


def _fold_times(op: str, left: Literal, right: Literal) -> Expr | None:
    match left, right:
        case TimeLiteral(value=one), TimeLiteral(value=other):
            return DurationLiteral(one - other) if op == "-" else _compared(op, one, other)
        case DurationLiteral(value=one), DurationLiteral(value=other):
            if op in "+-":
                return DurationLiteral(one + other if op == "+" else one - other)
            return _compared(op, one, other)
        case (TimeLiteral(value=one), DurationLiteral(value=other) | IntegerLiteral(value=other)) if op in "+-":
            return TimeLiteral(one + other if op == "+" else one - other)
        case (IntegerLiteral(value=one), DurationLiteral(value=other)) if op in "+-":
            return TimeLiteral(one + other if op == "+" else one - other)
        case (DurationLiteral(value=one) | IntegerLiteral(value=one), TimeLiteral(value=other)) if op == "+":
            return TimeLiteral(one + other)
        case DurationLiteral(value=one), NumberLiteral(value=number) | IntegerLiteral(value=number):
            if op == "*":
                return DurationLiteral(wrap_int64(one * int(number)))
            if op == "/":
                return DurationLiteral(int(one / int(number)) if int(number) else 0)
            return None
        case _:
            return None


def _fold_numbers(op: str, left: float, right: float) -> Expr | None:
    whole = isinstance(left, int) and isinstance(right, int)

    def make(value: float) -> Expr:
        return IntegerLiteral(wrap_int64(int(value))) if whole else NumberLiteral(float(value))

    match op:
        case "+":
            return make(left + right)
        case "-":
            return make(left - right)
        case "*":
            return make(left * right)
        case "/":
            return NumberLiteral(left / right if right else 0.0)
        case "%":
            if not right:
                return make(0) if whole else NumberLiteral(math.nan)
            return make(int(math.fmod(left, right)) if whole else math.fmod(left, right))
        case "&" | "|" | "^" if isinstance(left, int) and isinstance(right, int):
            return IntegerLiteral({"&": left & right, "|": left | right, "^": left ^ right}[op])
        case _:
            return _compared(op, left, right)


# Conditions


def split_condition(condition: Expr | None, context: Context) -> tuple[Expr | None, TimeRange]:
    """
    Return a condition without its times, and the range that they make.

    Raises:
        InfluxError: A time is compared in a way that makes no range.
    """
    if condition is None:
        return None, TimeRange()
    rest, times = _split(condition, context)
    if isinstance(rest, Paren):
        rest = rest.inner
    return (None if isinstance(rest, BooleanLiteral) and rest.value else rest), times


def _split(condition: Expr, context: Context) -> tuple[Expr | None, TimeRange]:
    match condition:
        case Binary(op=("AND" | "OR") as op, left=left, right=right):
            left_rest, left_times = _split(left, context)
            right_rest, right_times = _split(right, context)
            # Also with OR: so does the real server.
            times = left_times.within(right_times)
            if left_rest is None or right_rest is None:
                return (right_rest if left_rest is None else left_rest), times
            return _fold(Binary(op, left_rest, right_rest), Context()), times
        case Binary(op=op, left=VarRef(name=name), right=right) if name.lower() == "time":
            return None, _range(op, right, context)
        case Binary(op=op, left=left, right=VarRef(name=name)) if name.lower() == "time":
            return None, _range(_MIRRORED.get(op, op), left, context)
        case Binary():
            return _fold(condition, context), TimeRange()
        case Paren(inner=inner):
            rest, times = _split(inner, context)
            return (None if rest is None else _fold(Paren(rest), Context())), times
        case BooleanLiteral():
            return condition, TimeRange()
        case _:
            message = f"invalid condition expression: {condition}"
            raise InfluxError(message)


def _range(op: str, value: Expr, context: Context) -> TimeRange:
    time = _time_of(value, context)
    match op:
        case ">":
            return TimeRange(low=time + 1)
        case ">=":
            return TimeRange(low=time)
        case "<":
            return TimeRange(high=time - 1)
        case "<=":
            return TimeRange(high=time)
        case "=":
            return TimeRange(time, time)
        case _:
            message = f"invalid time comparison operator: {op}"
            raise InfluxError(message)


def _time_of(value: Expr, context: Context) -> int:
    if isinstance(value, StringLiteral) and is_time_text(value.value):
        try:
            value = TimeLiteral(parse_time(value.value, context.zone))
        except ValueError as error:
            raise InfluxError(str(error)) from None
    value = fold(value, context)
    match value:
        case TimeLiteral(value=time):
            if time > MAX_TIME or time <= MIN_TIME:
                way = "overflows" if time > 0 else "underflows"
                message = f"time {rfc3339(time - time % 1_000_000_000)} {way} time literal"
                raise InfluxError(message)
            return time
        case DurationLiteral(value=time) | IntegerLiteral(value=time):
            return time
        case NumberLiteral(value=number):
            return int(number)
        case _:
            message = f"invalid operation: time and {go_type(value)} are not compatible"
            raise InfluxError(message)


def mentions_time(condition: Expr | None) -> bool:
    """Tell whether a condition is about time."""
    if condition is None:
        return False
    return any(isinstance(node, VarRef) and node.name.lower() == "time" for node in condition.walk())


def names_in(expr: Expr | None) -> list[VarRef]:
    """Return the fields and tags that an expression uses, each once."""
    found: dict[str, VarRef] = {}
    for node in expr.walk() if expr is not None else ():
        if isinstance(node, VarRef):
            found.setdefault(node.name, node)
    return list(found.values())
