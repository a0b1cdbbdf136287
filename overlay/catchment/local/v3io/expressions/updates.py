"""Read and run update expressions: assignments and removals, left to right, all or nothing."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from functools import lru_cache

from catchment.local.v3io.errors import invalid
from catchment.local.v3io.expressions.building import checked_slice
from catchment.local.v3io.expressions.functions import fitting_element
from catchment.local.v3io.expressions.grammar import Parser
from catchment.local.v3io.expressions.running import Evaluator, NoAnswerError, Result, Scope, integer, number, numbers
from catchment.local.v3io.nodes import SYSTEM_ATTRIBUTES, File
from catchment.local.v3io.values import Numbers, Value, write_array


class Changes(Scope):
    """
    A scope that assignments change.

    Attributes:
        changed: The names assigned to so far.
    """

    __slots__ = ("changed", "copy")

    def __init__(self, name: str, file: File | None, attributes: dict[str, Value]) -> None:
        self.copy = dict(attributes)
        self.changed: set[str] = set()
        super().__init__(name, file, self.copy)

    def assign(self, attribute: str, value: Result) -> None:
        """Set an attribute."""
        self.copy[attribute] = write_array(value) if isinstance(value, array) else value
        self.changed.add(attribute)

    def remove(self, attribute: str) -> None:
        """Remove an attribute, if there is one."""
        self.copy.pop(attribute, None)
        self.changed.discard(attribute)


Statement = Callable[[Changes], None]


def run_update(source: str, changes: Changes) -> None:
    """
    Carry an update expression out on a copy.

    Raises:
        RefusalError: It cannot be read, or a value in it cannot be told; the copy is then good for nothing.
    """
    try:
        for statement in read_update(source):
            statement(changes)
    except NoAnswerError as error:
        raise invalid(f"update expression: {error}") from None


@lru_cache(maxsize=1024)
def read_update(source: str) -> tuple[Statement, ...]:
    """
    Return the statements of an update expression; an empty one has none.

    Raises:
        RefusalError: It cannot be read.
    """
    parser = Parser(source)
    statements: list[Statement] = []
    while parser.ahead.kind != "end":
        if parser.takes("symbol", ";"):
            continue
        statements.append(_statement(parser))
        if parser.ahead.kind != "end":
            parser.needs(";")
    return tuple(statements)


def _statement(parser: Parser) -> Statement:
    if parser.takes("word", "remove"):
        return _removal(_target(parser))
    if parser.ahead.text == "delete" and parser.following().text == "(":
        parser.take()
        parser.take()
        name = _target(parser)
        parser.needs(")")
        return _removal(name)
    parser.takes("word", "set")
    name = _target(parser)
    bounds = parser.bounds() if parser.takes("symbol", "[") else None
    parser.needs("=")
    value = parser.condition()
    if bounds is None:
        return lambda changes: changes.assign(name, value(changes))
    return _element_assignment(name, *bounds, value)


def _target(parser: Parser) -> str:
    name = parser.name()
    if name in SYSTEM_ATTRIBUTES:
        raise invalid(f"update expression: {name} is kept by the server")
    return name


def _removal(name: str) -> Statement:
    return lambda changes: changes.remove(name)


def _element_assignment(name: str, first: Evaluator, last: Evaluator | None, value: Evaluator) -> Statement:
    def run(changes: Changes) -> None:
        old = numbers(changes.value(name))
        begin = first(changes)
        start, stop = checked_slice(len(old), begin, begin if last is None else last(changes))
        new = _elements(value(changes), old.typecode, stop - start)
        changes.assign(name, old[:start] + new + old[stop:])

    return run


def _elements(value: Result, typecode: str, count: int) -> Numbers:
    """Return what replaces a slice: an array as long as it, or one number everywhere."""
    single = isinstance(value, (bool, int, float))
    given: list[Result] = [value] * count if single else list(numbers(value))
    if len(given) != count:
        raise NoAnswerError(f"{count} elements cannot take {len(given)} values")
    if typecode == "q":
        return array("q", [fitting_element(integer(each)) for each in given])
    return array("d", [float(number(each)) for each in given])
