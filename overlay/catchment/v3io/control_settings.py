"""Where the dashboard is and how to speak to it: what the caller said, checked, and nothing looked up yet. Pure."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypedDict, cast

from catchment.core.addresses import check_endpoint
from catchment.core.config import Retry, Timeouts, TimeoutTypes
from catchment.core.engines import TransportSettings
from catchment.core.errors import ConfigError
from catchment.core.secret import Secret
from catchment.v3io.control_credential import ControlCredential, credential_of
from catchment.v3io.settings import ClientOptions, Given, LocalStack

LOCAL: Final = "v3io-control"
"""Name of the dashboard in a local stack."""


class ControlOptions(TypedDict, total=False):
    """Every argument of the clients, for functions that pass them on."""

    endpoint: str | None
    username: str | None
    password: str | Secret | None
    access_key: str | Secret | None
    session_cookie: str | Secret | None
    profile: str | None
    verify: bool | str | Path | ssl.SSLContext
    cert: str | tuple[str, ...] | None
    proxy: str | None
    timeout: TimeoutTypes
    retries: int | Retry | None
    transport: TransportSettings | None
    local: LocalStack | None
    pickle_secrets: bool


@dataclass(frozen=True, slots=True)
class ControlGiven:
    """
    Say what the caller said.

    Pickles as far as its parts do: a secret given as text only with `pickle_secrets`, a local stack never.
    """

    endpoint: str | None = None
    credential: ControlCredential | None = None
    profile: str | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    retry: Retry = field(default_factory=Retry)
    transport: TransportSettings = field(default_factory=TransportSettings)
    local: LocalStack | None = field(default=None, repr=False)

    @classmethod
    def of(cls, options: ControlOptions) -> ControlGiven:
        """
        Check arguments of a client.

        Args:
            options: As `concealed` returns them.

        Raises:
            ConfigError: Half a credential, two kinds of them, two addresses, or a value that cannot be meant.
        """
        carried = options.get("pickle_secrets", False)
        secrets = {name: _carried(options.get(name), carried=carried) for name in _SECRETS}
        common = Given.of(cast("ClientOptions", {name: value for name, value in options.items() if name in _COMMON}))
        endpoint = _text(options, "endpoint")
        if common.local is not None and endpoint:
            raise ConfigError("local= serves in process; leave endpoint and profile out")
        return cls(
            endpoint=check_endpoint(endpoint) if endpoint else None,
            credential=credential_of(
                secrets["access_key"],
                _text(options, "username"),
                secrets["password"],
                secrets["session_cookie"],
                where="arguments",
            ),
            profile=common.profile,
            timeouts=common.timeouts,
            retry=common.retry,
            transport=common.transport,
            local=common.local,
        )


_SECRETS: Final = ("access_key", "password", "session_cookie")
_COMMON: Final = ("profile", "verify", "cert", "proxy", "timeout", "retries", "transport", "local")


def concealed(options: ControlOptions) -> ControlOptions:
    """Return arguments with every secret wrapped, as tools that print local variables must not show them."""
    wrapped = {name: Secret(value) for name in _SECRETS if isinstance(value := options.get(name), str) and value}
    return cast("ControlOptions", {**options, **wrapped})


def _text(options: ControlOptions, name: str) -> str | None:
    value: object = options.get(name)
    if value is not None and not isinstance(value, str):
        raise ConfigError(f"{name} must be text, not {type(value).__name__}")
    return value or None


def _carried(value: object, *, carried: bool) -> Secret | None:
    if not value:
        return None
    secret = Secret.of(cast("str | Secret", value))
    return secret.carried() if carried else secret
