"""What the control plane tells and is told: users, containers, keys, events, jobs and manifests. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar, cast

from catchment.core.errors import DecodeError, UnsafeInputError
from catchment.core.secret import Secret

if TYPE_CHECKING:
    from catchment_api.v3io_control import models

Plane: TypeAlias = Literal["control", "data"]
KeyKind: TypeAlias = Literal["session", "accessKey"]
Severity: TypeAlias = Literal["unknown", "debug", "info", "warning", "major", "critical"]
Visibility: TypeAlias = Literal["unknown", "internal", "external", "customerOnly"]
Classification: TypeAlias = Literal["unknown", "hw", "ua", "bg", "sw", "sla", "cap", "sec", "audit", "system"]
T = TypeVar("T")

ENDED: Final = frozenset({"completed", "failed", "canceled"})
_MOST: Final = 2**64 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """
    A user of the tenant.

    Attributes:
        id: What `delete_user` takes.
        uid: Number of the user in the data layer.
        created_at: As the platform writes times; likewise the others.
    """

    id: str
    username: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    uid: int | None = None
    enabled: bool | None = None
    assigned_policies: tuple[str, ...] = ()
    authentication_scheme: str | None = None
    data_access_mode: str | None = None
    department: str | None = None
    description: str | None = None
    job_title: str | None = None
    phone_number: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    password_changed_at: str | None = None

    @classmethod
    def of(cls, resource: models.UserResource, operation: str) -> User:
        """Read a user out of a document."""
        return _filled(cls, resource.attributes, id=needed(resource.id, "id", operation))


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """
    A container of the data layer.

    Attributes:
        id: Its number.
    """

    id: int
    name: str | None = None

    @classmethod
    def of(cls, resource: models.ContainerResource, operation: str) -> Container:
        """Read a container out of a document."""
        return _filled(cls, resource.attributes, id=needed(resource.id, "id", operation))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """
    An access key.

    Attributes:
        key: The key itself, for `Client(access_key=...)` of the half that `plane` names. It is shown nowhere, and told
            this once.
        expires_at: When it ends; None where it does not.
        uid: Number of the user whose key it is.
    """

    key: Secret
    label: str | None = None
    plane: str | None = None
    kind: str | None = None
    expires_at: datetime | None = None
    ttl: int | None = None
    uid: int | None = None
    gids: tuple[int, ...] = ()
    tenant_id: str | None = None
    group_ids: tuple[str, ...] = ()
    interface_kind: str | None = None
    created_at: str | None = None
    updated_at: str | None = None

    @classmethod
    def of(cls, resource: models.AccessKeyResource, operation: str) -> AccessKey:
        """Read a key out of a document."""
        ends = resource.attributes.expires_at
        return _filled(
            cls,
            resource.attributes,
            key=Secret(needed(resource.id, "id", operation)),
            expires_at=datetime.fromtimestamp(ends, UTC) if ends else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """
    How far a job is.

    Attributes:
        state: `created`, `dispatched`, `in_progress` or `republishing` while it lives; then `completed`, `failed` or
            `canceled`.
        result: What came of it, as the platform words it.
    """

    id: str
    state: str | None = None
    result: str | None = None
    kind: str | None = None
    params: str | None = None
    handler: str | None = None
    created_at: str | None = None
    updated_at: str | None = None

    @classmethod
    def of(cls, resource: models.JobResource, operation: str) -> JobStatus:
        """Read a job out of a document."""
        return _filled(cls, resource.attributes, id=needed(resource.id, "id", operation))

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEndpoint:
    """
    Where a service of the cluster is.

    Attributes:
        urls: Addresses for people.
        api_urls: Addresses for programs.
    """

    service_id: str | None = None
    display_name: str | None = None
    description: str | None = None
    version: str | None = None
    urls: tuple[str, ...] = ()
    api_urls: tuple[str, ...] = ()

    def sent(self) -> models.ServiceEndpoint:
        """Return it as requests hold it."""
        from catchment_api.v3io_control import models

        return models.ServiceEndpoint(
            service_id=self.service_id,
            display_name=self.display_name,
            description=self.description,
            version=self.version,
            urls=names(self.urls, "urls") or None,
            api_urls=names(self.api_urls, "api_urls") or None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AppServicesManifest:
    """
    Which services run for the tenant.

    Attributes:
        app_services: Each service as the platform describes it, unread.
        running_modification_job: Id of the job of a change that is going on; None or empty where there is none.
    """

    id: int | None = None
    app_services: Any = field(default=None)
    cluster_name: str | None = None
    state: str | None = None
    last_modification_job: str | None = None
    running_modification_job: str | None = None
    tenant_id: str | None = None
    tenant_name: str | None = None

    @classmethod
    def of(cls, resource: models.AppServicesManifestResource) -> AppServicesManifest:
        """Read a manifest out of a list."""
        return _filled(cls, resource.attributes, id=resource.id)


def cluster_services(attributes: models.ClusterInfoAttributes) -> list[ServiceEndpoint]:
    """Read the services out of what a cluster tells."""
    services = (attributes.endpoints.app_services if attributes.endpoints is not None else None) or []
    return [_filled(ServiceEndpoint, each) for each in services]


def event_facts(
    parameters: Mapping[str, str | int],
) -> tuple[list[models.TextParameter], list[models.NumberParameter]]:
    """
    Tell the facts of an event apart by their type.

    Raises:
        UnsafeInputError: A fact is neither text nor a whole number that the platform can hold.
    """
    from catchment_api.v3io_control.models import NumberParameter, TextParameter

    texts: list[TextParameter] = []
    numbers: list[NumberParameter] = []
    for name, value in parameters.items():
        if isinstance(value, str):
            texts.append(TextParameter(name=name, value=value))
        elif isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST:  # pyright: ignore[reportUnnecessaryIsInstance]
            numbers.append(NumberParameter(name=name, value=value))
        else:
            raise UnsafeInputError(f"parameter {name!r} must be text or a whole number from 0 to {_MOST}")
    return texts, numbers


def names(values: Iterable[str], what: str) -> list[str]:
    """
    Return a list of texts.

    Raises:
        UnsafeInputError: One text came instead, and would be sent letter by letter, or something is no text.
    """
    if isinstance(values, str):
        raise UnsafeInputError(f"{what} takes a list, not one text")
    found = list(values)
    if not all(isinstance(each, str) and each for each in found):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UnsafeInputError(f"{what} takes texts that are not empty")
    return found


def named(value: str, what: str) -> str:
    """
    Return a text that says something.

    Raises:
        UnsafeInputError: It is empty, or no text.
    """
    if not isinstance(value, str) or not value.strip():  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UnsafeInputError(f"{what} must be text that is not empty")
    return value


def needed(value: T | None, what: str, operation: str) -> T:
    """
    Return a member that every answer must have.

    Raises:
        DecodeError: This one does not.
    """
    if value is None or value == "":
        raise DecodeError(f"the answer has no {what}", service="v3io_control", operation=operation)
    return value


def _filled(cls: type[T], attributes: object, **known: object) -> T:
    """Make a class of ours out of attributes of the same names."""
    values = dict(known)
    for one in fields(cls):  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        if one.name not in values:
            value: Any = getattr(attributes, one.name)
            if value is None:
                value = one.default
            values[one.name] = (
                tuple(cast("list[Any]", value)) if isinstance(value, list) and one.default == () else value
            )
    return cls(**values)
