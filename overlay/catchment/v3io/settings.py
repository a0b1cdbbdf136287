"""Where the platform is and how to speak to it: what the caller said, checked, and nothing looked up yet. Pure."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypedDict, cast

from catchment import __version__
from catchment.core.addresses import check_endpoint
from catchment.core.config import Retry, Timeouts, TimeoutTypes
from catchment.core.engines import TransportSettings
from catchment.core.errors import ConfigError
from catchment.core.secret import Secret
from catchment.v3io.credential import Credential, credential_of
from catchment.v3io.logger import EventLog, Logger, level_of

if TYPE_CHECKING:
    from catchment.core.inprocess import InProcessService

CLIENT_HEADERS: Final = (("User-Agent", f"catchment/{__version__}"),)
DEFAULT_CONNECTIONS: Final = 32


class LocalStack(Protocol):
    """What a client needs of `catchment.local.Stack`."""

    def service(self, name: str) -> InProcessService:
        """Return one platform of the stack."""
        ...


class ClientOptions(TypedDict, total=False):
    """Every argument of the clients, for functions that pass them on."""

    logger: EventLog | None
    endpoint: str | None
    access_key: str | Secret | None
    max_connections: int | None
    timeout: TimeoutTypes
    transport_kind: str | None
    logger_verbosity: str | int | None
    transport_verbosity: str | int | None
    username: str | None
    password: str | Secret | None
    profile: str | None
    verify: bool | str | Path | ssl.SSLContext
    cert: str | tuple[str, ...] | None
    proxy: str | None
    retries: int | Retry | None
    transport: TransportSettings | None
    local: LocalStack | None
    pickle_secrets: bool


@dataclass(frozen=True, slots=True)
class Given:
    """
    Say what the caller said.

    Pickles as far as its parts do: a secret given as text only with `pickle_secrets`, a local stack never.
    """

    endpoint: str | None = None
    credential: Credential | None = None
    profile: str | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    retry: Retry = field(default_factory=Retry)
    transport: TransportSettings = field(default_factory=TransportSettings)
    local: LocalStack | None = field(default=None, repr=False)
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
        endpoint = _text(options, "endpoint")
        given = cls(
            endpoint=None if endpoint is None else endpoint_of(endpoint, what="endpoint"),
            credential=credential_of(
                _secret(options, "access_key", portable=portable),
                _text(options, "username"),
                _secret(options, "password", portable=portable),
                where="arguments",
            ),
            profile=options.get("profile"),
            retry=Retry.of(options.get("retries")),
            transport=_transport(options),
            local=options.get("local"),
            logger=_logger(options),
            portable=portable,
        ).timed(options.get("timeout"))
        if given.local is not None and (given.endpoint or given.profile):
            raise ConfigError("local= serves in process; leave endpoint and profile out")
        return given

    def timed(self, timeout: TimeoutTypes) -> Given:
        """Return the same with other limits of time; `None` changes nothing."""
        if timeout is None:
            return self
        timeouts = Timeouts.of(timeout)
        transport = replace(self.transport, connect=timeouts.connect, read=timeouts.read)
        return replace(self, timeouts=timeouts, transport=transport)

    def repeating(self, retries: int | Retry | None) -> Given:
        """Return the same with another retry policy; `None` changes nothing."""
        return self if retries is None else replace(self, retry=Retry.of(retries))


@dataclass(frozen=True, slots=True)
class Address:
    """Say where the platform is, and which source said so."""

    url: str
    source: str


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
    secrets = ("access_key", "password")
    wrapped = {name: Secret(value) for name in secrets if isinstance(value := options.get(name), str) and value}
    return cast("ClientOptions", {**options, **wrapped})


def _check_kind(kind: object) -> None:
    if kind is None or kind == "httpclient":
        return
    raise ConfigError(
        f"transport_kind={kind!r} is not served: connections are kept and chosen by the shape of each call",
        hint="leave it out; timeout=, proxy= and verify= work for every call, and tests use local=Stack()",
    )


def _transport(options: ClientOptions) -> TransportSettings:
    settings = options.get("transport") or TransportSettings(pool_size=DEFAULT_CONNECTIONS)
    verify = options.get("verify", True)
    most: Any = options.get("max_connections")
    if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 1):
        raise ConfigError(f"max_connections={most!r}: a whole number from 1 is needed")
    return replace(
        settings,
        verify=settings.verify if verify is True else verify,
        cert=options.get("cert") or settings.cert,
        proxy=options.get("proxy") or settings.proxy,
        pool_size=settings.pool_size if most is None else most,
    )


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


def _text(options: ClientOptions, name: str) -> str | None:
    value: object = options.get(name)
    if value is not None and not isinstance(value, str):
        raise ConfigError(f"{name} must be text, not {type(value).__name__}")
    return value or None


def _secret(options: ClientOptions, name: str, *, portable: bool) -> Secret | None:
    value: Any = options.get(name)
    if not value:
        return None
    secret = Secret.of(value)
    return secret.carried() if portable else secret
