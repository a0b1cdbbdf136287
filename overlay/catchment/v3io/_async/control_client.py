"""The client of V3IO's control plane: what it is told, what it shows, how it ends."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Self

from catchment.core._async.lifecycle import AsyncLifecycle
from catchment.core.config import Retry, TimeoutTypes
from catchment.core.credentials import Explanation
from catchment.core.engines import TransportSettings
from catchment.core.given import LocalStack
from catchment.core.secret import Secret
from catchment.v3io._async.control_access import AccessCalls
from catchment.v3io._async.control_cluster import ClusterCalls
from catchment.v3io._async.control_session import ControlConnection
from catchment.v3io.control_chain import ControlLookup
from catchment.v3io.control_settings import ControlGiven, ControlOptions, concealed


class Client(AccessCalls, ClusterCalls, AsyncLifecycle):
    """
    One dashboard as one user.

    A session is opened with the first call, and again when it has ended. Nothing is looked up or sent before.

        with Client("https://dashboard.example.com", username="ada", password=password) as control:
            flights = control.create_container("flights")
            loader = control.create_access_key(label="loader", ttl=3600)

    Args:
        endpoint: Address of the dashboard, which is not that of the data layer; `V3IO_CONTROLPLANE_URL` if left out.
        username: Name to log in with; `V3IO_CONTROLPLANE_USERNAME` if nothing is given.
        password: Its password; `V3IO_CONTROLPLANE_PASSWORD` if nothing is given.
        access_key: A key of the control plane, in place of a login; `V3IO_ACCESS_KEY` if nothing else is found.
        session_cookie: The value of an open session's cookie, in place of a login.
        profile: Name of a profile, whose section is `v3io_control`.
        verify: `False` checks no certificates; a path names the authorities to trust.
        cert: Certificate of the client: a file, or a pair of it and its key.
        proxy: URL of a proxy.
        timeout: Seconds for a whole call; `None` for the defaults.
        retries: How often a call that failed is sent again, where that does no harm; `None` for the default.
        transport: Everything else about connections.
        local: A local stack that answers in this process.
        pickle_secrets: Whether a pickle of this client may hold the secrets given here, in clear.

    Raises:
        ConfigError: Half a credential, several kinds of them, or a value that cannot be meant; nothing was sent.
    """

    def __init__(
        self,
        endpoint: str | None = None,
        *,
        username: str | None = None,
        password: str | Secret | None = None,
        access_key: str | Secret | None = None,
        session_cookie: str | Secret | None = None,
        profile: str | None = None,
        verify: bool | str | Path | ssl.SSLContext = True,
        cert: str | tuple[str, ...] | None = None,
        proxy: str | None = None,
        timeout: TimeoutTypes = None,
        retries: int | Retry | None = None,
        transport: TransportSettings | None = None,
        local: LocalStack | None = None,
        pickle_secrets: bool = False,
    ) -> None:
        options = ControlOptions(
            endpoint=endpoint,
            username=username,
            password=password,
            access_key=access_key,
            session_cookie=session_cookie,
            profile=profile,
            verify=verify,
            cert=cert,
            proxy=proxy,
            timeout=timeout,
            retries=retries,
            transport=transport,
            local=local,
            pickle_secrets=pickle_secrets,
        )
        options = concealed(options)
        del password, access_key, session_cookie
        self._connect(ControlGiven.of(options))

    def _connect(self, given: ControlGiven) -> None:
        self._given = given
        self._connection = ControlConnection(given)

    @classmethod
    def _of(cls, given: ControlGiven) -> Self:
        self = cls.__new__(cls)
        self._connect(given)
        return self

    def __repr__(self) -> str:
        if not hasattr(self, "_connection"):  # a traceback shows it in the middle of being made
            return f"<{type(self).__name__} not made>"
        found = self._connection.found
        return f"<{type(self).__name__} {'not connected' if found is None else found[0].url}>"

    def explain(self) -> Explanation:
        """Say how every source of credentials answers now, and which wins; values are masked, nothing is sent."""
        return ControlLookup(self._given).explain()

    async def aclose(self) -> None:
        """Close every connection; later calls raise `ClosedError`. The session ends by itself."""
        await self._connection.aclose()

    # unasync: cut
    # ruff: noqa: ERA001 - `unasync: cut` is a marker, not code
    async def close(self) -> None:
        """The same as `aclose`."""
        await self.aclose()

    # unasync: on

    def __reduce__(self) -> tuple[object, ...]:
        self._given.refuse_pickling_local()
        return (_rebuild, (type(self), self._given))


def _rebuild(cls: type[Client], given: ControlGiven) -> Client:
    return cls._of(given)  # pyright: ignore[reportPrivateUsage]
