"""Containers, events, services, and the cluster's configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from catchment.core.wire import format_instant
from catchment.v3io._async.control_base import ControlBase
from catchment.v3io._async.control_job import Job
from catchment.v3io.control_models import (
    AppServicesManifest,
    Classification,
    Container,
    ServiceEndpoint,
    Severity,
    Visibility,
    cluster_services,
    event_facts,
    named,
    names,
    needed,
)
from catchment.v3io.limits import check_int, container_name

if TYPE_CHECKING:
    from catchment_api.v3io_control import models

_RELOAD = "cluster_configuration_reload"
_MOST = 2**63 - 1


class ClusterCalls(ControlBase):
    """Calls about containers, events, services and the configuration."""

    # -- containers ----------------------------------------------------------------------------------------------------

    async def create_container(self, name: str, *, id: int | None = None) -> Container:  # noqa: A002 - the platform's word
        """
        Make a container. It takes the platform some seconds until the data layer knows it.

        Args:
            name: 1 to 128 lower-case letters, digits, dashes and underscores.
            id: Its number; the platform gives one if left out.

        Raises:
            ResourceConflictError: There is one of this name or number.
            UnsafeInputError: No container can have this name; nothing was sent.
            OutcomeUnknownError: The answer was lost; the hint says what to check.

        Wire: createContainer · specs/v3io_control.yaml
        """
        from catchment_api.v3io_control import api, models

        attributes = models.ContainerAttributes(name=container_name(name))
        number = None if id is None else check_int(id, "id", 1, _MOST)
        document = models.ContainerDocument(models.ContainerResource("container", attributes, id=number))
        answer = await api.containers.create_container.asyncio(client=self.api, body=document)
        return Container.of(answer.data, "createContainer")

    async def delete_container(self, container: Container | int) -> None:
        """
        Delete a container **with everything in it**.

        Args:
            container: As `create_container` returned it, or its number, which the data layer's listing tells.

        Raises:
            ResourceNotFoundError: There is none of this number.

        Wire: deleteContainer · specs/v3io_control.yaml
        """
        from catchment_api.v3io_control import api

        number = container.id if isinstance(container, Container) else check_int(container, "container", 0, _MOST)
        await api.containers.delete_container.asyncio(number, client=self.api)

    # -- events and cluster --------------------------------------------------------------------------------------------

    async def create_event(
        self,
        kind: str,
        *,
        source: str | None = None,
        description: str | None = None,
        severity: Severity | None = None,
        visibility: Visibility | None = None,
        classification: Classification | None = None,
        tags: Iterable[str] = (),
        parameters: Mapping[str, str | int] | None = None,
        timestamp: datetime | None = None,
        system_event: bool | None = None,
        invoking_user_id: str | None = None,
        audit_tenant: str | None = None,
    ) -> None:
        """
        Report an event.

        Args:
            kind: Kind of the event, in words with dots between them.
            source: Who reports it.
            description: What happened, in words.
            severity: How bad it is.
            visibility: Who is to see it.
            classification: What it is about, such as `"sw"` for software.
            tags: Words to find it by.
            parameters: Further facts: texts, and whole numbers that are not negative.
            timestamp: When it happened, with a time zone; now if left out.
            system_event: Whether the platform itself reports it.
            invoking_user_id: Id of the user whose doing it is.
            audit_tenant: Tenant whose audit it belongs to.

        Raises:
            UnsafeInputError: A time without a zone, or a fact that cannot be sent; nothing was sent.
            OutcomeUnknownError: The answer was lost; sending it again may report it twice.

        Wire: createEvent · specs/v3io_control.yaml
        """
        from catchment_api.v3io_control import api, models

        texts, numbers = event_facts(parameters or {})
        attributes = models.EventAttributes(
            kind=named(kind, "kind"),
            source=source,
            description=description,
            severity=severity,
            visibility=visibility,
            classification=classification,
            tags=names(tags, "tags") or None,
            parameters_text=texts or None,
            parameters_uint64=numbers or None,
            timestamp_iso8601=None if timestamp is None else format_instant(timestamp),
            system_event=system_event,
            invoking_user_id=invoking_user_id,
            audit_tenant=audit_tenant,
        )
        document = models.EventDocument(models.EventResource("event", attributes))
        await api.events.create_event.asyncio(client=self.api, body=document)

    async def update_cluster_info(self, id: str, services: Iterable[ServiceEndpoint]) -> list[ServiceEndpoint]:  # noqa: A002
        """
        Replace what the cluster tells of its services.

        Args:
            id: Id of the cluster.
            services: All of them; what is left out is forgotten.

        Returns:
            What it tells now.

        Wire: updateClusterInfo · specs/v3io_control.yaml
        """
        from catchment_api.v3io_control import api, models

        endpoints = models.ClusterEndpoints(app_services=[each.sent() for each in services])
        resource = models.ClusterInfoResource("cluster_info", models.ClusterInfoAttributes(endpoints=endpoints), id=id)
        answer = await api.cluster.update_cluster_info.asyncio(
            named(id, "id"), client=self.api, body=models.ClusterInfoDocument(resource)
        )
        return cluster_services(answer.data.attributes)

    # -- configuration and jobs ----------------------------------------------------------------------------------------

    async def reload_cluster_config(self) -> Job:
        """
        Have the cluster's configuration read anew, and return the job that does it.

            control.reload_cluster_config().wait(timeout=300)

        Wire: reloadClusterConfiguration · specs/v3io_control.yaml
        """
        from catchment_api.v3io_control import api

        answer = await api.cluster.reload_cluster_configuration.asyncio(client=self.api, body=_wish())
        return self.job(needed(answer.data.attributes.job_id, "job_id", "reloadClusterConfiguration"))

    async def reload_events_config(self) -> Job:
        """
        Have the configuration of events read anew, and return the job that does it.

        Wire: reloadEventsConfiguration · specs/v3io_control.yaml
        """
        from catchment_api.v3io_control import api

        answer = await api.cluster.reload_events_configuration.asyncio(client=self.api, body=_wish())
        return self.job(needed(answer.data.id, "id", "reloadEventsConfiguration"))

    async def reload_app_services_config(self) -> Job:
        """
        Have the configuration of services read anew, and return the job that does it.

        Wire: reloadAppServicesConfiguration · specs/v3io_control.yaml
        """
        from catchment_api.v3io_control import api

        answer = await api.cluster.reload_app_services_configuration.asyncio(client=self.api, body=_wish())
        return self.job(needed(answer.data.id, "id", "reloadAppServicesConfiguration"))

    async def reload_artifact_version_manifest(self) -> Job:
        """
        Have the manifest of artifacts' versions read anew, and return the job that does it.

        Wire: reloadArtifactVersionManifest · specs/v3io_control.yaml
        """
        from catchment_api.v3io_control import api

        answer = await api.cluster.reload_artifact_version_manifest.asyncio(client=self.api, body=_wish())
        return self.job(needed(answer.data.id, "id", "reloadArtifactVersionManifest"))

    def job(self, id: str) -> Job:  # noqa: A002 - the platform's word
        """Return a job that was started before, by its id; nothing is sent."""
        return Job(self._connection, named(id, "id"))

    # -- services ------------------------------------------------------------------------------------------------------

    async def app_services_manifests(self) -> list[AppServicesManifest]:
        """
        Return which services run for the tenant.

        Wire: listAppServicesManifests · specs/v3io_control.yaml
        """
        from catchment_api.v3io_control import api

        answer = await api.app_services.list_app_services_manifests.asyncio(client=self.api)
        return [AppServicesManifest.of(each) for each in answer.data]

    async def update_app_services_manifest(self, app_services: Any, *, cluster_name: str | None = None) -> Job:
        """
        Change which services run, and return the job that does it. Services may be restarted.

        Args:
            app_services: All services, in the form of `AppServicesManifest.app_services`.
            cluster_name: Name of the cluster.

        Raises:
            ResourceConflictError: Another change is going on.
            OutcomeUnknownError: The answer was lost; the hint says what to check.

        Wire: updateAppServicesManifest · specs/v3io_control.yaml
        """
        from catchment_api.v3io_control import api, models

        attributes = models.AppServicesManifestAttributes(app_services=app_services, cluster_name=cluster_name)
        resource = models.AppServicesManifestResource("app_services_manifest", attributes)
        answer = await api.app_services.update_app_services_manifest.asyncio(
            client=self.api, body=models.AppServicesManifestDocument(resource)
        )
        return self.job(needed(answer.data.id, "id", "updateAppServicesManifest"))


def _wish() -> models.ReloadRequest:
    from catchment_api.v3io_control import models

    return models.ReloadRequest(models.ReloadWish(_RELOAD, {}))
