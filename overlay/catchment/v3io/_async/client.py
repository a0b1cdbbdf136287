"""The data plane client: finds out where the platform is and who asks at the first call."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from catchment.core._async.api import AsyncApiClient
from catchment.core._async.lifecycle import AsyncLifecycle
from catchment.core.config import Retry, TimeoutTypes
from catchment.core.credentials import Explanation
from catchment.core.engines import TransportSettings
from catchment.core.errors import CatchmentError, UnsafeInputError
from catchment.core.given import LocalStack
from catchment.core.secret import Secret
from catchment.v3io._async.batch import AsyncBatch
from catchment.v3io._async.connection import Connection
from catchment.v3io._async.cursor import AsyncItemsCursor
from catchment.v3io._async.flat import AsyncFlatCalls
from catchment.v3io._async.namespaces import AsyncContainer, AsyncKV, AsyncObject, AsyncStream
from catchment.v3io._async.sending import begin, send
from catchment.v3io.calls.plan import Planned
from catchment.v3io.chain import Lookup
from catchment.v3io.items import AttributeNames
from catchment.v3io.logger import EventLog, level_of
from catchment.v3io.response import RaiseForStatusTypes, Response, TransportActions, check_wanted
from catchment.v3io.settings import ClientOptions, Given, concealed

if TYPE_CHECKING:
    import ssl

    from catchment.v3io.expressions import Expression

__all__ = ["AsyncClient"]

T = TypeVar("T")


class AsyncClient(AsyncFlatCalls, AsyncLifecycle):
    """
    Talk to the platform's data layer: objects, items, streams.

    Making a client sends nothing. Address and credentials are looked for at the first call: arguments, profile,
    environment; `explain()` says where was looked. Safe to share between threads and event loops, and usable in
    processes forked off.

    Args:
        logger: Gets a warning, by `warn_with`, of each call that raises; nobody by default.
        endpoint: `https://host:port`, with a path where a proxy asks for one; `http` where no scheme is given. By
            default `V3IO_API`.
        access_key: By default `V3IO_ACCESS_KEY`.
        max_connections: Connections at most, and calls of a batch under way at once; 64 by default.
        timeout: Seconds a call may take; or `(connect, read)`, an `httpx.Timeout`, `Timeouts`.
        transport_kind: `"httpclient"`, the default.
        logger_verbosity: Level of a logger to standard output, in place of `logger`.
        transport_verbosity: Level of the logger `catchment`; with `"DEBUG"` it tells of each attempt.
        username: With `password`, in place of an access key.
        password: Of the user.
        profile: Section of catchment's configuration file; by default `CATCHMENT_PROFILE`.
        verify: Whether and against what the server's certificate is checked; see `TransportSettings`.
        cert: Certificate of this client.
        proxy: URL of a proxy; by default the environment's.
        retries: Repetitions of a failed call at most; 0 sends one request. Or a `Retry`.
        transport: Settings of connections; arguments that say the same win over it.
        local: A `catchment.local.Stack` that serves in process, in place of a server.
        pickle_secrets: Write secrets given as arguments into pickles, in clear; otherwise such a client refuses.

    Attributes:
        container: Calls of containers and folders.
        object: Calls of objects.
        kv: Calls of items.
        stream: Calls of streams.
        batch: The client's own batch; `create_batch()` gives others.

    Raises:
        ConfigError: Arguments contradict one another or cannot be meant. Also a `ValueError`.
    """

    container: AsyncContainer
    object: AsyncObject
    kv: AsyncKV
    stream: AsyncStream
    batch: AsyncBatch

    def __init__(
        self,
        logger: EventLog | None = None,
        endpoint: str | None = None,
        access_key: str | Secret | None = None,
        max_connections: int | None = None,
        timeout: TimeoutTypes = None,
        transport_kind: str | None = None,
        logger_verbosity: str | int | None = None,
        transport_verbosity: str | int | None = None,
        *,
        username: str | None = None,
        password: str | Secret | None = None,
        profile: str | None = None,
        verify: bool | str | Path | ssl.SSLContext = True,
        cert: str | tuple[str, ...] | None = None,
        proxy: str | None = None,
        retries: int | Retry | None = None,
        transport: TransportSettings | None = None,
        local: LocalStack | None = None,
        pickle_secrets: bool = False,
    ) -> None:
        options: ClientOptions = {
            "logger": logger,
            "endpoint": endpoint,
            "access_key": access_key,
            "max_connections": max_connections,
            "timeout": timeout,
            "transport_kind": transport_kind,
            "logger_verbosity": logger_verbosity,
            "username": username,
            "password": password,
            "profile": profile,
            "verify": verify,
            "cert": cert,
            "proxy": proxy,
            "retries": retries,
            "transport": transport,
            "local": local,
            "pickle_secrets": pickle_secrets,
        }
        options = concealed(options)
        del access_key, password
        if transport_verbosity is not None:
            logging.getLogger("catchment").setLevel(level_of(transport_verbosity, what="transport_verbosity"))
        self._start(Given.of(options))

    def _start(self, given: Given) -> None:
        self._given = given
        self._connection = Connection(given)
        self._logger = given.logger
        self.container = AsyncContainer(self)
        self.object = AsyncObject(self)
        self.kv = AsyncKV(self)
        self.stream = AsyncStream(self)
        self._object, self._kv, self._stream = self.object, self.kv, self.stream
        self.batch = AsyncBatch(self)

    @classmethod
    def _of(cls, given: Given) -> Self:
        made = object.__new__(cls)
        made._start(given)
        return made

    def __repr__(self) -> str:
        found = self._connection.found
        return f"<{type(self).__name__} {'not connected' if found is None else found[0].url}>"

    # -- settings ------------------------------------------------------------------------------------------------------

    @property
    def api(self) -> AsyncApiClient:
        """
        What sends requests of generated code: `get_item.asyncio(..., client=client.api)`.

        Raises:
            ConfigError: Settings that cannot be used; nothing was sent.
        """
        return self._connection.api

    def api_for(self, access_key: str | Secret | None) -> AsyncApiClient:
        """
        Return what sends requests with another access key.

        Args:
            access_key: `None` for the client's own.
        """
        return self._connection.api if access_key is None else self._connection.api_as(access_key)

    @property
    def max_connections(self) -> int:
        """Connections at most, and calls of a batch under way at once."""
        return self._given.transport.pool_size

    def explain(self) -> Explanation:
        """Say how every source of credentials answers now, and which wins; values are masked, nothing is sent."""
        return Lookup(self._given).explain()

    # -- calls ---------------------------------------------------------------------------------------------------------

    async def perform(
        self,
        plan: Planned[T],
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[T]:
        """
        Send one call and return its response.

        Args:
            plan: Made by `catchment.v3io.calls`.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; by default all from 300 on.
            transport_actions: How far to go; see `TransportActions`.

        Raises:
            HttpResponseError: The answer is not acceptable.
            CatchmentError: There is no answer.
        """
        if raise_for_status is None and access_key is None and transport_actions is None and self._logger is None:
            return await send(self._connection.api, plan)
        wanted = None if raise_for_status is None else check_wanted(raise_for_status)
        try:
            api = self._connection.api if access_key is None else self._connection.api_as(access_key)
            if transport_actions is not None:
                return await _so_far(api, plan, wanted, transport_actions)
            return await send(api, plan, wanted)
        except CatchmentError as exc:
            if self._logger is not None:
                status = getattr(exc, "status_code", None)
                self._logger.warn_with("request failed", operation=plan.operation.name, status=status, error=str(exc))
            raise

    def create_batch(self) -> AsyncBatch:
        """Return an empty batch, independent of all others."""
        return AsyncBatch(self)

    def new_items_cursor(
        self,
        container: str,
        path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        attribute_names: AttributeNames = "*",
        filter_expression: Expression | str | None = None,
        marker: str | None = None,
        sharding_key: str | None = None,
        limit: int | None = None,
        segment: int | None = None,
        total_segments: int | None = None,
        sort_key_range_start: str | None = None,
        sort_key_range_end: str | None = None,
    ) -> AsyncItemsCursor:
        """
        Return a walk through the items of a table; in new code `kv.new_cursor`.

        Args:
            container: Its name, or its number.
            path: Folder of the table.
            access_key: For these calls, in place of the client's.
            raise_for_status: Which answers are raised.
            attribute_names: A name, names with commas between them, or an iterable.
            filter_expression: Which items, such as `"age > 15"`; all by default.
            marker: Where to begin: `marker` of another cursor with the same arguments.
            sharding_key: Only items whose keys begin with this and a dot.
            limit: Items over all pages.
            segment: 0-based share of the table, of `total_segments`.
            total_segments: 1 to 1024 shares, for scans in parallel.
            sort_key_range_start: First sorting key; needs `sharding_key`.
            sort_key_range_end: Sorting key before which to end; needs `sharding_key`.
        """
        return self.kv.new_cursor(
            container,
            path,
            None,
            access_key,
            raise_for_status,
            attribute_names,
            filter_expression,
            marker,
            sharding_key,
            limit,
            segment,
            total_segments,
            sort_key_range_start,
            sort_key_range_end,
        )

    # -- life ----------------------------------------------------------------------------------------------------------

    def with_options(self, *, timeout: TimeoutTypes = None, retries: int | Retry | None = None) -> Self:
        """
        Return a client with other limits, and with connections of its own.

        Args:
            timeout: As the class takes it; `None` keeps this client's.
            retries: As the class takes it; `None` keeps this client's.
        """
        return self._of(self._given.timed(timeout).repeating(retries))

    async def aclose(self) -> None:
        """Close every connection; later calls raise `ClosedError`. Closing twice is fine."""
        await self._connection.aclose()

    # unasync: cut
    # ruff: noqa: ERA001 - `unasync: cut` is a marker, not code
    async def close(self) -> None:
        """The same as `aclose`, by its original's name."""
        await self.aclose()

    # unasync: on

    def __reduce__(self) -> tuple[Any, ...]:
        self._given.refuse_pickling_local()
        if self._logger is not None:
            # Handlers and their streams belong to this process.
            return (_rebuild, (type(self), replace(self._given, logger=None)))
        return (_rebuild, (type(self), self._given))


async def _so_far(
    api: AsyncApiClient, plan: Planned[T], wanted: RaiseForStatusTypes, transport_actions: int
) -> Response[T]:
    """Do as much of a call as its caller wants; what is returned then is typed as the response that it stands for."""
    try:
        actions = TransportActions(transport_actions)
    except ValueError:
        raise UnsafeInputError(f"transport_actions={transport_actions!r}: 1, 2 or 3 is needed") from None
    if actions is TransportActions.encode_only:
        return cast("Response[T]", plan.request)
    if actions is TransportActions.encode_and_send:
        under_way = await begin(api, plan, wanted)
        await under_way.ahead.launch()  # what reads ahead spares connections, what is told to send does not
        return cast("Response[T]", under_way)
    return await send(api, plan, wanted)


def _rebuild(cls: type[AsyncClient], given: Given) -> AsyncClient:
    return cls._of(given)  # pyright: ignore[reportPrivateUsage]
