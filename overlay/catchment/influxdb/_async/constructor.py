"""Making a client: its arguments, checked, and nothing looked up or sent."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Self

from catchment.core.config import Retry, TimeoutTypes
from catchment.core.engines import TransportSettings
from catchment.core.errors import ConfigError
from catchment.core.given import LocalStack
from catchment.core.secret import Secret
from catchment.influxdb._async import colour
from catchment.influxdb._async.base import AsyncBase, warn_no_database
from catchment.influxdb._async.connection import Connection
from catchment.influxdb.credential import Algorithm
from catchment.influxdb.settings import ClientOptions, Given, Output, concealed, settled_mode

if TYPE_CHECKING:
    import ssl as tls

    from catchment.core.flowing import HttpxAuth

_LOGGER = logging.getLogger("catchment.influxdb")


class AsyncConstructor(AsyncBase):
    """
    The part of a client that takes its arguments, which the client's own page explains.

    Apart from the client, whose `__new__` may make another class: type checkers believe the one of the two methods that
    is nearer.
    """

    def __init__(
        self,
        host: str | None = None,
        port: int | None = None,
        username: str | None = None,
        password: str | Secret | None = None,
        database: str | None = None,
        loop: object = None,
        log_level: int | None = None,
        *,
        dataframe: bool = False,
        async_: bool | None = None,
        path: str = "/",
        mode: str | None = None,
        output: Output = "json",
        db: str | None = None,
        ssl: bool = False,
        unix_socket: str | Path | None = None,
        rp: str | None = None,
        token: str | Secret | None = None,
        jwt_secret: str | Secret | None = None,
        jwt_algorithm: Algorithm = "HS256",
        auth: HttpxAuth | None = None,
        gzip: bool = False,
        verify: bool | str | Path | tls.SSLContext = True,
        cert: str | tuple[str, ...] | None = None,
        proxy: str | None = None,
        timeout: TimeoutTypes = None,
        retries: int | Retry | None = None,
        transport: TransportSettings | None = None,
        profile: str | None = None,
        local: LocalStack | None = None,
        pickle_secrets: bool = False,
        **extra: bool,
    ) -> None:
        options: ClientOptions = {
            "host": host,
            "port": port,
            "username": username,
            "password": password,
            "database": database,
            "path": path,
            "output": output,
            "db": db,
            "ssl": ssl,
            "unix_socket": unix_socket,
            "rp": rp,
            "token": token,
            "jwt_secret": jwt_secret,
            "jwt_algorithm": jwt_algorithm,
            "auth": auth,
            "gzip": gzip,
            "verify": verify,
            "cert": cert,
            "proxy": proxy,
            "timeout": timeout,
            "retries": retries,
            "transport": transport,
            "profile": profile,
            "local": local,
            "pickle_secrets": pickle_secrets,
        }
        options = concealed(options)
        del password, token, jwt_secret, auth
        _, frames = settled_mode(mode, colour.MODE, dataframe=dataframe, async_=async_, extra=extra)
        if frames:
            options["output"] = "dataframe"
        if loop is not None:
            warnings.warn("loop= has no effect: a client works in whichever loop awaits it", stacklevel=2)
        if log_level is not None:
            _LOGGER.setLevel(log_level)
        given = Given.of(options)
        self._start(given, Connection(given))
        self._warn_without_database()

    @classmethod
    def _of(cls, given: Given, connection: Connection | None = None) -> Self:
        made = object.__new__(cls)
        made._start(given, connection or Connection(given))
        return made

    def _start(self, given: Given, connection: Connection) -> None:
        self._given = given
        self._connection = connection

    def _warn_without_database(self) -> None:
        try:
            found = self.db
        except ConfigError:  # a broken source is told at the first call, which can be caught where it matters
            return
        if not found:
            warn_no_database()
