"""Who asks InfluxDB: a user with a password, a token, a JWT made here, or a flow; or nobody, the server's default."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, NoReturn, Self, TypeAlias

from catchment.core import clock
from catchment.core.credentials import Anonymous, Login, half_credential
from catchment.core.errors import ConfigError, UnsafeInputError
from catchment.core.flowing import is_httpx_auth
from catchment.core.secret import MASK, Secret
from catchment.core.signing import AnonymousSigner, BasicSigner, Header, Signer, check_sendable

if TYPE_CHECKING:
    from catchment.core.flowing import HttpxAuth

Algorithm: TypeAlias = Literal["HS256", "HS384", "HS512"]

_HASHES: Final = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
JWT_LIFE: Final = 600
"""Seconds that a JWT holds; one is made anew when half of them are over."""


@dataclass(frozen=True, slots=True)
class InfluxToken:
    """What stands behind `Authorization: Token`: `user:password` for 1.8, a token for what came after it."""

    value: Secret


@dataclass(frozen=True, slots=True)
class JwtSecret:
    """The server's `shared-secret`, with which tokens for a user are made here."""

    username: str
    secret: Secret
    algorithm: Algorithm = "HS256"


@dataclass(frozen=True, slots=True, eq=False)
class AuthFlow:
    """
    An `httpx.Auth` of the user's. What it holds is its own; nothing of it shows, and it is pickled only where allowed.

    Args:
        auth: The flow; anything, until `checked` was called.
        portable: Whether pickling may write it out, secrets in clear.
    """

    auth: HttpxAuth = field(repr=False)
    portable: bool = False

    @property
    def kind(self) -> str:
        """The name of its class."""
        return type(self.auth).__name__

    def checked(self, *, portable: bool) -> Self:
        """
        Return the same flow, which may or may not be pickled.

        Raises:
            ConfigError: It is no `httpx.Auth`.
        """
        if not is_httpx_auth(self.auth):
            raise ConfigError(
                f"auth must be an httpx.Auth, such as httpx.DigestAuth(...), not {self.kind}",
                hint="a user and a password go into username= and password=",
            )
        return replace(self, portable=portable)

    def __getstate__(self) -> NoReturn:
        """Refuse the default of `object`, which would hand out the flow."""
        raise UnsafeInputError("the state of credentials is not handed out")

    def __reduce__(self) -> tuple[object, ...]:
        if not self.portable:
            raise UnsafeInputError(
                f"{self.kind} is not pickled, because the pickle would hold its secrets in clear",
                hint="make the client where the work runs, or allow it with pickle_secrets=True",
            )
        return (AuthFlow, (self.auth, True))


SignedCredential: TypeAlias = Login | InfluxToken | JwtSecret | Anonymous
"""What a header proves that can be made without asking anybody."""

Credential: TypeAlias = SignedCredential | AuthFlow


def kind_of(credential: Credential) -> str:
    """Name a kind of credential as messages do."""
    if isinstance(credential, Login):
        return "password"
    if isinstance(credential, AuthFlow):
        return f"flow of {credential.kind}"
    if isinstance(credential, InfluxToken):
        return "token"
    return "JWT" if isinstance(credential, JwtSecret) else "anonymous"


def shown(credential: Credential) -> dict[str, str]:
    """Return what `explain()` may show."""
    if isinstance(credential, Login):
        return {"username": credential.username, "password": MASK}
    if isinstance(credential, JwtSecret):
        return {"username": credential.username, "jwt_secret": MASK}
    if isinstance(credential, AuthFlow):
        return {"auth": credential.kind}
    return {"token": MASK} if isinstance(credential, InfluxToken) else {}


def signer_of(credential: SignedCredential) -> Signer:
    """
    Return what adds proof of identity to requests.

    Raises:
        ConfigError: A part cannot be sent.
    """
    if isinstance(credential, Login):
        return BasicSigner(credential.username, credential.password)
    if isinstance(credential, InfluxToken):
        return TokenSigner(credential.value)
    return JwtSigner(credential) if isinstance(credential, JwtSecret) else AnonymousSigner()


def credential_of(
    username: str | None,
    password: Secret | None,
    token: Secret | None,
    jwt_secret: Secret | None,
    *,
    where: str,
    algorithm: Algorithm = "HS256",
) -> Credential | None:
    """
    Put together what one source has.

    Returns:
        The credential; `None` where the source has nothing.

    Raises:
        ConfigError: Half a credential, or two kinds of them.
    """
    if sum(bool(part) for part in (password, token, jwt_secret)) > 1:
        raise ConfigError(
            f"{where}: several kinds of credentials are given, and the server takes one",
            hint="give one of: username and password, token, username and jwt_secret",
        )
    if token:
        if username:
            raise ConfigError(f"{where}: a token names its user; leave username out")
        return InfluxToken(token)
    if not username and not password and not jwt_secret:
        return None
    if not username or not (password or jwt_secret):
        present, missing = ("username", "password") if username else ("password or jwt_secret", "username")
        raise half_credential(present, missing, where=where)
    if jwt_secret:
        if algorithm not in _HASHES:
            raise ConfigError(f"jwt_algorithm={algorithm!r}: one of {', '.join(_HASHES)} is needed")
        return JwtSecret(username, jwt_secret, algorithm)
    return Login(username, password or Secret(""))


@dataclass(frozen=True, slots=True)
class TokenSigner:
    """Send a token as InfluxDB 1.8 and later take it."""

    token: Secret

    def __post_init__(self) -> None:
        check_sendable("token", self.token, ascii_only=True)
        if " " in self.token.reveal():
            raise ConfigError("the token holds a blank, where the server would cut it")

    def sign(self, method: str, url: str, headers: Sequence[Header], body: bytes | None) -> list[Header]:
        """Return the `Authorization` header."""
        del method, url, headers, body
        return [("Authorization", "Token " + self.token.reveal())]


@dataclass(slots=True)
class JwtSigner:
    """
    Make a JWT for each few minutes and send it.

    Two threads may make one at the same time; either is as good.
    """

    credential: JwtSecret
    _header: str = field(default="", repr=False)
    _until: float = 0.0

    def __post_init__(self) -> None:
        check_sendable("jwt_secret", self.credential.secret)

    def sign(self, method: str, url: str, headers: Sequence[Header], body: bytes | None) -> list[Header]:
        """Return the `Authorization` header."""
        del method, url, headers, body
        now = clock.now().timestamp()
        if now >= self._until:
            self._header = "Bearer " + make_jwt(self.credential, now + JWT_LIFE)
            self._until = now + JWT_LIFE / 2
        return [("Authorization", self._header)]

    def __reduce__(self) -> tuple[object, ...]:
        return (JwtSigner, (self.credential,))


def make_jwt(credential: JwtSecret, expires: float) -> str:
    """
    Return a JWT for a user.

    Args:
        credential: User, secret and algorithm.
        expires: Seconds since 1970.
    """
    parts = ({"alg": credential.algorithm, "typ": "JWT"}, {"username": credential.username, "exp": int(expires)})
    text = ".".join(_coded(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    key = credential.secret.reveal().encode()
    return f"{text}.{_coded(hmac.new(key, text.encode(), _HASHES[credential.algorithm]).digest())}"


def _coded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
