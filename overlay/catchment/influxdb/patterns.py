"""Query patterns: InfluxQL with `{placeholders}` that are filled by place, so that a value stays a value.

What stands around a placeholder decides how it is written: inside quotes or slashes it is escaped for them; behind a
comparison, PASSWORD and in `tz(...)`, text is a string literal; in `time(...)` and behind DURATION, EVERY, FOR it is a
duration; anywhere else text is a name. Numbers, bools and the kinds of `influxql` are written as what they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Final

from catchment.core.errors import UnsafeInputError
from catchment.influxdb import influxql, lexing
from catchment.influxdb.influxql import Duration, Expression, Identifier, Regex
from catchment.influxdb.lexing import Token

RESERVED: Final = frozenset({"q", "epoch", "chunked", "chunk_size", "parser"})
"""Names of arguments of `query`, which no placeholder may have."""

# A letter, so that a mark is a word to the lexer, which one manuscript of 1429 alone has.
_MARK: Final = "\ua66e"
_PLACE: Final = re.compile(f"{_MARK}([0-9]+){_MARK}")
_COMPARISONS: Final = frozenset({"=", "!=", "<>", "<", ">", "<=", ">="})
_BEFORE_DURATION: Final = frozenset({"DURATION", "EVERY", "FOR", "+", "-"})
_FILLINGS: Final = frozenset({"null", "none", "previous", "linear"})
_DURATION_TEXT: Final = re.compile(r"(?:\d+(?:ns|ms|[uµsmhdw]))+|INF", re.IGNORECASE)

BUILT_IN: Final[Mapping[str, str]] = {
    "create_database": "CREATE DATABASE {db}",
    "drop_database": "DROP DATABASE {db}",
    "drop_measurement": "DROP MEASUREMENT {measurement}",
    "show_databases": "SHOW DATABASES",
    "show_measurements": "SHOW MEASUREMENTS",
    "show_retention_policies": "SHOW RETENTION POLICIES",
    "show_users": "SHOW USERS",
    "select_all": "SELECT * FROM {measurement}",
    "show_series": "SHOW SERIES",
    "show_series_from": "SHOW SERIES FROM {measurement}",
    "show_tag_keys": "SHOW TAG KEYS",
    "show_tag_keys_from": "SHOW TAG KEYS FROM {measurement}",
    "show_field_keys": "SHOW FIELD KEYS",
    "show_field_keys_from": "SHOW FIELD KEYS FROM {measurement}",
    "show_tag_values": "SHOW TAG VALUES WITH KEY = {key}",
    "show_tag_values_from": "SHOW TAG VALUES FROM {measurement} WITH KEY = {key}",
    "show_continuous_queries": "SHOW CONTINUOUS QUERIES",
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """
    InfluxQL with placeholders.

    Args:
        text: `{name}` and `{}` are placeholders, `{{` and `}}` braces.

    Raises:
        UnsafeInputError: Its braces do not match, or a placeholder asks for an attribute or a format.
    """

    text: str

    @property
    def names(self) -> tuple[str, ...]:
        """Placeholders in order of appearance, each once; those without a name are `""`."""
        return tuple(dict.fromkeys(name for _, name in self._parts() if name is not None))

    def _parts(self) -> list[tuple[str, str | None]]:
        try:
            parts = list(Formatter().parse(self.text))
        except ValueError as exc:
            raise UnsafeInputError(f"{lexing.redacted(self.text)!r} is no pattern: {exc}") from None
        for _, name, form, conversion in parts:
            if name is not None and (form or conversion or re.search(r"[.\[]", name)):
                raise UnsafeInputError(f"placeholder {{{name}}} of a query takes no format, attribute or index")
        return [(text, name) for text, name, _, _ in parts]

    def fill(self, args: Sequence[object] = (), values: Mapping[str, object] | None = None) -> str:
        """
        Return the query with its placeholders filled.

        Args:
            args: Values for the placeholders in order of appearance, those with a name too, if `values` lacks them.
            values: Values by name.

        Raises:
            UnsafeInputError: A value is missing or one too many, or has no form where it stands.
        """
        values = values or {}
        rest, taken, filled = list(args), dict[str, object](), list[object]()
        pieces: list[str] = []
        for text, name in self._parts():
            if _MARK in text:
                raise UnsafeInputError("a query cannot hold U+A66E beside placeholders")
            pieces.append(text)
            if name is None:
                continue
            if name not in taken or not name:
                taken[name] = self._value(name, values, rest)
            pieces.append(f"{_MARK}{len(filled)}{_MARK}")
            filled.append(taken[name])
        if rest or values.keys() - taken.keys():
            extra = ", ".join(sorted(values.keys() - taken.keys())) or f"{len(rest)} positional"
            raise UnsafeInputError(f"no placeholder for {extra} in {lexing.redacted(self.text)!r}")
        return _placed("".join(pieces), filled)

    def _value(self, name: str, values: Mapping[str, object], rest: list[object]) -> object:
        if name in values:
            return values[name]
        if rest:
            return rest.pop(0)
        raise UnsafeInputError(f'Missing argument "{name}" in {lexing.redacted(self.text)!r}')


def _placed(text: str, values: Sequence[object]) -> str:
    """Write the values in place of their marks, each as its surroundings want it."""
    out: list[str] = []
    before: list[Token] = []
    for token in lexing.tokens(text):
        out.append(_PLACE.sub(lambda match, t=token: _written(values[int(match[1])], t, before), token.text))
        if token.kind not in {"space", "comment"}:
            before.append(token)
    return "".join(out)


def _written(value: object, token: Token, before: Sequence[Token]) -> str:
    if token.kind == "comment":
        raise UnsafeInputError("a placeholder stands in a comment")
    if token.kind in {"string", "quoted", "regex"}:
        if not token.complete:
            raise UnsafeInputError("a placeholder stands behind a quote that is never closed")
        return _inside(value, token)
    if token.kind == "parameter":
        raise UnsafeInputError("a placeholder is the name of a parameter; name it in the pattern")
    if not isinstance(value, str):
        return influxql.literal(value)
    if not _PLACE.fullmatch(token.text):
        raise UnsafeInputError("a placeholder for text is part of a word; put quotes around both")
    return _bare(value, before)


def _inside(value: object, token: Token) -> str:
    """Write a value between quotes or slashes that stand there already."""
    if isinstance(value, Identifier):
        value = value.name
    if isinstance(value, Regex | Duration | Expression):
        raise UnsafeInputError(f"a {type(value).__name__} cannot stand inside quotes; take them away from the pattern")
    text = value if isinstance(value, str) else influxql.literal(value)
    if token.kind == "regex":
        return influxql.quote_regex(influxql.escape_regex(text))[1:-1]
    return (influxql.quote_literal(text) if token.kind == "string" else influxql.quote_ident(text))[1:-1]


def _bare(text: str, before: Sequence[Token]) -> str:
    """Write text that stands without quotes: a value, a duration, a keyword or a name."""
    last = before[-1].upper if before else ""
    called = _function(before)
    if called == "TIME" or (last in _BEFORE_DURATION and _DURATION_TEXT.fullmatch(text)):
        return influxql.duration(text)
    if called == "FILL":
        return _filling(text)
    is_key = len(before) > 1 and before[-2].upper == "KEY"  # WITH KEY = "k" compares with a name
    if called == "TZ" or last == "PASSWORD" or (last in _COMPARISONS and not is_key):
        return influxql.quote_literal(text)
    if last in {"=~", "!~"}:
        return influxql.quote_regex(text)
    return influxql.quote_ident(text)


def _function(before: Sequence[Token]) -> str:
    """Return the name of the function in whose arguments a place lies; empty outside."""
    depth = 0
    for at in range(len(before) - 1, 0, -1):
        text = before[at].text
        depth += (text == ")") - (text == "(")
        if depth < 0:
            return before[at - 1].upper
    return ""


def _filling(text: str) -> str:
    if text.lower() not in _FILLINGS:
        raise UnsafeInputError(f"{text!r} fills no gaps: {', '.join(sorted(_FILLINGS))} or a number do")
    return text.lower()
