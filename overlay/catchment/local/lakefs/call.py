"""Give a route what it works on: one request, checked and converted as it is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from catchment.local.http import Answer, Request
from catchment.local.lakefs.errors import InvalidError
from catchment.local.lakefs.history import Signature
from catchment.local.lakefs.installation import Installation
from catchment.local.lakefs.listing import DEFAULT_AMOUNT, MAX_PER_PAGE, Page, Window
from catchment.local.lakefs.repositories import Branch, Repository

T = TypeVar("T")


# What the server's language reads as a boolean; the official Python client sends `True`.
_TRUE = ("1", "t", "T", "true", "TRUE", "True")
_FALSE = ("0", "f", "F", "false", "FALSE", "False")


class UnreadableBodyError(Exception):
    """The body is no JSON object; the server answers this one in plain text."""


class Fields:
    """A JSON object from a request body; each accessor refuses a missing or mistyped value with 400."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def _get(self, name: str, kind: type[T]) -> T | None:
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise InvalidError(f'request body has an error: "/{name}": value must be {_KINDS[kind]}')
        return value

    def _need(self, name: str, kind: type[T]) -> T:
        value = self._get(name, kind)
        if value is None:
            raise InvalidError(f'request body has an error: property "{name}" is missing')
        return value

    def text(self, name: str) -> str:
        """Return a required string."""
        return self._need(name, str)

    def optional_text(self, name: str) -> str | None:
        """Return a string, or None."""
        return self._get(name, str)

    def integer(self, name: str) -> int:
        """Return a required integer."""
        return self._need(name, int)

    def optional_integer(self, name: str) -> int | None:
        """Return an integer, or None."""
        return self._get(name, int)

    def flag(self, name: str) -> bool:
        """Return a boolean; absent means false."""
        return bool(self._get(name, bool))

    def fields(self, name: str) -> Fields:
        """Return a required object."""
        return Fields(cast("dict[str, object]", self._need(name, dict)))

    def optional_fields(self, name: str) -> Fields | None:
        """Return an object, or None."""
        return self.fields(name) if name in self else None

    def string_map(self, name: str) -> dict[str, str] | None:
        """Return a map of strings, or None."""
        value = cast("dict[str, object] | None", self._get(name, dict))
        return None if value is None else _string_map(name, value)

    def texts(self, name: str) -> list[str]:
        """Return a required list of strings."""
        values = cast("list[object]", self._need(name, list))
        if not all(isinstance(value, str) for value in values):
            raise InvalidError(f'request body has an error: "/{name}": items must be strings')
        return cast("list[str]", values)

    def objects(self, name: str) -> list[Fields]:
        """Return a required list of objects."""
        return _objects(cast("list[object]", self._need(name, list)))


_KINDS: dict[type, str] = {
    str: "a string",
    int: "an integer",
    bool: "a boolean",
    dict: "an object",
    list: "an array",
}


def _string_map(name: str, value: Mapping[str, object]) -> dict[str, str]:
    if not all(isinstance(each, str) for each in value.values()):
        raise InvalidError(f'request body has an error: "/{name}": values must be strings')
    return {key: str(each) for key, each in value.items()}


def _objects(values: list[object]) -> list[Fields]:
    if not all(isinstance(value, dict) for value in values):
        raise InvalidError("request body has an error: items must be objects")
    return [Fields(cast("dict[str, object]", value)) for value in values]


@dataclass(slots=True)
class Call:
    """
    One request on its way through a route.

    Attributes:
        subject: What a mutation was applied to; goes into the ledger.
        applied: A route sets this to False when it changed nothing after all.
    """

    state: Installation
    request: Request
    operation: str
    params: Mapping[str, str]
    query: Mapping[str, list[str]]
    user: str
    subject: dict[str, object] = field(default_factory=dict[str, object])
    applied: bool = True

    # State

    @property
    def repository(self) -> Repository:
        """The repository in the path."""
        return self.state.repository(self.params["repository"])

    @property
    def branch(self) -> Branch:
        """The branch in the path."""
        return self.repository.branch(self.params["branch"])

    @property
    def signature(self) -> Signature:
        """Who acts, and when."""
        return Signature(self.user, self.state.now)

    # Query

    def text(self, name: str, default: str = "") -> str:
        """Return a query parameter."""
        return self.query.get(name, [default])[0]

    def needed(self, name: str) -> str:
        """Return a required query parameter that must not be empty."""
        value = self.text(name)
        if not value:
            raise InvalidError(f'parameter "{name}" in query has an error: value is required but missing')
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean query parameter."""
        value = self.text(name)
        if value not in ("", *_TRUE, *_FALSE):
            raise InvalidError(f'parameter "{name}" in query has an error: value {value!r}: an invalid boolean')
        return default if value == "" else value in _TRUE

    def integer(self, name: str, default: int) -> int:
        """Return an integer query parameter."""
        value = self.text(name)
        try:
            return int(value) if value else default
        except ValueError:
            message = f'parameter "{name}" in query has an error: value {value!r}: an invalid integer'
            raise InvalidError(message) from None

    def window(self) -> Window:
        """Return which part of a list is asked for; 0 and -1 mean the default amount."""
        amount = self.integer("amount", DEFAULT_AMOUNT)
        if amount > MAX_PER_PAGE:
            raise InvalidError(f'parameter "amount" in query has an error: number must be at most {MAX_PER_PAGE}')
        if amount < -1:
            raise InvalidError('parameter "amount" in query has an error: number must be at least -1')
        chosen = amount if amount > 0 else DEFAULT_AMOUNT
        return Window(self.text("prefix"), self.text("after"), self.text("delimiter"), chosen)

    # Body

    def json(self) -> object:
        """Decode the body as JSON."""
        try:
            return json.loads(self.request.body.read())
        except ValueError as error:
            raise UnreadableBodyError(str(error)) from error

    def body(self) -> Fields:
        """Return the body as an object."""
        value = self.json()
        if not isinstance(value, dict):
            raise InvalidError("request body has an error: value must be an object")
        return Fields(cast("dict[str, object]", value))

    def optional_body(self) -> Fields:
        """Return the body as an object; no body is an empty one."""
        return self.body() if self.request.body.size else Fields({})

    def body_objects(self) -> list[Fields]:
        """Return the body as a list of objects."""
        value = self.json()
        if not isinstance(value, list):
            raise InvalidError("request body has an error: value must be an array")
        return _objects(cast("list[object]", value))


def no_content() -> Answer:
    """Return the answer that says nothing but "done"."""
    return Answer(204)


def page_json(page: Page[T], results: list[dict[str, object]]) -> dict[str, object]:
    """Return a list answer's JSON."""
    pagination = {
        "has_more": page.has_more,
        "max_per_page": MAX_PER_PAGE,
        "next_offset": page.next_offset,
        "results": len(results),
    }
    return {"pagination": pagination, "results": results}
