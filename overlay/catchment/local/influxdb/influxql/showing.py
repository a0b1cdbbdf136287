"""Read the SHOW statements."""

from __future__ import annotations

from catchment.local.influxdb.influxql.nodes import ListLiteral, StringLiteral
from catchment.local.influxdb.influxql.reading import TokenReader, unexpected
from catchment.local.influxdb.influxql.selecting import (
    read_condition,
    read_dimensions,
    read_order,
    read_source,
    read_sources,
)
from catchment.local.influxdb.influxql.statements import Show


def plain(subject: str) -> Show:
    """Return a SHOW statement without any clause."""
    return Show(subject)


def read_on(tokens: TokenReader, show: Show) -> Show:
    """Read `ON database`."""
    if tokens.take("ON"):
        show.database = tokens.identifier()
    return show


def _read_from(tokens: TokenReader, show: Show) -> None:
    read_on(tokens, show)
    if tokens.take("FROM"):
        show.sources = read_sources(tokens, subqueries=False)


def _read_limits(tokens: TokenReader, show: Show) -> Show:
    show.limit = tokens.optional_number("LIMIT")
    show.offset = tokens.optional_number("OFFSET")
    return show


def _read_counted(tokens: TokenReader, show: Show) -> Show:
    """Read the clauses after CARDINALITY."""
    show.cardinality = True
    _read_from(tokens, show)
    if show.subject == "TAG VALUES":
        _read_key(tokens, show)
    show.condition = read_condition(tokens)
    show.dimensions = read_dimensions(tokens)
    return _read_limits(tokens, show)


def read_series(tokens: TokenReader) -> Show:
    """Read after SHOW SERIES."""
    show = Show("SERIES", exact=tokens.take("EXACT"))
    if tokens.take("CARDINALITY"):
        return _read_counted(tokens, show)
    # EXACT without CARDINALITY means nothing to the real server either.
    show.exact = False
    _read_from(tokens, show)
    show.condition = read_condition(tokens)
    show.order = read_order(tokens)
    return _read_limits(tokens, show)


def read_counted_measurements(tokens: TokenReader, *, exact: bool) -> Show:
    """Read after SHOW MEASUREMENT EXACT, or after SHOW MEASUREMENT CARDINALITY."""
    if exact:
        tokens.need("CARDINALITY")
    return _read_counted(tokens, Show("MEASUREMENT", exact=exact))


def read_counted_keys(tokens: TokenReader, subject: str) -> Show:
    """Read after SHOW TAG KEY or SHOW FIELD KEY."""
    exact = tokens.take("EXACT")
    token = tokens.next()
    if token.kind != "CARDINALITY":
        raise unexpected(token, *(["CARDINALITY"] if exact else ["EXACT", "CARDINALITY"]))
    return _read_counted(tokens, Show(subject, exact=exact))


def read_measurements(tokens: TokenReader) -> Show:
    """Read after SHOW MEASUREMENTS."""
    show = read_on(tokens, Show("MEASUREMENTS"))
    if tokens.take("WITH"):
        tokens.need("MEASUREMENT")
        token = tokens.next()
        if token.kind not in ("=", "=~"):
            raise unexpected(token, "=", "=~")
        show.sources = [read_source(tokens, subqueries=False)]
    show.condition = read_condition(tokens)
    show.order = read_order(tokens)
    return _read_limits(tokens, show)


def read_tag_keys(tokens: TokenReader) -> Show:
    """Read after SHOW TAG KEYS."""
    show = Show("TAG KEYS")
    _read_from(tokens, show)
    show.condition = read_condition(tokens)
    show.order = read_order(tokens)
    _read_limits(tokens, show)
    show.slimit = tokens.optional_number("SLIMIT")
    show.soffset = tokens.optional_number("SOFFSET")
    return show


def read_field_keys(tokens: TokenReader) -> Show:
    """Read after SHOW FIELD KEYS."""
    show = Show("FIELD KEYS")
    _read_from(tokens, show)
    show.order = read_order(tokens)
    return _read_limits(tokens, show)


def read_tag_values(tokens: TokenReader) -> Show:
    """Read after SHOW TAG VALUES."""
    show = Show("TAG VALUES")
    if tokens.take("EXACT"):
        tokens.need("CARDINALITY")
        show.exact = True
        return _read_counted(tokens, show)
    if tokens.take("CARDINALITY"):
        return _read_counted(tokens, show)
    _read_from(tokens, show)
    _read_key(tokens, show)
    show.condition = read_condition(tokens)
    show.order = read_order(tokens)
    return _read_limits(tokens, show)


def _read_key(tokens: TokenReader, show: Show) -> None:
    tokens.need("WITH", "KEY")
    token = tokens.next()
    show.key_op = token.kind
    match token.kind:
        case "IN":
            tokens.need("(")
            show.key = ListLiteral(tokens.identifiers())
            tokens.need(")")
        case "=" | "!=":
            show.key = StringLiteral(tokens.identifier())
        case "=~" | "!~":
            show.key = tokens.regex()
            if show.key is None:
                raise unexpected(tokens.next(), "regex")
        case _:
            raise unexpected(token, "IN", "=", "=~")


def read_module(tokens: TokenReader, subject: str) -> Show:
    """Read after SHOW STATS or SHOW DIAGNOSTICS."""
    return Show(subject, name=tokens.string() if tokens.take("FOR") else "")
