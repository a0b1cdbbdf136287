"""Which sources are asked for the dashboard's address and for credentials, and in which order.

    arguments > profile > environment variables

Either is looked for on its own; credentials are taken whole, from the first source that has any. With a local stack
nothing on the machine is read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from typing import Final

from catchment.core.addresses import check_endpoint
from catchment.core.credentials import Chain, Declined, Explanation, Found, Resolved, Source
from catchment.core.errors import ConfigError
from catchment.core.profiles import Profile, Schema, Setting, load_profile
from catchment.core.secret import Secret
from catchment.v3io.chain import ACCESS_KEY, ENVIRONMENT
from catchment.v3io.control_credential import ControlCredential, credential_of, shown
from catchment.v3io.control_settings import LOCAL, ControlGiven
from catchment.v3io.settings import Address

ENDPOINT: Final = "V3IO_CONTROLPLANE_URL"
USERNAME: Final = "V3IO_CONTROLPLANE_USERNAME"
PASSWORD: Final = "V3IO_CONTROLPLANE_PASSWORD"  # noqa: S105 - the name of a variable
PROFILE: Final[Schema] = {
    "endpoint": str,
    "username": str,
    "password": Secret,
    "access_key": Secret,
    "session_cookie": Secret,
}
"""What `[profile.NAME.v3io_control]` may hold."""


class ControlLookup:
    """
    One look at everything that can say where the dashboard is and who asks.

    Args:
        given: What the caller said.
        environ: Instead of the process's environment.
    """

    def __init__(self, given: ControlGiven, environ: Mapping[str, str] | None = None) -> None:
        self._given = given
        self._environ = os.environ if environ is None else environ

    def credential(self) -> Resolved[ControlCredential]:
        """
        Return the first hit.

        Raises:
            CredentialsNotFoundError: There is none.
            ConfigError: A source is broken.
        """
        return self._chain.resolve()

    def explain(self) -> Explanation:
        """Say how every source answers."""
        return self._chain.explain()

    def address(self) -> Address:
        """
        Return the dashboard's base URL.

        Raises:
            ConfigError: No source names it, or what one names cannot be used.
        """
        given = self._given
        if given.local is not None:
            return Address(given.local.service(LOCAL).endpoint.rstrip("/"), "the local stack")
        if given.endpoint is not None:
            return Address(given.endpoint, "arguments")
        endpoint = self._settings.get("endpoint")
        if isinstance(endpoint, str) and endpoint:
            return Address(check_endpoint(endpoint, what=f"endpoint in {self._profile_name}"), self._profile_name)
        named = self._environ.get(ENDPOINT)
        if named:
            return Address(check_endpoint(named, what=ENDPOINT), ENVIRONMENT)
        raise ConfigError(
            "no address of the V3IO dashboard: it is in no argument, no profile and no variable",
            hint=f"give endpoint='https://dashboard.example.com', or set {ENDPOINT}",
        )

    # -- sources -------------------------------------------------------------------------------------------------------

    @property
    def _chain(self) -> Chain[ControlCredential]:
        sources: list[Source[ControlCredential]] = [Source("arguments", self._from_arguments)]
        if self._given.local is not None:
            sources.append(Source("the local stack", self._from_local))
        else:
            sources.append(Source("profile", self._from_profile))
            sources.append(Source(ENVIRONMENT, self._from_environment))
        return Chain("V3IO control plane", sources, hint=f"give username= and password=, or set {USERNAME}")

    @cached_property
    def _profile(self) -> Profile | None:
        return load_profile(self._given.profile, environ=self._environ) if self._given.local is None else None

    @cached_property
    def _settings(self) -> Mapping[str, Setting]:
        return (self._profile.section("v3io_control", PROFILE) if self._profile is not None else None) or {}

    @property
    def _profile_name(self) -> str:
        return "profile" if self._profile is None else f"profile {self._profile.name!r}"

    def _from_arguments(self) -> Found[ControlCredential] | Declined:
        return _found(self._given.credential, "none given")

    def _from_local(self) -> Found[ControlCredential] | Declined:
        local = self._given.local
        environ: Mapping[str, str] = {} if local is None else local.service(LOCAL).environment
        return _found(_of_variables(environ, "the local stack"), "it names no user")

    def _from_profile(self) -> Found[ControlCredential] | Declined:
        settings = self._settings
        username = settings.get("username")
        credential = credential_of(
            _secret(settings.get("access_key")),
            username if isinstance(username, str) else None,
            _secret(settings.get("password")),
            _secret(settings.get("session_cookie")),
            where=self._profile_name,
        )
        none = "no profile named" if self._profile is None else f"{self._profile_name} has none for the control plane"
        return _found(credential, none)

    def _from_environment(self) -> Found[ControlCredential] | Declined:
        return _found(_of_variables(self._environ, ENVIRONMENT), f"neither {USERNAME} nor {ACCESS_KEY} is set")


def _of_variables(environ: Mapping[str, str], where: str) -> ControlCredential | None:
    """Take the control plane's own variables first: the access key is set wherever the data layer is used."""
    username, password, key = environ.get(USERNAME), environ.get(PASSWORD), environ.get(ACCESS_KEY)
    if username or password:
        return credential_of(None, username, Secret(password) if password else None, None, where=where)
    return credential_of(Secret(key) if key else None, None, None, None, where=where)


def _secret(value: Setting | None) -> Secret | None:
    return value if isinstance(value, Secret) and value else None


def _found(credential: ControlCredential | None, none: str) -> Found[ControlCredential] | Declined:
    return Declined(none) if credential is None else Found(credential, shown(credential))
