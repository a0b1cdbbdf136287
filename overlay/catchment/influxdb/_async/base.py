"""What the parts of a client share: what was said, the connection, and what calls use that name nothing."""

from __future__ import annotations

import warnings
from dataclasses import replace

from catchment.core._async.api import AsyncApiClient
from catchment.influxdb._async.connection import Connection
from catchment.influxdb.chain import Lookup
from catchment.influxdb.settings import Given, Output, check_output


class AsyncBase:
    """A client without its calls."""

    _given: Given
    _connection: Connection
    _looked: tuple[str | None, str | None] | None = None
    _shares: bool = False
    """Whether the connection is another client's, so that closing leaves it open."""

    @property
    def api(self) -> AsyncApiClient:
        """
        What sends requests of generated code: `ping.asyncio(client=client.api)`.

        Raises:
            ConfigError: Settings that cannot be used; nothing was sent.
        """
        if (
            self._given.timeouts is self._connection.given.timeouts
            and self._given.retry is self._connection.given.retry
        ):
            return self._connection.api
        given = self._given
        return self._connection.api.with_settings(retry=given.retry, timeouts=given.timeouts, transport=given.transport)

    @property
    def output(self) -> Output:
        """What `query` returns: `"json"` (also called `"raw"`), `"dataframe"`, `"iterable"` or `"bytes"`."""
        return self._given.output

    @output.setter
    def output(self, output: str) -> None:
        self._given = replace(self._given, output=check_output(output))

    @property
    def db(self) -> str | None:
        """Database for calls that name none."""
        return self._look()[0]

    @db.setter
    def db(self, db: str | None) -> None:
        self._given = replace(self._given, db=db or None)
        self._looked = (self._given.db, self._look()[1])
        if not db:
            warn_no_database()

    @property
    def database(self) -> str | None:
        """The same as `db`."""
        return self.db

    @database.setter
    def database(self, database: str | None) -> None:
        self.db = database

    @property
    def rp(self) -> str | None:
        """Retention policy for calls that name none; `None` for the database's default one."""
        return self._look()[1]

    def _look(self) -> tuple[str | None, str | None]:
        if self._looked is None:
            lookup = Lookup(self._given)
            self._looked = lookup.database(), lookup.policy()
        return self._looked


def warn_no_database() -> None:
    """Warn that calls must name a database."""
    warnings.warn("no default database is set; name one with db= in each call", UserWarning, stacklevel=4)
