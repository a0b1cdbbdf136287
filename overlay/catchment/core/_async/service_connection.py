"""What a client and its copies share: where the server is, who asks, and the requests' way out."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

from catchment.core._async.api import ApiSettings, AsyncApiClient
from catchment.core._async.auth import AsyncAuth
from catchment.core.credentials import Resolved
from catchment.core.errors import ClosedError
from catchment.core.failures import Dialect
from catchment.core.given import CommonGiven
from catchment.core.headers import USER_AGENT
from catchment.core.lookup import Address, ServiceLookup

G = TypeVar("G", bound=CommonGiven[Any])
C = TypeVar("C")


class AsyncServiceConnection(ABC, Generic[G, C]):
    """
    One way to one server as one user.

    Args:
        given: What the caller said. Nothing is looked up before it is needed.
    """

    service: ClassVar[str]
    """Its name in errors."""
    stack: ClassVar[str]
    """Its name in a local stack."""
    dialect: ClassVar[Dialect]
    headers: ClassVar[tuple[tuple[str, str], ...]] = USER_AGENT
    reopens: ClassVar[bool] = False
    """Whether use after closing opens it again."""

    def __init__(self, given: G) -> None:
        self.given = given
        self.closed = False
        # Reentrant, because making the API client resolves too.
        self._lock = threading.RLock()
        self._found: tuple[Address, Resolved[C]] | None = None
        self._api: AsyncApiClient | None = None

    # -- what a platform says ------------------------------------------------------------------------------------------

    @abstractmethod
    def _lookup(self) -> ServiceLookup[G, C]:
        """Return one look at everything that can say where the server is and who asks."""

    @abstractmethod
    def _auth(self, credential: C) -> AsyncAuth | None:
        """Return what signs requests; `None` for nobody. A login sends by `self.api`."""

    @abstractmethod
    def _warn(self, address: Address, credential: C) -> None:
        """Tell what others on the network can read or change; not asked for a stack in this process."""

    def _closed_error(self) -> ClosedError:
        """Return what using a closed one raises."""
        return ClosedError(f"this {self.service} client is closed", service=self.service, hint="make a new client")

    # -- what all have -------------------------------------------------------------------------------------------------

    @property
    def found(self) -> tuple[Address, Resolved[C]] | None:
        """Address and credentials; `None` before they were looked for."""
        return self._found

    @property
    def api(self) -> AsyncApiClient:
        """What sends requests; made at first use, by whichever thread comes first."""
        return self._api or self._make()

    def resolve(self) -> tuple[Address, Resolved[C]]:
        """Look once and keep what was found; a look that fails is repeated at the next call."""
        with self._lock:
            if self._found is None:
                lookup = self._lookup()
                self._found = lookup.address(), lookup.credential()
            return self._found

    def refuse_closed(self) -> None:
        """
        Go on, unless it is closed for good.

        Raises:
            ClosedError: It is.
        """
        if self.closed:
            raise self._closed_error()

    def _make(self) -> AsyncApiClient:
        with self._lock:
            if self._api is None:
                self.refuse_closed()
                address, resolved = self.resolve()
                if self.given.local is None:
                    self._warn(address, resolved.credential)
                self._api = AsyncApiClient(self._settings(address), self._auth(resolved.credential))
            return self._api

    def _settings(self, address: Address) -> ApiSettings:
        given = self.given
        return ApiSettings(
            service=self.service,
            endpoint=address.url,
            dialect=self.dialect,
            headers=self.headers,
            retry=given.retry,
            timeouts=given.timeouts,
            transport=given.transport,
            local=None if given.local is None else given.local.service(self.stack),
        )

    async def aclose(self) -> None:
        """Close what is open; later calls raise `ClosedError`, or open it again where the platform's clients do."""
        with self._lock:
            self.closed = not self.reopens
            api, self._api = self._api, None
        if api is not None:
            await api.aclose()
