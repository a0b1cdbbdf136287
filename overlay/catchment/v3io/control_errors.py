"""Errors of V3IO's control plane: JSON:API's, as the classes that the data layer's errors have, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from catchment.core.errors import StatusError
from catchment.core.failures import Told
from catchment.core.wire import Operation, RawResponse, load_json_exactly
from catchment.v3io.errors import (
    AccessDeniedError,
    AuthenticationError,
    HttpResponseError,
    RequestRefusedError,
    ResourceConflictError,
    ResourceNotFoundError,
    ServerFailureError,
    TooManyRequestsError,
    V3IOError,
)

if TYPE_CHECKING:
    from catchment.v3io.control_models import JobStatus


class JobFailedError(V3IOError):
    """A job of the platform came to its end, and not to a good one.

    Attributes:
        job: What the platform says of it; `state` is `failed` or `canceled`.
    """

    job: JobStatus | None = None


_BY_STATUS: Final[Mapping[int, type[HttpResponseError]]] = {
    401: AuthenticationError,
    403: AccessDeniedError,
    404: ResourceNotFoundError,
    409: ResourceConflictError,
    429: TooManyRequestsError,
}
_CHECKS: Final[Mapping[str, str]] = {
    "createUser": "look in the dashboard whether the user is there; making it again says 409 if so",
    "createContainer": "list the containers of the data layer; making it again says 409 if it is there",
    "createAccessKey": "look in the dashboard for a key of this label, and delete it: nobody knows its value",
    "createEvent": "look in the dashboard's list of events",
    "updateAppServicesManifest": "list the manifests: `running_modification_job` names the job if there is one",
}


class ControlDialect:
    """Reads the errors of the dashboard."""

    request_id_header = "x-request-id"

    def read(self, response: RawResponse) -> Told | None:
        """Take the details out of `{"errors": [...]}`."""
        try:
            body: object = load_json_exactly(response.body)
        except (ValueError, RecursionError):
            return None
        errors = cast("Mapping[str, Any]", body).get("errors") if isinstance(body, Mapping) else None
        details = [_detail(each) for each in cast("list[object]", errors)] if isinstance(errors, list) else []
        return Told("; ".join(filter(None, details))) if any(details) else None

    def leaf(self, operation: Operation, status: int, told: Told) -> type[StatusError]:
        """Name the class by the status."""
        del operation, told
        known = _BY_STATUS.get(status)
        return known or (ServerFailureError if status >= 500 else RequestRefusedError)

    def check(self, operation: Operation) -> str | None:
        """Say what to look at when nobody knows whether a request was applied."""
        return _CHECKS.get(operation.id)


CONTROL_DIALECT = ControlDialect()


def _detail(error: object) -> str:
    if not isinstance(error, Mapping):
        return ""
    members = cast("Mapping[str, Any]", error)
    found = members.get("detail") or members.get("title")
    return found if isinstance(found, str) else ""
