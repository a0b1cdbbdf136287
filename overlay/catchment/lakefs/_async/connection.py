"""What a client and its copies share: where the server is, who asks, the requests' way out, and facts of the server."""

from __future__ import annotations

from datetime import datetime

from catchment.core._async.auth import AsyncAuth, AsyncTokenAuth
from catchment.core._async.service_connection import AsyncServiceConnection
from catchment.core.errors import ClosedError
from catchment.core.exposure import warn_unchecked
from catchment.core.lookup import Address
from catchment.lakefs._async.login import auth_of
from catchment.lakefs._async.server import ServerFacts
from catchment.lakefs.chain import Lookup
from catchment.lakefs.credential import Credential
from catchment.lakefs.exceptions import DIALECT
from catchment.lakefs.machine import Machine
from catchment.lakefs.settings import CLIENT_HEADERS, Given


class Connection(AsyncServiceConnection[Given, Credential]):
    """
    One way to one server as one user.

    Args:
        given: What the caller said. Nothing is looked up before it is needed.
    """

    service = "lakefs"
    stack = "lakefs"
    dialect = DIALECT
    headers = CLIENT_HEADERS

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self.facts = ServerFacts()
        self._signs: AsyncAuth | None = None

    @property
    def refresh_at(self) -> datetime | None:
        """Instant from which the present token is renewed."""
        token = self._signs.current if isinstance(self._signs, AsyncTokenAuth) else None
        return None if token is None else token.refresh_at

    def _lookup(self) -> Lookup:
        return Lookup(self.given, Machine.present())

    def _auth(self, credential: Credential) -> AsyncAuth:
        address, _ = self.resolve()
        self._signs = auth_of(credential, address.host, lambda: self.api)
        return self._signs

    def _warn(self, address: Address, credential: Credential) -> None:
        """Plain HTTP is not warned of: it is refused, unless the caller allows it by name."""
        del credential
        if self.given.transport.verify is False:
            warn_unchecked(address.url)

    def _closed_error(self) -> ClosedError:
        return ClosedError("this lakeFS client is closed", service="lakefs", hint="make a new client")
