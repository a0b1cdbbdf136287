"""Find out who sends a request: token, key pair, or session cookie; the first one present decides."""

from __future__ import annotations

import base64
import binascii
from http.cookies import CookieError, SimpleCookie

from catchment.local.http import Request
from catchment.local.lakefs.errors import UnauthenticatedError
from catchment.local.lakefs.users import REFUSED, Users

SESSION_COOKIE = "internal_auth_session"


def authenticate(request: Request, users: Users, now: float) -> str:
    """
    Return the user's id.

    Raises:
        UnauthenticatedError: No credentials, or the ones present are not good.
    """
    scheme, _, value = (request.header("authorization") or "").partition(" ")
    if scheme.lower() == "bearer":
        return users.by_token(value.strip(), now)
    if scheme.lower() == "basic":
        return users.by_key(*_key_pair(value))
    token = _session(request.header("cookie") or "")
    if token:
        return users.by_token(token, now)
    raise UnauthenticatedError(REFUSED)


def _key_pair(value: str) -> tuple[str, str]:
    try:
        decoded = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise UnauthenticatedError(REFUSED) from None
    access_key_id, _, secret = decoded.partition(":")
    return access_key_id, secret


def _session(header: str) -> str:
    try:
        morsel = SimpleCookie(header).get(SESSION_COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""
