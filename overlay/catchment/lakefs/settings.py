"""Where the server is, how to speak to it, and what the caller said about both. Pure."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from catchment import __version__
from catchment.core.addresses import check_endpoint, is_loopback
from catchment.core.arguments import CommonOptions, portable_secret
from catchment.core.config import Retry, Timeouts
from catchment.core.credentials import KeyPair, Resolved, Token
from catchment.core.engines import TransportSettings
from catchment.core.errors import ConfigError
from catchment.core.given import CommonGiven
from catchment.core.headers import USER_AGENT
from catchment.core.lookup import Address
from catchment.core.secret import Secret, mask
from catchment.lakefs.credential import Credential, kind_of, session_cookie
from catchment.lakefs.machine import Machine

ALLOW_HTTP = "CATCHMENT_ALLOW_HTTP"
API_PATH = "/api/v1"
CLIENT_HEADERS = (("X-Lakefs-Client", f"catchment/{__version__}"), *USER_AGENT)


class ClientOptions(CommonOptions, total=False):
    """Every argument of `Client`, for functions that pass them on."""

    username: str | None
    password: str | Secret | None
    host: str | None
    access_token: str | Secret | None
    api_key: str | Secret | Mapping[str, str | Secret] | None
    api_key_prefix: str | Mapping[str, str] | None
    ssl_ca_cert: str | Path | None
    verify_ssl: bool
    access_key_id: str | None
    secret_access_key: str | Secret | None
    jwt_token: str | Secret | None
    endpoint: str | None
    allow_http: bool


@dataclass(frozen=True, slots=True)
class Given(CommonGiven[Credential]):
    """Say what the caller said."""

    allow_http: bool = False

    @classmethod
    def of(cls, options: ClientOptions) -> Given:
        """
        Check arguments of `Client`.

        Args:
            options: As `concealed` returns them.

        Raises:
            ConfigError: Half a credential, two kinds of credentials, two addresses, or a value that cannot be meant.
        """
        given = cls(
            credential=_credential(options),
            endpoint=_plain(options, "host", "endpoint"),
            profile=options.get("profile"),
            allow_http=options.get("allow_http", False),
            retry=Retry.of(options.get("retries")),
            transport=_transport(options),
            local=options.get("local"),
        ).timed(options.get("timeout"))
        given.refuse_two_places("host, endpoint and profile")
        return given


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """
    Say what a client was found to use; no secret is in it.

    Attributes:
        host: Base URL of the API.
        host_source: Which source named it.
        kind: What the credential is: `key pair`, `token`, `session cookie`, `AWS role` or `web identity`.
        source: Which source had the credential.
        username: First characters of the access key id; `None` without a key pair.
        verify_ssl: Whether the server's certificate is checked.
        timeouts: Limits of time.
        retry: Retry policy.
    """

    host: str
    host_source: str
    kind: str
    source: str
    username: str | None
    verify_ssl: bool
    timeouts: Timeouts
    retry: Retry

    @property
    def endpoint(self) -> str:
        """Another word for `host`."""
        return self.host

    @classmethod
    def of(cls, given: Given, address: Address, resolved: Resolved[Credential]) -> ClientConfig:
        """Show what was said and found."""
        credential = resolved.credential
        return cls(
            host=address.url,
            host_source=address.source,
            kind=kind_of(credential),
            source=resolved.source,
            username=mask(credential.access_key_id) if isinstance(credential, KeyPair) else None,
            verify_ssl=given.transport.verify is not False,
            timeouts=given.timeouts,
            retry=given.retry,
        )


# -- the address -------------------------------------------------------------------------------------------------------


def api_url(text: str, *, what: str, plain: Callable[[str], bool]) -> str:
    """
    Return the base URL of the API.

    Args:
        text: With or without scheme. Without path, or with `/` alone, `/api/v1` is added; any other path stays, so a
            server below a path is given in full.
        what: Setting that holds it, as messages call it.
        plain: Tells for a host whether `http` is allowed; an address without scheme then means `http`, as it does for
            lakeFS's own package, and `https` otherwise.

    Raises:
        ConfigError: It is no address, or `http` is not allowed for its host.
    """
    secure = check_endpoint(text, what=what)
    host = urlsplit(secure).hostname or ""
    url = check_endpoint(text, what=what, default_scheme="http") if plain(host) else secure
    if url.startswith("http://") and not plain(host):
        raise ConfigError(
            f"{what} is plain http to {host}: credentials and data would cross the network readable to anybody",
            hint=f'use https, or allow this host by name: allow_http=True, or {ALLOW_HTTP}="{host}"',
        )
    return url if urlsplit(url).path else url + API_PATH


def plain_http_allowed(given: Given, machine: Machine) -> Callable[[str], bool]:
    """Return what tells whether a host may be spoken to without TLS: this machine itself, and those named."""
    named = {name.strip().lower() for name in (machine.value(ALLOW_HTTP) or "").split(",")}

    def allowed(host: str) -> bool:
        return given.allow_http or is_loopback(host) or host.lower() in named

    return allowed


# -- arguments ---------------------------------------------------------------------------------------------------------


def concealed(options: ClientOptions) -> ClientOptions:
    """
    Return arguments with every secret wrapped.

    Some tools print the local variables of every frame of a traceback: what raises must hold no secret in clear.
    """
    wrapped: dict[str, object] = {}
    for name in ("password", "secret_access_key", "access_token", "jwt_token", "api_key"):
        value: object = options.get(name)
        if isinstance(value, str):
            wrapped[name] = Secret(value)
        elif isinstance(value, Mapping):
            items = cast("Mapping[str, object]", value).items()
            wrapped[name] = {key: Secret(item) if isinstance(item, str) else item for key, item in items}
    return cast("ClientOptions", {**options, **wrapped})


def _credential(options: ClientOptions) -> Credential | None:
    portable = options.get("pickle_secrets", False)
    found: list[Credential | None] = [_pair(options, portable=portable), _token(options, portable=portable)]
    api_key, prefix = options.get("api_key"), options.get("api_key_prefix")
    if api_key:
        found.append(session_cookie(api_key, prefix, portable=portable))
    elif prefix:
        raise ConfigError("api_key_prefix is given without api_key")
    kinds = [credential for credential in found if credential is not None]
    if len(kinds) > 1:
        raise ConfigError(
            "several kinds of credentials are given, and the server takes one",
            hint="give one of: username and password, access_token, api_key",
        )
    return kinds[0] if kinds else None


def _pair(options: ClientOptions, *, portable: bool) -> KeyPair | None:
    name = _plain(options, "username", "access_key_id")
    secret = _one(options, "password", "secret_access_key")
    if name is None and secret is None:
        return None
    if name is None or secret is None:
        present, missing = ("username", "password") if name else ("password", "username")
        raise ConfigError(
            f"{present} is given, {missing} is not",
            hint=f"give {missing} too (access_key_id and secret_access_key mean the same)",
        )
    return KeyPair(name, portable_secret(secret, portable=portable))


def _token(options: ClientOptions, *, portable: bool) -> Token | None:
    token = _one(options, "access_token", "jwt_token")
    return None if token is None else Token(portable_secret(token, portable=portable))


def _plain(options: ClientOptions, first: str, second: str) -> str | None:
    value = _one(options, first, second)
    return value.reveal() if isinstance(value, Secret) else value


def _one(options: ClientOptions, first: str, second: str) -> str | Secret | None:
    """Read an argument that has two names; empty means not given."""
    given: list[str | Secret] = []
    for name in (first, second):
        value: object = options.get(name)
        if value is not None and not isinstance(value, str | Secret):
            raise ConfigError(f"{name} must be text, not {type(value).__name__}")
        if value:
            given.append(value)
    if len(given) == 2 and given[0] != given[1]:
        raise ConfigError(f"{first} and {second} mean the same and differ; give one")
    return given[0] if given else None


def _transport(options: ClientOptions) -> TransportSettings:
    settings = options.get("transport") or TransportSettings()
    verify: bool | str | Path | ssl.SSLContext = options.get("ssl_ca_cert") or settings.verify
    if not options.get("verify_ssl", True):
        verify = False
    return replace(settings, verify=verify, proxy=options.get("proxy") or settings.proxy)
