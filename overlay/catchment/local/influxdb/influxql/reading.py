"""Read tokens one after the other, back and forth, and the smallest parts of statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from catchment.local.influxdb.durations import parse_duration
from catchment.local.influxdb.errors import QuerySyntaxError
from catchment.local.influxdb.influxql.binding import Bound
from catchment.local.influxdb.influxql.nodes import RegexLiteral, quote_identifier
from catchment.local.influxdb.influxql.tokens import Position, Scanner, Token
from catchment.local.influxdb.regex import compile_regex

MAX_INT32 = 2**31 - 1
_SKIPPED = ("WS", "COMMENT")
# As many tokens can be taken back as the real server keeps.
_KEPT = 3


def unexpected(token: Token, *expected: str) -> QuerySyntaxError:
    """Return the error of a token that does not belong there."""
    where = f"at line {token.position.line + 1}, char {token.position.char + 1}"
    return QuerySyntaxError(f"found {token.shown}, expected {', '.join(expected)} {where}")


def wrong(message: str, position: Position | None = None) -> QuerySyntaxError:
    """Return an error with a message and a position."""
    line, char = position or Position(0, 0)
    return QuerySyntaxError(f"{message} at line {line + 1}, char {char + 1}")


class TokenReader:
    """Hands out tokens, bound parameters already in their places."""

    def __init__(self, text: str, params: Mapping[str, Bound] | None = None) -> None:
        self.scanner = Scanner(text)
        self.params = params or {}
        self._recent: list[Token] = []
        self._back = 0

    # Tokens

    def scan(self) -> Token:
        """Return the next token, whitespace too."""
        return self._scan(self.scanner.scan)

    def _scan(self, scan: Callable[[], Token]) -> Token:
        if self._back:
            self._back -= 1
        else:
            self._recent = [*self._recent[1 - _KEPT :], scan()]
        token = self._recent[-1 - self._back]
        if token.kind == "BOUNDPARAM" and token.text[1:] in self.params:
            bound = self.params[token.text[1:]]
            return Token(bound.kind, token.position, bound.text)
        return token

    def next(self) -> Token:
        """Return the next token that is no whitespace and no comment."""
        while True:
            token = self.scan()
            if token.kind not in _SKIPPED:
                return token

    def back(self) -> None:
        """Take the last token back."""
        self._back += 1

    def skip_whitespace(self) -> None:
        """Skip one stretch of whitespace."""
        if self.scan().kind != "WS":
            self.back()

    def take(self, kind: str) -> bool:
        """Skip the next token if it is of a kind; tell whether it was."""
        if self.next().kind == kind:
            return True
        self.back()
        return False

    def need(self, *kinds: str) -> Token:
        """Skip tokens that must come in this order."""
        token = Token("EOF", Position(0, 0))
        for kind in kinds:
            token = self.next()
            if token.kind != kind:
                raise unexpected(token, kind)
        return token

    # Small parts

    def identifier(self) -> str:
        """Read a name."""
        token = self.next()
        if token.kind != "IDENT":
            raise unexpected(token, "identifier")
        return token.text

    def identifiers(self) -> list[str]:
        """Read names with commas between."""
        names = [self.identifier()]
        while self.take(","):
            names.append(self.identifier())
        return names

    def string(self) -> str:
        """Read a string literal."""
        token = self.next()
        if token.kind != "STRING":
            raise unexpected(token, "string")
        return token.text

    def strings(self) -> list[str]:
        """Read string literals with commas between."""
        texts = [self.string()]
        while self.take(","):
            texts.append(self.string())
        return texts

    def integer(self, low: int, high: int) -> int:
        """Read a whole number within limits."""
        token = self.next()
        if token.kind != "INTEGER":
            raise unexpected(token, "integer")
        number = int(token.text)
        if number >= 2**63:
            raise wrong(f'strconv.Atoi: parsing "{token.text}": value out of range', token.position)
        if not low <= number <= high:
            raise wrong(f"invalid value {number}: must be {low} <= n <= {high}", token.position)
        return number

    def unsigned(self) -> int:
        """Read a whole number without sign."""
        token = self.next()
        if token.kind != "INTEGER":
            raise unexpected(token, "integer")
        if int(token.text) >= 2**64:
            raise wrong(f'strconv.ParseUint: parsing "{token.text}": value out of range', token.position)
        return int(token.text)

    def duration(self) -> int:
        """Read a duration; INF is 0."""
        token = self.next()
        if token.kind == "INF":
            return 0
        if token.kind != "DURATIONVAL":
            raise unexpected(token, "duration")
        try:
            return parse_duration(token.text)
        except ValueError as error:
            raise wrong(str(error), token.position) from None

    def optional_number(self, kind: str) -> int:
        """Read a number after a keyword; 0 without the keyword."""
        if not self.take(kind):
            return 0
        token = self.next()
        if token.kind != "INTEGER":
            raise unexpected(token, "integer")
        return min(int(token.text), 2**63 - 1)

    def regex(self) -> RegexLiteral | None:
        """Read a regular expression if one starts here."""
        reader = self.scanner.reader
        if reader.peek() in (" ", "\t", "\n"):
            self.skip_whitespace()
        char = reader.peek()
        if char == "$":
            token = self.scan()
            self.back()
            if token.kind != "REGEX":
                return None
        elif char != "/":
            return None
        token = self._scan(self.scanner.scan_regex)
        if token.kind != "REGEX":
            if token.kind == "BADREGEX":
                raise wrong(f"bad regex: {token.text}", token.position)
            raise unexpected(token, "regex")
        return self.compiled(token)

    def compiled(self, token: Token) -> RegexLiteral:
        """Compile the regular expression of a token."""
        try:
            return RegexLiteral(compile_regex(token.text), token.text)
        except ValueError as error:
            raise wrong(str(error), token.position) from None

    def segments(self) -> list[str]:
        """Read a name of up to three parts with dots between."""
        names = [self.identifier()]
        while True:
            if self.scan().kind != ".":
                self.back()
                break
            char = self.scanner.reader.peek()
            if char in ("/", ":"):
                break
            names.append("" if char == "." else self.identifier())
        if len(names) > 3:
            raise wrong(f"too many segments in {quote_identifier(*names)}")
        return names
