"""`/api/v2` of InfluxDB 1.8: writing to buckets, and Flux."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal, Unpack

from catchment.influxdb import lines
from catchment.influxdb._async import writing
from catchment.influxdb._async.owner import AsyncOwner
from catchment.influxdb.flux import FluxReader, FluxSchema, FluxTable, Row, Tables

if TYPE_CHECKING:
    from catchment.influxdb.encoder import Settings

logger = logging.getLogger("catchment.influxdb")


class AsyncV2:
    """
    What InfluxDB 1.8 has of InfluxDB 2, so that data and scripts can move there. Older servers: `NotServedError`.

    Flux must be switched on in the server's configuration (`flux-enabled`); otherwise `AuthorizationError`. It has no
    parameters in 1.8, so let no foreign text into a script. Scripts are never repeated after doubt, because they may
    write.

    Args:
        client: Whose connection, database and policy are used.
        gzip: Whether to compress what is sent, and to let answers be compressed.
    """

    def __init__(self, client: AsyncOwner, *, gzip: bool = False) -> None:
        self._client = client
        self._gzip = gzip

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._client!r}>"

    async def write(
        self,
        data: lines.Data,
        *,
        bucket: str | None = None,
        gzip: bool | None = None,
        batch_size: int = lines.MAX_LINES,
        **settings: Unpack[Settings],
    ) -> Literal[True]:
        """
        Write points; return True.

        Args:
            data: Everything that the client's `write` takes.
            bucket: `DATABASE/POLICY`, or `DATABASE` for its default policy; the client's by default.
            gzip: Whether to compress; the client's choice by default.
            batch_size: Lines of a request at most.
            settings: `measurement`, `tag_columns`, `tags`, `precision` (no minutes and hours here), and all else that
                the client's `write` has for data.

        Raises:
            UnsafeInputError: Data that cannot be stored, with row and column; also a `ValueError`.
            PartialWriteError: Lines were refused, which `bad_lines` names; all others were stored.
            WriteNotServedError: The server is older than 1.8.

        Wire: writeBucket · specs/influxdb.yaml
        """
        from catchment.influxdb import buckets  # it brings models, which importing the client must not

        where = buckets.bucket(
            bucket, self._client.db, self._client.rp, settings.get("precision"),
            gzip=self._gzip if gzip is None else gzip,
        )  # fmt: skip
        chunks = lines.encode(data, max_lines=batch_size, **settings)
        await writing.write_chunks(self._client.api, chunks, where)
        return True

    async def query(self, flux: str) -> list[FluxTable]:
        """
        Run a Flux script and return its tables.

        Times are integers of nanoseconds since 1970, durations text. CSV shows no difference between a missing and an
        empty text: both are `None`.

        Raises:
            StatementError: The script failed; also after it had begun to answer.
            NotServedError: The server is older than 1.8.
            AuthorizationError: Flux is switched off.

        Wire: queryFlux · specs/influxdb.yaml
        """
        tables = Tables()
        async with aclosing(self._read(flux)) as arriving:
            async for schema, row in arriving:
                tables.add(schema, row)
        return tables.found

    async def query_stream(self, flux: str) -> AsyncGenerator[dict[str, Any]]:
        """Run a Flux script and yield its rows by column as they arrive; leaving the loop closes the connection."""
        async with aclosing(self._read(flux)) as arriving:
            async for schema, row in arriving:
                if row is not None:
                    yield dict(zip(schema.names, row, strict=True))

    async def query_data_frame(self, flux: str) -> Any:
        """
        Run a Flux script and return frames: tables with the same columns below one another.

        Columns `result` and `table` say which row is of which table. Integers with gaps are `Int64`; times are exact.

        Returns:
            A frame; a list of frames where tables differ in their columns; an empty frame where there is no table.
        """
        from catchment.core import extras
        from catchment.influxdb.flux_frames import frames

        found = frames(await self.query(flux))
        if not found:
            return extras.pandas().DataFrame()
        return found[0] if len(found) == 1 else found

    async def query_csv(self, flux: str) -> str:
        """Run a Flux script and return annotated CSV as the server sent it; a failure on the way is a table of it."""
        response = await self._client.api.send(self._request(flux))
        return response.body.decode()

    async def _read(self, flux: str) -> AsyncGenerator[tuple[FluxSchema, Row | None]]:
        reader = FluxReader()
        async with self._client.api.stream(self._request(flux)) as body:
            logger.debug("%s (Flux)", body.status)
            async for chunk in body.chunks():
                for found in reader.feed(chunk):
                    yield found
            for found in reader.finish():
                yield found

    def _request(self, flux: str) -> Any:
        from catchment.influxdb import buckets

        return buckets.script(flux, gzip=self._gzip)
