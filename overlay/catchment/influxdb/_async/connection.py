"""What a client and its copies share: where the server is, who asks, and the requests' way out."""

from __future__ import annotations

from catchment.core._async.auth import AsyncAuth, AsyncFixedAuth
from catchment.core._async.flow import AsyncFlowAuth
from catchment.core._async.service_connection import AsyncServiceConnection
from catchment.core.credentials import Anonymous
from catchment.core.exposure import warn_of_exposure
from catchment.core.lookup import Address
from catchment.influxdb.chain import Lookup
from catchment.influxdb.credential import AuthFlow, Credential, signer_of
from catchment.influxdb.errors import DIALECT
from catchment.influxdb.settings import Given


class Connection(AsyncServiceConnection[Given, Credential]):
    """
    One way to one server as one user.

    Closing it closes what is open; the next call opens it again.

    Args:
        given: What the caller said. Nothing is looked up before it is needed.
    """

    service = "influxdb"
    stack = "influxdb"
    dialect = DIALECT
    reopens = True

    def _lookup(self) -> Lookup:
        return Lookup(self.given)

    def _auth(self, credential: Credential) -> AsyncAuth | None:
        if isinstance(credential, Anonymous):
            return None
        if isinstance(credential, AuthFlow):
            return AsyncFlowAuth(credential.auth)
        return AsyncFixedAuth(signer_of(credential))

    def _warn(self, address: Address, credential: Credential) -> None:
        checked = self.given.transport.verify is not False
        remedy = "ssl=True where the server has it"
        warn_of_exposure(address.url, checked=checked, sent=_sent(credential), remedy=remedy)


def _sent(credential: Credential) -> str | None:
    if isinstance(credential, AuthFlow):
        return f"requests, and what {credential.kind} adds,"
    return None if isinstance(credential, Anonymous) else "credentials"
