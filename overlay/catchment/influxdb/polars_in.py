"""polars frames where pyarrow is not installed; with it they come as any Arrow data does."""

from __future__ import annotations

from typing import Any

from catchment.core import extras
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import arrow_in, cells, precision, tables
from catchment.influxdb.cells import Cells
from catchment.influxdb.tables import ReadField, ReadTag, ReadTimes, Source, TableOptions


def is_polars(data: object) -> bool:
    """Tell whether this is a polars frame."""
    polars = extras.loaded("polars")
    return polars is not None and isinstance(data, polars.DataFrame)


def source(frame: Any, options: TableOptions) -> Source:
    """
    Return a frame's columns by role.

    Raises:
        UnsafeInputError: A tag column that there is not, no times, or a type that cannot be stored.
    """
    pl = extras.needed("polars", "arrow", "a polars frame")
    time_column = arrow_in.time_column(list(frame.columns), options)
    columns = {name: frame[name] for name in frame.columns if name != time_column}
    tables.check_names(list(columns), options.tags)
    tables.check_tag_columns(options.tag_columns, frame.columns)
    tagged = {str(name) for name in options.tag_columns}
    if options.category_tags:
        tagged |= {name for name, column in columns.items() if column.dtype in (pl.Categorical, pl.Enum)}
    fields = {name: field_reader(column, options) for name, column in columns.items() if name not in tagged}
    text = [column for name, column in columns.items() if name in fields and column.dtype == pl.String]
    return Source(
        frame.height,
        {name: tag_reader(column) for name, column in columns.items() if name in tagged},
        fields,
        times_reader(frame[time_column], options),
        lambda a, b: sum(column.slice(a, b - a).str.len_bytes().sum() for column in text),
    )


def times_reader(series: Any, options: TableOptions) -> ReadTimes:
    """
    Return the reader of a time column.

    Raises:
        UnsafeInputError: It holds no times, or integers of which the caller did not name the unit.
    """
    pl, kind = extras.needed("polars", "arrow", "a polars frame"), series.dtype
    if kind == pl.Datetime:
        if options.timezone is not None and kind.time_zone is None:
            series = series.dt.replace_time_zone(options.timezone)
        unit = arrow_in.UNITS[kind.time_unit]
    elif kind == pl.Date:
        unit = arrow_in.DAY
    elif kind.is_integer() and options.counted:
        unit = precision.NANOSECONDS[options.precision]
    elif kind == pl.String:
        return lambda a, b: cells.parsed(series.slice(a, b - a).to_list(), options.precision)
    else:
        raise UnsafeInputError(
            f"time column {series.name!r} holds {kind}: times, dates or text are needed, "
            "or whole numbers and the precision that they are in"
        )

    def read(a: int, b: int) -> tuple[Any, Any | None]:
        part = series.slice(a, b - a).to_physical()
        wide = part.dtype == pl.UInt64
        numbers = (part.fill_null(2**64 - 1) if wide else part.cast(pl.Int64).fill_null(-(2**63))).to_numpy()
        return cells.scaled(numbers, unit, options.precision)

    return read


def field_reader(series: Any, options: TableOptions) -> ReadField:
    """
    Return the reader of a field's values.

    Raises:
        UnsafeInputError: A type without a form in line protocol.
    """
    pl, kind = extras.needed("polars", "arrow", "a polars frame"), series.dtype
    if kind in (pl.Categorical, pl.Enum, pl.String):
        return lambda a, b: _strings(series.slice(a, b - a).cast(pl.String))
    if kind.is_float():
        return lambda a, b: cells.finite(series.slice(a, b - a).fill_null(float("nan")).to_numpy())
    if kind.is_integer() or kind == pl.Boolean:
        return lambda a, b: _whole(series.slice(a, b - a), boolean=kind == pl.Boolean)
    if kind == pl.Datetime:
        unit = arrow_in.UNITS[kind.time_unit]
        return lambda a, b: cells.instants(series.slice(a, b - a).to_physical().to_list(), unit, options.datetimes)
    if kind in (pl.Date, pl.Null) or kind.is_decimal():
        return lambda a, b: Cells("loose", series.slice(a, b - a).to_list())
    raise UnsafeInputError(f"column {series.name!r} holds {kind}, which no field can store; convert it or leave it out")


def tag_reader(series: Any) -> ReadTag:
    """Return the reader of a tag's values."""

    def read(a: int, b: int) -> tuple[Any, list[object]]:
        np = extras.numpy()
        known: dict[object, int] = {None: -1}
        codes = [known.setdefault(value, len(known) - 1) for value in series.slice(a, b - a).to_list()]
        return np.array(codes, np.int64), list(known)[1:]

    return read


def _strings(series: Any) -> Cells:
    return Cells("string", series.to_list(), series.is_not_null().to_numpy() if series.null_count() else None)


def _whole(series: Any, *, boolean: bool) -> Cells:
    valid = series.is_not_null().to_numpy() if series.null_count() else None
    return Cells("boolean" if boolean else "integer", series.fill_null(not boolean and 0).to_numpy(), valid)
