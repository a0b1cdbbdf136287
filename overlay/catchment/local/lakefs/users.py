"""Hold users, their key pairs, and login tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import cast

from catchment.local.lakefs.errors import ConflictError, NotFoundError, UnauthenticatedError

REFUSED = "error authenticating request"


@dataclass(frozen=True, slots=True)
class Credentials:
    """One key pair of one user."""

    access_key_id: str
    user: str
    creation_date: int
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class User:
    """One user; the date is in Unix seconds."""

    id: str
    creation_date: int


class Users:
    """Everybody the server knows. Tokens are signed JSON Web Tokens, checked by signature and expiry."""

    def __init__(self, token_key: str) -> None:
        self._token_key = token_key.encode()
        self.users: dict[str, User] = {}
        self.credentials: dict[str, Credentials] = {}

    @property
    def initialized(self) -> bool:
        """Whether the first user is there."""
        return bool(self.users)

    def add(self, name: str, now: int) -> User:
        """Add a user."""
        if name in self.users:
            raise ConflictError(f"user {name!r}: already exists")
        self.users[name] = User(name, now)
        return self.users[name]

    def user(self, name: str) -> User:
        """Return a user, or refuse with 404."""
        if name not in self.users:
            raise NotFoundError(f"user {name!r}: not found")
        return self.users[name]

    def remove(self, name: str) -> None:
        """Remove a user and all key pairs of that user."""
        self.user(name)
        del self.users[name]
        self.credentials = {key: pair for key, pair in self.credentials.items() if pair.user != name}

    def add_credentials(self, name: str, access_key_id: str, secret: str, now: int) -> Credentials:
        """Give a user a key pair."""
        self.user(name)
        pair = Credentials(access_key_id, name, now, secret)
        self.credentials[access_key_id] = pair
        return pair

    def credentials_of(self, name: str, access_key_id: str) -> Credentials:
        """Return one key pair of a user, or refuse with 404."""
        found = self.credentials.get(access_key_id)
        if found is None or found.user != name:
            raise NotFoundError(f"credentials {access_key_id!r}: not found")
        return found

    def by_key(self, access_key_id: str, secret: str) -> str:
        """Return whose key pair this is, or refuse with 401."""
        found = self.credentials.get(access_key_id)
        if found is None or not hmac.compare_digest(found.secret.encode(), secret.encode()):
            raise UnauthenticatedError(REFUSED)
        return found.user

    def issue_token(self, name: str, now: float, expires: int) -> str:
        """Return a login token."""
        claims = {"sub": name, "iat": int(now), "exp": expires}
        unsigned = f"{_encode(_json({'alg': 'HS256', 'typ': 'JWT'}))}.{_encode(_json(claims))}"
        return f"{unsigned}.{self._sign(unsigned)}"

    def by_token(self, token: str, now: float) -> str:
        """Return whose token this is, or refuse with 401."""
        unsigned, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._sign(unsigned).encode(), signature.encode()):
            raise UnauthenticatedError(REFUSED)
        payload = unsigned.partition(".")[2]
        claims = cast("dict[str, object]", json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))
        if now >= int(str(claims["exp"])) or str(claims["sub"]) not in self.users:
            raise UnauthenticatedError(REFUSED)
        return str(claims["sub"])

    def _sign(self, text: str) -> str:
        return _encode(hmac.new(self._token_key, text.encode(), hashlib.sha256).digest())


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
