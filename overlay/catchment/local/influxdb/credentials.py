"""Find out who asks: a name and a password, or a signed token; and what they may do."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from catchment.local.http import Request
from catchment.local.influxdb.errors import HTTPRefusalError
from catchment.local.influxdb.influxql.nodes import Measurement, Select, SubQuery
from catchment.local.influxdb.influxql.statements import (
    CreateContinuousQuery,
    CreateUser,
    DeleteSeries,
    DropOn,
    Explain,
    Show,
    Statement,
)
from catchment.local.influxdb.installation import Installation
from catchment.local.influxdb.meta import User

_HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
_ADMIN_SHOWS = frozenset({"GRANTS", "STATS", "SHARD GROUPS", "SHARDS", "DIAGNOSTICS", "SUBSCRIPTIONS", "USERS"})
_OPEN_SHOWS = frozenset({"DATABASES"})


def authenticate(state: Installation, request: Request, query: Mapping[str, str]) -> User | None:
    """
    Return who asks; None while nobody is asked for, or while there is no administrator yet.

    Raises:
        HTTPRefusalError: The credentials are missing or wrong.
    """
    if not state.options.auth or not any(user.admin for user in state.meta.users.values()):
        return None
    try:
        return _identified(state, request, query)
    except HTTPRefusalError:
        state.statistics["authFail"] += 1
        raise


def _identified(state: Installation, request: Request, query: Mapping[str, str]) -> User:
    if query.get("u") and query.get("p"):
        return _by_password(state, query["u"], query["p"])
    words = (request.header("authorization") or "").split(" ")
    if len(words) == 2 and words[0] == "Bearer":
        return _by_token(state, words[1])
    if len(words) == 2 and words[0] == "Token" and state.options.modern and ":" in words[1]:
        name, _, password = words[1].partition(":")
        return _by_password(state, name, password)
    if len(words) == 2 and words[0].lower() == "basic":
        try:
            text = base64.b64decode(words[1], validate=True).decode("utf-8", "surrogateescape")
        except binascii.Error:
            text = ""
        name, colon, password = text.partition(":")
        if colon:
            return _by_password(state, name, password)
    raise HTTPRefusalError(401, "unable to parse authentication credentials")


def _by_password(state: Installation, name: str, password: str) -> User:
    if not name:
        raise HTTPRefusalError(401, "username required")
    user = state.meta.authenticated(name, password)
    if user is None:
        raise HTTPRefusalError(401, "authorization failed")
    return user


def _by_token(state: Installation, token: str) -> User:
    secret = state.options.shared_secret
    if not secret:
        # The misspelling is the real server's.
        word = "disabed" if not state.options.modern else "disabled"
        raise HTTPRefusalError(401, f"bearer auth {word}")
    claims = _verified(token, secret.encode(), state.now() // 1_000_000_000)
    expires = claims.get("exp")
    if not isinstance(expires, int | float) or expires <= 0:
        raise HTTPRefusalError(401, "token expiration required")
    name = claims.get("username")
    if not isinstance(name, str):
        raise HTTPRefusalError(401, "username in token must be a string")
    if not name:
        raise HTTPRefusalError(401, "token must contain a username")
    user = state.meta.users.get(name)
    if user is None:
        raise HTTPRefusalError(401, "user not found")
    return user


def _verified(token: str, secret: bytes, now: int) -> dict[str, object]:
    parts = token.split(".")
    if len(parts) != 3:
        raise HTTPRefusalError(401, "token contains an invalid number of segments")
    header, claims = (_decoded(part) for part in parts[:2])
    algorithm = header.get("alg")
    digest = _HASHES.get(algorithm) if isinstance(algorithm, str) else None
    if digest is None:
        raise HTTPRefusalError(401, f"unexpected signing method: {algorithm}")
    expires, begins = claims.get("exp"), claims.get("nbf")
    if isinstance(expires, int | float) and 0 < expires < now:
        raise HTTPRefusalError(401, "Token is expired")
    if isinstance(begins, int | float) and begins > now:
        raise HTTPRefusalError(401, "Token is not valid yet")
    signature = hmac.new(secret, ".".join(parts[:2]).encode(), digest).digest()
    expected = base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
    if not hmac.compare_digest(expected.encode(), parts[2].encode("utf-8", "replace")):
        raise HTTPRefusalError(401, "signature is invalid")
    return claims


def _decoded(part: str) -> dict[str, object]:
    try:
        found: object = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        raise HTTPRefusalError(401, "illegal base64 data at input byte 0") from None
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}


# What a user may do


def authorize(state: Installation, user: User | None, statements: Sequence[Statement], database: str) -> None:
    """
    Refuse statements that the user may not run.

    Raises:
        HTTPRefusalError: One of them is refused; none has run.
    """
    if not state.options.auth:
        return
    if not state.meta.users:
        first = statements[0] if statements else None
        if not (isinstance(first, CreateUser) and first.admin):
            message = "error authorizing query: create admin user first or disable authentication"
            raise HTTPRefusalError(403, message)
        return
    if user is None:
        raise HTTPRefusalError(403, "error authorizing query: no user provided")
    if user.admin:
        return
    for statement in statements:
        for privilege, name in _needed(statement):
            if privilege == "ADMIN":
                raise _refusal(user, statement, "requires admin privilege")
            if not user.allows(privilege, name or database):
                raise _refusal(user, statement, f"requires {privilege} on {name or database}")


def _refusal(user: User, statement: Statement, need: str) -> HTTPRefusalError:
    text = f"error authorizing query: {user.name} not authorized to execute statement '{statement}', {need}"
    return HTTPRefusalError(403, text)


def _needed(statement: Statement) -> Iterator[tuple[str, str]]:
    """Yield what a statement needs: a privilege, and the database for it (empty for the request's)."""
    match statement:
        case Select():
            yield from _needed_by_select(statement)
        case Explain(statement=select):
            yield from _needed_by_select(select)
        case Show():
            yield from _needed_by_show(statement)
        case DeleteSeries():
            yield "WRITE", ""
        case DropOn(database=database):
            yield "WRITE", database
        case CreateContinuousQuery(database=database, select=select):
            yield "READ", database
            if select.target is not None and select.target.database:
                yield "WRITE", select.target.database
        case _:
            yield "ADMIN", ""


def _needed_by_show(show: Show) -> Iterator[tuple[str, str]]:
    if show.cardinality and (show.exact or show.subject not in ("SERIES", "MEASUREMENT")):
        # Only what is named after FROM counts, so without it nothing is needed: so it is on the real server.
        for source in show.sources:
            if isinstance(source, Measurement):
                yield "READ", source.database
    elif show.subject in _ADMIN_SHOWS:
        yield "ADMIN", ""
    elif show.subject not in _OPEN_SHOWS:
        yield "READ", show.database


def _needed_by_select(select: Select) -> Iterator[tuple[str, str]]:
    for source in select.sources:
        if isinstance(source, SubQuery):
            yield from _needed_by_select(source.statement)
        else:
            yield "READ", source.database
    if isinstance(select.target, Measurement):
        yield "WRITE", select.target.database
