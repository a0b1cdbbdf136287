"""Fit V3IO's dashboard into a stack: a host of its own, which looks after the tenant that the web API serves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, cast
from urllib.parse import unquote

from catchment.local.http import Answer, Request
from catchment.local.platform import Record, Work
from catchment.local.v3io.control_call import ControlCall, ControlRefusalError
from catchment.local.v3io.control_handlers import HANDLERS
from catchment.local.v3io.control_state import Dashboard
from catchment.local.v3io.platform import V3IOPlatform

UNKNOWN = "unknown"
OPERATIONS = frozenset({UNKNOWN, *HANDLERS})

_ROUTES: Mapping[tuple[str, str], str] = {
    ("POST", "sessions"): "createSession",
    ("GET", "self"): "getSelf",
    ("POST", "users"): "createUser",
    ("DELETE", "users/*"): "deleteUser",
    ("POST", "containers"): "createContainer",
    ("DELETE", "containers/*"): "deleteContainer",
    ("POST", "access_keys"): "createAccessKey",
    ("DELETE", "access_keys/*"): "deleteAccessKey",
    ("POST", "manual_events"): "createEvent",
    ("PUT", "cluster_info/*"): "updateClusterInfo",
    ("POST", "configurations/cluster/reloads"): "reloadClusterConfiguration",
    ("POST", "configurations/events/reloads"): "reloadEventsConfiguration",
    ("POST", "configurations/app_services/reloads"): "reloadAppServicesConfiguration",
    ("POST", "configurations/artifact_version_manifest/reloads"): "reloadArtifactVersionManifest",
    ("GET", "jobs/*"): "getJob",
    ("GET", "app_services_manifests"): "listAppServicesManifests",
    ("PUT", "app_services_manifests"): "updateAppServicesManifest",
}
_WITH_ID = re.compile(r"/api/(users|containers|access_keys|cluster_info|jobs)/([^/]+)")


class ControlPlane:
    """
    The dashboard in a stack.

    Args:
        data: The web API of the same tenant; it is reset and restored before this.
        clock: Gives the seconds since the epoch.
    """

    name = "v3io-control"

    def __init__(self, data: V3IOPlatform, clock: Callable[[], float]) -> None:
        self._data = data
        self._clock = clock
        self.reset()

    @property
    def faces(self) -> Mapping[str, frozenset[str]]:
        """The dashboard's API."""
        return {self.name: OPERATIONS}

    def reset(self) -> None:
        """Start over."""
        self.dashboard = Dashboard(self._data.tenant, self._clock)

    def aim(self, request: Request, request_id: str) -> tuple[str, Work]:
        """Return the operation that a request is aimed at, and what carries it out."""
        del request_id
        operation, id_ = route(request.method, request.path)
        return operation, lambda record: self._answer(operation, id_, request, record)

    def _answer(self, operation: str, id_: str, request: Request, record: Record) -> Answer:
        handler = HANDLERS.get(operation)
        if handler is None:
            return ControlRefusalError(404, f"there is nothing at {request.path} for {request.method}").answer()
        try:
            sid = session_id(request.header("Cookie") or "")
            sender = None if sid is None else self.dashboard.user_of(sid)
            return handler(ControlCall(self.dashboard, operation, id_, sender, request.body, record))
        except ControlRefusalError as refusal:
            return refusal.answer()

    def request_id(self, request: Request, made: str) -> str:
        """Return the id that the ledger knows a request by."""
        del request
        return made

    def identifying(self, request: Request, request_id: str) -> list[tuple[str, str]]:
        """Return nothing: no source tells of ids in answers."""
        del request, request_id
        return []

    def environment(self, endpoint: str) -> dict[str, str]:
        """Return the environment variables that point clients to an endpoint, as v3io-go's tests call them."""
        tenant = self._data.tenant
        return {
            "V3IO_CONTROLPLANE_URL": endpoint,
            "V3IO_CONTROLPLANE_USERNAME": tenant.options.username,
            "V3IO_CONTROLPLANE_PASSWORD": tenant.password,
        }

    def dump(self) -> object:
        """Return the state as JSON values."""
        return self.dashboard.dump()

    def restore(self, saved: object) -> None:
        """Take over a state that was dumped."""
        self.dashboard.restore(cast("Mapping[str, Any]", saved))


def route(method: str, path: str) -> tuple[str, str]:
    """Return the operation and the id in the path; without an operation of this kind, `unknown`."""
    match = _WITH_ID.fullmatch(path)
    if match is not None:
        return _ROUTES.get((method, f"{match[1]}/*"), UNKNOWN), unquote(match[2])
    return _ROUTES.get((method, path.removeprefix("/api/")) if path.startswith("/api/") else ("", ""), UNKNOWN), ""


def session_id(cookies: str) -> str | None:
    """Return the session or access key that a `Cookie` header holds; None without one that can be read."""
    try:
        found = SimpleCookie(cookies).get("session")
        text = unquote(found.value) if found is not None else ""
        value: object = json.loads(text.removeprefix("j:"))
    except (CookieError, ValueError, RecursionError):
        return None
    sid = cast("dict[str, object]", value).get("sid") if isinstance(value, dict) else None
    return sid if isinstance(sid, str) else None
