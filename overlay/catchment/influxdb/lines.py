"""Anything that holds points, to chunks of line protocol: the one door to all encoders."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from catchment.influxdb.chunks import MAX_BYTES, MAX_LINES, Chunk
from catchment.influxdb.encoder import Encoder
from catchment.influxdb.records import Layout
from catchment.influxdb.reporting import OnInvalid, Report

Data: TypeAlias = object
"""Line protocol as `str` or `bytes`, a mapping, a `Point`, an object with `to_lineprotocol()`, a pandas or polars
frame, anything with an Arrow stream, or an iterable of these, nested or not."""


def encode(
    data: Data,
    *,
    measurement: str | None = None,
    tag_columns: Sequence[Hashable] | None = None,
    tags: Mapping[str, object] | None = None,
    precision: str | None = None,
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
    max_lines: int = MAX_LINES,
    max_bytes: int = MAX_BYTES,
) -> Iterator[Chunk]:
    """
    Encode points as line protocol, lazily and in order.

    Settings are checked at once; data is read while the result is iterated over, a slice at a time, so a generator
    without end is fine. Missing values (`None`, NaN, NaT, `pd.NA`) and infinities leave their field or tag out, and
    empty tags too.

    Args:
        data: See `Data`. Mappings have `fields`, and may have `measurement`, `tags` and `time` (`int` in `precision`,
            datetime, date, pandas or numpy time, text of a date; naive is UTC; none: the server's clock).
        measurement: Of points and tables that name none.
        tag_columns: Columns of tables that are tags. All others are fields.
        tags: Tags of all points; they win over a point's own. Not added to line protocol that the caller wrote.
        precision: Unit in which times are sent: `ns` (default), `us`, `ms`, `s`, `m`, `h`. Times are rounded down.
        field_types: Field to `"float"`, `"int"`, `"uint"`, `"str"` or `"bool"`, where its values are of mixed types
            or of another type than the server's.
        on_invalid: What to do with what the server cannot store: `"raise"`; `"replace"` it by something similar, or
            drop the point if there is nothing; `"drop"` the point.
        strict: Raise for points without a field, which are skipped otherwise.
        report: Receives the counts of what was skipped, replaced and dropped.
        time_column: Of tables; by default pandas' index, and Arrow's column `time`.
        timezone: IANA name of the zone that naive times of tables are in; UTC by default.
        object_types: Values of pandas object columns: all as text, or each by its own type (`"infer"`).
        datetimes: Times in fields of tables: RFC 3339 text, or integers of nanoseconds.
        category_tags: Make categorical columns tags.
        layout: Where flat mappings, named tuples and dataclasses have the parts of a point.
        max_lines: Lines of a chunk, at most.
        max_bytes: Bytes of a chunk, at most, unless a single line is longer.

    Raises:
        UnsafeInputError: A setting that cannot be; while iterating: data that cannot be stored, with row and column
            named, counted from 0 within its frame or among the points.
        ConfigError: Arrow data, and no pyarrow (extra `arrow`).
    """
    encoder = Encoder(
        measurement=measurement,
        tag_columns=tag_columns,
        tags=tags,
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
    return encoder.chunks(data, max_lines, max_bytes)
