"""What the groups of calls to the control plane share: the way out."""

from __future__ import annotations

from catchment.core._async.api import AsyncApiClient
from catchment.v3io._async.control_session import ControlConnection


class ControlBase:
    """A client without its calls."""

    _connection: ControlConnection

    @property
    def api(self) -> AsyncApiClient:
        """
        What sends requests of generated code: `get_self.asyncio(client=control.api)`.

        Raises:
            ConfigError: Settings that cannot be used; nothing was sent.
        """
        return self._connection.api
