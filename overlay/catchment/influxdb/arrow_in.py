"""Arrow data, and whatever hands it out through the capsule interface (polars, DuckDB, pyarrow): read in slabs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catchment.core import extras
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import cells, precision, tables
from catchment.influxdb.cells import Cells
from catchment.influxdb.tables import ReadField, ReadTag, ReadTimes, Source, TableOptions

UNITS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
DAY = 86_400_000_000_000


def pyarrow() -> Any:
    """Return pyarrow."""
    return extras.needed("pyarrow", "arrow", "Arrow data")


def batches(data: Any) -> Iterator[Any]:
    """Yield the record batches of anything with Arrow's stream capsule, one at a time."""
    reader = pyarrow().RecordBatchReader.from_stream(data)
    yield from reader


def source(batch: Any, options: TableOptions) -> Source:
    """
    Return a record batch's columns by role.

    Raises:
        UnsafeInputError: Two columns of one name, a tag column that there is not, no times, or a type that cannot be
            stored.
    """
    names: list[str] = list(batch.schema.names)
    stamps = time_column(names, options)
    tables.check_names([name for name in names if name != stamps], options.tags)
    tables.check_tag_columns(options.tag_columns, names)
    tagged = {str(name) for name in options.tag_columns}
    if options.category_tags:
        tagged |= {field.name for field in batch.schema if pyarrow().types.is_dictionary(field.type)}
    arrays = {name: batch.column(at) for at, name in enumerate(names) if name != stamps}
    fields = {name: field_reader(name, array, options) for name, array in arrays.items() if name not in tagged}
    text = [array for name, array in arrays.items() if name in fields and is_text(array.type)]
    return Source(
        batch.num_rows,
        {name: tag_reader(array) for name, array in arrays.items() if name in tagged},
        fields,
        times_reader(stamps, batch.column(names.index(stamps)), options),
        lambda a, b: sum(array.slice(a, b - a).nbytes for array in text),
    )


def time_column(names: list[str], options: TableOptions) -> str:
    """
    Return the name of the column of times.

    Raises:
        UnsafeInputError: There is none, or there are two.
    """
    name = "time" if options.time_column is None else str(options.time_column)
    if names.count(name) != 1:
        raise UnsafeInputError(
            f"points need times, and there is not one column {name!r}: name one with time_column; "
            f"the table has {', '.join(map(repr, names))}"
        )
    return name


def times_reader(name: str, array: Any, options: TableOptions) -> ReadTimes:
    """
    Return the reader of a time column.

    Raises:
        UnsafeInputError: It holds no times, or integers of which the caller did not name the unit.
    """
    pa, kind = pyarrow(), array.type
    if pa.types.is_timestamp(kind):
        if options.timezone is not None and kind.tz is None:
            array = pa.compute.assume_timezone(array, options.timezone)
        unit = UNITS[kind.unit]
    elif pa.types.is_date(kind):
        array, unit = array.cast(pa.date32()), DAY
    elif pa.types.is_integer(kind) and options.counted:
        unit = precision.NANOSECONDS[options.precision]
    elif is_text(kind):
        return lambda a, b: cells.parsed(array.slice(a, b - a).to_pylist(), options.precision)
    else:
        raise UnsafeInputError(
            f"time column {name!r} holds {kind}: timestamps, dates or text are needed, "
            "or whole numbers and the precision that they are in"
        )

    def read(a: int, b: int) -> tuple[Any, Any | None]:
        part = whole(array.slice(a, b - a))
        if pa.types.is_date32(part.type):
            part = part.cast(pa.int32())
        missing = 2**64 - 1 if pa.types.is_uint64(part.type) else -(2**63)
        part = part if missing > 0 else part.cast(pa.int64())
        numbers = part.fill_null(missing).to_numpy(zero_copy_only=False)
        return cells.scaled(numbers, unit, options.precision)

    return read


def field_reader(name: str, array: Any, options: TableOptions) -> ReadField:
    """
    Return the reader of a field's values.

    Raises:
        UnsafeInputError: A type without a form in line protocol.
    """
    pa, kind = pyarrow(), array.type
    types = pa.types
    if types.is_dictionary(kind):
        field_reader(name, pa.array([], kind.value_type), options)  # asked only whether the values can be stored
        return lambda a, b: field_reader(name, _decoded(array.slice(a, b - a)), options)(0, b - a)
    if types.is_integer(kind) or types.is_boolean(kind) or types.is_floating(kind):
        return lambda a, b: number_cells(array.slice(a, b - a))
    if is_text(kind):
        return lambda a, b: string_cells(array.slice(a, b - a))
    if types.is_decimal(kind) or types.is_null(kind):
        return lambda a, b: Cells("loose", array.slice(a, b - a).to_pylist())
    if types.is_timestamp(kind) or types.is_date(kind):
        return lambda a, b: _time_cells(array.slice(a, b - a), options)
    raise UnsafeInputError(f"column {name!r} holds {kind}, which no field can store; convert it or leave it out")


def tag_reader(array: Any) -> ReadTag:
    """Return the reader of a tag's values."""

    def read(a: int, b: int) -> tuple[Any, list[object]]:
        pa = pyarrow()
        part = whole(array.slice(a, b - a))
        if pa.types.is_string_view(part.type):
            part = part.cast(pa.string())
        encoded = part if pa.types.is_dictionary(part.type) else part.dictionary_encode()
        codes = encoded.indices
        if codes.null_count:
            codes = codes.cast(pa.int64()).fill_null(-1)
        return codes.to_numpy(zero_copy_only=False), encoded.dictionary.to_pylist()

    return read


def number_cells(array: Any) -> Cells:
    """Return numbers or booleans as numpy arrays."""
    pa, part = pyarrow(), whole(array)
    types, missing = pa.types, part.null_count > 0
    if types.is_floating(part.type):
        return cells.finite(part.to_numpy(zero_copy_only=False))  # nulls become NaN
    valid = part.is_valid().to_numpy(zero_copy_only=False) if missing else None
    boolean = types.is_boolean(part.type)
    values = (part.fill_null(False if boolean else 0) if missing else part).to_numpy(zero_copy_only=False)
    return Cells("boolean" if boolean else "integer", values, valid)


def string_cells(array: Any) -> Cells:
    """Return strings as an Arrow array with 32-bit offsets."""
    pa, part = pyarrow(), whole(array)
    if part.type != pa.string():
        part = part.cast(pa.string())
    return Cells("string", part, part.is_valid().to_numpy(zero_copy_only=False) if part.null_count else None)


def whole(array: Any) -> Any:
    """Return an array in one piece."""
    pa = pyarrow()
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _decoded(array: Any) -> Any:
    """Return a dictionary array's values in full. Neither casts nor `take` know string views."""
    part, pa = whole(array), pyarrow()
    values = part.dictionary
    return (values.cast(pa.string()) if pa.types.is_string_view(values.type) else values).take(part.indices)


def is_text(kind: Any) -> bool:
    """Tell whether an Arrow type is one of strings."""
    types = pyarrow().types
    return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)


def _time_cells(array: Any, options: TableOptions) -> Cells:
    pa, part = pyarrow(), whole(array)
    if pa.types.is_timestamp(part.type):
        return cells.instants(part.cast(pa.int64()).to_pylist(), UNITS[part.type.unit], options.datetimes)
    return Cells("loose", part.to_pylist())
