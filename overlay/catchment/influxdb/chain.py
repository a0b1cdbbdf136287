"""Which sources are asked for address, credentials and database of a server, and in which order.

    arguments > profile > environment variables > InfluxDB's defaults: localhost:8086, nobody

Each of the three is looked for on its own; credentials are taken whole, from the first source that has any. With a
local stack nothing on the machine is read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Final

from catchment.core.addresses import check_endpoint
from catchment.core.credentials import Anonymous, Chain, Declined, Explanation, Found, Resolved, Source, first_set
from catchment.core.errors import ConfigError
from catchment.core.profiles import Profile, Schema, Setting, load_profile
from catchment.core.secret import Secret
from catchment.influxdb.addressing import Address, base_url, options_of_url
from catchment.influxdb.credential import Credential, credential_of, shown
from catchment.influxdb.settings import ClientOptions, Given

ENVIRONMENT: Final = "environment variables"
DEFAULT_URL: Final = "http://localhost:8086"
URLS: Final = ("INFLUX_URL", "INFLUXDB_URL")
HOSTS: Final = ("INFLUX_HOST", "INFLUXDB_HOST")
PORTS: Final = ("INFLUX_PORT", "INFLUXDB_PORT")
USERS: Final = ("INFLUX_USERNAME", "INFLUX_USER", "INFLUXDB_USER")
PASSWORDS: Final = ("INFLUX_PASSWORD", "INFLUXDB_PASSWORD", "INFLUXDB_USER_PASSWORD")
TOKENS: Final = ("INFLUX_TOKEN", "INFLUXDB_TOKEN")
JWT_SECRETS: Final = ("INFLUX_JWT_SECRET",)
DATABASES: Final = ("INFLUX_DATABASE", "INFLUX_DB", "INFLUXDB_DB")
PROFILE: Final[Schema] = {
    "endpoint": str,
    "database": str,
    "rp": str,
    "username": str,
    "password": Secret,
    "token": Secret,
    "jwt_secret": Secret,
}
"""What `[profile.NAME.influxdb]` may hold."""


class Lookup:
    """
    One look at everything that can say where the server is and who asks.

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
            ConfigError: A source is broken.
        """
        return self._chain.resolve()

    def explain(self) -> Explanation:
        """Say how every source answers."""
        return self._chain.explain()

    def address(self) -> Address:
        """
        Return the server's base URL.

        Raises:
            ConfigError: What a source names cannot be used.
        """
        given = self._given
        if given.local is not None:
            return Address(given.local.service("influxdb").endpoint.rstrip("/"), "the local stack")
        if given.endpoint is not None:
            return Address(given.endpoint, "arguments")
        endpoint = self._text("endpoint")
        if endpoint:
            return Address(check_endpoint(endpoint, what=f"endpoint in {self._profile_name}"), self._profile_name)
        named = self._environment_url()
        return Address(DEFAULT_URL, "InfluxDB's default") if named is None else Address(named, ENVIRONMENT)

    def database(self) -> str | None:
        """Return the database that the first source names."""
        if self._given.db or self._given.local is not None:
            return self._given.db
        found = self._variable(DATABASES)
        in_url = self._url_options().get("database")
        return self._text("database") or in_url or (found[1] if found else None)

    def policy(self) -> str | None:
        """Return the retention policy that the first source names."""
        return self._given.rp or self._text("rp")

    # -- sources -------------------------------------------------------------------------------------------------------

    @property
    def _chain(self) -> Chain[Credential]:
        sources: list[Source[Credential]] = [Source("arguments", self._from_arguments)]
        if self._given.local is not None:
            sources.append(Source("the local stack", self._from_local))
        else:
            if not self._given.environment_only:
                sources.append(Source("profile", self._from_profile))
            sources.append(Source(ENVIRONMENT, self._from_environment))
        sources.append(Source("InfluxDB's default", lambda: Found(Anonymous(), {"user": "nobody"})))
        return Chain("InfluxDB", sources)

    @cached_property
    def _profile(self) -> Profile | None:
        if self._given.local is not None or self._given.environment_only:
            return None
        return load_profile(self._given.profile, environ=self._environ)

    @cached_property
    def _settings(self) -> Mapping[str, Setting]:
        return (self._profile.section("influxdb", PROFILE) if self._profile is not None else None) or {}

    @property
    def _profile_name(self) -> str:
        return "profile" if self._profile is None else f"profile {self._profile.name!r}"

    def _text(self, key: str) -> str | None:
        value = self._settings.get(key)
        return value if isinstance(value, str) and value else None

    def _secret(self, key: str) -> Secret | None:
        value = self._settings.get(key)
        return value if isinstance(value, Secret) and value else None

    def _variable(self, names: tuple[str, ...]) -> tuple[str, str] | None:
        return None if self._given.local is not None else first_set(self._environ, *names)

    def _from_arguments(self) -> Found[Credential] | Declined:
        return _found(self._given.credential, "none given")

    def _from_local(self) -> Found[Credential] | Declined:
        local = self._given.local
        environ: Mapping[str, str] = {} if local is None else local.service("influxdb").environment
        return _found(_of_variables(lambda names: first_set(environ, *names), "the local stack"), "it asks for none")

    def _from_profile(self) -> Found[Credential] | Declined:
        credential = credential_of(
            self._text("username"),
            self._secret("password"),
            self._secret("token"),
            self._secret("jwt_secret"),
            where=self._profile_name,
        )
        none = "no profile named" if self._profile is None else f"{self._profile_name} has none for InfluxDB"
        return _found(credential, none)

    def _from_environment(self) -> Found[Credential] | Declined:
        options = self._url_options()
        in_url = credential_of(
            options.get("username"), _as_secret(options.get("password")), None, None, where=" or ".join(URLS)
        )
        credential = in_url or _of_variables(self._variable, ENVIRONMENT)
        return _found(credential, f"none of {USERS[0]}, {TOKENS[0]}, {JWT_SECRETS[0]} is set")

    # -- the environment -----------------------------------------------------------------------------------------------

    def _url_options(self) -> ClientOptions:
        named = self._variable(URLS)
        if named is None:
            return {}
        try:
            return options_of_url(named[1])
        except ConfigError as exc:
            raise ConfigError(f"{named[0]}: {exc.message}") from None

    def _environment_url(self) -> str | None:
        url = self._url_options().get("host")
        if isinstance(url, str):
            return check_endpoint(url, what=URLS[0])
        host, port = self._variable(HOSTS), self._variable(PORTS)
        if host is None and port is None:
            return None
        if port is not None and not port[1].isdigit():
            raise ConfigError(f"{port[0]} must be a number")
        number = int(port[1]) if port else None
        return base_url(host[1] if host else None, number, "/", ssl=False, unix_socket=None)


def _of_variables(variable: Callable[[tuple[str, ...]], tuple[str, str] | None], where: str) -> Credential | None:
    user, password = variable(USERS), variable(PASSWORDS)
    token, secret = variable(TOKENS), variable(JWT_SECRETS)
    return credential_of(
        user[1] if user else None,
        Secret(password[1]) if password else None,
        Secret(token[1]) if token else None,
        Secret(secret[1]) if secret else None,
        where=where,
    )


def _as_secret(value: object) -> Secret | None:
    return value if isinstance(value, Secret) else None


def _found(credential: Credential | None, none: str) -> Found[Credential] | Declined:
    return Declined(none) if credential is None else Found(credential, shown(credential))
