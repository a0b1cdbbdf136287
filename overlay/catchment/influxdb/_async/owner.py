"""What writers and further endpoints need of the client that made them."""

from __future__ import annotations

from typing import Protocol

from catchment.core._async.api import AsyncApiClient


class AsyncOwner(Protocol):
    """Where to send, and what is meant where a call does not say it."""

    @property
    def api(self) -> AsyncApiClient:
        """What sends requests."""
        ...

    @property
    def db(self) -> str | None:
        """Database for calls that name none."""
        ...

    @property
    def rp(self) -> str | None:
        """Retention policy for calls that name none."""
        ...
