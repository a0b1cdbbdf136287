"""One pass over data: tells its kinds apart, and hands each to what encodes it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from catchment.core import extras
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import rawtext
from catchment.influxdb.bulk import SLICE, BulkEncoder
from catchment.influxdb.chunks import Chunk, Packer
from catchment.influxdb.points import PointEncoder
from catchment.influxdb.records import Layout


@dataclass(frozen=True, slots=True)
class TableArguments:
    """What `encode` was told about tables."""

    tag_columns: Sequence[Hashable]
    time_column: Hashable | None
    timezone: str | None
    object_types: Literal["str", "infer"]
    datetimes: Literal["iso", "ns"]
    category_tags: bool
    counted: bool


class Encoding:
    """
    Goes through data once.

    Args:
        points: What looks at points one by one.
        bulk: What writes many of them.
        table: How tables become points.
        layout: Where flat records have the parts of a point.
        packer: What makes chunks.
    """

    def __init__(
        self, points: PointEncoder, bulk: BulkEncoder, table: TableArguments, layout: Layout | None, packer: Packer
    ) -> None:
        self._points = points
        self._bulk = bulk
        self._table = table
        self._layout = layout
        self._packer = packer
        self._waiting: list[Mapping[str, Any]] = []
        self._row = 0  # of the first one that waits

    def chunks(self, data: object) -> Iterator[Chunk]:
        """Yield everything as chunks."""
        yield from self._any(data, 0)
        yield from self._settle()
        yield from self._packer.flush()

    def _any(self, data: Any, depth: int) -> Iterator[Chunk]:
        if isinstance(data, Mapping):
            yield from self._point(cast("Mapping[str, Any]", data))
        elif isinstance(data, str | bytes | bytearray | memoryview):
            yield from self._settle()
            yield from self._raw(cast("bytes", data))
        elif hasattr(data, "to_lineprotocol"):
            yield from self._object(data)
        elif _is_frame(data):
            yield from self._settle()
            yield from self._frame(data)
        elif hasattr(data, "__arrow_c_stream__"):
            yield from self._settle()
            yield from self._arrow(data)
        elif self._layout is not None and self._layout.fits(data):
            yield from self._point(self._layout.point(data))
        else:
            yield from self._each(data, depth)

    def _each(self, data: Any, depth: int) -> Iterator[Chunk]:
        kind: str = type(data).__name__
        record = hasattr(data, "_fields") or hasattr(data, "__dataclass_fields__")
        if record or not isinstance(data, Iterable) or depth > 20:
            hint = "; decorate its class with @lineprotocol, or give a layout" if record else ""
            raise UnsafeInputError(
                f"row {self._row + len(self._waiting)}: {kind} holds no points{hint}: line protocol, "
                "mappings, frames, objects with to_lineprotocol(), or iterables of these do"
            )
        waiting, plain = self._waiting, self._layout is None
        for item in cast("Iterable[Any]", data):
            if plain and type(item) is dict:  # the common case, at a tenth of the general one's cost
                waiting.append(cast("dict[str, Any]", item))
                if len(waiting) >= SLICE:
                    yield from self._settle()
            else:
                yield from self._any(item, depth + 1)

    def _point(self, point: Mapping[str, Any]) -> Iterator[Chunk]:
        if self._layout is not None:
            point = self._layout.point(point)
        self._waiting.append(point)
        if len(self._waiting) >= SLICE:
            yield from self._settle()

    def _settle(self) -> Iterator[Chunk]:
        """Write the points that wait."""
        if self._waiting:
            points = self._waiting.copy()
            self._waiting.clear()
            lines, stamped = self._bulk.lines(points, self._row)
            self._row += len(points)
            yield from self._packer.add_lines(lines.text, 0, lines.count, stamped=stamped)

    def _object(self, data: Any) -> Iterator[Chunk]:
        yield from self._settle()
        yield from self._raw(data.to_lineprotocol())
        self._row += 1

    def _raw(self, data: str | bytes | bytearray | memoryview) -> Iterator[Chunk]:
        """Take the caller's own lines, as they are; separate pieces get a line feed between them."""
        try:
            body = data.encode() if isinstance(data, str) else bytes(data)
        except UnicodeEncodeError as error:
            raise UnsafeInputError(f"line protocol holds half of a surrogate pair at {error.start}") from None
        first = last = points = 0
        stamped = True
        for line in rawtext.split(body):
            if points and (points == self._packer.max_lines or line.stop - first > self._packer.max_bytes):
                yield from self._packer.add(body[first:last], points, stamped=stamped)
                first, points, stamped = line.start, 0, True
            last = line.stop
            points += line.point
            stamped = stamped and (line.stamped or not line.point)
        if points:
            rest = body[first:]
            yield from self._packer.add(rest if rest.endswith(b"\n") else rest + b"\n", points, stamped=stamped)

    def _frame(self, frame: Any) -> Iterator[Chunk]:
        from catchment.influxdb import frames_out, tables

        options = self._table_options()
        yield from self._slabs(tables.SlabMaker(frames_out.source(frame, options), options))

    def _arrow(self, data: Any) -> Iterator[Chunk]:
        from catchment.influxdb import arrow_in, polars_in, tables

        options, row = self._table_options(), 0
        if extras.optional("pyarrow") is None and polars_in.is_polars(data):
            yield from self._slabs(tables.SlabMaker(polars_in.source(data, options), options))
            return
        for batch in arrow_in.batches(data):
            yield from self._slabs(tables.SlabMaker(arrow_in.source(batch, options), options, row))
            row += batch.num_rows

    def _table_options(self) -> Any:
        from catchment.influxdb import tables

        points, table = self._points, self._table
        if points.measurement is None:
            raise UnsafeInputError("a table needs a measurement")
        return tables.TableOptions(
            measurement=points.measurement,
            policy=points.policy,
            tag_columns=table.tag_columns,
            tags=points.tags,
            precision=points.precision,
            counted=table.counted,
            field_types=points.field_types,
            time_column=table.time_column,
            timezone=table.timezone,
            object_types=table.object_types,
            datetimes=table.datetimes,
            category_tags=table.category_tags,
        )

    def _slabs(self, maker: Any) -> Iterator[Chunk]:
        from catchment.influxdb import arrow_out, plain_out, tables

        fast = extras.optional("pyarrow") is not None
        for slab in maker.slabs(tables.FAST_ROWS if fast else tables.PLAIN_ROWS):
            if fast:
                for ends, text in arrow_out.blocks(slab):
                    yield from self._cut(ends, text)
            else:
                lines = plain_out.lines(slab)
                yield from self._packer.add_lines(lines.text, 0, lines.count, stamped=True)

    def _cut(self, ends: Any, text: memoryview) -> Iterator[Chunk]:
        """Cut lines that lie in one buffer into chunks."""
        np = extras.numpy()
        at, count = 0, len(ends) - 1
        while at < count:
            fit = int(np.searchsorted(ends, int(ends[at]) + self._packer.max_bytes, side="right")) - 1
            stop = min(max(fit, at + 1), at + self._packer.max_lines, count)
            yield from self._packer.add(bytes(text[ends[at] : ends[stop]]), stop - at, stamped=True)
            at = stop


def _is_frame(data: object) -> bool:
    pandas = extras.loaded("pandas")
    return pandas is not None and isinstance(data, pandas.DataFrame)
