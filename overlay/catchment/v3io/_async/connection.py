"""What a client and its copies share: where the platform is, who asks, and the requests' way out."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from catchment.core._async.api import AsyncApiClient
from catchment.core._async.auth import AsyncAuth, AsyncFixedAuth
from catchment.core._async.service_connection import AsyncServiceConnection
from catchment.core.credentials import Anonymous
from catchment.core.exposure import warn_of_exposure
from catchment.core.lookup import Address
from catchment.core.secret import Secret
from catchment.v3io.chain import Lookup
from catchment.v3io.credential import Credential, key_signer, signer_of
from catchment.v3io.errors import DIALECT
from catchment.v3io.settings import TLS_REMEDY, Given

_OTHER_KEYS: Final = 64
"""Access keys of single calls for which the way out is kept."""


class Connection(AsyncServiceConnection[Given, Credential]):
    """
    One way to the platform, as one user unless a call says otherwise.

    Args:
        given: What the caller said. Nothing is looked up before it is needed.
    """

    service = "v3io"
    stack = "v3io"
    dialect = DIALECT

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._others: OrderedDict[Secret, AsyncApiClient] = OrderedDict()

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

    def _lookup(self) -> Lookup:
        return Lookup(self.given)

    def _auth(self, credential: Credential) -> AsyncAuth | None:
        return None if isinstance(credential, Anonymous) else AsyncFixedAuth(signer_of(credential))

    def _warn(self, address: Address, credential: Credential) -> None:
        sent = None if isinstance(credential, Anonymous) else "credentials"
        checked = self.given.transport.verify is not False
        warn_of_exposure(address.url, checked=checked, sent=sent, remedy=TLS_REMEDY)

    async def aclose(self) -> None:
        """Close every connection; later calls raise `ClosedError`."""
        await super().aclose()
        with self._lock:
            self._others.clear()
