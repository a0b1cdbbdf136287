"""Changes of an item that the server computes: `Update().set("seen", now).add("count", 1).remove("draft")`."""

from __future__ import annotations

from catchment.core.errors import UnsafeInputError
from catchment.v3io.expressions import Attribute, Element, Expression, Value, written
from catchment.v3io.functions import if_not_exists
from catchment.v3io.limits import writable_name


class Update(Expression):
    """
    Assignments and removals, made one after another in one atomic change; each sees the earlier ones.

    Every method returns a new update with one more step. An update without any creates the item where it is missing.
    A step that reads an attribute which the item lacks makes the whole update fail; `if_not_exists` gives a default.
    """

    __slots__ = ()

    def __init__(self, text: str = "", operators: int = 0) -> None:
        super().__init__(text, operators)

    def set(self, target: str | Attribute | Element, value: Value) -> Update:
        """
        Assign a value or a formula.

        Args:
            target: An attribute, made if it is missing, or an element or slice of an array that exists.
            value: A literal, an attribute or a formula.
        """
        text, operators = written(value)
        place = _target(target)
        return self._step(f"{place} = {text}", place.operators + operators + 1)

    def add(self, target: str | Attribute | Element, amount: Value, *, start: Value | None = None) -> Update:
        """
        Add to a number, or append to a text or blob.

        Args:
            target: What grows.
            amount: By what.
            start: What to add to where the attribute is missing; without it that fails.
        """
        place = _target(target)
        if start is None:
            return self.set(place, place + amount)
        if not isinstance(place, Attribute):
            raise UnsafeInputError("start= goes with an attribute: an element of an array is there or an error")
        return self.set(place, if_not_exists(place, start) + amount)

    def set_default(self, target: str | Attribute, value: Value) -> Update:
        """Assign a value where the attribute is missing, and leave it otherwise."""
        return self.set(target, if_not_exists(target, value))

    def remove(self, *attributes: str | Attribute) -> Update:
        """Remove attributes."""
        update = self
        for attribute in attributes:
            place = _target(attribute)
            if not isinstance(place, Attribute):
                raise UnsafeInputError(f"{place} is an element of an array; only whole attributes can be removed")
            update = update._step(f"REMOVE {place}", 1)
        return update

    def _step(self, text: str, operators: int) -> Update:
        return Update(f"{self}; {text}" if str(self) else text, self.operators + operators)


def _target(target: object) -> Attribute | Element:
    place = Attribute(target) if isinstance(target, str) else target
    if not isinstance(place, Attribute | Element):
        raise UnsafeInputError(f"{target!r} cannot be assigned to: name an attribute or an element of one")
    if isinstance(place, Attribute):
        writable_name(str(place).strip("`"))
    return place
