"""Writing points."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from typing import Literal

from catchment.influxdb import lines
from catchment.influxdb._async import writing
from catchment.influxdb._async.base import AsyncBase
from catchment.influxdb.encoder import Encoders
from catchment.influxdb.records import Layout
from catchment.influxdb.reporting import OnInvalid, Report
from catchment.influxdb.sending import Consistency, target


class AsyncWrites(AsyncBase):
    """The part of a client that writes."""

    @cached_property
    def _encoders(self) -> Encoders:
        return Encoders()

    async def write(
        self,
        data: lines.Data,
        measurement: str | None = None,
        tag_columns: Sequence[Hashable] | None = None,
        *,
        db: str | None = None,
        rp: str | None = None,
        precision: str | None = None,
        tags: Mapping[str, object] | None = None,
        consistency: Consistency | None = None,
        field_types: Mapping[str, object] | None = None,
        on_invalid: OnInvalid = "raise",
        strict: bool = False,
        report: Report | None = None,
        time_column: Hashable | None = None,
        timezone: str | None = None,
        object_types: Literal["str", "infer"] = "str",
        datetimes: Literal["iso", "ns"] = "iso",
        category_tags: bool = False,
        layout: Layout | None = None,
        batch_size: int = lines.MAX_LINES,
        gzip: bool | None = None,
        **extra_tags: object,
    ) -> Literal[True]:
        """
        Write points; return True.

        Small data is one request, large data several in order, encoded one after another, so that memory holds one.
        Points without a time get the server's; a request that has such is never repeated when its answer is lost.

        Args:
            data: Line protocol (text or bytes, sent as it is), a mapping with `measurement`, `time`, `tags`, `fields`,
                a `Point`, a frame of pandas or polars, Arrow data, an object with `to_lineprotocol()`, or an iterable
                of any of these, nested or mixed.
            measurement: For points and frames that name none.
            tag_columns: Columns of frames that are tags.
            db: Database; the client's by default.
            rp: Retention policy; the client's by default.
            precision: Unit of whole numbers given as times, and of times as they are stored: `ns us ms s m h`.
            tags: Tags of all points but line protocol; for names that are parameters here too.
            consistency: What a cluster must confirm: `any`, `one`, `quorum`, `all`.
            field_types: Field to `"float"`, `"int"`, `"str"` or `"bool"`, where values are mixed.
            on_invalid: What to do with what cannot be stored: `"raise"`, `"replace"` it, or `"drop"` the point.
            strict: Raise for points without a field, which are skipped otherwise.
            report: Receives the counts of what was skipped, replaced and dropped.
            time_column: Column of a frame that has the times; by default its index, of Arrow data `time`.
            timezone: Zone of times that name none; UTC by default.
            object_types: Values of pandas' object columns: as text, or each by its own type (`"infer"`).
            datetimes: Times in other columns: RFC 3339 text, or integers of nanoseconds.
            category_tags: Make categorical columns tags.
            layout: Where flat mappings, named tuples and dataclasses have the parts of a point.
            batch_size: Lines of a request at most.
            gzip: Whether to compress; the client's choice by default.
            extra_tags: Tags of all points but line protocol; they win over a point's own.

        Raises:
            UnsafeInputError: Data that cannot be stored, with row and column; also a `ValueError`. Requests with the
                data before it may have been sent.
            PartialWriteError: Lines were refused, which `bad_lines` names; all others were stored.
            InfluxDBWriteError: Nothing of a request was stored.
            OutcomeUnknownError: No answer came, and points without a time may have been stored.

        Wire: writePoints · specs/influxdb.yaml
        """
        where = target(
            db or self.db, rp or (None if db else self.rp), precision, consistency,
            gzip=self._given.gzip if gzip is None else gzip,
        )  # fmt: skip
        encoder = self._encoders.of(
            measurement=measurement,
            tag_columns=tag_columns,
            tags={**(tags or {}), **extra_tags},
            precision=precision,
            field_types=field_types,
            on_invalid=on_invalid,
            strict=strict,
            report=report,
            time_column=time_column,
            timezone=timezone,
            object_types=object_types,
            datetimes=datetimes,
            category_tags=category_tags,
            layout=layout,
        )
        await writing.write_chunks(self.api, encoder.chunks(data, batch_size, lines.MAX_BYTES), where)
        return True
