"""What a client and its copies share: where the platform is, who asks, and the requests' way out."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from catchment.core import log
from catchment.core._async.api import ApiSettings, AsyncApiClient
from catchment.core._async.auth import AsyncFixedAuth
from catchment.core.addresses import is_loopback, origin
from catchment.core.credentials import Anonymous, Resolved
from catchment.core.errors import ClosedError
from catchment.core.secret import Secret
from catchment.v3io.chain import Lookup
from catchment.v3io.credential import Credential, key_signer, signer_of
from catchment.v3io.errors import DIALECT
from catchment.v3io.settings import CLIENT_HEADERS, Address, Given

_OTHER_KEYS: Final = 64
"""Access keys of single calls for which the way out is kept."""


class Connection:
    """
    One way to the platform, as one user unless a call says otherwise.

    Args:
        given: What the caller said. Nothing is looked up before it is needed.
    """

    def __init__(self, given: Given) -> None:
        self.given = given
        # Reentrant, because making the API client resolves too.
        self._lock = threading.RLock()
        self._found: tuple[Address, Resolved[Credential]] | None = None
        self._api: AsyncApiClient | None = None
        self._others: OrderedDict[Secret, AsyncApiClient] = OrderedDict()
        self._closed = False

    @property
    def found(self) -> tuple[Address, Resolved[Credential]] | None:
        """Address and credentials; `None` before they were looked for."""
        return self._found

    @property
    def api(self) -> AsyncApiClient:
        """What sends requests; made at first use, by whichever thread comes first."""
        return self._api or self._make()

    def api_as(self, access_key: str | Secret) -> AsyncApiClient:
        """
        Return what sends requests with another access key, over the same connections.

        Raises:
            ConfigError: The key cannot be sent.
        """
        key = Secret.of(access_key)
        api = self.api
        with self._lock:
            other = self._others.get(key)
            if other is None:
                other = self._others[key] = api.with_auth(AsyncFixedAuth(key_signer(key)))
                if len(self._others) > _OTHER_KEYS:
                    self._others.popitem(last=False)
            else:
                self._others.move_to_end(key)
            return other

    def resolve(self) -> tuple[Address, Resolved[Credential]]:
        """Look once and keep what was found; a look that fails is repeated at the next call."""
        with self._lock:
            if self._found is None:
                lookup = Lookup(self.given)
                self._found = lookup.address(), lookup.credential()
            return self._found

    def _make(self) -> AsyncApiClient:
        with self._lock:
            if self._closed:
                raise ClosedError("this v3io client is closed", service="v3io", hint="make a new client")
            if self._api is None:
                address, resolved = self.resolve()
                if self.given.local is None:
                    _warn(address, resolved.credential, checked=self.given.transport.verify is not False)
                known = not isinstance(resolved.credential, Anonymous)
                auth = AsyncFixedAuth(signer_of(resolved.credential)) if known else None
                self._api = AsyncApiClient(self._settings(address), auth)
            return self._api

    def _settings(self, address: Address) -> ApiSettings:
        given = self.given
        return ApiSettings(
            service="v3io",
            endpoint=address.url,
            dialect=DIALECT,
            headers=CLIENT_HEADERS,
            retry=given.retry,
            timeouts=given.timeouts,
            transport=given.transport,
            local=None if given.local is None else given.local.service("v3io"),
        )

    async def aclose(self) -> None:
        """Close every connection; later calls raise `ClosedError`."""
        with self._lock:
            self._closed = True
            api, self._api = self._api, None
            self._others.clear()
        if api is not None:
            await api.aclose()


def _warn(address: Address, credential: Credential, *, checked: bool) -> None:
    place = origin(address.url)
    if place.scheme == "https" and not checked:
        log.warn(f"certificates of {place.label} are not checked: anybody on the way can read and change everything")
    if place.scheme == "http" and not isinstance(credential, Anonymous) and not is_loopback(place.host):
        log.warn(f"credentials for {place.label} cross the network in clear: use https:// where the platform has it")
