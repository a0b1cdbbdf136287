"""The client of the control plane: users, containers, access keys, events, and the cluster's configuration."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

from catchment.core._async.api import AsyncApiClient
from catchment.core.config import Retry, TimeoutTypes
from catchment.core.credentials import Explanation
from catchment.core.durations import parse_duration
from catchment.core.engines import TransportSettings
from catchment.core.errors import CatchmentError, UnsafeInputError
from catchment.core.hiding import without_frames
from catchment.core.secret import Secret
from catchment.core.wire import format_instant
from catchment.v3io._async.control_job import Job
from catchment.v3io._async.control_session import ControlConnection
from catchment.v3io.control_chain import ControlLookup
from catchment.v3io.control_models import (
    AccessKey,
    AppServicesManifest,
    Classification,
    Container,
    KeyKind,
    Plane,
    ServiceEndpoint,
    Severity,
    User,
    Visibility,
    cluster_services,
    event_facts,
    named,
    names,
    needed,
)
from catchment.v3io.control_settings import ControlGiven, ControlOptions, concealed
from catchment.v3io.limits import check_int, container_name

if TYPE_CHECKING:
    from catchment_api.v3io_control import models

    from catchment.v3io.settings import LocalStack

_RELOAD = "cluster_configuration_reload"
_MOST = 2**63 - 1


class Client:
    """
    One dashboard as one user.

    A session is opened with the first call, and again when it has ended. Nothing is looked up or sent before.

        with Client("https://dashboard.example.com", username="ada", password=password) as control:
            flights = control.create_container("flights")
            loader = control.create_access_key(label="loader", ttl=3600)

    Args:
        endpoint: Address of the dashboard, which is not that of the data layer; `V3IO_CONTROLPLANE_URL` if left out.
        username: Name to log in with; `V3IO_CONTROLPLANE_USERNAME` if nothing is given.
        password: Its password; `V3IO_CONTROLPLANE_PASSWORD` if nothing is given.
        access_key: A key of the control plane, in place of a login; `V3IO_ACCESS_KEY` if nothing else is found.
        session_cookie: The value of an open session's cookie, in place of a login.
        profile: Name of a profile, whose section is `v3io_control`.
        verify: `False` checks no certificates; a path names the authorities to trust.
        cert: Certificate of the client: a file, or a pair of it and its key.
        proxy: URL of a proxy.
        timeout: Seconds for a whole call; `None` for the defaults.
        retries: How often a call that failed is sent again, where that does no harm; `None` for the default.
        transport: Everything else about connections.
        local: A local stack that answers in this process.
        pickle_secrets: Whether a pickle of this client may hold the secrets given here, in clear.

    Raises:
        ConfigError: Half a credential, several kinds of them, or a value that cannot be meant; nothing was sent.
    """

    def __init__(
        self,
        endpoint: str | None = None,
        *,
        username: str | None = None,
        password: str | Secret | None = None,
        access_key: str | Secret | None = None,
        session_cookie: str | Secret | None = None,
        profile: str | None = None,
        verify: bool | str | Path | ssl.SSLContext = True,
        cert: str | tuple[str, ...] | None = None,
        proxy: str | None = None,
        timeout: TimeoutTypes = None,
        retries: int | Retry | None = None,
        transport: TransportSettings | None = None,
        local: LocalStack | None = None,
        pickle_secrets: bool = False,
    ) -> None:
        options = ControlOptions(
            endpoint=endpoint,
            username=username,
            password=password,
            access_key=access_key,
            session_cookie=session_cookie,
            profile=profile,
            verify=verify,
            cert=cert,
            proxy=proxy,
            timeout=timeout,
            retries=retries,
            transport=transport,
            local=local,
            pickle_secrets=pickle_secrets,
        )
        options = concealed(options)
        del password, access_key, session_cookie
        self._connect(ControlGiven.of(options))

    def _connect(self, given: ControlGiven) -> None:
        self._given = given
        self._connection = ControlConnection(given)

    @classmethod
    def _of(cls, given: ControlGiven) -> Self:
        self = cls.__new__(cls)
        self._connect(given)
        return self

    def __repr__(self) -> str:
        if not hasattr(self, "_connection"):  # a traceback shows it in the middle of being made
            return f"<{type(self).__name__} not made>"
        found = self._connection.found
        return f"<{type(self).__name__} {'not connected' if found is None else found[0].url}>"

    @property
    def api(self) -> AsyncApiClient:
        """
        What sends requests of generated code: `get_self.asyncio(client=control.api)`.

        Raises:
            ConfigError: Settings that cannot be used; nothing was sent.
        """
        return self._connection.api

    def explain(self) -> Explanation:
        """Say how every source of credentials answers now, and which wins; values are masked, nothing is sent."""
        return ControlLookup(self._given).explain()

    # -- users ---------------------------------------------------------------------------------------------------------

    async def get_self(self) -> User:
        """
        Return the user that asks.

        Raises:
            AuthenticationError: The credentials are wrong.

        Wire: getSelf · specs/v3io_control.yaml
        """
        from catchment_api.v3io_control import api

        answer = await api.users.get_self.asyncio(client=self.api)
        return User.of(answer.data, "getSelf")

    async def create_user(
        self,
        username: str,
        *,
        password: str | Secret | None = None,
        email: str | None = None,
        first_name: str | None = None,
        last_name: str | None = None,
        uid: int | None = None,
        enabled: bool | None = None,
        assigned_policies: Iterable[str] = (),
        authentication_scheme: str | None = None,
        data_access_mode: str | None = None,
        department: str | None = None,
        description: str | None = None,
        job_title: str | None = None,
        phone_number: str | None = None,
        send_password_on_creation: bool | None = None,
    ) -> User:
        """
        Make a user. It takes the platform some seconds until the user can do anything.

        Args:
            username: Name to log in with.
            password: Password; the platform makes one where it sends it by mail.
            email: Address of mail.
            first_name: First name.
            last_name: Last name.
            uid: Number in the data layer; the platform gives one if left out.
            enabled: Whether the user may log in.
            assigned_policies: What the user may do, such as `"Data"`, `"Application Admin"`, `"Security Admin"`.
            authentication_scheme: How the user logs in, such as `"local"`.
            data_access_mode: Whether the user may reach data, such as `"enabled"`.
            department: Department.
            description: Remarks.
            job_title: Job title.
            phone_number: Phone number.
            send_password_on_creation: Whether the platform sends the password by mail.

        Raises:
            ResourceConflictError: There is a user of this name.
            AccessDeniedError: Only some users may make users.
            OutcomeUnknownError: The answer was lost; the hint says what to check.

        Wire: createUser · specs/v3io_control.yaml
        """
        from catchment_api.v3io_control import api, models

        secret = None if password is None else Secret.of(password)
        del password
        policies = names(assigned_policies, "assigned_policies")
        attributes = models.UserAttributes(
            username=named(username, "username"),
            password=None if secret is None else named(secret.reveal(), "password"),
            email=email,
            first_name=first_name,
            last_name=last_name,
            uid=None if uid is None else check_int(uid, "uid", 0, _MOST),
            enabled=enabled,
            assigned_policies=policies or None,
            authentication_scheme=authentication_scheme,
            data_access_mode=data_access_mode,
            department=department,
            description=description,
            job_title=job_title,
            phone_number=phone_number,
            send_password_on_creation=send_password_on_creation,
        )
        document = models.UserDocument(models.UserResource("user", attributes))
        try:
            answer = await api.users.create_user.asyncio(client=self.api, body=document)
        except CatchmentError as exc:
            raise without_frames(exc)  # noqa: B904 - it is the same error; frames below hold the password in clear
        return User.of(answer.data, "createUser")

    async def delete_user(self, user: User | str) -> None:
        """
        Delete a user.

        Args:
            user: As `create_user` returned it, or its id; not its name.

        Raises:
            ResourceNotFoundError: There is none of this id.

        Wire: deleteUser · specs/v3io_control.yaml
        """
        from catchment_api.v3io_control import api

        id_ = named(user.id if isinstance(user, User) else user, "user")
        await api.users.delete_user.asyncio(id_, client=self.api)

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

    # -- access keys ---------------------------------------------------------------------------------------------------

    async def create_access_key(
        self,
        *,
        label: str | None = None,
        plane: Plane = "data",
        kind: KeyKind = "accessKey",
        ttl: float | timedelta | str | None = None,
        uid: int | None = None,
        gids: Iterable[int] = (),
        tenant_id: str | None = None,
        group_ids: Iterable[str] = (),
        interface_kind: str | None = None,
    ) -> AccessKey:
        """
        Make an access key. Keep it: the platform tells it this once.

        Args:
            label: Name by which people tell it from others.
            plane: `"data"` for the data layer, `"control"` for this API.
            kind: `"accessKey"`, or `"session"` for one that ends like a session.
            ttl: Whole seconds that it lives; without end if left out.
            uid: Number of the user whose key it is to be; one's own if left out.
            gids: Numbers of groups.
            tenant_id: Id of the tenant; one's own if left out.
            group_ids: Ids of groups.
            interface_kind: What kind of client uses it, such as `"web"`.

        Raises:
            OutcomeUnknownError: The answer was lost; the hint says what to check.

        Wire: createAccessKey · specs/v3io_control.yaml
        """
        from catchment_api.v3io_control import api, models

        attributes = models.AccessKeyAttributes(
            label=label,
            plane=_one_of(plane, ("data", "control"), "plane"),
            kind=_one_of(kind, ("accessKey", "session"), "kind"),
            ttl=_life(ttl),
            uid=uid,
            gids=[check_int(each, "gids", 0, _MOST) for each in gids] or None,
            tenant_id=tenant_id,
            group_ids=names(group_ids, "group_ids") or None,
            interface_kind=interface_kind,
        )
        document = models.AccessKeyDocument(models.AccessKeyResource("access_key", attributes))
        answer = await api.access_keys.create_access_key.asyncio(client=self.api, body=document)
        return AccessKey.of(answer.data, "createAccessKey")

    async def delete_access_key(self, access_key: AccessKey | str | Secret) -> None:
        """
        Delete an access key.

        The address that this is asked at holds the key, and machines on the way may log it; it opens nothing any more.

        Args:
            access_key: As `create_access_key` returned it, or the key itself.

        Raises:
            ResourceNotFoundError: There is none such.

        Wire: deleteAccessKey · specs/v3io_control.yaml
        """
        from catchment_api.v3io_control import api

        key = access_key.key if isinstance(access_key, AccessKey) else Secret.of(access_key)
        del access_key
        try:
            await api.access_keys.delete_access_key.asyncio(named(key.reveal(), "access_key"), client=self.api)
        except CatchmentError as exc:
            raise without_frames(exc)  # noqa: B904 - it is the same error; frames below hold the key in clear

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

    # -- the end -------------------------------------------------------------------------------------------------------

    async def aclose(self) -> None:
        """Close every connection; later calls raise `ClosedError`. The session ends by itself."""
        await self._connection.aclose()

    # unasync: cut
    # ruff: noqa: ERA001 - `unasync: cut` is a marker, not code
    async def close(self) -> None:
        """The same as `aclose`."""
        await self.aclose()

    # unasync: on

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __getstate__(self) -> NoReturn:
        """Refuse the default of `object`, which would hand out secrets."""
        raise UnsafeInputError("the state of a client is not handed out; pickle the client itself")

    def __reduce__(self) -> tuple[object, ...]:
        if self._given.local is not None:
            raise UnsafeInputError(
                "a client of a local stack in this process cannot be pickled",
                hint="serve the stack on a port with stack.serve() and make the client from running.environment",
            )
        return (_rebuild, (type(self), self._given))


def _rebuild(cls: type[Client], given: ControlGiven) -> Client:
    return cls._of(given)  # pyright: ignore[reportPrivateUsage]


def _wish() -> models.ReloadRequest:
    from catchment_api.v3io_control import models

    return models.ReloadRequest(models.ReloadWish(_RELOAD, {}))


def _life(ttl: float | timedelta | str | None) -> int | None:
    if ttl is None:
        return None
    seconds = parse_duration(ttl, what="ttl")
    if seconds < 1 or seconds != int(seconds):
        raise UnsafeInputError(f"ttl={ttl!r}: the platform counts whole seconds, from 1")
    return int(seconds)


def _one_of(value: Any, known: tuple[str, ...], what: str) -> Any:
    if value not in known:
        raise UnsafeInputError(f"{what}={value!r}: one of {', '.join(known)} is needed")
    return value
