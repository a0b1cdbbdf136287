"""Fit InfluxDB into a stack. numpy is loaded with the first request, not with the stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from catchment.local.http import Request
from catchment.local.influxdb.options import InfluxDBOptions
from catchment.local.platform import Record, Work

if TYPE_CHECKING:
    from catchment.local.influxdb.service import InfluxDBService

OPERATIONS = frozenset(
    ["ping", "status", "health", "write", "write_v2", "query", "query_v2", "debug_vars", "debug_requests", "unknown"]
)
_ID_HEADERS = ("X-Request-Id", "Request-Id")


class InfluxDBPlatform:
    """
    InfluxDB in a stack.

    Args:
        options: Which server to play.
        clock: Gives the seconds since the epoch.
        seed: Decides what `sample()` picks.
    """

    name = "influxdb"

    def __init__(self, options: InfluxDBOptions, clock: Callable[[], float], seed: int) -> None:
        self.options = options
        self._clock = clock
        self._seed = seed
        self._made: InfluxDBService | None = None

    @property
    def faces(self) -> Mapping[str, frozenset[str]]:
        """The server."""
        return {"influxdb": OPERATIONS}

    @property
    def service(self) -> InfluxDBService:
        """The server, started when it is first asked."""
        if self._made is None:
            from catchment.local.influxdb.installation import Installation
            from catchment.local.influxdb.service import InfluxDBService

            self._made = InfluxDBService(Installation(self.options, self._clock, self._seed))
        return self._made

    def reset(self) -> None:
        """Start over."""
        self._made = None

    def aim(self, request: Request, request_id: str) -> tuple[str, Work]:
        """Return the operation that a request is aimed at, and what carries it out."""
        service = self.service
        return service.target(request), lambda record: service.answer(request, request_id, record)

    def run_continuous_queries(self, record: Record) -> dict[str, str]:
        """Run all continuous queries once, and return their errors by name."""
        from catchment.local.influxdb.continuous import run_continuous_queries

        return run_continuous_queries(self.service.state, record)

    def request_id(self, request: Request, made: str) -> str:
        """Return the client's id, or a made one."""
        return next((found for name in _ID_HEADERS if (found := request.header(name))), made)

    def identifying(self, request: Request, request_id: str) -> list[tuple[str, str]]:
        """Return nothing: the server itself says which of its answers carry the id."""
        del request, request_id
        return []

    def environment(self, endpoint: str) -> dict[str, str]:
        """Return the environment variables that point InfluxDB clients to an endpoint."""
        parts = urlsplit(endpoint)
        found = {"INFLUX_URL": endpoint, "INFLUX_HOST": parts.hostname or ""}
        if parts.port is not None:
            found["INFLUX_PORT"] = str(parts.port)
        if self.options.username is not None and self.options.password is not None:
            found["INFLUX_USERNAME"] = self.options.username
            found["INFLUX_PASSWORD"] = self.options.password
        return found

    def dump(self) -> object:
        """Return the state as JSON values; None while nothing was ever asked."""
        return self._made.state.dump() if self._made is not None else None

    def restore(self, saved: object) -> None:
        """Take over a state that was dumped."""
        if saved is not None:
            self.service.state.restore(cast("Mapping[str, Any]", saved))
