"""Give a handler of the dashboard what it works on: one JSON:API document, checked, and who sends it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar, cast

from catchment.local.bodies import Blob
from catchment.local.http import Answer, json_answer
from catchment.local.platform import Record
from catchment.local.v3io.control_state import SECURITY_ADMIN, Dashboard, User

T = TypeVar("T")

BODY_BYTES = 1024 * 1024


class ControlRefusalError(Exception):
    """The dashboard refuses a request; nothing was changed."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail

    def answer(self) -> Answer:
        """Return it as JSON:API has it."""
        title = HTTPStatus(self.status).phrase
        return json_answer(self.status, {"errors": [{"status": self.status, "title": title, "detail": self.detail}]})


@dataclass(slots=True)
class ControlCall:
    """
    One request on its way through a handler.

    Attributes:
        id: What stands behind the kind of thing in the path; empty where nothing does.
    """

    dashboard: Dashboard
    operation: str
    id: str
    sender: User | None
    content: Blob
    note: Record

    @property
    def user(self) -> User:
        """
        Who sends it.

        Raises:
            ControlRefusalError: Nobody, or nobody any more.
        """
        if self.sender is None:
            raise ControlRefusalError(401, "no session, or one that has ended")
        return self.sender

    def only_for_security_admins(self) -> None:
        """
        Refuse everybody else.

        Raises:
            ControlRefusalError: The sender is somebody else.
        """
        if SECURITY_ADMIN not in self.user.attributes.get("assigned_policies", ()):
            raise ControlRefusalError(403, f"only users with the policy {SECURITY_ADMIN!r} may do this")

    def document(self, kind: str) -> tuple[object, Members]:
        """
        Return id and attributes of the document in the body.

        Raises:
            ControlRefusalError: It is none, or one of another type.
        """
        data = Members(self._body()).mapping("data")
        if data is None or "attributes" not in data or "type" not in data:
            raise ControlRefusalError(400, "data.type and data.attributes must be there")
        if data["type"] != kind:
            raise ControlRefusalError(400, f"data.type must be {kind!r}")
        return data.get("id"), Members(Members(data).mapping("attributes") or {})

    def _body(self) -> dict[str, Any]:
        if self.content.size > BODY_BYTES:
            raise ControlRefusalError(413, f"the body is larger than {BODY_BYTES} bytes")
        try:
            value: object = json.loads(self.content.read() or b"null")
        except (ValueError, RecursionError):
            raise ControlRefusalError(400, "the body is no JSON") from None
        if not isinstance(value, dict):
            raise ControlRefusalError(400, "the body is no JSON object")
        return cast("dict[str, Any]", value)


class Members:
    """Members of a JSON object; each accessor refuses a mistyped value."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def text(self, name: str) -> str | None:
        """Return a text, or None."""
        return self._get(name, str, "a text")

    def needed_text(self, name: str) -> str:
        """Return a text that must be there."""
        found = self.text(name)
        if not found:
            raise ControlRefusalError(400, f"{name} is missing")
        return found

    def integer(self, name: str) -> int | None:
        """Return an integer, or None."""
        return self._get(name, int, "an integer")

    def mapping(self, name: str) -> dict[str, Any] | None:
        """Return an object, or None."""
        return cast("dict[str, Any] | None", self._get(name, dict, "an object"))

    def texts(self, name: str) -> list[str]:
        """Return a list of texts; empty where there is none."""
        found = cast("list[object]", self._get(name, list, "a list") or [])
        if not all(isinstance(each, str) for each in found):
            raise ControlRefusalError(400, f"{name} must be a list of texts")
        return cast("list[str]", found)

    def _get(self, name: str, kind: type[T], what: str) -> T | None:
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ControlRefusalError(400, f"{name} must be {what}")
        return value


def resource(kind: str, id_: object, attributes: dict[str, Any], status: int, *headers: tuple[str, str]) -> Answer:
    """Return an answer with one document."""
    return json_answer(status, {"data": {"type": kind, "id": id_, "attributes": attributes}}, *headers)


def gone() -> Answer:
    """Return the answer to a deletion."""
    return Answer(204)


def missing(what: str) -> ControlRefusalError:
    """Return the refusal of an id that nothing has."""
    return ControlRefusalError(404, f"there is no such {what}")
