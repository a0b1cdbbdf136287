"""What a client and its copies share: where the server is, who asks, and the requests' way out."""

from __future__ import annotations

import threading

from catchment.core import log
from catchment.core._async.api import ApiSettings, AsyncApiClient
from catchment.core._async.auth import AsyncAuth, AsyncFixedAuth
from catchment.core._async.flow import AsyncFlowAuth
from catchment.core.addresses import is_loopback, origin
from catchment.core.credentials import Anonymous, Resolved
from catchment.influxdb.addressing import Address
from catchment.influxdb.chain import Lookup
from catchment.influxdb.credential import AuthFlow, Credential, signer_of
from catchment.influxdb.errors import DIALECT
from catchment.influxdb.settings import CLIENT_HEADERS, Given


class Connection:
    """
    One way to one server as one user.

    Closing it closes what is open; the next call opens it again.

    Args:
        given: What the caller said. Nothing is looked up before it is needed.
    """

    def __init__(self, given: Given) -> None:
        self.given = given
        # Reentrant, because making the API client resolves too.
        self._lock = threading.RLock()
        self._found: tuple[Address, Resolved[Credential]] | None = None
        self._api: AsyncApiClient | None = None

    @property
    def found(self) -> tuple[Address, Resolved[Credential]] | None:
        """Address and credentials; `None` before they were looked for."""
        return self._found

    @property
    def api(self) -> AsyncApiClient:
        """What sends requests; made at first use, by whichever thread comes first."""
        return self._api or self._make()

    def resolve(self) -> tuple[Address, Resolved[Credential]]:
        """Look once and keep what was found; a look that fails is repeated at the next call."""
        with self._lock:
            if self._found is None:
                lookup = Lookup(self.given)
                self._found = lookup.address(), lookup.credential()
            return self._found

    def _make(self) -> AsyncApiClient:
        with self._lock:
            if self._api is None:
                address, resolved = self.resolve()
                _warn(address, resolved.credential, checked=self.given.transport.verify is not False)
                self._api = AsyncApiClient(self._settings(address), _auth(resolved.credential))
            return self._api

    def _settings(self, address: Address) -> ApiSettings:
        given = self.given
        return ApiSettings(
            service="influxdb",
            endpoint=address.url,
            dialect=DIALECT,
            headers=CLIENT_HEADERS,
            retry=given.retry,
            timeouts=given.timeouts,
            transport=given.transport,
            local=None if given.local is None else given.local.service("influxdb"),
        )

    async def aclose(self) -> None:
        """Close what is open."""
        with self._lock:
            api, self._api = self._api, None
        if api is not None:
            await api.aclose()


def _auth(credential: Credential) -> AsyncAuth | None:
    if isinstance(credential, Anonymous):
        return None
    if isinstance(credential, AuthFlow):
        return AsyncFlowAuth(credential.auth)
    return AsyncFixedAuth(signer_of(credential))


def _warn(address: Address, credential: Credential, *, checked: bool) -> None:
    place = origin(address.url)
    if place.scheme == "https" and not checked:
        log.warn(f"certificates of {place.label} are not checked: anybody on the way can read and change everything")
    if place.scheme == "http" and not isinstance(credential, Anonymous) and not is_loopback(place.host):
        what = f"requests, and what {credential.kind} adds," if isinstance(credential, AuthFlow) else "credentials"
        log.warn(f"{what} for {place.label} cross the network in clear: use ssl=True where the server has it")
