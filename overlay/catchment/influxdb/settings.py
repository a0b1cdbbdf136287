"""Where the server is and how to speak to it: what the caller said, checked, and nothing looked up yet. Pure."""

from __future__ import annotations

import ssl as tls
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias, TypedDict, cast

from catchment import __version__
from catchment.core.config import Retry, Timeouts, TimeoutTypes
from catchment.core.engines import TransportSettings
from catchment.core.errors import ConfigError
from catchment.core.secret import Secret
from catchment.influxdb.addressing import base_url
from catchment.influxdb.credential import Algorithm, AuthFlow, Credential, credential_of

if TYPE_CHECKING:
    from catchment.core.flowing import HttpxAuth
    from catchment.core.inprocess import InProcessService

Mode: TypeAlias = Literal["async", "blocking"]
Output: TypeAlias = Literal["json", "dataframe", "raw", "iterable", "bytes"]

MODES: Final = ("async", "blocking")
OUTPUTS: Final = ("json", "dataframe", "raw", "iterable", "bytes")
CLIENT_HEADERS: Final = (("User-Agent", f"catchment/{__version__}"),)


class LocalStack(Protocol):
    """What a client needs of `catchment.local.Stack`."""

    def service(self, name: str) -> InProcessService:
        """Return one platform of the stack."""
        ...


class KeywordOptions(TypedDict, total=False):
    """Arguments of the clients that have no position."""

    db: str | None
    rp: str | None
    path: str
    ssl: bool
    unix_socket: str | Path | None
    token: str | Secret | None
    jwt_secret: str | Secret | None
    jwt_algorithm: Algorithm
    auth: HttpxAuth | None
    output: Output
    gzip: bool
    verify: bool | str | Path | tls.SSLContext
    cert: str | tuple[str, ...] | None
    proxy: str | None
    timeout: TimeoutTypes
    retries: int | Retry | None
    transport: TransportSettings | None
    profile: str | None
    local: LocalStack | None
    pickle_secrets: bool


class ClientOptions(KeywordOptions, total=False):
    """Every argument of the clients, for functions that pass them on."""

    host: str | None
    port: int | None
    username: str | None
    password: str | Secret | None
    database: str | None


@dataclass(frozen=True, slots=True)
class Given:
    """
    Say what the caller said.

    Pickles as far as its parts do: a secret given as text only with `pickle_secrets`, a local stack never.
    """

    endpoint: str | None = None
    credential: Credential | None = None
    db: str | None = None
    rp: str | None = None
    output: Output = "json"
    gzip: bool = False
    profile: str | None = None
    environment_only: bool = False
    """Whether nothing but the environment is looked at beside arguments."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    retry: Retry = field(default_factory=Retry)
    transport: TransportSettings = field(default_factory=lambda: TransportSettings(lenient_headers=True))
    local: LocalStack | None = field(default=None, repr=False)

    @classmethod
    def of(cls, options: ClientOptions) -> Given:
        """
        Check arguments of a client.

        Args:
            options: As `concealed` returns them.

        Raises:
            ConfigError: Half a credential, two kinds of them, two addresses, or a value that cannot be meant.
        """
        portable = options.get("pickle_secrets", False)
        given = cls(
            endpoint=_endpoint(options),
            credential=_credential(options, portable=portable),
            db=_text(options, "database") or _text(options, "db"),
            rp=_text(options, "rp"),
            output=check_output(options.get("output", "json")),
            gzip=bool(options.get("gzip", False)),
            profile=options.get("profile"),
            retry=Retry.of(options.get("retries")),
            transport=_transport(options),
            local=options.get("local"),
        ).timed(options.get("timeout"))
        if given.local is not None and (given.endpoint or given.profile):
            raise ConfigError("local= serves in process; leave host, port, path, unix_socket and profile out")
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


# -- modes -------------------------------------------------------------------------------------------------------------


def check_output(output: str) -> Output:
    """
    Return the form of answers.

    Raises:
        ConfigError: There is no such form; also a `ValueError`.
    """
    if output not in OUTPUTS:
        raise ConfigError(f"output={output!r}: one of {', '.join(OUTPUTS)} is needed")
    return output


def settled_mode(
    mode: str | None, default: Mode, *, dataframe: bool, async_: bool | None, extra: Mapping[str, object]
) -> tuple[Mode, bool]:
    """
    Return which class is meant, and whether answers are frames.

    Args:
        mode: `"async"` or `"blocking"`; the early `"dataframe"` means blocking and frames.
        default: Where nothing says it.
        dataframe: Frames, which in its original is blocking too.
        async_: The same as `mode`, as a bool.
        extra: Further keywords: `async`, which Python has no way to spell out since 3.7.

    Raises:
        ConfigError: They contradict each other, or there is no such mode or keyword.
    """
    unknown = extra.keys() - {"async"}
    if unknown:
        raise ConfigError(f"unknown argument {', '.join(sorted(unknown))}")
    said: set[Mode] = set()
    for value in (async_, extra.get("async")):
        if value is not None:
            if not isinstance(value, bool):
                raise ConfigError(f"async must be True or False, not {value!r}")
            said.add("async" if value else "blocking")
    frames = dataframe or mode == "dataframe"
    if mode is not None and mode != "dataframe":
        if mode not in MODES:
            raise ConfigError(f"mode={mode!r}: 'async' or 'blocking' is needed")
        said.add(mode)
    if len(said) > 1:
        raise ConfigError("mode and async contradict each other; give one")
    if said:
        return said.pop(), frames
    return "blocking" if frames else default, frames


def keyword_options(options: dict[str, Any]) -> dict[str, Any]:
    """Take `async` out of options, which is a keyword of Python and so the name of no parameter."""
    return {name: options.pop(name) for name in ("async",) if name in options}


# -- arguments ---------------------------------------------------------------------------------------------------------


def concealed(options: ClientOptions) -> ClientOptions:
    """
    Return arguments with every secret wrapped.

    Some tools print the local variables of every frame of a traceback: what raises must hold no secret in clear.
    """
    secrets = ("password", "token", "jwt_secret")
    wrapped: dict[str, object] = {
        name: Secret(value) for name in secrets if isinstance(value := options.get(name), str) and value
    }
    auth = options.get("auth")
    if auth is not None and not isinstance(auth, AuthFlow):
        wrapped["auth"] = AuthFlow(auth)
    return cast("ClientOptions", {**options, **wrapped})


def _credential(options: ClientOptions, *, portable: bool) -> Credential | None:
    found = credential_of(
        _text(options, "username"),
        _secret(options, "password", portable=portable),
        _secret(options, "token", portable=portable),
        _secret(options, "jwt_secret", portable=portable),
        where="arguments",
        algorithm=options.get("jwt_algorithm", "HS256"),
    )
    flow: object = options.get("auth")
    if flow is None:
        return found
    if found is not None:
        raise ConfigError("auth= is all that proves who asks; leave username, password, token and jwt_secret out")
    return cast("AuthFlow", flow).checked(portable=portable)


def _endpoint(options: ClientOptions) -> str | None:
    return base_url(
        _text(options, "host"),
        options.get("port"),
        options.get("path", "/"),
        ssl=options.get("ssl", False),
        unix_socket=options.get("unix_socket"),
    )


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


def _transport(options: ClientOptions) -> TransportSettings:
    settings = options.get("transport") or TransportSettings()
    verify = options.get("verify", True)
    return replace(
        settings,
        verify=settings.verify if verify is True else verify,
        cert=options.get("cert") or settings.cert,
        proxy=options.get("proxy") or settings.proxy,
        # The server repeats refused lines in a header, control characters and all.
        lenient_headers=True,
    )
