"""Where the server is and how to speak to it: what the caller said, checked, and nothing looked up yet. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from catchment.core.arguments import ConnectionOptions, connection_settings, secret_of, text_of, wrapped
from catchment.core.config import Retry
from catchment.core.engines import TransportSettings
from catchment.core.errors import ConfigError
from catchment.core.given import CommonGiven
from catchment.core.secret import Secret
from catchment.influxdb.addressing import base_url
from catchment.influxdb.credential import Algorithm, AuthFlow, Credential, credential_of

if TYPE_CHECKING:
    from catchment.core.flowing import HttpxAuth

Mode: TypeAlias = Literal["async", "blocking"]
Output: TypeAlias = Literal["json", "dataframe", "raw", "iterable", "bytes"]

MODES: Final = ("async", "blocking")
OUTPUTS: Final = ("json", "dataframe", "raw", "iterable", "bytes")


class KeywordOptions(ConnectionOptions, total=False):
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


class ClientOptions(KeywordOptions, total=False):
    """Every argument of the clients, for functions that pass them on."""

    host: str | None
    port: int | None
    username: str | None
    password: str | Secret | None
    database: str | None


@dataclass(frozen=True, slots=True)
class Given(CommonGiven[Credential]):
    """Say what the caller said."""

    transport: TransportSettings = field(default_factory=lambda: TransportSettings(lenient_headers=True))
    db: str | None = None
    rp: str | None = None
    output: Output = "json"
    gzip: bool = False
    environment_only: bool = False
    """Whether nothing but the environment is looked at beside arguments."""

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
            db=text_of(options, "database") or text_of(options, "db"),
            rp=text_of(options, "rp"),
            output=check_output(options.get("output", "json")),
            gzip=bool(options.get("gzip", False)),
            profile=options.get("profile"),
            retry=Retry.of(options.get("retries")),
            transport=_transport(options),
            local=options.get("local"),
        ).timed(options.get("timeout"))
        given.refuse_two_places("host, port, path, unix_socket and profile")
        return given


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
    made = wrapped(options, ("password", "token", "jwt_secret"))
    auth = options.get("auth")
    if auth is not None and not isinstance(auth, AuthFlow):
        made["auth"] = AuthFlow(auth)
    return cast("ClientOptions", made)


def _credential(options: ClientOptions, *, portable: bool) -> Credential | None:
    found = credential_of(
        text_of(options, "username"),
        secret_of(options, "password", portable=portable),
        secret_of(options, "token", portable=portable),
        secret_of(options, "jwt_secret", portable=portable),
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
        text_of(options, "host"),
        options.get("port"),
        options.get("path", "/"),
        ssl=options.get("ssl", False),
        unix_socket=options.get("unix_socket"),
    )


def _transport(options: ClientOptions) -> TransportSettings:
    # The server repeats refused lines in a header, control characters and all.
    return replace(connection_settings(options), lenient_headers=True)
