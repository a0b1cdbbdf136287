"""Which sources are asked for address and credentials, and in which order.

    arguments > profile > environment variables

Either is looked for on its own; credentials are taken whole, from the first source that has any. With a local stack
nothing on the machine is read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from typing import Final

from catchment.core.credentials import Anonymous, Chain, Declined, Explanation, Found, Resolved, Source
from catchment.core.errors import ConfigError
from catchment.core.profiles import Profile, Schema, Setting, load_profile
from catchment.core.secret import Secret
from catchment.v3io.credential import Credential, credential_of, shown
from catchment.v3io.settings import Address, Given, endpoint_of

ENVIRONMENT: Final = "environment variables"
ENDPOINT: Final = "V3IO_API"
ACCESS_KEY: Final = "V3IO_ACCESS_KEY"
USERNAME: Final = "V3IO_USERNAME"
PASSWORD: Final = "V3IO_PASSWORD"  # noqa: S105 - the name of a variable
PROFILE: Final[Schema] = {"endpoint": str, "access_key": Secret, "username": str, "password": Secret}
"""What `[profile.NAME.v3io]` may hold."""


class Lookup:
    """
    One look at everything that can say where the platform is and who asks.

    Args:
        given: What the caller said.
        environ: Instead of the process's environment.
    """

    def __init__(self, given: Given, environ: Mapping[str, str] | None = None) -> None:
        self._given = given
        self._environ = os.environ if environ is None else environ

    def credential(self) -> Resolved[Credential]:
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
        Return the platform's base URL.

        Raises:
            ConfigError: No source names it, or what one names cannot be used.
        """
        given = self._given
        if given.local is not None:
            return Address(given.local.service("v3io").endpoint.rstrip("/"), "the local stack")
        if given.endpoint is not None:
            return Address(given.endpoint, "arguments")
        endpoint = self._text("endpoint")
        if endpoint:
            return Address(endpoint_of(endpoint, what=f"endpoint in {self._profile_name}"), self._profile_name)
        named = self._environ.get(ENDPOINT)
        if named:
            return Address(endpoint_of(named, what=ENDPOINT), ENVIRONMENT)
        raise ConfigError(
            "no V3IO endpoint: it is in no argument, no profile and no variable",
            hint=f"give endpoint='https://v3io-webapi:8081', or set {ENDPOINT}",
        )

    # -- sources -------------------------------------------------------------------------------------------------------

    @property
    def _chain(self) -> Chain[Credential]:
        sources: list[Source[Credential]] = [Source("arguments", self._from_arguments)]
        if self._given.local is not None:
            sources.append(Source("the local stack", self._from_local))
        else:
            sources.append(Source("profile", self._from_profile))
            sources.append(Source(ENVIRONMENT, self._from_environment))
        return Chain("V3IO", sources, hint=f"give access_key=, or set {ACCESS_KEY}")

    @cached_property
    def _profile(self) -> Profile | None:
        return load_profile(self._given.profile, environ=self._environ) if self._given.local is None else None

    @cached_property
    def _settings(self) -> Mapping[str, Setting]:
        return (self._profile.section("v3io", PROFILE) if self._profile is not None else None) or {}

    @property
    def _profile_name(self) -> str:
        return "profile" if self._profile is None else f"profile {self._profile.name!r}"

    def _text(self, key: str) -> str | None:
        value = self._settings.get(key)
        return value if isinstance(value, str) and value else None

    def _secret(self, key: str) -> Secret | None:
        value = self._settings.get(key)
        return value if isinstance(value, Secret) and value else None

    def _from_arguments(self) -> Found[Credential] | Declined:
        return _found(self._given.credential, "none given")

    def _from_local(self) -> Found[Credential] | Declined:
        local = self._given.local
        environ: Mapping[str, str] = {} if local is None else local.service("v3io").environment
        credential = _of_variables(environ, "the local stack")
        return Found(credential or Anonymous(), shown(credential) if credential else {"user": "nobody"})

    def _from_profile(self) -> Found[Credential] | Declined:
        credential = credential_of(
            self._secret("access_key"), self._text("username"), self._secret("password"), where=self._profile_name
        )
        none = "no profile named" if self._profile is None else f"{self._profile_name} has none for V3IO"
        return _found(credential, none)

    def _from_environment(self) -> Found[Credential] | Declined:
        return _found(_of_variables(self._environ, ENVIRONMENT), f"neither {ACCESS_KEY} nor {USERNAME} is set")


def _of_variables(environ: Mapping[str, str], where: str) -> Credential | None:
    key, password = environ.get(ACCESS_KEY), environ.get(PASSWORD)
    if key:
        return credential_of(Secret(key), None, None, where=where)
    return credential_of(None, environ.get(USERNAME), Secret(password) if password else None, where=where)


def _found(credential: Credential | None, none: str) -> Found[Credential] | Declined:
    return Declined(none) if credential is None else Found(credential, shown(credential))
