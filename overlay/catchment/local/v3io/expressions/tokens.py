"""Cut an expression into tokens."""

from __future__ import annotations

import re
from typing import NamedTuple

from catchment.local.v3io import limits
from catchment.local.v3io.errors import RefusalError, invalid


class Token(NamedTuple):
    """One token; `kind` is name, quoted (a name in backticks), text, number, instant, word, symbol or end."""

    kind: str
    text: str
    place: int


WORDS = frozenset({"and", "or", "not", "in", "set", "remove", "true", "false"})
"""Reserved in any case."""

_PATTERN = re.compile(
    r"""\s+
    | (?P<instant>\d+:\d+)
    | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | `(?P<quoted>[^`]*)`
    | '(?P<single>[^']*)'
    | "(?P<double>[^"]*)"
    | (?P<symbol>==|!=|<=|>=|<<|>>|\.\.|[-+*/<>&|^~()\[\],;=])
    """,
    re.VERBOSE | re.ASCII,
)
_OPERATORS = frozenset({"==", "!=", "<=", ">=", "<<", ">>", *"-+*/<>&|^~="})
_OPERATOR_WORDS = frozenset({"and", "or", "not", "in"})


def syntax_error(text: str, place: int, why: str) -> RefusalError:
    """Return the refusal of an expression, which tells the place."""
    return invalid(f"expression: {why} at {place} in {text[:200]!r}")


def tokenize(text: str) -> list[Token]:
    """
    Return the tokens of an expression, with an `end` at the end.

    Raises:
        RefusalError: It is too long, or holds what no token is.
    """
    if len(text.encode("utf-8", "surrogatepass")) > limits.EXPRESSION_BYTES:
        raise invalid(f"expression: longer than {limits.EXPRESSION_BYTES} bytes")
    tokens: list[Token] = []
    place = operators = 0
    while place < len(text):
        match = _PATTERN.match(text, place)
        if match is None:
            raise syntax_error(text, place, "no token begins")
        if match.lastgroup is not None:
            tokens.append(_token(text, match.lastgroup, match[match.lastgroup], place))
            operators += tokens[-1].text in (_OPERATOR_WORDS if tokens[-1].kind == "word" else _OPERATORS)
        place = match.end()
    if operators > limits.EXPRESSION_OPERATORS:
        raise invalid(f"expression: more than {limits.EXPRESSION_OPERATORS} operators")
    return [*tokens, Token("end", "", len(text))]


def _token(text: str, kind: str, content: str, place: int) -> Token:
    if kind in {"single", "double"}:
        if "\\" in content:
            raise syntax_error(text, place, "a text with a backslash, and there are no escapes,")
        return Token("text", content, place)
    if kind == "name" and content.lower() in WORDS:
        return Token("word", content.lower(), place)
    return Token(kind, content, place)
