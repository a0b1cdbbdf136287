"""V3IO's control plane: users, containers, access keys, events and the cluster's configuration.

It has another address than the data layer: that of the dashboard. `catchment.v3io.aio.controlplane` has every name to
await. Names are loaded on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catchment.core import lazy

if TYPE_CHECKING:
    from catchment.v3io._sync.control_client import Client as Client
    from catchment.v3io._sync.control_job import Job as Job
    from catchment.v3io.control_errors import JobFailedError as JobFailedError
    from catchment.v3io.control_models import AccessKey as AccessKey
    from catchment.v3io.control_models import AppServicesManifest as AppServicesManifest
    from catchment.v3io.control_models import Container as Container
    from catchment.v3io.control_models import JobStatus as JobStatus
    from catchment.v3io.control_models import ServiceEndpoint as ServiceEndpoint
    from catchment.v3io.control_models import User as User

_HOME = "catchment.v3io"
_WHERE = {
    "AccessKey": f"{_HOME}.control_models",
    "AppServicesManifest": f"{_HOME}.control_models",
    "Client": f"{_HOME}._sync.control_client",
    "Container": f"{_HOME}.control_models",
    "Job": f"{_HOME}._sync.control_job",
    "JobFailedError": f"{_HOME}.control_errors",
    "JobStatus": f"{_HOME}.control_models",
    "ServiceEndpoint": f"{_HOME}.control_models",
    "User": f"{_HOME}.control_models",
}

__all__ = [
    "AccessKey",
    "AppServicesManifest",
    "Client",
    "Container",
    "Job",
    "JobFailedError",
    "JobStatus",
    "ServiceEndpoint",
    "User",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy.exports(__name__, _WHERE)
