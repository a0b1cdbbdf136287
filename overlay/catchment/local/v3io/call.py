"""Give a handler what it works on: one request, checked and converted as it is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from catchment.local.bodies import Blob
from catchment.local.http import Answer
from catchment.local.platform import Record
from catchment.local.v3io.errors import invalid
from catchment.local.v3io.nodes import Facts, verifier
from catchment.local.v3io.paths import Target, check_name, split_path
from catchment.local.v3io.tenant import Container, Tenant

T = TypeVar("T")

VERIFIER = "X-v3io-transaction-verifier"
_JSON: tuple[str, str] = ("Content-Type", "application/json")


@dataclass(slots=True)
class Call:
    """
    One request on its way through a handler.

    Attributes:
        headers: By name in lower case.
        query: First value of each parameter.
    """

    tenant: Tenant
    operation: str
    method: str
    target: Target
    headers: Mapping[str, str]
    query: Mapping[str, str]
    content: Blob
    note: Record

    @property
    def container(self) -> Container:
        """
        The container in the path.

        Raises:
            RefusalError: There is none of this name.
        """
        return self.tenant.container(self.target.container)

    @property
    def parts(self) -> tuple[str, ...]:
        """The names in the path inside the container."""
        return self.target.parts

    def body(self, limit: int) -> Body:
        """
        Return the JSON object in the body; none counts as an empty one.

        Raises:
            RefusalError: It is no JSON object, or larger than `limit` bytes.
        """
        if self.content.size > limit:
            raise invalid(f"the body is larger than {limit} bytes")
        if not self.content.size:
            return Body({})
        try:
            value: object = json.loads(self.content.read())
        except (ValueError, RecursionError):
            raise invalid("the body is no JSON") from None
        if not isinstance(value, dict):
            raise invalid("the body is no JSON object")
        return Body(cast("dict[str, object]", value))

    def record(self, parts: tuple[str, ...], **more: object) -> None:
        """Note in the ledger that this took effect."""
        self.note(self.operation, {"container": self.container.name, "path": "/".join(parts), **more})


class Body:
    """A JSON object from a request; each accessor refuses a mistyped value."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, object]) -> None:
        self.values = values

    def text(self, name: str) -> str | None:
        """Return a string, or None."""
        return self._get(name, str, "a text")

    def integer(self, name: str) -> int | None:
        """Return an integer, or None."""
        return self._get(name, int, "an integer")

    def needed_integer(self, name: str) -> int:
        """Return an integer that must be there."""
        found = self.integer(name)
        if found is None:
            raise invalid(f"{name} is missing")
        return found

    def mapping(self, name: str) -> dict[str, object] | None:
        """Return an object, or None."""
        return cast("dict[str, object] | None", self._get(name, dict, "an object"))

    def array(self, name: str) -> list[object]:
        """Return an array that must be there."""
        found = cast("list[object] | None", self._get(name, list, "an array"))
        if found is None:
            raise invalid(f"{name} is missing")
        return found

    def names(self, name: str) -> tuple[str, ...]:
        """Return the names in a path, or none."""
        return split_path(self.text(name) or "")

    def _get(self, name: str, kind: type[T], what: str) -> T | None:
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise invalid(f"{name} must be {what}")
        return value


def checked(name: str) -> str:
    """Return a name that an entry may have."""
    if not name or "/" in name:
        raise invalid(f"no name for an entry: {name!r}")
    check_name(name)
    return name


# Answers


def verified(facts: Facts, status: int = 200) -> Answer:
    """Return an answer without a body that tells the state of an entry."""
    return Answer(status, [(VERIFIER, verifier(facts))])


def json_reply(value: object, facts: Facts | None = None, status: int = 200) -> Answer:
    """Return a JSON answer, with the state of an entry where one is given."""
    return json_text_reply(json.dumps(value, ensure_ascii=False, separators=(",", ":")), facts, status)


def json_text_reply(text: str, facts: Facts | None = None, status: int = 200) -> Answer:
    """Return an answer that is JSON already."""
    headers = [_JSON] if facts is None else [_JSON, (VERIFIER, verifier(facts))]
    return Answer(status, headers, text.encode())
