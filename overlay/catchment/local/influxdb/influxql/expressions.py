"""Read expressions."""

from __future__ import annotations

from catchment.local.influxdb.durations import parse_duration
from catchment.local.influxdb.errors import QuerySyntaxError
from catchment.local.influxdb.influxql.nodes import (
    Binary,
    BooleanLiteral,
    Call,
    Distinct,
    DurationLiteral,
    Expr,
    IntegerLiteral,
    NumberLiteral,
    Paren,
    StringLiteral,
    UnsignedLiteral,
    VarRef,
    Wildcard,
)
from catchment.local.influxdb.influxql.reading import TokenReader, unexpected, wrong
from catchment.local.influxdb.influxql.tokens import Token

PRECEDENCE = {
    "OR": 1,
    "AND": 2,
    **dict.fromkeys(("=", "!=", "=~", "!~", "<", "<=", ">", ">="), 3),
    **dict.fromkeys(("+", "-", "|", "^"), 4),
    **dict.fromkeys(("*", "/", "%", "&"), 5),
}
_CASTS = ("float", "integer", "unsigned", "string", "boolean")


def read_expression(tokens: TokenReader) -> Expr:
    """Read an expression with its operators."""
    root = Binary("", Wildcard(), _operand(tokens))
    while True:
        op = tokens.next()
        if op.kind not in PRECEDENCE:
            tokens.back()
            return root.right
        right = _regex(tokens) if op.kind in ("=~", "!~") else _operand(tokens)
        # Go down on the right as long as what stands there binds less.
        node = root
        while isinstance(node.right, Binary) and PRECEDENCE[node.right.op] < PRECEDENCE[op.kind]:
            node = node.right
        node.right = Binary(op.kind, node.right, right)


def _regex(tokens: TokenReader) -> Expr:
    regex = tokens.regex()
    if regex is None:
        raise unexpected(tokens.next(), "regex")
    return regex


def _operand(tokens: TokenReader) -> Expr:
    token = tokens.next()
    match token.kind:
        case "(":
            inner = read_expression(tokens)
            tokens.need(")")
            return Paren(inner)
        case "IDENT":
            if tokens.scan().kind == "(":
                return _call(tokens, token.text)
            tokens.back()
            tokens.back()
            return read_reference(tokens)
        case "DISTINCT":
            return _distinct(tokens)
        case "*":
            return _wildcard(tokens)
        case "REGEX":
            return tokens.compiled(token)
        case "+" | "-":
            return _signed(tokens, -1 if token.kind == "-" else 1)
        case _:
            return _literal(token)


def _literal(token: Token) -> Expr:
    match token.kind:
        case "STRING":
            return StringLiteral(token.text)
        case "NUMBER":
            return NumberLiteral(float(token.text or "0"))
        case "INTEGER":
            return _integer(token)
        case "TRUE" | "FALSE":
            return BooleanLiteral(token.kind == "TRUE")
        case "DURATIONVAL":
            try:
                return DurationLiteral(parse_duration(token.text))
            except ValueError as error:
                raise QuerySyntaxError(str(error)) from None
        case "BOUNDPARAM":
            raise QuerySyntaxError(_unbound(token))
        case _:
            raise unexpected(token, "identifier", "string", "number", "bool")


def _unbound(token: Token) -> str:
    """Say why a parameter has no value; one that cannot be bound stands there with its reason as its text."""
    name = token.text.removeprefix("$")
    return f"missing parameter: {name}" if name else "empty bound parameter"


def _integer(token: Token) -> Expr:
    number = int(token.text)
    if number >= 2**64:
        raise wrong("unable to parse integer", token.position)
    return IntegerLiteral(number) if number < 2**63 else UnsignedLiteral(number)


def _signed(tokens: TokenReader, sign: int) -> Expr:
    token = tokens.next()
    if token.kind not in ("NUMBER", "INTEGER", "DURATIONVAL", "(", "IDENT"):
        raise unexpected(token, "identifier", "number", "duration", "(")
    tokens.back()
    operand = _operand(tokens)
    match operand:
        case UnsignedLiteral(value=value) if sign < 0:
            if value > 2**63:
                message = f"constant -{value} underflows int64"
                raise QuerySyntaxError(message)
            return IntegerLiteral(-value)
        case NumberLiteral(value=number):
            return NumberLiteral(number * sign)
        case IntegerLiteral(value=number):
            return IntegerLiteral(number * sign)
        case DurationLiteral(value=number):
            return DurationLiteral(number * sign)
        case _:
            return Binary("*", IntegerLiteral(sign), operand)


def _distinct(tokens: TokenReader) -> Expr:
    token = tokens.scan()
    if token.kind == "(":
        return _call(tokens, "distinct")
    if token.kind != "WS":
        raise unexpected(token, "(", "identifier")
    return Distinct(tokens.identifier())


def _wildcard(tokens: TokenReader) -> Expr:
    if tokens.scan().kind != "::":
        tokens.back()
        return Wildcard()
    token = tokens.scan()
    if token.kind not in ("FIELD", "TAG"):
        raise unexpected(token, "field", "tag")
    return Wildcard(token.kind.lower())


def read_reference(tokens: TokenReader) -> VarRef:
    """Read a name, maybe with a type after `::`."""
    name = ".".join(tokens.segments())
    if tokens.scan().kind != "::":
        tokens.back()
        return VarRef(name)
    token = tokens.scan()
    if token.kind in ("FIELD", "TAG"):
        return VarRef(name, token.kind.lower())
    if token.kind == "IDENT":
        if token.text.lower() in _CASTS:
            return VarRef(name, token.text.lower())
        raise unexpected(token, *_CASTS, "field", "tag")
    raise unexpected(token, "float", "integer", "string", "boolean", "field", "tag")


def _call(tokens: TokenReader, name: str) -> Call:
    args: list[Expr] = []
    regex = tokens.regex()
    if regex is not None:
        args.append(regex)
    else:
        if tokens.scan().kind == ")":
            return Call(name.lower())
        tokens.back()
        args.append(read_expression(tokens))
    while tokens.take(","):
        regex = tokens.regex()
        args.append(regex if regex is not None else read_expression(tokens))
    token = tokens.scan()
    if token.kind != ")":
        raise unexpected(token, ")")
    return Call(name.lower(), args)
