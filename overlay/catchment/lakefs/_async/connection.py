"""What a client and its copies share: where the server is, who asks, the requests' way out, and facts of the server."""

from __future__ import annotations

import threading
from datetime import datetime

from catchment.core import log
from catchment.core._async.api import ApiSettings, AsyncApiClient
from catchment.core._async.auth import AsyncAuth, AsyncTokenAuth
from catchment.core.credentials import Resolved
from catchment.core.errors import ClosedError
from catchment.lakefs._async.login import auth_of
from catchment.lakefs._async.server import ServerFacts
from catchment.lakefs.chain import Lookup
from catchment.lakefs.credential import Credential
from catchment.lakefs.exceptions import DIALECT
from catchment.lakefs.machine import Machine
from catchment.lakefs.settings import CLIENT_HEADERS, Address, Given


class Connection:
    """
    One way to one server as one user.

    Args:
        given: What the caller said. Nothing is looked up before it is needed.
    """

    def __init__(self, given: Given) -> None:
        self.given = given
        self.facts = ServerFacts()
        self.closed = False
        # Reentrant, because making the API client resolves too.
        self._lock = threading.RLock()
        self._found: tuple[Address, Resolved[Credential]] | None = None
        self._auth: AsyncAuth | None = None
        self._api: AsyncApiClient | None = None

    @property
    def found(self) -> tuple[Address, Resolved[Credential]] | None:
        """Address and credentials; `None` before they were looked for."""
        return self._found

    @property
    def api(self) -> AsyncApiClient:
        """What sends requests; made at first use, by whichever thread comes first."""
        return self._api or self._make()

    @property
    def refresh_at(self) -> datetime | None:
        """Instant from which the present token is renewed."""
        token = self._auth.current if isinstance(self._auth, AsyncTokenAuth) else None
        return None if token is None else token.refresh_at

    def resolve(self) -> tuple[Address, Resolved[Credential]]:
        """Look once and keep what was found; a look that fails is repeated at the next call."""
        with self._lock:
            if self._found is None:
                lookup = Lookup(self.given, Machine.present())
                self._found = lookup.address(), lookup.credential()
            return self._found

    def refuse_closed(self) -> None:
        """
        Go on, unless it is closed.

        Raises:
            ClosedError: It is.
        """
        if self.closed:
            raise ClosedError("this lakeFS client is closed", service="lakefs", hint="make a new client")

    def _make(self) -> AsyncApiClient:
        with self._lock:
            if self._api is None:
                self.refuse_closed()
                address, resolved = self.resolve()
                self._auth = auth_of(resolved.credential, address.host, lambda: self.api)
                self._api = AsyncApiClient(self._settings(address), self._auth)
            return self._api

    def _settings(self, address: Address) -> ApiSettings:
        given = self.given
        if given.transport.verify is False:
            log.warn(
                f"certificates of {address.url} are not checked: anybody on the way can read and change everything"
            )
        return ApiSettings(
            service="lakefs",
            endpoint=address.url,
            dialect=DIALECT,
            headers=CLIENT_HEADERS,
            retry=given.retry,
            timeouts=given.timeouts,
            transport=given.transport,
            local=None if given.local is None else given.local.service("lakefs"),
        )

    async def aclose(self) -> None:
        """Close every connection; later calls raise `ClosedError`."""
        self.closed = True
        if self._api is not None:
            await self._api.aclose()
