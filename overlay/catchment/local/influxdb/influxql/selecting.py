"""Read SELECT and its clauses."""

from __future__ import annotations

from catchment.local.influxdb.errors import QuerySyntaxError
from catchment.local.influxdb.influxql.expressions import read_expression
from catchment.local.influxdb.influxql.nodes import (
    COMPARISONS,
    Binary,
    Call,
    Expr,
    Field,
    IntegerLiteral,
    Measurement,
    NumberLiteral,
    Select,
    SortField,
    Source,
    StringLiteral,
    SubQuery,
)
from catchment.local.influxdb.influxql.reading import TokenReader, unexpected
from catchment.local.influxdb.times import load_zone

_FILLS = ("null", "none", "previous", "linear")


def read_select(tokens: TokenReader, *, target_required: bool = False) -> Select:
    """Read what comes after SELECT."""
    select = Select(_fields(tokens))
    select.target = _target(tokens, required=target_required)
    tokens.need("FROM")
    select.sources = read_sources(tokens, subqueries=True)
    select.condition = read_condition(tokens)
    select.dimensions = read_dimensions(tokens)
    select.fill, select.fill_value = _fill(tokens)
    select.order = read_order(tokens)
    select.limit = tokens.optional_number("LIMIT")
    select.offset = tokens.optional_number("OFFSET")
    select.slimit = tokens.optional_number("SLIMIT")
    select.soffset = tokens.optional_number("SOFFSET")
    select.zone = _zone(tokens)
    return select


def _fields(tokens: TokenReader) -> list[Field]:
    fields = [_field(tokens)]
    while tokens.scan().kind == ",":
        fields.append(_field(tokens))
    tokens.back()
    return fields


def _field(tokens: TokenReader) -> Field:
    expr: Expr | None = tokens.regex()
    if expr is None:
        position = tokens.next().position
        tokens.back()
        expr = read_expression(tokens)
        misplaced = _misplaced(expr)
        if misplaced:
            where = f"at line {position.line + 1}, char {position.char + 1}"
            message = f"invalid operator {misplaced} in SELECT clause {where}; operator is intended for WHERE clause"
            raise QuerySyntaxError(message)
    alias = tokens.identifier() if tokens.take("AS") else ""
    tokens.skip_whitespace()
    return Field(expr, alias)


def _misplaced(expr: Expr) -> str:
    for node in expr.walk():
        if isinstance(node, Binary) and (node.op in COMPARISONS or node.op in ("AND", "OR")):
            return node.op
    return ""


def _target(tokens: TokenReader, *, required: bool) -> Measurement | None:
    token = tokens.next()
    if token.kind != "INTO":
        if required:
            raise unexpected(token, "INTO")
        tokens.back()
        return None
    names = tokens.segments()
    if len(names) < 3 and tokens.scanner.reader.peek() == ":":
        tokens.need(":", "MEASUREMENT")
        names.append("")
    database, policy, name = ["", "", *names][-3:]
    return Measurement(database, policy, name, target=True)


def read_sources(tokens: TokenReader, *, subqueries: bool) -> list[Source]:
    """Read measurements, and subqueries where they may stand."""
    sources = [read_source(tokens, subqueries=subqueries)]
    while tokens.take(","):
        sources.append(read_source(tokens, subqueries=subqueries))
    return sources


def read_source(tokens: TokenReader, *, subqueries: bool) -> Source:
    """Read a measurement or a subquery."""
    regex = tokens.regex()
    if regex is not None:
        return Measurement(regex=regex)
    if subqueries and tokens.take("("):
        tokens.need("SELECT")
        select = read_select(tokens)
        tokens.need(")")
        return SubQuery(select)
    names = tokens.segments()
    if len(names) == 3:
        database, policy, name = names
        return Measurement(database, policy, name)
    regex = tokens.regex()
    if regex is not None:
        database, policy = ["", *names][-2:]
        return Measurement(database, policy, "", regex)
    policy, name = ["", *names][-2:]
    return Measurement(policy=policy, name=name)


def read_condition(tokens: TokenReader) -> Expr | None:
    """Read WHERE."""
    return read_expression(tokens) if tokens.take("WHERE") else None


def read_dimensions(tokens: TokenReader) -> list[Expr]:
    """Read GROUP BY."""
    if not tokens.take("GROUP"):
        return []
    tokens.need("BY")
    dimensions = [_dimension(tokens)]
    while tokens.scan().kind == ",":
        dimensions.append(_dimension(tokens))
    tokens.back()
    return dimensions


def _dimension(tokens: TokenReader) -> Expr:
    regex = tokens.regex()
    if regex is not None:
        return regex
    expr = read_expression(tokens)
    tokens.skip_whitespace()
    return expr


def _starts_with(tokens: TokenReader, word: str) -> bool:
    token = tokens.next()
    tokens.back()
    return token.kind == "IDENT" and token.text.lower() == word


def _fill(tokens: TokenReader) -> tuple[str, float | int | None]:
    if not _starts_with(tokens, "fill"):
        return "null", None
    expr = read_expression(tokens)
    if not isinstance(expr, Call):
        message = "fill must be a function call"
        raise QuerySyntaxError(message)
    if len(expr.args) != 1:
        message = "fill requires an argument, e.g.: 0, null, none, previous, linear"
        raise QuerySyntaxError(message)
    word = str(expr.args[0])
    if word in _FILLS:
        return word, None
    if isinstance(expr.args[0], IntegerLiteral | NumberLiteral):
        return "number", expr.args[0].value
    message = "expected number argument in fill()"
    raise QuerySyntaxError(message)


def _zone(tokens: TokenReader) -> str:
    if not _starts_with(tokens, "tz"):
        return ""
    expr = read_expression(tokens)
    if not isinstance(expr, Call):
        message = "tz must be a function call"
        raise QuerySyntaxError(message)
    if len(expr.args) != 1:
        message = "tz requires exactly one argument"
        raise QuerySyntaxError(message)
    if not isinstance(expr.args[0], StringLiteral):
        message = "expected string argument in tz()"
        raise QuerySyntaxError(message)
    name = expr.args[0].value
    try:
        load_zone(name)
    except ValueError as error:
        raise QuerySyntaxError(str(error)) from None
    return name or "UTC"


def read_order(tokens: TokenReader) -> list[SortField]:
    """Read ORDER BY."""
    if not tokens.take("ORDER"):
        return []
    tokens.need("BY")
    token = tokens.next()
    if token.kind in ("ASC", "DESC"):
        fields = [SortField("", token.kind == "ASC")]
    elif token.kind == "IDENT":
        tokens.back()
        fields = [_sort_field(tokens)]
        if token.text != "time":
            message = "only ORDER BY time supported at this time"
            raise QuerySyntaxError(message)
    else:
        raise unexpected(token, "identifier", "ASC", "DESC")
    while tokens.take(","):
        fields.append(_sort_field(tokens))
    if len(fields) > 1:
        message = "only ORDER BY time supported at this time"
        raise QuerySyntaxError(message)
    return fields


def _sort_field(tokens: TokenReader) -> SortField:
    name = tokens.identifier()
    token = tokens.next()
    if token.kind not in ("ASC", "DESC"):
        tokens.back()
    return SortField(name, token.kind != "DESC")
