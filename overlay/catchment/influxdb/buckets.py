"""Where lines and scripts go under `/api/v2`: a bucket is a database and a retention policy. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from catchment_api.influxdb.api.v2 import query_flux, write_bucket
from catchment_api.influxdb.models.flux_dialect import FluxDialect
from catchment_api.influxdb.models.flux_query import FluxQuery

from catchment.core.errors import ConfigError, UnsafeInputError
from catchment.core.wire import Request
from catchment.influxdb import precision
from catchment.influxdb.chunks import Chunk
from catchment.influxdb.sending import Target, packed


@dataclass(frozen=True, slots=True)
class Bucket(Target):
    """A target that is written to as InfluxDB 2 is."""

    @property
    def name(self) -> str:
        """The bucket as the server takes it apart: at its first slash."""
        return self.db if self.rp is None else f"{self.db}/{self.rp}"

    def request(self, chunk: Chunk) -> Request:
        """Build the request for a chunk; only one whose every line has a time may be repeated after doubt."""
        request = write_bucket.build_request(
            body=packed(chunk.body) if self.gzip else chunk.body,
            bucket=self.name,
            precision=None if self.precision is None else precision.version2(self.precision),
            content_encoding="gzip" if self.gzip else None,
        )
        request.retry = "B" if chunk.stamped else "D"
        return request


def bucket(name: str | None, db: str | None, rp: str | None, spelling: str | None, *, gzip: bool) -> Bucket:
    """
    Check where lines are to go.

    Args:
        name: `DATABASE/POLICY`, or `DATABASE` for its default policy; `None` for the next two.
        db: Database of the client.
        rp: Policy of the client.
        spelling: Precision, by any spelling.
        gzip: Whether to compress.

    Raises:
        ConfigError: There is no database.
        UnsafeInputError: A database that no bucket can name, or minutes or hours, which `/api/v2` does not know.
    """
    if name is not None:
        db, _, rp = name.partition("/")
    if not db:
        raise ConfigError("no bucket to write to", hint="give bucket=, or set the client's database")
    if "/" in db:
        raise UnsafeInputError(f"database {db!r} holds a slash, where a bucket's name would be cut", hint="use write()")
    unit = None if spelling is None else precision.canonical(spelling)
    if unit is not None:
        precision.version2(unit)
    return Bucket(db, rp or None, unit, None, gzip)


def script(flux: str, *, gzip: bool) -> Request:
    """
    Build the request for a Flux script, with every annotation that the answer's types need.

    Raises:
        UnsafeInputError: It is no text, or empty.
    """
    if not isinstance(flux, str) or not flux.strip():  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UnsafeInputError("a Flux script is text, and not empty")
    form = FluxDialect(
        header=True, annotations=["datatype", "group", "default"], date_time_format="RFC3339Nano", delimiter=","
    )
    query = FluxQuery(query=flux, type_="flux", dialect=form)
    return query_flux.build_request(body=query, accept_encoding="gzip" if gzip else "identity")
