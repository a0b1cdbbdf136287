"""Arguments of clients: those that platforms share, and how text and secrets among them are read. Pure."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypedDict, cast

from catchment.core.config import Retry, TimeoutTypes
from catchment.core.engines import TransportSettings
from catchment.core.errors import ConfigError
from catchment.core.given import LocalStack
from catchment.core.secret import Secret


class CommonOptions(TypedDict, total=False):
    """Arguments that the clients of every platform take."""

    profile: str | None
    proxy: str | None
    timeout: TimeoutTypes
    retries: int | Retry | None
    transport: TransportSettings | None
    local: LocalStack | None
    pickle_secrets: bool


class ConnectionOptions(CommonOptions, total=False):
    """The same, and how TLS is spoken, under the names that most platforms have for it."""

    verify: bool | str | Path | ssl.SSLContext
    cert: str | tuple[str, ...] | None


def wrapped(options: Mapping[str, object], names: Sequence[str]) -> dict[str, object]:
    """
    Return arguments with those of these names wrapped that are text.

    Some tools print the local variables of every frame of a traceback: what raises must hold no secret in clear.
    """
    secrets = {name: Secret(value) for name in names if isinstance(value := options.get(name), str) and value}
    return {**options, **secrets}


def text_of(options: Mapping[str, object], name: str) -> str | None:
    """
    Return an argument that is text; empty means not given.

    Raises:
        ConfigError: It is something else.
    """
    value = options.get(name)
    if value is not None and not isinstance(value, str):
        raise ConfigError(f"{name} must be text, not {type(value).__name__}")
    return value or None


def secret_of(options: Mapping[str, object], name: str, *, portable: bool) -> Secret | None:
    """
    Return an argument that is secret; empty means not given.

    Args:
        options: All arguments.
        name: Of this one.
        portable: Whether it may travel in pickles.
    """
    value = options.get(name)
    return portable_secret(cast("str | Secret", value), portable=portable) if value else None


def portable_secret(value: str | Secret, *, portable: bool) -> Secret:
    """Wrap a secret that the caller gave, and let it travel in pickles where the caller says so."""
    secret = Secret.of(value)
    return secret.carried() if portable else secret


def connection_settings(options: ConnectionOptions, default: TransportSettings | None = None) -> TransportSettings:
    """
    Return how to connect: `transport`, and what `verify`, `cert` and `proxy` say beside it.

    Args:
        options: All arguments.
        default: In place of `transport` where that is left out.
    """
    settings = options.get("transport") or default or TransportSettings()
    verify = options.get("verify", True)
    return replace(
        settings,
        verify=settings.verify if verify is True else verify,
        cert=options.get("cert") or settings.cert,
        proxy=options.get("proxy") or settings.proxy,
    )
