"""Who asks V3IO's control plane: a user with a password, an access key, or a session that is open already."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias
from urllib.parse import quote

from catchment.core.credentials import Token
from catchment.core.errors import ConfigError
from catchment.core.secret import MASK, Secret
from catchment.core.signing import Header, check_sendable
from catchment.v3io.credential import AccessKey, Login
from catchment.v3io.credential import credential_of as data_credential_of
from catchment.v3io.errors import V3IOError

COOKIE: Final = "session"
_CUTS: Final = frozenset('";, \\')
"""What a cookie's value cannot hold (RFC 6265)."""


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """The cookie of a session that somebody else opened."""

    value: Secret


ControlCredential: TypeAlias = Login | AccessKey | SessionCookie


@dataclass(frozen=True, slots=True)
class CookieSigner:
    """Send the value of the session's cookie."""

    value: Secret

    def __post_init__(self) -> None:
        check_sendable("session cookie", self.value, ascii_only=True)
        if _CUTS & set(self.value.reveal()):
            raise ConfigError(
                "the session cookie holds a character that would cut it",
                hint="give the value that stands behind `session=`, percent-encoded as the dashboard sent it",
            )

    def sign(self, method: str, url: str, headers: Sequence[Header], body: bytes | None) -> list[Header]:
        """Return the `Cookie` header."""
        del method, url, headers, body
        return [("Cookie", f"{COOKIE}={self.value.reveal()}")]


def cookie_of_key(key: Secret) -> Secret:
    """
    Return the value of the cookie that an access key is, without a login.

    Raises:
        ConfigError: It cannot be sent.
    """
    check_sendable("access_key", key)
    return Secret(quote("j:" + json.dumps({"sid": key.reveal()}), safe=""))


def session_of(cookies: Sequence[Header], now: datetime) -> Token:
    """
    Take the session out of the headers of a login's answer.

    Args:
        cookies: All headers of the answer.
        now: When it arrived.

    Raises:
        V3IOError: There is none.
    """
    for name, line in cookies:
        pair, *attributes = line.split(";")
        key, _, value = pair.partition("=")
        if name.lower() == "set-cookie" and key.strip() == COOKIE and value.strip():
            life = _life(attributes)
            return Token(Secret(value.strip()), None if life is None else now + life, now)
    raise V3IOError(
        "the dashboard answered the login without a session",
        service="v3io_control",
        operation="createSession",
        hint="is this the address of the dashboard, and not of another part of the platform?",
    )


def _life(attributes: Sequence[str]) -> timedelta | None:
    for attribute in attributes:
        name, _, value = attribute.strip().partition("=")
        if name.lower() == "max-age" and value.isdigit():
            return timedelta(seconds=min(int(value), 10**9))
    return None


def credential_of(
    access_key: Secret | None, username: str | None, password: Secret | None, cookie: Secret | None, *, where: str
) -> ControlCredential | None:
    """
    Put together what one source has.

    Returns:
        The credential; `None` where the source has nothing.

    Raises:
        ConfigError: Half a credential, or two kinds of them.
    """
    if sum(map(bool, (cookie, access_key, username or password))) > 1:
        raise ConfigError(
            f"{where}: several kinds of credentials are given, and one says who asks",
            hint="give one of: username and password, access_key, session_cookie",
        )
    if cookie:
        return SessionCookie(cookie)
    found = data_credential_of(access_key, username, password, where=where)
    return found if isinstance(found, AccessKey | Login) else None


def shown(credential: ControlCredential) -> dict[str, str]:
    """Return what `explain()` may show."""
    if isinstance(credential, Login):
        return {"username": credential.username, "password": MASK}
    return {"access_key": MASK} if isinstance(credential, AccessKey) else {"session_cookie": MASK}
