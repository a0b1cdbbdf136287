"""Give names their types, put real columns in the place of wildcards, and name the columns of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from catchment.local.influxdb.columns import TYPES
from catchment.local.influxdb.errors import InfluxError
from catchment.local.influxdb.influxql.nodes import (
    Binary,
    BooleanLiteral,
    Call,
    Distinct,
    Expr,
    Field,
    IntegerLiteral,
    Measurement,
    NumberLiteral,
    Paren,
    RegexLiteral,
    Select,
    Source,
    StringLiteral,
    SubQuery,
    VarRef,
    Wildcard,
)
from catchment.local.influxdb.storage import strongest

_NUMBERS = frozenset({"float", "integer", "unsigned"})
_ANY_TYPE = frozenset({"count", "first", "last", "distinct", "elapsed", "mode", "sample"})
_FLOATS = frozenset({"mean", "median", "integral", "stddev", "derivative", "non_negative_derivative", "moving_average"})
# The order of types where names are equal.
_TYPE_ORDER = ("", "float", "integer", "string", "boolean", "tag", "field", "unsigned")


class Catalog(Protocol):
    """What is known of measurements in the time of a query."""

    def fields_of(self, source: Measurement) -> dict[str, str]:
        """Return the fields of a measurement with their types."""
        ...

    def tags_of(self, source: Measurement) -> set[str]:
        """Return the tag keys of a measurement."""
        ...


def shape(statement: Select, catalog: Catalog) -> Select:
    """
    Return a statement with types at its names and without wildcards.

    Raises:
        InfluxError: A wildcard stands where none can, or types do not fit.
    """
    sources: list[Source] = [
        SubQuery(shape(each.statement, catalog)) if isinstance(each, SubQuery) else each for each in statement.sources
    ]
    shaped = replace(statement, sources=sources)
    shaped.fields = [Field(_typed(each.expr, sources, catalog), each.alias) for each in statement.fields]
    if shaped.condition is not None:
        shaped.condition = _typed(shaped.condition, sources, catalog)
    _expand(shaped, catalog)
    for each in shaped.fields:
        _check_type(each.expr)
    return shaped


def _typed(expr: Expr, sources: Sequence[Source], catalog: Catalog) -> Expr:
    match expr:
        case VarRef(name=name, type=kind):
            if kind not in ("", "field"):
                return expr
            found = _type_of_name(name, sources, catalog)
            return VarRef(name, kind if found == "tag" and kind == "field" else found)
        case Distinct(name=name):
            return Call("distinct", [_typed(VarRef(name), sources, catalog)])
        case _:
            return expr.rebuilt(lambda each: _typed(each, sources, catalog))


def _type_of_name(name: str, sources: Sequence[Source], catalog: Catalog) -> str:
    return strongest(kind for source in sources if (kind := _type_in(name, source, catalog)))


def _type_in(name: str, source: Source, catalog: Catalog) -> str:
    if isinstance(source, Measurement):
        return catalog.fields_of(source).get(name) or ("tag" if name in catalog.tags_of(source) else "")
    statement = source.statement
    for each in statement.fields:
        if each.name == name:
            return type_of_expr(each.expr)
        if isinstance(each.expr, Call) and each.expr.name in ("top", "bottom"):
            for arg in each.expr.args[1:-1]:
                if isinstance(arg, VarRef) and arg.name == name:
                    return arg.type
    return "tag" if name in statement.tag_dimensions else ""


def type_of_expr(expr: Expr) -> str:
    """Return the type of an expression whose names are typed; empty when it is not known."""
    match expr:
        case VarRef(type=kind):
            return kind
        case Paren(inner=inner):
            return type_of_expr(inner)
        case NumberLiteral():
            return "float"
        case IntegerLiteral():
            return "integer"
        case StringLiteral():
            return "string"
        case BooleanLiteral():
            return "boolean"
        case Call(name=name, args=args):
            return _type_of_call(name, [type_of_expr(each) for each in args])
        case Binary(op=op, left=left, right=right):
            return _type_of_binary(op, type_of_expr(left), type_of_expr(right))
        case _:
            return ""


def _type_of_call(name: str, args: list[str]) -> str:
    if name in _FLOATS:
        return "float"
    if name in ("count", "elapsed"):
        return "integer"
    return args[0] if args else ""


def _type_of_binary(op: str, left: str, right: str) -> str:
    if not left or not right:
        return left or right
    if op in ("=", "!=", "<", "<=", ">", ">=", "=~", "!~", "AND", "OR"):
        return "boolean"
    pair = {left, right}
    if pair == {"boolean"}:
        return "boolean"
    if pair <= {"float", "integer"}:
        if op in ("&", "|", "^"):
            return "integer" if pair == {"integer"} else ""
        # A quotient of integers is typed as an integer, though it is computed as a float.
        return "float" if "float" in pair else "integer"
    return ""


def _check_type(expr: Expr) -> None:
    match expr:
        case Binary(op=op, left=left, right=right):
            _check_type(left)
            _check_type(right)
            kinds = type_of_expr(left), type_of_expr(right)
            if all(kinds) and not _type_of_binary(op, *kinds):
                message = f"type error: {expr}: incompatible types: {kinds[0]} and {kinds[1]}"
                raise InfluxError(message)
        case _:
            for child in expr.children():
                _check_type(child)


# Wildcards


def _expand(statement: Select, catalog: Catalog) -> None:
    wild_fields = any(isinstance(n, Wildcard | RegexLiteral) for f in statement.fields for n in f.expr.walk())
    wild_dimensions = any(isinstance(each, Wildcard | RegexLiteral) for each in statement.dimensions)
    if not wild_fields and not wild_dimensions:
        return
    fields, tags = _columns(statement.sources, catalog)
    if not wild_dimensions:
        tags -= set(statement.tag_dimensions)
    references: list[VarRef] = []
    if fields:
        references = [VarRef(name, kind) for name, kind in fields.items()]
        if not wild_dimensions:
            references.extend(VarRef(name, "tag") for name in tags)
        references.sort(key=lambda each: (each.name, _TYPE_ORDER.index(each.type)))
    if wild_fields:
        statement.fields = [new for each in statement.fields for new in _expand_field(each, references)]
    if wild_dimensions:
        names = sorted(tags)
        statement.dimensions = [new for each in statement.dimensions for new in _expand_dimension(each, names)]


def _columns(sources: Sequence[Source], catalog: Catalog) -> tuple[dict[str, str], set[str]]:
    fields: dict[str, str] = {}
    tags: set[str] = set()
    for source in sources:
        if isinstance(source, Measurement):
            found, more = catalog.fields_of(source), catalog.tags_of(source)
        else:
            inner = source.statement
            found = {each.name: type_of_expr(each.expr) for each in inner.fields}
            more = set(inner.tag_dimensions)
        tags |= more
        for name, kind in found.items():
            known = fields.get(name, "")
            fields[name] = min((each for each in (known, kind) if each), key=TYPES.index, default="")
    return fields, tags


def _expand_dimension(dimension: Expr, names: list[str]) -> Iterator[Expr]:
    match dimension:
        case Wildcard():
            yield from (VarRef(name) for name in names)
        case RegexLiteral(value=pattern):
            yield from (VarRef(name) for name in names if pattern.search(name))
        case _:
            yield dimension


def _expand_field(field: Field, references: list[VarRef]) -> Iterator[Field]:
    match field.expr:
        case Wildcard(type=only):
            for each in references:
                if not only or (only == "tag") == (each.type == "tag"):
                    yield Field(VarRef(each.name, each.type))
        case RegexLiteral(value=pattern):
            for each in references:
                if pattern.search(each.name):
                    yield Field(VarRef(each.name, each.type))
        case Call() as call:
            yield from _expand_call(field, call, references)
        case Binary() as binary:
            for node in binary.walk():
                if isinstance(node, Wildcard | RegexLiteral):
                    what = "wildcard" if isinstance(node, Wildcard) else "regex field"
                    message = f"unsupported expression with {what}: {binary}"
                    raise InfluxError(message)
            yield field
        case _:
            yield field


def _expand_call(field: Field, call: Call, references: list[VarRef]) -> Iterator[Field]:
    innermost = call
    while innermost.args and isinstance(innermost.args[0], Call):
        innermost = innermost.args[0]
    first = innermost.args[0] if innermost.args else None
    if not isinstance(first, Wildcard | RegexLiteral):
        yield field
        return
    if isinstance(first, Wildcard) and first.type == "tag":
        message = f"unable to use tag wildcard in {innermost.name}()"
        raise InfluxError(message)
    for each in references:
        if not _takes(innermost.name, each.type):
            continue
        if isinstance(first, RegexLiteral) and not first.value.search(each.name):
            continue
        yield Field(_with_argument(call, VarRef(each.name, each.type)), f"{field.name}_{each.name}")


def _takes(function: str, kind: str) -> bool:
    if kind == "string":
        return function in _ANY_TYPE
    if kind == "boolean":
        return function in _ANY_TYPE or function in ("min", "max")
    return kind in _NUMBERS


def _with_argument(call: Call, reference: VarRef) -> Call:
    first = call.args[0]
    inner: Expr = _with_argument(first, reference) if isinstance(first, Call) else reference
    return Call(call.name, [inner, *call.args[1:]])


def output_fields(statement: Select) -> list[Field]:
    """Return the columns of the answer without time: those of the statement, and what top and bottom add."""
    fields: list[Field] = []
    for each in statement.fields:
        fields.append(each)
        if isinstance(each.expr, Call) and each.expr.name in ("top", "bottom") and statement.target is None:
            fields.extend(Field(arg) for arg in each.expr.args[1:-1])
    return fields


def column_names(fields: Sequence[Field]) -> list[str]:
    """Return the names of the columns; a name that comes twice gets a number."""
    counts = {each.alias: 1 for each in fields if each.alias}
    names: list[str] = []
    for each in fields:
        name = each.name
        if not each.alias:
            count = counts.get(name)
            if count is not None:
                while f"{name}_{count}" in counts:
                    count += 1
                counts[name] = count + 1
                name = f"{name}_{count}"
            counts[name] = counts.get(name, 0) + 1
        names.append(name)
    return names
