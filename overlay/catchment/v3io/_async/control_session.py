"""The way to the dashboard: where it is, who asks, and a session that is opened at first use."""

from __future__ import annotations

import threading

from catchment.core import clock, log
from catchment.core._async.api import ApiSettings, AsyncApiClient
from catchment.core._async.auth import AsyncAuth, AsyncFixedAuth, AsyncTokenAuth
from catchment.core.addresses import is_loopback, origin
from catchment.core.credentials import Resolved, Token
from catchment.core.errors import CatchmentError, ClosedError
from catchment.core.hiding import without_frames
from catchment.v3io.control_chain import ControlLookup
from catchment.v3io.control_credential import ControlCredential, CookieSigner, cookie_of_key, session_of
from catchment.v3io.control_errors import CONTROL_DIALECT
from catchment.v3io.control_settings import LOCAL, ControlGiven
from catchment.v3io.credential import AccessKey, Login
from catchment.v3io.settings import CLIENT_HEADERS, Address


class ControlConnection:
    """
    One way to one dashboard as one user.

    Args:
        given: What the caller said. Nothing is looked up before it is needed.
    """

    def __init__(self, given: ControlGiven) -> None:
        self.given = given
        # Reentrant, because making the API client resolves too.
        self._lock = threading.RLock()
        self._found: tuple[Address, Resolved[ControlCredential]] | None = None
        self._api: AsyncApiClient | None = None
        self._closed = False

    @property
    def found(self) -> tuple[Address, Resolved[ControlCredential]] | None:
        """Address and credentials; `None` before they were looked for."""
        return self._found

    @property
    def api(self) -> AsyncApiClient:
        """What sends requests; made at first use, by whichever thread comes first."""
        return self._api or self._make()

    def resolve(self) -> tuple[Address, Resolved[ControlCredential]]:
        """Look once and keep what was found; a look that fails is repeated at the next call."""
        with self._lock:
            if self._found is None:
                lookup = ControlLookup(self.given)
                self._found = lookup.address(), lookup.credential()
            return self._found

    def _make(self) -> AsyncApiClient:
        with self._lock:
            if self._closed:
                raise ClosedError("this client of the control plane is closed", service="v3io_control")
            if self._api is None:
                address, resolved = self.resolve()
                if self.given.local is None:
                    _warn(address, checked=self.given.transport.verify is not False)
                self._api = AsyncApiClient(self._settings(address), self._auth(resolved.credential))
            return self._api

    def _settings(self, address: Address) -> ApiSettings:
        given = self.given
        return ApiSettings(
            service="v3io_control",
            endpoint=address.url,
            dialect=CONTROL_DIALECT,
            headers=CLIENT_HEADERS,
            retry=given.retry,
            timeouts=given.timeouts,
            transport=given.transport,
            local=None if given.local is None else given.local.service(LOCAL),
        )

    def _auth(self, credential: ControlCredential) -> AsyncAuth:
        if isinstance(credential, Login):

            async def fetch() -> Token:
                return await login(self.api, credential)

            return AsyncTokenAuth(fetch, signer=CookieSigner)
        if isinstance(credential, AccessKey):
            return AsyncFixedAuth(CookieSigner(cookie_of_key(credential.key)))
        return AsyncFixedAuth(CookieSigner(credential.value))

    async def aclose(self) -> None:
        """Close every connection; later calls raise `ClosedError`. The session stays open until it ends by itself."""
        with self._lock:
            self._closed = True
            api, self._api = self._api, None
        if api is not None:
            await api.aclose()


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


def _warn(address: Address, *, checked: bool) -> None:
    place = origin(address.url)
    if place.scheme == "https" and not checked:
        log.warn(f"certificates of {place.label} are not checked: anybody on the way can read and change everything")
    if place.scheme == "http" and not is_loopback(place.host):
        log.warn(f"credentials for {place.label} cross the network in clear: use https:// where the platform has it")
