"""pandas frames: which column becomes what, read in slabs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from typing import Any, cast

from catchment.core import extras
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import arrow_in, cells, precision, tables
from catchment.influxdb.cells import Cells
from catchment.influxdb.tables import ReadField, ReadTag, ReadTimes, Source, TableOptions
from catchment.influxdb.values import is_missing, plain_value

UNITS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


def source(frame: Any, options: TableOptions) -> Source:
    """
    Return a DataFrame's columns by role. Nothing is copied, and nothing read but types.

    Raises:
        UnsafeInputError: Two columns of one name, a tag column that there is not, no times, or a type that cannot be
            stored.
    """
    labels: list[Hashable] = list(frame.columns)
    names = [str(label) for label in labels]
    positions = [at for at, label in enumerate(labels) if options.time_column is None or label != options.time_column]
    tables.check_tag_columns(options.tag_columns, labels)
    tables.check_names([names[at] for at in positions], options.tags)
    series = {names[at]: frame.iloc[:, at] for at in positions}
    tagged = {str(label) for label in options.tag_columns}
    if options.category_tags:
        tagged |= {name for name, column in series.items() if _is_category(column.dtype)}
    tags = {name: tag_reader(column) for name, column in series.items() if name in tagged}
    fields = {name: field_reader(name, column, options) for name, column in series.items() if name not in tagged}
    weights = [weigher(column) for name, column in series.items() if name not in tagged and is_text(column.dtype)]
    return Source(
        len(frame), tags, fields, times_reader(frame, options), lambda a, b: sum(weigh(a, b) for weigh in weights)
    )


def times_reader(frame: Any, options: TableOptions) -> ReadTimes:
    """
    Return the reader of the time column, or of the index.

    Raises:
        UnsafeInputError: It holds no times, or integers of which the caller did not name the unit.
    """
    pd = extras.pandas()
    if options.time_column is None:
        times, what = frame.index, "the index"
    elif options.time_column in frame.columns:
        times, what = pd.Index(frame[options.time_column]), f"time column {options.time_column!r}"
    else:
        raise UnsafeInputError(f"time column {options.time_column!r} is not in the frame")
    if isinstance(times, pd.PeriodIndex):
        times = times.to_timestamp()
    if isinstance(times.dtype, pd.ArrowDtype) and times.dtype.kind == "M":
        times = pd.DatetimeIndex(times)
    if isinstance(times, pd.DatetimeIndex):
        if options.timezone is not None and times.tz is None:
            times = times.tz_localize(options.timezone)
        stamps, unit = times.asi8, UNITS[times.unit]
        return lambda a, b: cells.scaled(stamps[a:b], unit, options.precision)
    if pd.api.types.is_integer_dtype(times.dtype) and options.counted:
        unsigned, unit = times.dtype.kind == "u", precision.NANOSECONDS[options.precision]
        wanted, missing = ("uint64", 2**64 - 1) if unsigned else ("int64", -(2**63))
        numbers = times.to_numpy(dtype=wanted, na_value=missing)
        return lambda a, b: cells.scaled(numbers[a:b], unit, options.precision)
    if options.time_column is not None and is_text(times.dtype):
        values = times.to_numpy(dtype=object)
        return lambda a, b: cells.parsed(values[a:b], options.precision)
    raise UnsafeInputError(
        f"{what} holds {times.dtype}, and points need times: set a DatetimeIndex, or name a time_column, "
        "or give the precision that whole numbers are in"
    )


def field_reader(name: str, series: Any, options: TableOptions) -> ReadField:
    """
    Return the reader of a field's values.

    Raises:
        UnsafeInputError: A type without a form in line protocol.
    """
    pd, dtype = extras.pandas(), series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _category_reader(name, series, options)
    if isinstance(dtype, pd.ArrowDtype):
        return arrow_in.field_reader(name, _arrow(series), options)
    if isinstance(dtype, pd.StringDtype):
        return _string_reader(series)
    if _is_object(dtype):
        return _object_reader(series, options)
    kind = getattr(dtype, "kind", "")
    if kind == "M":
        return _datetime_reader(series, options)
    if kind in "biuf" and hasattr(dtype, "numpy_dtype"):
        return _masked_reader(series)
    if kind in "biuf" and kind:
        return _numpy_reader(series)
    raise UnsafeInputError(f"column {name!r} holds {dtype}, which no field can store; convert it or leave it out")


def tag_reader(series: Any) -> ReadTag:
    """Return the reader of a tag's values."""
    pd = extras.pandas()
    array = _arrow_strings(series)
    if array is not None:
        return arrow_in.tag_reader(array)
    if _is_object(series.dtype):
        if pd.api.types.infer_dtype(series, skipna=True) not in ("string", "empty"):
            texts = [None if is_missing(value) else str(plain_value(value)) for value in series.tolist()]
            series = pd.Series(texts, dtype=object)  # 1, 1.0 and True are one value to pandas
    elif not _is_category(series.dtype) and getattr(series.dtype, "kind", "O") in "mc":
        raise UnsafeInputError(f"tag column {series.name!r} holds {series.dtype}; convert it to text")
    return lambda a, b: _factorized(series.iloc[a:b])


def weigher(series: Any) -> Callable[[int, int], int]:
    """Return what tells the bytes of a text column's rows, roughly."""
    array = _arrow_strings(series)
    if array is not None:
        return lambda a, b: array.slice(a, b - a).nbytes
    values = series.to_numpy(dtype=object)
    return lambda a, b: _length(values[a:b].tolist())


def _length(values: list[object]) -> int:
    try:
        return len("".join(cast("list[str]", values)))
    except TypeError:  # something is missing, or no string
        return sum(len(value) for value in values if isinstance(value, str))


def is_text(dtype: Any) -> bool:
    """Tell whether a column may hold strings."""
    pd = extras.pandas()
    return _is_object(dtype) or isinstance(dtype, pd.StringDtype | pd.ArrowDtype)


def _factorized(series: Any) -> tuple[Any, Sequence[object]]:
    codes, uniques = extras.pandas().factorize(series, use_na_sentinel=True)
    return codes, list(uniques)


def _is_object(dtype: Any) -> bool:
    return bool(extras.pandas().api.types.is_object_dtype(dtype))


def _is_category(dtype: Any) -> bool:
    return isinstance(dtype, extras.pandas().CategoricalDtype)


def _arrow(series: Any) -> Any:
    pa = extras.needed("pyarrow", "arrow", "an Arrow-backed column")
    array = pa.array(series.array)
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def _arrow_strings(series: Any) -> Any | None:
    """Return the Arrow array below a column of strings, if there is one."""
    pd, pa, dtype = extras.pandas(), extras.optional("pyarrow"), series.dtype
    if pa is None:
        return None
    if isinstance(dtype, pd.StringDtype):
        return _arrow(series) if dtype.storage == "pyarrow" else None
    text = isinstance(dtype, pd.ArrowDtype) and arrow_in.is_text(dtype.pyarrow_dtype)
    return _arrow(series) if text else None


def _numpy_reader(series: Any) -> ReadField:
    values, kind = series.to_numpy(), series.dtype.kind
    if not values.dtype.isnative:  # of a file that another machine wrote; orjson and Arrow know their own order only
        values = values.astype(values.dtype.newbyteorder("="))
    if kind == "f":
        return lambda a, b: cells.finite(values[a:b])
    return lambda a, b: Cells("boolean" if kind == "b" else "integer", values[a:b])


def _masked_reader(series: Any) -> ReadField:
    """Read a column of pandas' nullable types."""
    kind, plain = series.dtype.kind, series.dtype.numpy_dtype

    def read(a: int, b: int) -> Cells:
        part = series.iloc[a:b]
        if kind == "f":
            return cells.finite(part.to_numpy(dtype=plain, na_value=float("nan")))
        missing = part.isna().to_numpy()
        values = part.to_numpy(dtype=plain, na_value=False if kind == "b" else 0)
        return Cells("boolean" if kind == "b" else "integer", values, ~missing if missing.any() else None)

    return read


def _string_reader(series: Any) -> ReadField:
    array = _arrow_strings(series)
    if array is not None:
        return lambda a, b: arrow_in.string_cells(array.slice(a, b - a))
    values = series.to_numpy(dtype=object)
    return lambda a, b: string_cells(values[a:b])


def _object_reader(series: Any, options: TableOptions) -> ReadField:
    pd = extras.pandas()
    values = series.to_numpy()
    kind = pd.api.types.infer_dtype(values, skipna=True)
    if options.object_types == "infer" or kind == "decimal":
        return lambda a, b: Cells("loose", values[a:b].tolist())
    if kind == "string":
        return lambda a, b: string_cells(values[a:b])
    return lambda a, b: Cells("loose", [_as_text(value) for value in values[a:b].tolist()])


def _as_text(value: object) -> object:
    """Return a value of a mixed column as text; times and bytes are left to be looked at."""
    if is_missing(value):
        return None
    if isinstance(value, bytes | bytearray) or hasattr(value, "isoformat"):
        return value
    return str(value) if not isinstance(value, Decimal) else repr(float(value))


def string_cells(values: Any) -> Cells:
    """Return strings of an object array in which anything else is missing."""
    np = extras.numpy()
    texts = [value if isinstance(value, str) else None for value in values.tolist()]
    together = "".join(filter(None, texts))
    if not together.isascii():
        try:
            together.encode()
        except UnicodeEncodeError:
            return Cells("loose", texts)  # one of them is no text: which one shows when each is looked at
    valid = np.array([text is not None for text in texts], bool)
    return Cells("string", texts, None if valid.all() else valid)


def _datetime_reader(series: Any, options: TableOptions) -> ReadField:
    stamps = extras.pandas().DatetimeIndex(series)
    numbers, unit = stamps.asi8, UNITS[stamps.unit]

    def read(a: int, b: int) -> Cells:
        exact = [None if number == -(2**63) else number for number in numbers[a:b].tolist()]
        return cells.instants(exact, unit, options.datetimes)

    return read


def _category_reader(name: str, series: Any, options: TableOptions) -> ReadField:
    np, pd = extras.numpy(), extras.pandas()
    codes, categories = series.cat.codes.to_numpy(), pd.Series(series.cat.categories)
    if not len(categories):
        return lambda a, b: Cells("loose", [None] * (b - a))
    every = field_reader(name, categories, options)(0, len(categories))

    def read(a: int, b: int) -> Cells:
        chosen = codes[a:b]
        valid, safe = chosen >= 0, np.maximum(chosen, 0)
        valid = valid if every.valid is None else valid & every.valid[safe]
        values: Any = _taken(every.values, safe)
        if every.kind == "loose":
            return Cells("loose", [value if good else None for value, good in zip(values, valid.tolist(), strict=True)])
        return Cells(every.kind, values, None if valid.all() else valid)

    return read


def _taken(values: Any, positions: Any) -> Any:
    """Return some of the values of a list, a numpy array or a pyarrow array, as the same."""
    if isinstance(values, list):
        return list(map(cast("list[Any]", values).__getitem__, positions.tolist()))
    return values.take(positions)
