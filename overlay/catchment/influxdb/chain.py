"""Which sources are asked for address, credentials and database of a server, and in which order.

    arguments > profile > environment variables > InfluxDB's defaults: localhost:8086, nobody

Each of the three is looked for on its own; credentials are taken whole, from the first source that has any. With a
local stack nothing on the machine is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from catchment.core.credentials import Anonymous, Declined, Found, Source, first_set
from catchment.core.errors import ConfigError
from catchment.core.lookup import ENVIRONMENT, LOCAL_STACK, Address, Named, ServiceLookup
from catchment.core.profiles import Schema
from catchment.core.secret import Secret
from catchment.influxdb.addressing import base_url, options_of_url
from catchment.influxdb.credential import Credential, credential_of, shown
from catchment.influxdb.settings import ClientOptions, Given

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


class Lookup(ServiceLookup[Given, Credential]):
    """One look at everything that can say where the server is and who asks."""

    title = "InfluxDB"
    section = "influxdb"
    schema = PROFILE
    stack = "influxdb"

    def database(self) -> str | None:
        """Return the database that the first source names."""
        if self._given.db or self._given.local is not None:
            return self._given.db
        found = self._variable(*DATABASES)
        in_url = self._url_options().get("database")
        return self._text("database") or in_url or (found[1] if found else None)

    def policy(self) -> str | None:
        """Return the retention policy that the first source names."""
        return self._given.rp or self._text("rp")

    # -- sources -------------------------------------------------------------------------------------------------------

    def _sources(self) -> Sequence[Source[Credential]]:
        return super()._sources()[1:] if self._given.environment_only else super()._sources()

    def _default_sources(self) -> Sequence[Source[Credential]]:
        return [Source("InfluxDB's default", lambda: Found(Anonymous(), {"user": "nobody"}))]

    @property
    def _uses_profiles(self) -> bool:
        return super()._uses_profiles and not self._given.environment_only

    def _from_stack(self, environment: Mapping[str, str]) -> Found[Credential] | Declined:
        return self._found(_of_variables(environment, LOCAL_STACK), "it asks for none")

    def _from_profile(self) -> Found[Credential] | Declined:
        return self._found_in_profile(
            credential_of(
                self._text("username"),
                self._secret("password"),
                self._secret("token"),
                self._secret("jwt_secret"),
                where=self._profile_name,
            )
        )

    def _from_environment(self) -> Found[Credential] | Declined:
        options = self._url_options()
        in_url = credential_of(
            options.get("username"), _as_secret(options.get("password")), None, None, where=" or ".join(URLS)
        )
        credential = in_url or _of_variables(self._environ, ENVIRONMENT)
        return self._found(credential, f"none of {USERS[0]}, {TOKENS[0]}, {JWT_SECRETS[0]} is set")

    def _shown(self, credential: Credential) -> Mapping[str, str]:
        return shown(credential)

    # -- the environment -----------------------------------------------------------------------------------------------

    def _url_options(self) -> ClientOptions:
        named = self._variable(*URLS)
        if named is None:
            return {}
        try:
            return options_of_url(named[1])
        except ConfigError as exc:
            raise ConfigError(f"{named[0]}: {exc.message}") from None

    def _named_elsewhere(self) -> Named | None:
        url = self._url_options().get("host")
        if isinstance(url, str):
            return Named(url, ENVIRONMENT, URLS[0])
        host, port = self._variable(*HOSTS), self._variable(*PORTS)
        if host is None and port is None:
            return None
        if port is not None and not port[1].isdigit():
            raise ConfigError(f"{port[0]} must be a number")
        number = int(port[1]) if port else None
        put = base_url(host[1] if host else None, number, "/", ssl=False, unix_socket=None)
        return None if put is None else Named(put, ENVIRONMENT, HOSTS[0])

    def _default_address(self) -> Address:
        return Address(DEFAULT_URL, "InfluxDB's default")


def _of_variables(environ: Mapping[str, str], where: str) -> Credential | None:
    user, password = first_set(environ, *USERS), first_set(environ, *PASSWORDS)
    token, secret = first_set(environ, *TOKENS), first_set(environ, *JWT_SECRETS)
    return credential_of(
        user[1] if user else None,
        Secret(password[1]) if password else None,
        Secret(token[1]) if token else None,
        Secret(secret[1]) if secret else None,
        where=where,
    )


def _as_secret(value: object) -> Secret | None:
    return value if isinstance(value, Secret) else None
