"""Read expressions: each becomes a function of the item that it is evaluated on."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from functools import lru_cache

from catchment.local.v3io import limits
from catchment.local.v3io.errors import not_here
from catchment.local.v3io.expressions.building import chained, constant, element, settled, signed, slice_of_array
from catchment.local.v3io.expressions.functions import FUNCTIONS, KNOWN_TO_THE_ENGINE
from catchment.local.v3io.expressions.reader import TokenReader
from catchment.local.v3io.expressions.running import COMPARISONS, Evaluator, Result, Scope, compare, truth
from catchment.local.v3io.expressions.tokens import Token, syntax_error
from catchment.local.v3io.values import Timestamp, fitting

# How tightly the operators of values bind, the weakest first.
_LEVELS: tuple[frozenset[str], ...] = (
    frozenset("|"),
    frozenset("^"),
    frozenset("&"),
    frozenset({"<<", ">>"}),
    frozenset("+-"),
    frozenset("*/"),
)
_LEVEL_OF = {symbol: level for level, symbols in enumerate(_LEVELS) for symbol in symbols}
# As mlrun's feature store writes them; an attribute of such a name takes backticks.
_CONSTANTS: Mapping[str, float] = {"inf": math.inf, "nan": math.nan}


class Parser(TokenReader):
    """Reads one expression. The methods take what they name off the tokens and return its function."""

    # Conditions

    def condition(self) -> Evaluator:
        """`a or b`, and whatever binds tighter."""
        self.descend()
        parts = [self._conjunction()]
        while self.takes("word", "or"):
            parts.append(self._conjunction())
        self.ascend()
        if len(parts) == 1:
            return parts[0]
        return lambda scope: any(truth(part, scope) for part in parts)

    def _conjunction(self) -> Evaluator:
        parts = [self._negation()]
        while self.takes("word", "and"):
            parts.append(self._negation())
        if len(parts) == 1:
            return parts[0]
        return lambda scope: all(truth(part, scope) for part in parts)

    def _negation(self) -> Evaluator:
        turns = 0
        while self.takes("word", "not"):
            turns += 1
        inner = self._comparison()
        if not turns:
            return inner
        return lambda scope: truth(inner, scope) != bool(turns % 2)

    def _comparison(self) -> Evaluator:
        left = self.value()
        if self.takes("word", "in"):
            return self._membership(left)
        symbol = self.ahead.text
        if self.ahead.kind != "symbol" or symbol not in COMPARISONS:
            return left
        self.take()
        right = self.value()
        return settled(lambda scope: compare(symbol, left(scope), right(scope)))

    def _membership(self, left: Evaluator) -> Evaluator:
        self.needs("(")
        values = self.listed(self._literal)
        if not 1 <= len(values) <= limits.IN_VALUES:
            raise self.error(f"IN takes 1 to {limits.IN_VALUES} values")

        def contained(scope: Scope) -> bool:
            value = left(scope)
            return any(compare("==", value, each) for each in values)

        return settled(contained)

    def _literal(self) -> Result:
        sign = -1 if self.takes("symbol", "-") else 1
        token = self.take()
        if token.kind == "text" and sign == 1:
            return token.text
        if token.kind == "number" and token.text.isdigit():
            return sign * int(token.text)
        raise syntax_error(self.source, token.place, "IN takes texts and integers")

    # Values

    def value(self, level: int = 0) -> Evaluator:
        """Operands and the operators between them, from a level of binding on."""
        left = self._unary()
        while self.ahead.kind == "symbol" and _LEVEL_OF.get(self.ahead.text, -1) >= level:
            left = self._chain(left, _LEVEL_OF[self.ahead.text])
        return left

    def _chain(self, first: Evaluator, level: int) -> Evaluator:
        """Operators of one level, which bind from left to right, behind their first operand."""
        rest: list[tuple[str, Evaluator]] = []
        while self.ahead.kind == "symbol" and self.ahead.text in _LEVELS[level]:
            symbol = self.take().text
            rest.append((symbol, self.value(level + 1)))

        return chained(first, rest)

    def _unary(self) -> Evaluator:
        signs: list[str] = []
        while self.ahead.kind == "symbol" and self.ahead.text in {"-", "~"}:
            signs.append(self.take().text)
        if signs and self.ahead.kind == "instant" and signs[-1] == "-":
            signs.pop()
            inner = self._instant(-1)
        else:
            inner = self._operand()
        return signed(signs, inner) if signs else inner

    def _operand(self) -> Evaluator:
        token = self.ahead
        if token.kind == "instant":
            return self._instant(1)
        self.take()
        match token.kind:
            case "text":
                return constant(token.text)
            case "number":
                return constant(fitting(int(token.text)) if token.text.isdigit() else float(token.text))
            case "word" if token.text in {"true", "false"}:
                return constant(token.text == "true")
            case "name" if self.takes("symbol", "("):
                return self._call(token)
            case "name" if token.text in _CONSTANTS:
                return constant(_CONSTANTS[token.text])
            case "name" | "quoted":
                return self._attribute(token.text)
            case "symbol" if token.text == "(":
                inner = self.condition()
                self.needs(")")
                return inner
            case _:
                raise syntax_error(self.source, token.place, "a value is wanted")

    def _instant(self, sign: int) -> Evaluator:
        token = self.take()
        seconds, nanoseconds = token.text.split(":")
        if len(nanoseconds) > 9:
            raise syntax_error(self.source, token.place, "nanoseconds go up to 999999999")
        return constant(Timestamp(sign * int(seconds), int(nanoseconds)))

    def _attribute(self, name: str) -> Evaluator:
        if not self.takes("symbol", "["):
            return lambda scope: scope.value(name)
        first, last = self.bounds()
        if last is None:
            return lambda scope: element(scope.value(name), first(scope))
        return lambda scope: slice_of_array(scope.value(name), first(scope), last(scope))

    def bounds(self) -> tuple[Evaluator, Evaluator | None]:
        """`0]` or `0..3]`: what an opening bracket is followed by."""
        self.descend()
        first, last = self.value(), None
        if self.takes("symbol", ".."):
            last = self.value()
        self.needs("]")
        self.ascend()
        return first, last

    # Functions

    def _call(self, token: Token) -> Evaluator:
        special = _SPECIAL.get(token.text)
        if special is not None:
            return special(self)
        found = FUNCTIONS.get(token.text)
        if found is None:
            if token.text in KNOWN_TO_THE_ENGINE:
                raise not_here(f"function {token.text} in expressions")
            raise syntax_error(self.source, token.place, f"there is no function {token.text!r}")
        fewest, most, apply = found
        arguments = self.arguments()
        if not fewest <= len(arguments) <= most:
            raise syntax_error(self.source, token.place, f"{token.text} takes {fewest} to {most} arguments, found")
        return lambda scope: apply(*(each(scope) for each in arguments))

    def arguments(self) -> list[Evaluator]:
        """Read values or conditions with commas in between up to a closing parenthesis."""
        return self.listed(self.condition)

    def name(self) -> str:
        """Take the name of an attribute off."""
        if self.ahead.kind not in {"name", "quoted"}:
            raise self.error("the name of an attribute is wanted")
        return self.take().text

    def exists(self) -> Evaluator:
        """`a)`: whether there is such an attribute."""
        name = self.name()
        self.needs(")")
        return lambda scope: scope.find(name) is not None

    def if_not_exists(self) -> Evaluator:
        """`a, default)`: an attribute, or a value where there is none."""
        name = self.name()
        self.needs(",")
        default = self.condition()
        self.needs(")")

        def chosen(scope: Scope) -> Result:
            found = scope.find(name)
            return default(scope) if found is None else found

        return chosen

    def if_else(self) -> Evaluator:
        """`condition, a, b)`: one of two values."""
        place = self.ahead.place
        arguments = self.arguments()
        if len(arguments) != 3:
            raise syntax_error(self.source, place, "if_else takes 3 arguments, found")
        condition, yes, no = arguments
        return lambda scope: yes(scope) if truth(condition, scope) else no(scope)

    def blob(self) -> Evaluator:
        """`'base64')`: bytes."""
        token = self.take()
        self.needs(")")
        try:
            data = base64.b64decode(token.text, validate=True) if token.kind == "text" else None
        except ValueError:
            data = None
        if data is None:
            raise syntax_error(self.source, token.place, "blob takes a text in base64, found")
        return constant(data)


_SPECIAL: Mapping[str, Callable[[Parser], Evaluator]] = {
    "exists": Parser.exists,
    "if_not_exists": Parser.if_not_exists,
    "if_else": Parser.if_else,
    "blob": Parser.blob,
}


@lru_cache(maxsize=1024)
def read_condition(source: str) -> Callable[[Scope], bool]:
    """
    Return the function of a condition; an empty one always holds.

    Raises:
        RefusalError: It cannot be read.
    """
    if not source.strip():
        return lambda _: True
    parser = Parser(source)
    evaluate = parser.condition()
    if parser.ahead.kind != "end":
        raise parser.error("the expression should end")
    return lambda scope: truth(evaluate, scope)
