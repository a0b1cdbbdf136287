"""The ways in which a lakeFS server can be told who asks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from catchment.core.arguments import portable_secret
from catchment.core.credentials import Declined, Found, KeyPair, Token, key_pair
from catchment.core.errors import ConfigError
from catchment.core.headers import check_headers
from catchment.core.secret import Secret
from catchment.core.signing import BasicSigner, BearerSigner, HeaderSigner, Signer
from catchment.lakefs.aws import BotoSession

_COOKIES = {
    "cookie_auth": "internal_auth_session",
    "oidc_auth": "oidc_auth_session",
    "saml_auth": "saml_auth_session",
}
"""Security scheme of the API document to the cookie that it means."""
_COOKIE_VALUE = re.compile(r"[!#-+\--:<-\[\]-~]+").fullmatch  # RFC 6265
_LONGEST_LOGIN = 43_200


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """Hold a session that a browser login has begun."""

    name: str
    value: Secret


@dataclass(frozen=True, slots=True)
class AwsRole:
    """
    Log in as an AWS role: tokens are fetched when they are needed and renewed before they run out.

    Args:
        token_ttl: Seconds for which a lakeFS token is asked for; the server may grant less.
        presign_ttl: Seconds for which the server may use an identity token.
        headers: Signed with an identity token in place of `X-LakeFS-Server-ID`; `{}` signs none.
        session: boto session that has the AWS keys; `None` looks for keys on this machine, anew at each login.
        asked_for: Whether a setting names this way; otherwise it is the last resort, tried because AWS keys are there.
    """

    token_ttl: int = 3600
    presign_ttl: int = 60
    headers: Mapping[str, str] | None = None
    session: BotoSession | None = field(default=None, repr=False)
    asked_for: bool = True

    def __post_init__(self) -> None:
        check_seconds("ttl_seconds", self.token_ttl, 31_536_000)
        check_seconds("presigned_ttl", self.presign_ttl, 604_800)
        check_headers(list((self.headers or {}).items()))


@dataclass(frozen=True, slots=True)
class WebIdentity:
    """
    Trade the code of a browser login for a token, once; when the token runs out, a new login is due.

    Args:
        code: What the identity provider handed to `redirect_uri`.
        state: Likewise.
        redirect_uri: As it was sent to the identity provider.
        token_ttl: Seconds for which a token is asked for, at most 12 hours.
    """

    code: Secret
    state: Secret
    redirect_uri: str
    token_ttl: int = 3600

    def __post_init__(self) -> None:
        check_seconds("ttl_seconds", self.token_ttl, _LONGEST_LOGIN)
        for name, value in (("code", self.code), ("state", self.state), ("redirect_uri", self.redirect_uri)):
            if not value:
                raise ConfigError(f"{name} of the web identity is empty")


Credential: TypeAlias = KeyPair | Token | SessionCookie | AwsRole | WebIdentity

_KINDS: dict[type[Credential], str] = {
    KeyPair: "key pair",
    Token: "token",
    SessionCookie: "session cookie",
    AwsRole: "AWS role",
    WebIdentity: "web identity",
}


def kind_of(credential: Credential) -> str:
    """Say what a credential is, as messages call it."""
    return _KINDS[type(credential)]


def signer_of(credential: KeyPair | Token | SessionCookie) -> Signer:
    """
    Return what signs requests with a credential that needs no login.

    Raises:
        ConfigError: It cannot be sent: a line end in a token, a colon in an access key id.
    """
    if isinstance(credential, KeyPair):
        return BasicSigner(credential.access_key_id, credential.secret_access_key)
    if isinstance(credential, Token):
        return BearerSigner(credential.value)
    return HeaderSigner("Cookie", Secret(f"{credential.name}={credential.value.reveal()}"))


def read_pair(
    setting: Callable[[str], str | Secret | None], identifier: str, secret: str, *, where: str
) -> Found[Credential] | Declined:
    """
    Read a key pair out of settings; the secret half is wrapped before anything can raise.

    Args:
        setting: Gives a setting by name.
        identifier: Setting of the public half.
        secret: Setting of the secret half.
        where: How messages call the place.

    Raises:
        ConfigError: Only one half is set.
    """
    hidden = setting(secret)
    values = {identifier: setting(identifier), secret: Secret.of(hidden) if hidden else None}
    del hidden
    found = key_pair(values, identifier, secret, where=where)
    return Found(found.credential, found.shown) if isinstance(found, Found) else found


def session_cookie(
    api_key: str | Secret | Mapping[str, str | Secret],
    api_key_prefix: str | Mapping[str, str] | None,
    *,
    portable: bool = False,
) -> SessionCookie:
    """
    Read `api_key=` of lakeFS's own package: the session cookie of a browser login.

    Args:
        api_key: The session, or security scheme to session: `cookie_auth` (the scheme meant by plain text), `oidc_auth`
            or `saml_auth`. It may begin with the cookie's name and `=`.
        api_key_prefix: Cookies have none; the cookie's own name is accepted, because lakeFS's package documents that.
        portable: Whether the session may travel in a pickle.

    Raises:
        ConfigError: It cannot be such a cookie.
    """
    scheme, value = _only("api_key", api_key)
    name = _COOKIES.get(scheme)
    if name is None:
        raise ConfigError(f"api_key names the security scheme {scheme!r}; lakeFS has {', '.join(_COOKIES)}")
    prefix = _only("api_key_prefix", api_key_prefix)[1].reveal().strip() if api_key_prefix else ""
    if prefix.removesuffix("=") not in {"", name}:
        raise ConfigError(
            f"api_key_prefix cannot work: lakeFS reads an API key as the cookie {name}, which has no prefix",
            hint="leave api_key_prefix out; for a JWT use access_token=",
        )
    value = Secret(value.reveal().removeprefix(f"{name}="))
    if not _COOKIE_VALUE(value.reveal()):
        raise ConfigError("api_key is no value of a cookie: it is empty or holds blanks, quotes, commas or semicolons")
    return SessionCookie(name, portable_secret(value, portable=portable))


def _only(what: str, given: str | Secret | Mapping[str, str] | Mapping[str, str | Secret]) -> tuple[str, Secret]:
    if isinstance(given, str | Secret):
        return "cookie_auth", Secret.of(given)
    if len(given) != 1:
        raise ConfigError(f"{what} must name one security scheme, not {len(given)}: the server takes the first only")
    scheme, value = next(iter(given.items()))
    return scheme, Secret.of(value)


def check_seconds(what: str, value: object, most: int) -> int:
    """
    Return a number of seconds.

    Raises:
        ConfigError: It is no whole number from 1 to `most`.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ConfigError(f"{what}={value!r} must be a whole number of seconds from 1 to {most}")
    return value
