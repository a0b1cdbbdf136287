"""The way to the dashboard: where it is, who asks, and a session that is opened at first use."""

from __future__ import annotations

from catchment.core import clock
from catchment.core._async.api import AsyncApiClient
from catchment.core._async.auth import AsyncAuth, AsyncFixedAuth, AsyncTokenAuth
from catchment.core._async.service_connection import AsyncServiceConnection
from catchment.core.credentials import Token
from catchment.core.errors import CatchmentError, ClosedError
from catchment.core.exposure import warn_of_exposure
from catchment.core.hiding import without_frames
from catchment.core.lookup import Address
from catchment.v3io.control_chain import ControlLookup
from catchment.v3io.control_credential import ControlCredential, CookieSigner, cookie_of_key, session_of
from catchment.v3io.control_errors import CONTROL_DIALECT
from catchment.v3io.control_settings import LOCAL, ControlGiven
from catchment.v3io.credential import AccessKey, Login
from catchment.v3io.settings import TLS_REMEDY


class ControlConnection(AsyncServiceConnection[ControlGiven, ControlCredential]):
    """
    One way to one dashboard as one user. Closing it leaves the session open until it ends by itself.

    Args:
        given: What the caller said. Nothing is looked up before it is needed.
    """

    service = "v3io_control"
    stack = LOCAL
    dialect = CONTROL_DIALECT

    def _lookup(self) -> ControlLookup:
        return ControlLookup(self.given)

    def _auth(self, credential: ControlCredential) -> AsyncAuth:
        if isinstance(credential, Login):

            async def fetch() -> Token:
                return await login(self.api, credential)

            return AsyncTokenAuth(fetch, signer=CookieSigner)
        if isinstance(credential, AccessKey):
            return AsyncFixedAuth(CookieSigner(cookie_of_key(credential.key)))
        return AsyncFixedAuth(CookieSigner(credential.value))

    def _warn(self, address: Address, credential: ControlCredential) -> None:
        del credential  # each is one
        checked = self.given.transport.verify is not False
        warn_of_exposure(address.url, checked=checked, sent="credentials", remedy=TLS_REMEDY)

    def _closed_error(self) -> ClosedError:
        return ClosedError("this client of the control plane is closed", service="v3io_control")


async def login(client: AsyncApiClient, credential: Login) -> Token:
    """
    Open a session.

    Raises:
        AuthenticationError: The name or the password is wrong.
        V3IOError: The answer holds no session.

    Wire: createSession · specs/v3io_control.yaml
    """
    from catchment_api.v3io_control import api, models

    asked = models.SessionAttributes(
        username=credential.username, password=credential.password.reveal(), plane="control"
    )
    document = models.SessionDocument(models.SessionResource("session", asked))
    try:
        answer = await api.sessions.create_session.asyncio_detailed(client=client, body=document)
    except CatchmentError as exc:
        raise without_frames(exc)  # noqa: B904 - it is the same error; frames below hold the password in clear
    return session_of(answer.headers.raw, clock.now())
