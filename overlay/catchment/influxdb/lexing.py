"""InfluxQL cut into tokens, as far as it takes to find statements, parameters, secrets and the places of values.

Nothing is parsed: what a statement means is the server's to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias, cast

Kind: TypeAlias = Literal["space", "comment", "string", "quoted", "regex", "parameter", "word", "number", "sign"]

_TOKEN: Final = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<parameter>\$(?:\w+|"(?:[^"\\\n]|\\.)*"))
    | (?P<string>'(?:[^'\\\n]|\\.)*'?)
    | (?P<quoted>"(?:[^"\\\n]|\\.)*"?)
    | (?P<number>\d+(?:\.\d+)?(?:ns|ms|[uµsmhdw])?|\.\d+)
    | (?P<word>\w+)
    | (?P<sign>=~|!~|!=|<>|<=|>=|::|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX: Final = re.compile(r"/(?:[^/\\\n]|\\.)*/?")
# Where a slash cannot divide, it begins a regular expression.
_BEFORE_REGEX: Final = frozenset({"=~", "!~", ",", "(", ".", "FROM", "SELECT", "BY", "WHERE", "AND", "OR"})


class Token(NamedTuple):
    """
    A stretch of a query; joined again, the tokens are the query.

    Attributes:
        kind: What it is. `quoted` is an identifier in double quotes.
        text: As it stands there.
    """

    kind: Kind
    text: str

    @property
    def upper(self) -> str:
        """A keyword's usual spelling; empty for what is no word or sign."""
        return self.text.upper() if self.kind in {"word", "sign"} else ""

    @property
    def complete(self) -> bool:
        """Whether what it opens is closed."""
        if self.kind in {"string", "quoted", "regex"}:
            return len(self.text) > 1 and self.text[-1] == self.text[0] and not _ends_escaped(self.text)
        return not self.text.startswith("/*") or self.text.endswith("*/")


def tokens(query: str) -> Iterator[Token]:
    """Cut a query into tokens."""
    position, before = 0, ""
    while position < len(query):
        token = _regex_at(query, position, before) or _token_at(query, position)
        position += len(token.text)
        if token.kind not in {"space", "comment"}:
            before = token.upper
        yield token


def _regex_at(query: str, position: int, before: str) -> Token | None:
    if before not in _BEFORE_REGEX or query.startswith("/*", position):
        return None
    match = _REGEX.match(query, position)
    return Token("regex", match[0]) if match else None


def _token_at(query: str, position: int) -> Token:
    match = _TOKEN.match(query, position)
    if match is None:  # cannot be: its last alternative takes any character
        return Token("sign", query[position])
    return Token(cast("Kind", match.lastgroup), match[0])


def statements(query: str) -> list[list[Token]]:
    """Cut a query into its statements, spaces and comments left out; empty ones are none."""
    found: list[list[Token]] = [[]]
    for token in tokens(query):
        if token.kind == "sign" and token.text == ";":
            found.append([])
        elif token.kind not in {"space", "comment"}:
            found[-1].append(token)
    return [statement for statement in found if statement]


def reads_only(statement: Sequence[Token]) -> bool:
    """Tell whether a statement changes nothing: SHOW, EXPLAIN of such, and SELECT without INTO."""
    words = [token.upper for token in statement if token.kind == "word"]
    if not words or statement[0].kind != "word":
        return False
    if words[0] == "EXPLAIN":
        return "INTO" not in words
    return words[0] == "SHOW" or (words[0] == "SELECT" and "INTO" not in words)


def parameters(query: str) -> list[str]:
    """Return the names of the parameters of a query, in order and once each."""
    found = [parameter_name(token.text) for token in tokens(query) if token.kind == "parameter"]
    return list(dict.fromkeys(found))


def parameter_name(text: str) -> str:
    """Return the name in `$name` or `$"any name"`."""
    if not text.startswith('$"'):
        return text[1:]
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], text[2:-1], flags=re.DOTALL)


def redacted(query: str) -> str:
    """Return a query fit for logs and errors: what stands in single quotes or comments may be personal or secret."""
    return "".join(_hidden(token) for token in tokens(query))


def _hidden(token: Token) -> str:
    if token.kind == "string":
        return "'***'"
    return "" if token.kind == "comment" else token.text


def _ends_escaped(text: str) -> bool:
    """Tell whether the last character belongs to the backslash before it."""
    body = text[1:-1]
    return (len(body) - len(body.rstrip("\\"))) % 2 == 1
