"""Logins that turn an identity into a lakeFS token. Both are calls without credentials of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from catchment_api.lakefs import api, models

from catchment.core import clock
from catchment.core._async.api import AsyncApiClient
from catchment.core._async.auth import AsyncAuth, AsyncFixedAuth, AsyncTokenAuth
from catchment.core._async.waiting import in_thread
from catchment.core.credentials import Token
from catchment.core.errors import ServerError
from catchment.core.secret import Secret
from catchment.lakefs import aws
from catchment.lakefs.credential import AwsRole, Credential, WebIdentity, signer_of
from catchment.lakefs.exceptions import NoAuthenticationFound
from catchment.lakefs.machine import Machine

_NOT_HERE = 501


def auth_of(credential: Credential, host: str, client: Callable[[], AsyncApiClient]) -> AsyncAuth:
    """
    Return what signs requests with a credential.

    Args:
        credential: Who asks.
        host: Host name of the server, which AWS identity tokens are made out to.
        client: Gives the client that logs in, once there is one.
    """
    if isinstance(credential, AwsRole):
        role = credential

        async def fetch() -> Token:
            return await as_role(client(), role, host)

        return AsyncTokenAuth(fetch)
    if isinstance(credential, WebIdentity):
        return AsyncTokenAuth(_once(credential, client), renewable=False)
    return AsyncFixedAuth(signer_of(credential))


async def as_role(client: AsyncApiClient, role: AwsRole, host: str) -> Token:
    """
    Log in as an AWS role.

    Raises:
        NoAuthenticationFound: There are no AWS keys.
        ServerFailureException: The server lacks this login (501): the hint says what to do.

    Wire: externalPrincipalLogin · specs/lakefs.yaml
    """
    identity = await in_thread(lambda: _identity(role))
    headers = aws.token_headers(role.headers, host)
    began = clock.now()
    proof = aws.identity_token(identity, expires=role.presign_ttl, headers=headers, at=began)
    body = models.ExternalLoginInformation.from_dict(
        {"token_expiration_duration": role.token_ttl, "identityRequest": {"identity_token": proof.reveal()}}
    )
    try:
        answer = await api.external.external_principal_login.asyncio(client=client, body=body)
    except ServerError as exc:
        raise _explained(exc, "an AWS role", asked_for=role.asked_for) from None
    return _token(answer, began, role.token_ttl)


def _identity(role: AwsRole) -> aws.AwsIdentity:
    machine = Machine.present()
    found = aws.find_identity(machine) if role.session is None else aws.identity_of(role.session)
    if found is None:
        where = aws.absence(machine) if role.session is None else "the boto session has no AWS keys"
        raise NoAuthenticationFound(f"cannot log in as an AWS role: {where}")
    return found


def _once(identity: WebIdentity, client: Callable[[], AsyncApiClient]) -> Callable[[], Awaitable[Token]]:
    """Return a login that the identity provider's code is good for one time."""
    used = False

    async def fetch() -> Token:
        nonlocal used
        if used:
            raise NoAuthenticationFound(
                "the token of this web identity has run out, and its code was good for one login",
                hint="send the user through the login again and call from_web_identity with the new code",
            )
        token = await as_web_identity(client(), identity)
        used = True
        return token

    return fetch


async def as_web_identity(client: AsyncApiClient, identity: WebIdentity) -> Token:
    """
    Log in with the code of an identity provider.

    Raises:
        NotAuthorizedException: The code is not, or no longer, valid.
        ServerFailureException: The server lacks this login (501): the hint says what to do.

    Wire: stsLogin · specs/lakefs.yaml
    """
    began = clock.now()
    body = models.StsAuthRequest(
        code=identity.code.reveal(),
        state=identity.state.reveal(),
        redirect_uri=identity.redirect_uri,
        ttl_seconds=identity.token_ttl,
    )
    try:
        answer = await api.experimental.sts_login.asyncio(client=client, body=body)
    except ServerError as exc:
        raise _explained(exc, "a web identity", asked_for=True) from None
    return _token(answer, began, identity.token_ttl)


def _token(answer: models.AuthenticationToken, began: datetime, ttl: int) -> Token:
    """Read a login's answer; a server that names no end of the token granted what was asked for."""
    named = answer.token_expiration
    expires = datetime.fromtimestamp(named, UTC) if named else began + timedelta(seconds=ttl)
    return Token(Secret(answer.token), expires, began)


def _explained(error: ServerError, way: str, *, asked_for: bool) -> ServerError:
    if error.status != _NOT_HERE:
        return error
    error.advise(
        f"logging in as {way} needs lakeFS Enterprise, and this server is the Community edition: use a key pair"
    )
    if not asked_for:
        error.add_note(
            "no setting asks for this login: it was tried because no lakeFS credentials were found, and AWS keys were; "
            "client.explain() lists where was looked"
        )
    return error
