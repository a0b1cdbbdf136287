"""Users and access keys: who may come in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from catchment.core.durations import parse_duration
from catchment.core.errors import CatchmentError, UnsafeInputError
from catchment.core.hiding import without_frames
from catchment.core.secret import Secret
from catchment.v3io._async.control_base import ControlBase
from catchment.v3io.control_models import AccessKey, KeyKind, Plane, User, named, names
from catchment.v3io.limits import check_int

_MOST = 2**63 - 1


class AccessCalls(ControlBase):
    """Calls about users and access keys."""

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
