"""Where the platform is and how to speak to it: what the caller said, checked, and nothing looked up yet. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from catchment.core.addresses import check_endpoint
from catchment.core.arguments import ConnectionOptions, connection_settings, secret_of, text_of, wrapped
from catchment.core.config import Retry
from catchment.core.engines import TransportSettings
from catchment.core.errors import ConfigError
from catchment.core.given import CommonGiven
from catchment.core.secret import Secret
from catchment.v3io.credential import Credential, credential_of
from catchment.v3io.logger import EventLog, Logger, level_of

DEFAULT_TRANSPORT: Final = TransportSettings(pool_size=64)
"""As many calls of a batch are under way at once: enough to hide a few milliseconds of the server behind them."""
TLS_REMEDY: Final = "https:// where the platform has it"
"""How to say that TLS is meant."""


class ClientOptions(ConnectionOptions, total=False):
    """Every argument of the clients, for functions that pass them on."""

    logger: EventLog | None
    endpoint: str | None
    access_key: str | Secret | None
    max_connections: int | None
    transport_kind: str | None
    logger_verbosity: str | int | None
    transport_verbosity: str | int | None
    username: str | None
    password: str | Secret | None


@dataclass(frozen=True, slots=True)
class Given(CommonGiven[Credential]):
    """Say what the caller said."""

    logger: EventLog | None = field(default=None, repr=False)
    portable: bool = False

    @classmethod
    def of(cls, options: ClientOptions) -> Given:
        """
        Check arguments of a client.

        Args:
            options: As `concealed` returns them.

        Raises:
            ConfigError: Half a credential, two addresses, or a value that cannot be meant.
        """
        _check_kind(options.get("transport_kind"))
        portable = bool(options.get("pickle_secrets", False))
        endpoint = text_of(options, "endpoint")
        given = cls(
            endpoint=None if endpoint is None else endpoint_of(endpoint, what="endpoint"),
            credential=credential_of(
                secret_of(options, "access_key", portable=portable),
                text_of(options, "username"),
                secret_of(options, "password", portable=portable),
                where="arguments",
            ),
            profile=options.get("profile"),
            retry=Retry.of(options.get("retries")),
            transport=_transport(options),
            local=options.get("local"),
            logger=_logger(options),
            portable=portable,
        ).timed(options.get("timeout"))
        given.refuse_two_places("endpoint and profile")
        return given


def endpoint_of(text: str, *, what: str) -> str:
    """
    Return a base URL in normal form. Without a scheme it is `http`, as all of the platform's clients have it.

    Raises:
        ConfigError: It is no address.
    """
    return check_endpoint(text, what=what, default_scheme="http")


def concealed(options: ClientOptions) -> ClientOptions:
    """
    Return arguments with every secret wrapped.

    Some tools print the local variables of every frame of a traceback: what raises must hold no secret in clear.
    """
    return cast("ClientOptions", wrapped(options, ("access_key", "password")))


def _check_kind(kind: object) -> None:
    if kind is None or kind == "httpclient":
        return
    raise ConfigError(
        f"transport_kind={kind!r} is not served: connections are kept and chosen by the shape of each call",
        hint="leave it out; timeout=, proxy= and verify= work for every call, and tests use local=Stack()",
    )


def _transport(options: ClientOptions) -> TransportSettings:
    settings = connection_settings(options, DEFAULT_TRANSPORT)
    most: Any = options.get("max_connections")
    if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 1):
        raise ConfigError(f"max_connections={most!r}: a whole number from 1 is needed")
    return settings if most is None else replace(settings, pool_size=most)


def _logger(options: ClientOptions) -> EventLog | None:
    verbosity = options.get("logger_verbosity")
    logger = options.get("logger")
    if isinstance(logger, str):
        raise ConfigError("the first argument is a logger, and no text", hint="name the others: endpoint=, access_key=")
    if verbosity is None:
        return logger
    if logger is not None:
        raise ConfigError("logger has a level of its own; leave logger_verbosity out")
    return Logger.to_stdout(level_of(verbosity, what="logger_verbosity"))
