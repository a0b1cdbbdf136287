"""Answer requests to the lakeFS API: find the operation, check who asks, run it, note what it changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote, unquote_plus, unquote_to_bytes

from catchment.local.http import Answer, Request, json_answer, text_answer
from catchment.local.lakefs import importing
from catchment.local.lakefs.auth import authenticate
from catchment.local.lakefs.call import Call, UnreadableBodyError
from catchment.local.lakefs.errors import MergeConflictError, RefusalError
from catchment.local.lakefs.installation import Installation
from catchment.local.lakefs.routes.table import Route, find_route, routes

BASE_PATH = "/api/v1"
# What the server's library leaves as it is when it escapes a path, besides letters, digits and "-_.~".
_KEPT_IN_PATHS = "/$&+,:;=@-_.~"
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")

Record = Callable[[str, dict[str, object]], None]


class _BadEscapeError(Exception):
    """A path parameter that cannot be unescaped; the server answers this one in plain text."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is aimed at: an operation, or the answer that says why it is none."""

    name: str
    route: Route | None = None
    params: dict[str, str] | None = None
    answer: Answer | None = None


def known_operations() -> frozenset[str]:
    """Return every name that a request can be aimed at."""
    return frozenset({"health", "unknown", *(route.operation for route in routes())})


class LakeFSService:
    """The API of one installation. Calls must be serialised by the caller."""

    def __init__(self, state: Installation) -> None:
        self.state = state

    def target(self, request: Request) -> Target:
        """Find what a request is aimed at."""
        if request.path == "/_health":
            return Target("health", answer=text_answer(200, f"alive! {self.state.installation_id}"))
        if not request.path.startswith(BASE_PATH + "/"):
            return Target("unknown", answer=json_answer(404, {"message": "invalid API endpoint"}))
        found = find_route(request.method, request.path.removeprefix(BASE_PATH))
        if found is None:
            return Target("unknown", answer=json_answer(404, {"message": "invalid API endpoint"}))
        if isinstance(found, list):
            return Target("unknown", answer=Answer(405, [("Allow", ", ".join(found))]))
        return Target(found[0].operation, *found)

    def answer(self, request: Request, target: Target, record: Record) -> Answer:
        """Answer a request; `record` is called with the operation and its subject when something changed."""
        if target.answer is not None:
            return target.answer
        if target.route is None or target.params is None:  # pragma: no cover - a target has one or the other
            return json_answer(500, {"message": "no route"})
        try:
            return self._answer(request, target.route, target.params, record)
        except MergeConflictError:
            # The one conflict without an error body.
            return json_answer(409, {"reference": ""})
        except RefusalError as refusal:
            return json_answer(refusal.status, {"message": refusal.message})
        except UnreadableBodyError as error:
            return text_answer(400, f"request body has an error: failed to decode request body: {error}\n")
        except _BadEscapeError as error:
            return text_answer(400, f"Invalid format for parameter {error}: invalid URL escape\n")

    def _answer(self, request: Request, route: Route, escaped: dict[str, str], record: Record) -> Answer:
        user = "" if route.public else authenticate(request, self.state.users, self.state.clock())
        if route.handler is None:
            message = f"{route.operation} is not implemented by the local lakeFS server"
            return json_answer(501, {"message": message})
        params = path_parameters(request.path, escaped)
        repository = self.state.repositories.get(params.get("repository", ""))
        if repository is not None:
            importing.finish_overdue(self.state, repository)
        query = parse_qs(request.query, keep_blank_values=True, errors="surrogateescape")
        call = Call(self.state, request, route.operation, params, query, user, dict(params))
        answer = route.handler(call)
        if route.mutates and call.applied and answer.status < 400:
            record(route.operation, call.subject)
        return answer


def path_parameters(path: str, escaped: Mapping[str, str]) -> dict[str, str]:
    """
    Undo the escapes of path parameters the way the server does: sometimes twice.

    The server routes by the unescaped path, unless the path was escaped in another way than its own
    library would have done; then it routes by the path as sent. Either way it unescapes each parameter
    once more, as a form value. So a bare plus is a space, `%2B` a plus, and a percent sign on its own
    takes `%2525`.
    """
    kept = quote(unquote_to_bytes(path), safe=_KEPT_IN_PATHS) != path
    return {name: _unescaped(name, value if kept else unquote(value)) for name, value in escaped.items()}


def _unescaped(name: str, value: str) -> str:
    if _BAD_ESCAPE.search(value):
        raise _BadEscapeError(name)
    return unquote_plus(value)
