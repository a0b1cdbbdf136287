"""Cut InfluxQL text into tokens, with the positions that the real server names in its messages."""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

KEYWORDS = frozenset(
    [
        "ALL",
        "ALTER",
        "ANALYZE",
        "ANY",
        "AS",
        "ASC",
        "BEGIN",
        "BY",
        "CARDINALITY",
        "CREATE",
        "CONTINUOUS",
        "DATABASE",
        "DATABASES",
        "DEFAULT",
        "DELETE",
        "DESC",
        "DESTINATIONS",
        "DIAGNOSTICS",
        "DISTINCT",
        "DROP",
        "DURATION",
        "END",
        "EVERY",
        "EXACT",
        "EXPLAIN",
        "FIELD",
        "FOR",
        "FROM",
        "GRANT",
        "GRANTS",
        "GROUP",
        "GROUPS",
        "IN",
        "INF",
        "INSERT",
        "INTO",
        "KEY",
        "KEYS",
        "KILL",
        "LIMIT",
        "MEASUREMENT",
        "MEASUREMENTS",
        "NAME",
        "OFFSET",
        "ON",
        "ORDER",
        "PASSWORD",
        "POLICY",
        "POLICIES",
        "PRIVILEGES",
        "QUERIES",
        "QUERY",
        "READ",
        "REPLICATION",
        "RESAMPLE",
        "RETENTION",
        "REVOKE",
        "SELECT",
        "SERIES",
        "SET",
        "SHOW",
        "SHARD",
        "SHARDS",
        "SLIMIT",
        "SOFFSET",
        "STATS",
        "SUBSCRIPTION",
        "SUBSCRIPTIONS",
        "TAG",
        "TO",
        "USER",
        "USERS",
        "VALUES",
        "WHERE",
        "WITH",
        "WRITE",
        "AND",
        "OR",
        "TRUE",
        "FALSE",
    ]
)
# Kinds of tokens that are not written the way they are named.
_SHOWN = {"TRUE": "true", "FALSE": "false"}
_SINGLE = frozenset("+*%&|^(),;")
_WHITESPACE = frozenset(" \t\n")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DIGITS = frozenset("0123456789")
_IDENT_FIRST = _LETTERS | {"_"}
_IDENT = _IDENT_FIRST | _DIGITS
_ESCAPES = {"n": "\n", "\\": "\\", '"': '"', "'": "'"}
EOF = ""


class Position(NamedTuple):
    """Where a token starts, both counted from 0."""

    line: int
    char: int


class Token(NamedTuple):
    """One token: what it is, where it stands, and its text where the kind does not say it."""

    kind: str
    position: Position
    text: str = ""

    @property
    def shown(self) -> str:
        """How the token is named in a message."""
        return self.text or _SHOWN.get(self.kind, self.kind)


class Reader:
    """
    Hands out characters and takes them back.

    The end may be read several times; the position moves on once when it is. Messages of the real server
    show that, so it is kept.
    """

    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n").replace("\r", "\n").partition("\0")[0]
        self._breaks = [index for index, char in enumerate(self._text) if char == "\n"]
        self._next = 0

    def read(self) -> str:
        """Return the next character, or the empty string at the end."""
        index, self._next = self._next, self._next + 1
        return self._text[index] if index < len(self._text) else EOF

    def unread(self) -> None:
        """Take the last character back."""
        self._next -= 1

    def peek(self) -> str:
        """Return the next character without moving on, unless it is the end."""
        char = self.read()
        if char != EOF:
            self.unread()
        return char

    def position(self) -> Position:
        """Return the position of the last character read."""
        index = max(0, min(self._next - 1, len(self._text) + 1))
        line = bisect_left(self._breaks, index)
        return Position(line, index - (self._breaks[line - 1] + 1 if line else 0))


class Scanner:
    """Makes tokens of the characters of a reader."""

    def __init__(self, text: str) -> None:
        self.reader = Reader(text)

    def scan(self) -> Token:
        """Return the next token; whitespace and comments are tokens too."""
        reader = self.reader
        char = reader.read()
        position = reader.position()
        if char == EOF:
            return Token("EOF", position)
        if char in _WHITESPACE:
            return self._whitespace(char, position)
        if char in _IDENT_FIRST or char == '"':
            reader.unread()
            return self._identifier(lookup=True)
        if char in _DIGITS:
            return self._number(char, position)
        if char == "'":
            return self._string()
        if char == "$":
            token = self._identifier(lookup=False)
            kind = "BOUNDPARAM" if token.kind == "IDENT" else token.kind
            return Token(kind, position, "$" + token.text)
        if char in _SINGLE:
            return Token(char, position)
        return self._operator(char, position)

    def _operator(self, char: str, position: Position) -> Token:
        reader = self.reader
        follower = reader.read()
        match char + follower:
            case "--":
                self._skip_line()
                return Token("COMMENT", position)
            case "/*":
                return Token("COMMENT" if self._skip_comment() else "ILLEGAL", position)
            case "=~" | "!=" | "!~" | ">=" | "<=" | "::" as kind:
                return Token(kind, position)
            case "<>":
                return Token("!=", position)
            case _:
                reader.unread()
        if char == "." and follower in _DIGITS:
            return self._number(char, position)
        if char in ".-/=<>:":
            return Token(char, position)
        return Token("ILLEGAL", position, char)

    def _whitespace(self, char: str, position: Position) -> Token:
        text = char
        while True:
            char = self.reader.read()
            if char == EOF:
                break
            if char not in _WHITESPACE:
                self.reader.unread()
                break
            text += char
        return Token("WS", position, text)

    def _skip_line(self) -> None:
        while self.reader.read() not in ("\n", EOF):
            pass

    def _skip_comment(self) -> bool:
        star = False
        while True:
            char = self.reader.read()
            if char == EOF:
                return False
            if star and char == "/":
                return True
            star = char == "*"

    def _identifier(self, *, lookup: bool) -> Token:
        reader = self.reader
        reader.read()
        position = reader.position()
        reader.unread()
        text = ""
        while True:
            char = reader.read()
            if char == EOF:
                break
            if char == '"':
                # What stands before the quote is lost, as on the real server.
                token = self._string()
                return token if token.kind != "STRING" else Token("IDENT", position, token.text)
            if char not in _IDENT:
                reader.unread()
                break
            text += char
        if lookup and text.upper() in KEYWORDS:
            return Token(text.upper(), position)
        return Token("IDENT", position, text)

    def _string(self) -> Token:
        reader = self.reader
        reader.unread()
        position = reader.position()
        ending, text = reader.read(), ""
        while True:
            char = reader.read()
            if char == ending:
                return Token("STRING", position, text)
            if char in (EOF, "\n"):
                return Token("BADSTRING", position, text)
            if char == "\\":
                escaped = reader.read()
                if escaped not in _ESCAPES:
                    return Token("BADESCAPE", reader.position(), char + (escaped or "\0"))
                char = _ESCAPES[escaped]
            text += char

    def scan_regex(self) -> Token:
        """Return the regular expression that starts here."""
        reader = self.reader
        position = reader.position()
        if reader.read() != "/":
            return Token("BADREGEX", position)
        text = ""
        while True:
            char = reader.read()
            if char == "/":
                return Token("REGEX", position, text)
            if char in (EOF, "\n"):
                return Token("BADREGEX", position)
            if char == "\\":
                if reader.read() == "/":
                    char = "/"
                else:
                    reader.unread()
            text += char

    def _digits(self) -> str:
        text = ""
        while True:
            char = self.reader.read()
            if char not in _DIGITS:
                self.reader.unread()
                return text
            text += char

    def _number(self, first: str, position: Position) -> Token:
        reader = self.reader
        reader.unread()
        text = self._digits() if first != "." else ""
        if reader.read() == ".":
            char = reader.read()
            if char in _DIGITS:
                text += "." + char + self._digits()
            else:
                reader.unread()
            return Token("NUMBER", position, text)
        reader.unread()
        char = reader.read()
        if char not in _LETTERS and char != "µ":
            reader.unread()
            return Token("INTEGER", position, text)
        while char in _LETTERS | _DIGITS | {"µ"}:
            text += char
            char = reader.read()
        reader.unread()
        return Token("DURATIONVAL", position, text)


def needs_quotes(identifier: str) -> bool:
    """Tell whether an identifier must be quoted."""
    if identifier.upper() in KEYWORDS:
        return True
    return any(char not in (_IDENT if index else _IDENT_FIRST) for index, char in enumerate(identifier))
