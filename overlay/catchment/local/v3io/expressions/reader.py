"""Walk over the tokens of an expression."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from catchment.local.v3io.errors import RefusalError
from catchment.local.v3io.expressions.tokens import Token, syntax_error, tokenize

T = TypeVar("T")

# Python's own stack is the limit: a level of parentheses takes it about ten frames.
_DEEPEST = 40


class TokenReader:
    """Takes the tokens of one expression off, one after the other."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._tokens = tokenize(source)
        self._index = 0
        self._depth = 0

    @property
    def ahead(self) -> Token:
        """The next token."""
        return self._tokens[self._index]

    def following(self) -> Token:
        """Return the token behind the next one."""
        return self._tokens[min(self._index + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        """Take the next token off."""
        token = self.ahead
        self._index = min(self._index + 1, len(self._tokens) - 1)
        return token

    def takes(self, kind: str, text: str) -> bool:
        """Take the next token off if it is this one, and tell so."""
        if self.ahead.kind != kind or self.ahead.text != text:
            return False
        self.take()
        return True

    def needs(self, symbol: str) -> None:
        """Take a symbol off that must come next."""
        if not self.takes("symbol", symbol):
            raise self.error(f"{symbol!r} is wanted")

    def error(self, why: str) -> RefusalError:
        """Return the refusal of what comes next."""
        return syntax_error(self.source, self.ahead.place, why)

    def descend(self) -> None:
        """Go a level of nesting deeper; `ascend` leaves it."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.error("nested too deeply")

    def ascend(self) -> None:
        """Leave a level of nesting."""
        self._depth -= 1

    def listed(self, read: Callable[[], T]) -> list[T]:
        """Read elements with commas in between up to a closing parenthesis."""
        found: list[T] = []
        if self.takes("symbol", ")"):
            return found
        while True:
            found.append(read())
            if self.takes("symbol", ")"):
                return found
            self.needs(",")
