"""The InfluxDB client: finds out where the server is and who asks at the first call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, Self, Unpack, overload

from catchment.core._async.lifecycle import AsyncLifecycle
from catchment.core.config import Retry, TimeoutTypes
from catchment.core.credentials import Explanation
from catchment.core.errors import ConfigError
from catchment.core.secret import Secret
from catchment.influxdb._async import colour, server
from catchment.influxdb._async.admin import AsyncAdmin
from catchment.influxdb._async.connection import Connection
from catchment.influxdb._async.constructor import AsyncConstructor
from catchment.influxdb._async.listings import AsyncListings
from catchment.influxdb._async.v2 import AsyncV2
from catchment.influxdb._async.write import AsyncWrites
from catchment.influxdb._async.writer import AsyncBatches
from catchment.influxdb.addressing import options_of_url
from catchment.influxdb.chain import Lookup
from catchment.influxdb.credential import kind_of
from catchment.influxdb.influxql import Expression
from catchment.influxdb.models import Health
from catchment.influxdb.server_info import PingHeaders, Version
from catchment.influxdb.settings import (
    ClientOptions,
    Given,
    KeywordOptions,
    Mode,
    Output,
    check_output,
    concealed,
    keyword_options,
    settled_mode,
)

__all__ = ["AsyncInfluxDBClient"]


class AsyncInfluxDBClient(AsyncWrites, AsyncBatches, AsyncListings, AsyncConstructor, AsyncLifecycle):
    """
    Talk to one InfluxDB 1.x server as one user.

    Making a client sends nothing. Address and credentials are looked for at the first call: arguments, profile,
    environment, InfluxDB's defaults; `explain()` says where was looked. Safe to share between threads and event loops;
    usable again after it was closed.

    Args:
        host: Name or address of the server, or a URL; `localhost` by default.
        port: 8086 by default.
        username: With `password` or `jwt_secret`.
        password: Of the user.
        database: Database for calls that name none; `db` is the same and comes second.
        loop: Accepted and warned of: a client works in whichever loop awaits it.
        log_level: Level of the logger `catchment.influxdb`.
        dataframe: The same as `output="dataframe"` and `mode="blocking"`.
        async_: The same as `mode`, as a bool. The original's name for it is a keyword of Python now, and comes through
            a mapping: `**{...: False}`.
        path: What a proxy has put before the server's own paths.
        mode: One of `catchment.influxdb.MODES`. `"blocking"` makes an `InfluxDBClient`, the other one its counterpart,
            whichever of the two classes is called.
        output: What `query` returns: `"json"` (decoded), `"dataframe"`, `"iterable"` (`InfluxDBResult`) or `"bytes"`.
        db: See `database`.
        ssl: Speak TLS.
        unix_socket: Path of a socket, in place of host and port.
        rp: Retention policy for calls that name none; by default the database's own.
        token: What stands behind `Authorization: Token`, which 1.8 takes as `user:password`.
        jwt_secret: The server's `shared-secret`: tokens for `username` are made from it and renewed in time.
        jwt_algorithm: `HS256`, `HS384` or `HS512`.
        auth: An `httpx.Auth`, in place of all of these: `httpx.DigestAuth(...)`, or a flow of one's own. Each attempt
            of a call runs it anew, on the client's own connections; shared by threads as far as it is safe for that.
        gzip: Compress what is sent, and let answers be compressed. Costs more time than it saves on fast networks.
        verify: Whether and against what the server's certificate is checked; see `TransportSettings`.
        cert: Certificate of this client.
        proxy: URL of a proxy; by default the environment's.
        timeout: Seconds a call may take; or `(connect, read)`, an `httpx.Timeout`, `Timeouts`. By default a server may
            think for five minutes.
        retries: Repetitions of a failed call at most; 0 sends one request. Or a `Retry`.
        transport: Settings of connections; arguments that say the same win over it.
        profile: Section of catchment's configuration file; by default `CATCHMENT_PROFILE`.
        local: A `catchment.local.Stack` that serves in process, in place of a server.
        pickle_secrets: Write secrets given as arguments into pickles, in clear; otherwise such a client refuses.
        extra: What such a mapping holds.

    Raises:
        ConfigError: Arguments contradict one another or cannot be meant. Also a `ValueError`.
    """

    # The first that fits says which class it is, so the ways to ask for the other one come first.
    @overload
    def __new__(
        cls,
        host: str | None = None,
        port: int | None = None,
        username: str | None = None,
        password: str | Secret | None = None,
        database: str | None = None,
        loop: object = None,
        log_level: int | None = None,
        *,
        mode: colour.OtherMode,
        dataframe: bool = False,
        async_: colour.OtherAsync | None = None,
        **options: Unpack[KeywordOptions],
    ) -> colour.Other: ...
    @overload
    def __new__(
        cls,
        host: str | None = None,
        port: int | None = None,
        username: str | None = None,
        password: str | Secret | None = None,
        database: str | None = None,
        loop: object = None,
        log_level: int | None = None,
        *,
        mode: colour.OtherMode | None = None,
        dataframe: bool = False,
        async_: colour.OtherAsync,
        **options: Unpack[KeywordOptions],
    ) -> colour.Other: ...
    # unasync: cut
    # ruff: noqa: ERA001 - `unasync: cut` is a marker, not code
    @overload
    def __new__(
        cls,
        host: str | None = None,
        port: int | None = None,
        username: str | None = None,
        password: str | Secret | None = None,
        database: str | None = None,
        loop: object = None,
        log_level: int | None = None,
        *,
        mode: None = None,
        dataframe: Literal[True],
        async_: None = None,
        **options: Unpack[KeywordOptions],
    ) -> colour.Other: ...

    # unasync: on
    @overload
    def __new__(
        cls,
        host: str | None = None,
        port: int | None = None,
        username: str | None = None,
        password: str | Secret | None = None,
        database: str | None = None,
        loop: object = None,
        log_level: int | None = None,
        *,
        mode: colour.OwnMode | None = None,
        dataframe: colour.OwnDataframe = False,
        async_: colour.OwnAsync | None = None,
        **options: Unpack[KeywordOptions],
    ) -> Self: ...
    @overload
    def __new__(
        cls,
        host: str | None = None,
        port: int | None = None,
        username: str | None = None,
        password: str | Secret | None = None,
        database: str | None = None,
        loop: object = None,
        log_level: int | None = None,
        *,
        mode: str | None = None,
        dataframe: bool = False,
        async_: bool | None = None,
        **options: Unpack[KeywordOptions],
    ) -> Self | colour.Other: ...
    def __new__(
        cls,
        *args: Any,
        mode: str | None = None,
        async_: bool | None = None,
        dataframe: bool = False,
        **options: Any,
    ) -> Any:
        """Make an instance of this class, or of the other one where the mode says so."""
        extra = keyword_options(options)
        try:
            wanted, frames = settled_mode(mode, colour.MODE, dataframe=dataframe, async_=async_, extra=extra)
        except ConfigError:
            del args, options  # which may hold secrets, for tools that print the variables of a traceback
            raise
        if wanted == colour.MODE:
            return super().__new__(cls)
        if frames:
            options.setdefault("output", "dataframe")
        return colour.other_class()(*args, **options)

    @classmethod
    def from_url(cls, url: str | Secret, **options: Unpack[ClientOptions]) -> Self:
        """
        Make a client of a URL: `influxdb+ssl://user:password@host:8086/database`.

        Args:
            url: With `influxdb`, `influxdb+ssl`, `http`, `https` or `http+unix`. User and password are sent in a header
                and never as a part of any URL.
            options: As the class takes them; they win over the URL.

        Raises:
            ConfigError: It is no such URL.
        """
        options = concealed(options)
        parts = options_of_url(url.reveal() if isinstance(url, Secret) else url)
        return cls._of(Given.of({**parts, **options}))

    @classmethod
    def from_env(cls, **options: Unpack[ClientOptions]) -> Self:
        """
        Make a client of the environment alone: `INFLUX_URL`, or `INFLUX_HOST` and `INFLUX_PORT`; `INFLUX_USERNAME` and
        `INFLUX_PASSWORD`, or `INFLUX_TOKEN`; `INFLUX_DATABASE`. No profile is read.

        Args:
            options: As the class takes them; they win over the environment.
        """
        options = concealed(options)
        return cls._of(replace(Given.of(options), environment_only=True))

    def __repr__(self) -> str:
        if not hasattr(self, "_connection"):  # a traceback shows it in the middle of being made
            return f"<{type(self).__name__} not made>"
        found = self._connection.found
        where = "not connected" if found is None else found[0].url
        return f"<{type(self).__name__} {where} db={self._given.db!r} mode={self.mode!r} output={self.output!r}>"

    # -- settings ------------------------------------------------------------------------------------------------------

    @property
    def mode(self) -> Mode:
        """Which of the two classes this is; only the same can be set."""
        return colour.MODE

    @mode.setter
    def mode(self, mode: str) -> None:
        wanted, _ = settled_mode(mode, colour.MODE, dataframe=False, async_=None, extra={})
        if wanted != colour.MODE:
            raise ConfigError("the mode of a client is its class", hint=f"make another client, with mode={wanted!r}")

    def explain(self) -> Explanation:
        """Say how every source of credentials answers now, and which wins; values are masked, nothing is sent."""
        return Lookup(self._given).explain()

    @property
    def config(self) -> Mapping[str, str | None]:
        """What is used, and where it came from; looks for it where that has not happened yet, and sends nothing."""
        address, resolved = self._connection.resolve()
        return {
            "url": address.url,
            "url_source": address.source,
            "credential": kind_of(resolved.credential),
            "credential_source": resolved.source,
            "db": self.db,
            "rp": self.rp,
            "output": self.output,
        }

    def using(self, *, db: str | None = None, rp: str | None = None, output: Output | None = None) -> Self:
        """
        Return a copy for another database or policy that shares connections; `with` works and closes nothing.

        Args:
            db: Database; `None` keeps this client's.
            rp: Retention policy; of another database, `None` means its default one.
            output: What `query` returns; `None` keeps this client's.
        """
        given = replace(
            self._given,
            db=db or self.db,
            rp=rp or (None if db else self.rp),
            output=self.output if output is None else check_output(output),
        )
        made = self._of(given, self._connection)
        made._looked = (given.db, given.rp)  # noqa: SLF001 - it is this class's own
        made._shares = True  # noqa: SLF001
        return made

    def with_options(self, *, timeout: TimeoutTypes = None, retries: int | Retry | None = None) -> Self:
        """
        Return a copy with other limits that shares connections.

        Args:
            timeout: As the class takes it; `None` keeps this client's.
            retries: As the class takes it; `None` keeps this client's.
        """
        made = self._of(self._given.timed(timeout).repeating(retries), self._connection)
        made._looked = self._looked  # noqa: SLF001
        made._shares = True  # noqa: SLF001
        return made

    # -- the server ----------------------------------------------------------------------------------------------------

    async def ping(self) -> PingHeaders:
        """
        Return the headers of the server's answer, such as `X-Influxdb-Version`; upper and lower case are the same.

        Wire: ping · specs/influxdb.yaml
        """
        return await server.ping(self.api)

    async def version(self) -> Version:
        """Return the server's version as numbers: `(1, 6, 7)`; `.text` is what the server says, `.build` OSS or ENT."""
        return await server.version(self.api)

    async def health(self) -> Health:
        """
        Say whether the server is ready; servers before 1.8 are asked by `ping`.

        Wire: health, ping · specs/influxdb.yaml
        """
        return await server.health(self.api)

    async def wait_ready(self, timeout: float = 60.0, *, poll: float = 0.25) -> Version:
        """
        Wait until the server answers, and return its version.

        Args:
            timeout: Seconds to wait at most.
            poll: Seconds between two tries.

        Raises:
            DeadlineError: It did not answer in time.
        """
        return await server.wait_ready(self.api, timeout=timeout, poll=poll)

    @property
    def admin(self) -> AsyncAdmin:
        """Databases, policies, schema, users, continuous queries and more, with typed results."""
        return AsyncAdmin(self)

    @property
    def v2(self) -> AsyncV2:
        """`/api/v2` of InfluxDB 1.8: writing to buckets, and Flux."""
        return AsyncV2(self, gzip=self._given.gzip)

    # -- deleting ------------------------------------------------------------------------------------------------------

    async def delete(
        self,
        measurement: str | None = None,
        *,
        start: object = None,
        stop: object = None,
        tags: Mapping[str, object] | None = None,
        where: Expression | None = None,
        db: str | None = None,
    ) -> None:
        """
        Delete points.

        Args:
            measurement: Of this one; `None` for all measurements, which then needs tags or times.
            start: From this instant on: a datetime, text of one, or nanoseconds.
            stop: Up to and without this instant.
            tags: Of series that have all of these; a list means any of its values, a `Regex` a match.
            where: A further condition on tags, made by `any_of`.
            db: Database; the client's by default.

        Raises:
            UnsafeInputError: Everything in the database would go.
            InfluxDBError: The server refused.
        """
        await self.admin.delete(measurement, start=start, stop=stop, tags=tags, where=where, db=db)

    async def delete_series(
        self, measurement: str | None = None, tags: Mapping[str, object] | None = None, *, db: str | None = None
    ) -> None:
        """Drop series with all their points; arguments as `delete` has them."""
        await self.admin.drop_series(measurement, tags=tags, db=db)

    # -- life ----------------------------------------------------------------------------------------------------------

    async def create_session(self, **settings: Any) -> None:
        """
        Open new connections with other settings; there is no need to, for the first call opens them.

        Args:
            settings: Of `TransportSettings`, such as `pool_size`.
        """
        await self.aclose()
        self._given = replace(self._given, transport=replace(self._given.transport, **settings))
        self._connection = Connection(self._given)

    async def aclose(self) -> None:
        """Close every connection; the next call opens them again. A copy closes nothing."""
        if not self._shares:
            await self._connection.aclose()

    # unasync: cut
    async def close(self) -> None:
        """The same as `aclose`, by its original's name."""
        await self.aclose()

    # unasync: on

    def __reduce__(self) -> tuple[object, ...]:
        self._given.refuse_pickling_local()
        return (_rebuild, (type(self), self._given))


def _rebuild(cls: type[AsyncInfluxDBClient], given: Given) -> AsyncInfluxDBClient:
    return cls._of(given)  # pyright: ignore[reportPrivateUsage]
