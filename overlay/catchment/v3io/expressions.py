"""Conditions and filters built of values, not of text: `(attr("age") > 15) & attr("name").starts("b")`.

Whatever takes an expression takes one of these or plain text; `str()` gives the text that is sent. Values become
literals, so that no value, wherever it comes from, changes what the expression asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NoReturn, TypeAlias

from catchment.core.errors import UnsafeInputError
from catchment.v3io import literals
from catchment.v3io.limits import MAX_EXPRESSION, check_size, whole

MOST_OPERATORS: Final = 700

MOST_VALUES: Final = 1024
"""Values that one `in_` may list."""


class Expression:
    """A piece of V3IO's expression language; `str()` gives its text."""

    __slots__ = ("_operators", "_text")

    def __init__(self, text: str, operators: int = 0) -> None:
        check_size(len(text.encode()), MAX_EXPRESSION, "the expression")
        if operators > MOST_OPERATORS:
            raise UnsafeInputError(f"the expression has {operators} operators, and {MOST_OPERATORS} are the most")
        self._text = text
        self._operators = operators

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._text}>"

    def __bool__(self) -> NoReturn:
        raise UnsafeInputError(
            f"{self._text!r} is asked on the server and has no truth here",
            hint="combine conditions with & and |, negate with ~, and ask for membership with in_()",
        )

    @property
    def operators(self) -> int:
        """How many operators it has; the server takes 700."""
        return self._operators


class Condition(Expression):
    """
    What is true or false of an item; combine with `&`, `|` and `~`.

    A comparison that names an attribute which the item lacks is false, and so is one of unlike types.
    """

    __slots__ = ("_joined",)

    def __init__(self, text: str, operators: int = 1, joined: str = "") -> None:
        super().__init__(text, operators)
        self._joined = joined

    def __and__(self, other: Condition) -> Condition:
        return self._join("AND", other)

    def __or__(self, other: Condition) -> Condition:
        return self._join("OR", other)

    def __eq__(self, other: object) -> NoReturn:
        raise UnsafeInputError(
            f"{self._text!r} is a comparison already and cannot be compared", hint="negate it with ~, or use if_else()"
        )

    __ne__ = __eq__
    __hash__ = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

    def __invert__(self) -> Condition:
        return Condition(f"NOT({self._text})", self._operators + 1)

    def _join(self, word: str, other: object) -> Condition:
        if not isinstance(other, Condition):
            raise UnsafeInputError(
                f"{word} joins conditions, and {other!r} is none",
                hint="put each comparison into parentheses: (attr('a') > 1) & (attr('b') < 2)",
            )
        text = f"{self.inside(word)} {word} {other.inside(word)}"
        return Condition(text, self.operators + other.operators + 1, word)

    def inside(self, word: str) -> str:
        """Write it as part of a chain of one word, which needs no parentheses around its links."""
        return self._text if self._joined == word else f"({self._text})"


class Operand(Expression):
    """
    A value that the server computes: an attribute, or a formula of attributes and literals.

    Compare it with `==`, `!=`, `<`, `<=`, `>` and `>=`, compute with `+`, `-`, `*` and `/`.
    `+` also joins texts and blobs.
    """

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._compare("==", other)

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._compare("!=", other)

    def __lt__(self, other: Value) -> Condition:
        return self._compare("<", other)

    def __le__(self, other: Value) -> Condition:
        return self._compare("<=", other)

    def __gt__(self, other: Value) -> Condition:
        return self._compare(">", other)

    def __ge__(self, other: Value) -> Condition:
        return self._compare(">=", other)

    def __add__(self, other: Value) -> Operand:
        return _formula("+", self, other)

    def __radd__(self, other: Value) -> Operand:
        return _formula("+", other, self)

    def __sub__(self, other: Value) -> Operand:
        return _formula("-", self, other)

    def __rsub__(self, other: Value) -> Operand:
        return _formula("-", other, self)

    def __mul__(self, other: Value) -> Operand:
        return _formula("*", self, other)

    def __rmul__(self, other: Value) -> Operand:
        return _formula("*", other, self)

    def __truediv__(self, other: Value) -> Operand:
        return _formula("/", self, other)

    def __rtruediv__(self, other: Value) -> Operand:
        return _formula("/", other, self)

    def __neg__(self) -> Operand:
        return _Formula(f"-{_tight(self)}", self._operators + 1)

    def __and__(self, other: object) -> NoReturn:
        raise UnsafeInputError(
            "& and | join conditions, not values",
            hint="put each comparison into parentheses: (attr('a') > 1) & (attr('b') < 2)",
        )

    __or__ = __rand__ = __ror__ = __and__

    def __invert__(self) -> NoReturn:
        raise UnsafeInputError("~ negates conditions, not values", hint="compare first: ~(attr('a') == 1)")

    def in_(self, values: Iterable[str | int]) -> Condition:
        """
        Ask whether it is one of some values.

        Args:
            values: 1 to 1024 texts or whole numbers.

        Raises:
            UnsafeInputError: None, too many, or values that `IN` does not take.
        """
        if isinstance(values, str | bytes | Expression):
            raise UnsafeInputError(f"in_ takes a list of values, not {type(values).__name__}")
        listed = list(values)
        if not 1 <= len(listed) <= MOST_VALUES:
            raise UnsafeInputError(f"in_ takes 1 to {MOST_VALUES} values, not {len(listed)}")
        texts = [literals.literal(value) for value in listed]
        for value, text in zip(listed, texts, strict=True):
            if text[0] not in "'\"" and not text.lstrip("-").isdigit():
                raise UnsafeInputError(f"in_ takes texts and whole numbers, not {value!r}")
        return Condition(f"{self._text} IN ({', '.join(texts)})", self._operators + 1)

    def starts(self, text: Value) -> Condition:
        """Ask whether a text begins with another."""
        return _test("starts", self, text)

    def ends(self, text: Value) -> Condition:
        """Ask whether a text ends with another."""
        return _test("ends", self, text)

    def contains(self, text: Value) -> Condition:
        """Ask whether a text holds another."""
        return _test("contains", self, text)

    def length(self) -> Operand:
        """Return the length of a text or an array."""
        return call("length", self)

    def _compare(self, sign: str, other: object) -> Condition:
        text, operators = written(other)
        return Condition(f"{self._text} {sign} {text}", self._operators + operators + 1)


class _Formula(Operand):
    """An operand that needs parentheses inside others."""

    __slots__ = ()


class Attribute(Operand):
    """
    An attribute of the item, system attributes such as `__mtime_secs` included.

    `attr("a")[2]` is an element of an array and `attr("a")[0:4]` its first four; as everywhere in Python the end is not
    part of it.

    Args:
        name: 1 to 255 letters, digits and underscores; case matters.
    """

    __slots__ = ()

    def __init__(self, name: str) -> None:
        super().__init__(literals.name(name))

    def exists(self) -> Condition:
        """Ask whether the item has it."""
        return Condition(f"exists({self._text})")

    def __getitem__(self, index: int | Operand | slice) -> Element:
        return Element(self, index)

    def __iter__(self) -> NoReturn:  # Python would call __getitem__ for ever
        raise TypeError("an attribute is no sequence here; it has elements on the server only")


class Element(Operand):
    """
    An element or a slice of an array attribute.

    Args:
        array: The attribute.
        index: From 0, or computed; or a slice with an end and without a step.
    """

    __slots__ = ()

    def __init__(self, array: Attribute, index: int | Operand | slice) -> None:
        if isinstance(index, Operand):
            super().__init__(f"{array}[{index}]", index.operators)
        elif isinstance(index, slice):
            super().__init__(f"{array}[{_span(index)}]")
        else:
            super().__init__(f"{array}[{position(index, 'an index')}]")


def _span(index: slice) -> str:
    first = 0 if index.start is None else position(index.start, "the start of a slice")
    if index.step is not None or index.stop is None:
        raise UnsafeInputError("a slice has a start, an end and no step: attr('a')[0:4]")
    last = position(index.stop, "the end of a slice") - 1
    if last < first:
        raise UnsafeInputError(f"the slice {first}:{last + 1} is empty")
    return f"{first}..{last}"


def position(value: object, what: str) -> int:
    """
    Return an index or a length.

    Raises:
        UnsafeInputError: It is no whole number of 0 or more.
    """
    number = whole(value)
    if number is None or number < 0:
        raise UnsafeInputError(
            f"{what} is a whole number of 0 or more, not {value!r}",
            hint="the server counts elements from the front only",
        )
    return number


Value: TypeAlias = Operand | literals.Literal
"""A literal, an attribute or a formula."""

attr = Attribute


# -- writing -----------------------------------------------------------------------------------------------------------


def written(value: object) -> tuple[str, int]:
    """
    Return the text and the number of operators of an operand or a literal.

    Raises:
        UnsafeInputError: It is a condition, or no literal.
    """
    if isinstance(value, Condition):
        raise UnsafeInputError(
            f"{value} is a condition and cannot be compared or computed with",
            hint="join conditions with & and |; if_else(condition, True, False) makes a value of one",
        )
    if isinstance(value, Expression):
        return str(value), value.operators
    return literals.literal(value), 0


def _tight(value: object) -> str:
    """Write an operand so that nothing beside it changes it."""
    text, _ = written(value)
    return f"({text})" if isinstance(value, _Formula) or text.startswith("-") else text


def _formula(sign: str, left: object, right: object) -> Operand:
    operators = written(left)[1] + written(right)[1] + 1
    return _Formula(f"{_tight(left)} {sign} {_tight(right)}", operators)


def _arguments(values: tuple[object, ...]) -> tuple[str, int]:
    pairs = [(str(value), value.operators) if isinstance(value, Condition) else written(value) for value in values]
    return ", ".join(text for text, _ in pairs), sum(operators for _, operators in pairs)


def call(function: str, *values: Any) -> Operand:
    """Write a call of one of the server's functions."""
    text, operators = _arguments(values)
    return Operand(f"{function}({text})", operators + 1)


def _test(function: str, *values: Any) -> Condition:
    text, operators = _arguments(values)
    return Condition(f"{function}({text})", operators + 1)
