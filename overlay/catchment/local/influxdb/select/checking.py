"""Refuse SELECT statements that make no sense, in the real server's words."""

from __future__ import annotations

from dataclasses import dataclass, field

from catchment.local.influxdb.durations import format_duration
from catchment.local.influxdb.errors import InfluxError, not_implemented
from catchment.local.influxdb.influxql.nodes import (
    Binary,
    Call,
    Distinct,
    DurationLiteral,
    Expr,
    Field,
    IntegerLiteral,
    Literal,
    NumberLiteral,
    Paren,
    RegexLiteral,
    Select,
    StringLiteral,
    TimeLiteral,
    VarRef,
    Wildcard,
)
from catchment.local.influxdb.select.folding import Context, TimeRange, fold, go_type, split_condition
from catchment.local.influxdb.select.vectors import MATH
from catchment.local.influxdb.times import parse_time

_SELECTORS = frozenset({"max", "min", "first", "last"})
_AGGREGATES = frozenset({"count", "sum", "mean", "median", "mode", "stddev", "spread"})
LACKING = frozenset(
    [
        "holt_winters",
        "holt_winters_with_fit",
        "exponential_moving_average",
        "double_exponential_moving_average",
        "triple_exponential_moving_average",
        "relative_strength_index",
        "triple_exponential_derivative",
        "kaufmans_efficiency_ratio",
        "kaufmans_adaptive_moving_average",
        "chande_momentum_oscillator",
    ]
)
# The year 1, from which Go counts when it cuts a time.
_YEAR_ONE = -62135596800 * 1_000_000_000


@dataclass(slots=True)
class Checked:
    """What is known of a SELECT once it is checked."""

    statement: Select
    condition: Expr | None
    times: TimeRange
    interval: int = 0
    interval_offset: int = 0
    inherited: bool = False
    calls: list[Call] = field(default_factory=list[Call])
    only_selectors: bool = True
    has_distinct: bool = False
    has_references: bool = False
    top_bottom: str = ""


def check_select(statement: Select, now: int) -> Checked:
    """
    Check a statement, its subqueries too, and return it with what follows from it.

    Raises:
        InfluxError: It makes no sense.
    """
    checked = _prepared(statement.copy(), now)
    return _compiled(checked)


def _prepared(statement: Select, now: int) -> Checked:
    context = Context(now, statement.zone)
    condition, times = split_condition(statement.condition, context)
    _check_condition(condition)
    checked = Checked(statement, condition, times)
    statement.dimensions = [_dimension(checked, each, now) for each in statement.dimensions]
    return checked


def _check_condition(condition: Expr | None) -> None:
    for node in condition.walk() if condition is not None else ():
        if isinstance(node, Call):
            if node.name not in MATH:
                message = f"invalid function call in condition: {node}"
                raise InfluxError(message)
            _need_args(node, 2 if node.name in ("atan2", "pow") else 1)


def _need_args(call: Call, wanted: int) -> None:
    if len(call.args) != wanted:
        message = f"invalid number of arguments for {call.name}, expected {wanted}, got {len(call.args)}"
        raise InfluxError(message)


def _dimension(checked: Checked, dimension: Expr, now: int) -> Expr:
    expr = fold(dimension, Context())
    match expr:
        case VarRef(name=name):
            if name.lower() == "time":
                message = "time() is a function and expects at least one argument"
                raise InfluxError(message)
        case Call():
            _check_time_call(checked, expr)
            if len(expr.args) == 2:
                checked.interval_offset = _offset(checked, expr.args[1], now)
                expr.args[1] = DurationLiteral(checked.interval_offset)
        case Wildcard() | RegexLiteral():
            pass
        case _:
            message = "only time and tag dimensions allowed"
            raise InfluxError(message)
    return expr


def _check_time_call(checked: Checked, call: Call) -> None:
    if call.name != "time":
        message = "only time() calls allowed in dimensions"
    elif not 1 <= len(call.args) <= 2:
        message = "time dimension expected 1 or 2 arguments"
    elif not isinstance(call.args[0], DurationLiteral):
        message = "time dimension must have duration argument"
    elif checked.interval:
        message = "multiple time dimensions not allowed"
    else:
        checked.interval = call.args[0].value
        return
    raise InfluxError(message)


def _offset(checked: Checked, value: Expr, now: int) -> int:
    interval = checked.interval
    match value:
        case DurationLiteral(value=offset):
            return offset % interval if offset >= 0 else -(-offset % interval)
        case TimeLiteral(value=time):
            return (time - _YEAR_ONE) % interval
        case Call(name=name, args=args):
            if name != "now":
                message = "time dimension offset function must be now()"
                raise InfluxError(message)
            if args:
                message = "time dimension offset now() function requires no arguments"
                raise InfluxError(message)
            return (now - _YEAR_ONE) % interval
        case StringLiteral(value=text):
            try:
                return (parse_time(text, checked.statement.zone) - _YEAR_ONE) % interval
            except ValueError:
                pass
        case _:
            pass
    message = "time dimension offset must be duration or now()"
    raise InfluxError(message)


def _compiled(checked: Checked) -> Checked:
    statement = checked.statement
    kept: list[Field] = []
    for each in statement.fields:
        if isinstance(each.expr, VarRef) and each.expr.name == "time":
            statement.time_alias = each.alias
            continue
        each.expr = fold(each.expr, Context())
        kept.append(each)
        _FieldChecker(checked).check(each.expr)
    statement.fields = kept
    _check_fields(checked)
    return checked


def _check_fields(checked: Checked) -> None:
    statement = checked.statement
    message = ""
    if not statement.fields:
        message = "at least 1 non-time field must be queried"
    elif len(checked.calls) > 1 and checked.top_bottom:
        message = f"selector function {checked.top_bottom}() cannot be combined with other functions"
    elif not checked.calls and statement.fill in ("none", "linear"):
        message = f"fill({statement.fill}) must be used with a function"
    elif not checked.calls and checked.interval and not checked.inherited:
        message = "GROUP BY requires at least one aggregate function"
    elif checked.has_distinct and (len(checked.calls) != 1 or checked.has_references):
        message = "aggregate function distinct() cannot be combined with other functions or fields"
    elif checked.has_references and not checked.only_selectors:
        message = "mixing aggregate and non-aggregate queries is not supported"
    elif checked.has_references and len(checked.calls) > 1:
        message = "mixing multiple selector functions with tags or fields is not supported"
    if message:
        raise InfluxError(message)


def check_subquery(outer: Checked, statement: Select, now: int) -> Checked:
    """
    Check a subquery.

    Raises:
        InfluxError: It makes no sense.
    """
    return _compiled(prepare_subquery(outer, statement, now))


def prepare_subquery(outer: Checked, statement: Select, now: int) -> Checked:
    """Return a subquery, which takes over time range, order and interval of what is around it."""
    inner = _prepared(statement.copy(), now)
    if statement.order and statement.ascending != outer.statement.ascending:
        message = "subqueries must be ordered in the same direction as the query itself"
        raise InfluxError(message)
    inner.times = inner.times.within(outer.times)
    inner.statement.order = outer.statement.order
    if outer.interval and not inner.interval:
        inner.interval, inner.interval_offset = outer.interval, outer.interval_offset
        inner.inherited = True
    return inner


class _FieldChecker:
    """Checks one column of a SELECT, and notes what it uses."""

    def __init__(self, checked: Checked) -> None:
        self._checked = checked
        self._wildcards = True

    def check(self, expr: Expr) -> None:
        match expr:
            case VarRef():
                self._checked.has_references = True
            case Wildcard() | RegexLiteral():
                self._checked.has_references = True
                if not self._wildcards:
                    what = "wildcard" if isinstance(expr, Wildcard) else "regex"
                    message = f"unable to use {what} in a binary expression"
                    raise InfluxError(message)
            case Call(name=name) if name in MATH:
                self._math(expr)
            case Call():
                self._checked.calls.append(expr)
                self._call(expr)
            case Distinct(name=name):
                call = Call("distinct", [VarRef(name)])
                self._checked.calls.append(call)
                self._distinct(call.args, nested=False)
            case Binary(left=left, right=right):
                self._binary(left, right)
            case Paren(inner=inner):
                self.check(inner)
            case _:
                message = "field must contain at least one variable"
                raise InfluxError(message)

    def _binary(self, left: Expr, right: Expr) -> None:
        self._wildcards = False
        literals = [isinstance(each, Literal) and not isinstance(each, RegexLiteral) for each in (left, right)]
        if all(literals):
            message = "cannot perform a binary expression on two literals"
            raise InfluxError(message)
        for each, literal in zip((left, right), literals, strict=True):
            if not literal:
                self.check(each)

    def _math(self, call: Call) -> None:
        _need_args(call, 2 if call.name in ("atan2", "pow", "log") else 1)
        for each in call.args:
            if not isinstance(each, Literal):
                self.check(each)

    def _call(self, call: Call) -> None:
        name = call.name
        match name:
            case "percentile":
                self._percentile(call)
            case "sample":
                self._sample(call)
            case "distinct":
                self._distinct(call.args, nested=False)
            case "top" | "bottom":
                self._top_bottom(call)
            case "derivative" | "non_negative_derivative" | "elapsed":
                self._between(call, 1, 2)
                self._unit(call, f"second argument to {name} must be a duration, got {{}}")
                self._stream(call)
            case "difference" | "non_negative_difference" | "cumulative_sum":
                if len(call.args) != 1:
                    message = f"invalid number of arguments for {name}, expected 1, got {len(call.args)}"
                    raise InfluxError(message)
                self._stream(call)
            case "moving_average":
                self._moving_average(call)
            case "integral":
                self._between(call, 1, 2)
                self._unit(call, "second argument must be a duration")
                self._checked.only_selectors = False
                self._symbol(name, call.args[0])
            case _ if name in LACKING:
                raise not_implemented(f"{name}()")
            case _:
                self._function(call)

    def _function(self, call: Call) -> None:
        if call.name not in _SELECTORS | _AGGREGATES:
            message = f"undefined function {call.name}()"
            raise InfluxError(message)
        if call.name in _AGGREGATES:
            self._checked.only_selectors = False
        _need_args(call, 1)
        if call.name == "count":
            match call.args[0]:
                case Call(name="distinct", args=args):
                    self._distinct(args, nested=True)
                    return
                case Distinct(name=name):
                    call.args[0] = Call("distinct", [VarRef(name)])
                    self._checked.only_selectors = False
                    return
                case _:
                    pass
        self._symbol(call.name, call.args[0])

    def _symbol(self, name: str, arg: Expr) -> None:
        match arg:
            case VarRef():
                return
            case Wildcard() | RegexLiteral():
                if not self._wildcards:
                    what = "wildcard" if isinstance(arg, Wildcard) else "regex field"
                    message = f"unsupported expression with {what}: {name}()"
                    raise InfluxError(message)
                self._checked.only_selectors = False
            case _:
                message = f"expected field argument in {name}()"
                raise InfluxError(message)

    def _between(self, call: Call, low: int, high: int) -> None:
        if not low <= len(call.args) <= high:
            message = (
                f"invalid number of arguments for {call.name}, expected at least {low} "
                f"but no more than {high}, got {len(call.args)}"
            )
            raise InfluxError(message)

    def _unit(self, call: Call, otherwise: str) -> None:
        if len(call.args) < 2:
            return
        unit = call.args[1]
        if not isinstance(unit, DurationLiteral):
            raise InfluxError(otherwise.format(go_type(unit)))
        if unit.value <= 0:
            message = f"duration argument must be positive, got {format_duration(unit.value)}"
            raise InfluxError(message)

    def _stream(self, call: Call) -> None:
        """Check a function that goes over points one after the other."""
        checked, first = self._checked, call.args[0]
        checked.only_selectors = False
        if isinstance(first, Call):
            if not checked.interval:
                message = f"{call.name} aggregate requires a GROUP BY interval"
                raise InfluxError(message)
            self._nested(first)
            return
        if checked.interval and not checked.inherited:
            message = f"aggregate function required inside the call to {call.name}"
            raise InfluxError(message)
        self._symbol(call.name, first)

    def _nested(self, call: Call) -> None:
        if call.name == "distinct":
            self._distinct(call.args, nested=True)
        else:
            self.check(call)

    def _moving_average(self, call: Call) -> None:
        if len(call.args) != 2:
            message = f"invalid number of arguments for moving_average, expected 2, got {len(call.args)}"
            raise InfluxError(message)
        size = call.args[1]
        if not isinstance(size, IntegerLiteral):
            message = f"second argument for moving_average must be an integer, got {go_type(size)}"
            raise InfluxError(message)
        if size.value <= 1:
            message = f"moving_average window must be greater than 1, got {size.value}"
            raise InfluxError(message)
        self._stream(call)

    def _percentile(self, call: Call) -> None:
        _need_args(call, 2)
        if not isinstance(call.args[1], IntegerLiteral | NumberLiteral):
            message = "expected float argument in percentile()"
            raise InfluxError(message)
        self._symbol("percentile", call.args[0])

    def _sample(self, call: Call) -> None:
        _need_args(call, 2)
        size = call.args[1]
        if not isinstance(size, IntegerLiteral):
            message = "expected integer argument in sample()"
            raise InfluxError(message)
        if size.value <= 0:
            message = f"sample window must be greater than 1, got {size.value}"
            raise InfluxError(message)
        self._symbol("sample", call.args[0])

    def _distinct(self, args: list[Expr], *, nested: bool) -> None:
        message = ""
        if not args:
            message = "distinct function requires at least one argument"
        elif len(args) != 1:
            message = "distinct function can only have one argument"
        elif not isinstance(args[0], VarRef):
            message = "expected field argument in distinct()"
        if message:
            raise InfluxError(message)
        if not nested:
            self._checked.has_distinct = True
        self._checked.only_selectors = False

    def _top_bottom(self, call: Call) -> None:
        checked, args = self._checked, call.args
        limit = args[-1] if args else None
        most = checked.statement.limit
        message = ""
        if checked.top_bottom:
            message = f"selector function {checked.top_bottom}() cannot be combined with other functions"
        elif len(args) < 2:
            message = f"invalid number of arguments for {call.name}, expected at least 2, got {len(args)}"
        elif not isinstance(limit, IntegerLiteral):
            message = f"expected integer as last argument in {call.name}(), found {limit}"
        elif limit.value <= 0:
            message = f"limit ({limit.value}) in {call.name} function must be at least 1"
        elif 0 < most < limit.value:
            message = (
                f"limit ({limit.value}) in {call.name} function can not be larger "
                f"than the LIMIT ({most}) in the select statement"
            )
        elif not isinstance(args[0], VarRef):
            message = f"expected first argument to be a field in {call.name}(), found {args[0]}"
        if message:
            raise InfluxError(message)
        for each in args[1:-1]:
            if not isinstance(each, VarRef):
                message = f"only fields or tags are allowed in {call.name}(), found {each}"
                raise InfluxError(message)
            if checked.statement.target is None:
                checked.has_references = True
        checked.top_bottom = call.name
