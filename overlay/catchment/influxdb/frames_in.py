"""Series of answers to frames: pandas, Arrow, polars; types as the server has them, times to the nanosecond."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from catchment.core import columns_in, extras
from catchment.core.columns_in import IntegersWithNulls, Kind, Piece, Whole
from catchment.core.errors import DecodeError, UnsafeInputError
from catchment.influxdb.documents import SeriesDict
from catchment.influxdb.packed import Columns
from catchment.influxdb.precision import NANOSECONDS, Precision

if TYPE_CHECKING:
    import pandas as pd

    Frames: TypeAlias = "pd.DataFrame | dict[str | None, pd.DataFrame] | list[dict[str | None, pd.DataFrame]]"

FieldTypes: TypeAlias = Mapping[str, Kind]
"""Field to type, of one measurement."""

TIME: Final = "time"
NAME: Final = "measurement"
"""Column of combined frames that holds the series' name, where there are several."""


@dataclass(frozen=True, slots=True)
class FrameOptions:
    """
    How answers become frames.

    Args:
        epoch: Unit of the times in the answer.
        tz: Zone in which the index shows its instants.
        nullable: pandas' nullable types for all columns.
        integers: What integers become where some are missing: `"Int64"`, or `"float64"` without loss.
        dtypes: Column to dtype, as `astype` takes it.
        index: Columns, tags and `"time"` that make the index, in place of the time alone.
        combine: One frame of all series of a statement, tags as categories.
    """

    epoch: Precision = "n"
    tz: str = "UTC"
    nullable: bool = False
    integers: IntegersWithNulls = "Int64"
    dtypes: Mapping[str, Any] | None = None
    index: Sequence[str] | None = None
    combine: bool = False

    def __post_init__(self) -> None:
        if self.integers not in {"Int64", "float64"}:
            raise UnsafeInputError(f"integers={self.integers!r}: 'Int64' or 'float64' is needed")
        if isinstance(self.index, str):
            object.__setattr__(self, "index", [self.index])


@dataclass(slots=True)
class Table:
    """One series, by columns, as far as it has arrived."""

    statement_id: int
    name: str | None
    tags: Mapping[str, str]
    columns: list[str]
    pieces: list[list[Piece]] = field(default_factory=list[list[Piece]])
    rows: int = 0

    @classmethod
    def of(cls, statement_id: int, series: SeriesDict) -> Table:
        """Begin with a series or its first part."""
        table = cls(statement_id, series.get("name"), series.get("tags") or {}, list(series["columns"]))
        table.pieces = [[] for _ in table.columns]
        table.extend(series)
        return table

    def extend(self, series: SeriesDict) -> None:
        """
        Add rows.

        Raises:
            DecodeError: Rows are not as wide as the header says.
        """
        rows = series.get("values") or []
        if not rows:
            return
        if isinstance(rows, Columns):
            for pieces, piece in zip(self.pieces, rows.pieces, strict=True):
                pieces.append(piece)
            self.rows += rows.rows
            return
        width = len(self.columns)
        if not set(map(type, rows)) <= {list, tuple} or set(map(len, rows)) != {width}:
            raise DecodeError("rows of the answer are not as wide as its header", service="influxdb", operation="query")
        # Slices of one flat list: `zip(*rows)` makes an iterator a row, and the collector looks at each of them.
        flat = list(chain.from_iterable(rows))
        for at, pieces in enumerate(self.pieces):
            pieces.append(columns_in.piece(flat[at::width]))
        self.rows += len(rows)

    def continues(self, statement_id: int, series: SeriesDict) -> bool:
        """Tell whether a part is of this series."""
        return (
            statement_id == self.statement_id
            and series.get("name") == self.name
            and list(series["columns"]) == self.columns
            and (series.get("tags") or {}) == self.tags
        )

    @property
    def label(self) -> str | None:
        """`name,tag=value,...` as frames of several series are keyed."""
        return ",".join(filter(None, [self.name, *(f"{key}={value}" for key, value in self.tags.items())])) or None

    def blank_columns(self) -> list[str]:
        """Return the columns in which everything is missing, so that their type does not show."""
        return [
            name
            for name, pieces in zip(self.columns, self.pieces, strict=True)
            if pieces and all(piece.kind == "null" for piece in pieces)
        ]


class Tables:
    """Puts the series of an answer together, in order."""

    def __init__(self) -> None:
        self.found: list[list[Table]] = []
        self._open = False

    def add(self, statement_id: int, series: Iterable[SeriesDict]) -> None:
        """Take what a document says of a statement."""
        while len(self.found) <= statement_id:
            self.found.append([])
        for one in series:
            tables = self.found[statement_id]
            if self._open and tables and tables[-1].continues(statement_id, one):
                tables[-1].extend(one)
            else:
                tables.append(Table.of(statement_id, one))
            self._open = bool(one.get("partial"))


# -- pandas ------------------------------------------------------------------------------------------------------------


def shaped(
    statements: Sequence[Sequence[Table]], options: FrameOptions, types: Mapping[str, FieldTypes] | None = None
) -> Frames:
    """
    Return the frames of an answer.

    Args:
        statements: Series of each statement.
        options: How.
        types: Measurement to its fields' types, for columns in which everything is missing.

    Returns:
        The frame of a single series; `{}` without series; a dict by `name,tag=value,...` of several series; a list of
        such dicts of several statements. With `combine`, one frame for each statement.
    """
    if options.combine:
        frames = [combined(tables, options, types) for tables in statements]
        return frames[0] if len(frames) == 1 else frames  # pyright: ignore[reportReturnType]
    keyed = [_keyed([(table.label, frame(table, options, types)) for table in tables]) for tables in statements]
    if len(keyed) != 1:
        return keyed or {}
    return next(iter(keyed[0].values())) if len(keyed[0]) == 1 else keyed[0]


def _keyed(frames: Iterable[tuple[str | None, pd.DataFrame]]) -> dict[str | None, pd.DataFrame]:
    """Key frames by their labels; the second of a label is numbered, so that none is lost."""
    keyed: dict[str | None, pd.DataFrame] = {}
    for label, made in frames:
        keyed[_free(label or "", keyed) if label in keyed else label] = made
    return keyed


def frame(table: Table, options: FrameOptions, types: Mapping[str, FieldTypes] | None = None) -> pd.DataFrame:
    """Return one series as a frame; `attrs` has its `name`, `tags` and `statement_id`."""
    pd = extras.pandas()
    known = (types or {}).get(table.name or "", {})
    index, columns = _parts(table, options)
    data = {
        name: columns_in.to_pandas(
            columns_in.whole(pieces, known.get(name)), nullable=options.nullable, integers=options.integers
        )
        for name, pieces in columns.items()
    }
    for key, value in table.tags.items():
        text = columns_in.whole([columns_in.constant(value, table.rows)])
        data[_free(key, data)] = columns_in.to_pandas(text, nullable=options.nullable)
    made = pd.DataFrame(data, index=pd.RangeIndex(table.rows) if index is None else index, copy=False)
    made.attrs.update(name=table.name, tags=dict(table.tags), statement_id=table.statement_id)
    return _finished(made, options)


def _parts(table: Table, options: FrameOptions) -> tuple[Any, dict[str, list[Piece]]]:
    """Split a series into its index, if it has times, and its other columns."""
    columns = dict(zip(table.columns, table.pieces, strict=True))
    if TIME not in columns:
        return None, columns
    times = columns_in.whole(columns[TIME])
    if times.kind != "integer" or times.missing:
        return None, columns
    values = nanoseconds(times, options.epoch)
    del columns[TIME]
    # An aggregate over all times has none of its own, and the server writes 0.
    return (None if not values.any() else _index(values, options)), columns


def _index(values: Any, options: FrameOptions) -> Any:
    pd = extras.pandas()
    index = pd.DatetimeIndex(values.view("M8[ns]")).tz_localize("UTC")
    return index if options.tz == "UTC" else index.tz_convert(options.tz)


def nanoseconds(times: Whole, epoch: Precision) -> Any:
    """
    Return times as nanoseconds since 1970.

    Raises:
        DecodeError: A time that nanoseconds cannot hold.
    """
    np = extras.numpy()
    arrays = [part.values for part in times.pieces if part.rows]
    values = np.concatenate(arrays) if arrays else np.empty(0, "int64")
    unit = NANOSECONDS[epoch]
    if unit == 1 or not len(values):
        return values
    if int(values.max()) > (2**63 - 1) // unit or int(values.min()) < -(2**63 - 1) // unit:
        raise DecodeError("a time of the answer is outside what nanoseconds can hold", service="influxdb")
    return values * unit


def _free(name: str, taken: Mapping[Any, object]) -> str:
    """Return the name as the server would number it where a column has it already."""
    number = 1
    free = name
    while free in taken:
        free = f"{name}_{number}"
        number += 1
    return free


def _finished(made: Any, options: FrameOptions) -> Any:
    if options.dtypes:
        attrs = made.attrs
        made = made.astype({name: dtype for name, dtype in options.dtypes.items() if name in made.columns})
        made.attrs.update(attrs)
    if options.index is not None:
        pd = extras.pandas()
        if TIME in options.index and isinstance(made.index, pd.DatetimeIndex):
            made.index.name = TIME
            made = made.reset_index()
        made = made.set_index([name for name in options.index if name in made.columns])
    return made


def combined(
    tables: Sequence[Table], options: FrameOptions, types: Mapping[str, FieldTypes] | None = None
) -> pd.DataFrame:
    """Return all series of a statement in one frame, in their order; tags are categories."""
    pd, np = extras.pandas(), extras.numpy()
    whole = merged(tables, types)
    data = {
        name: columns_in.to_pandas(column, nullable=options.nullable, integers=options.integers)
        for name, column in whole.columns.items()
    }
    sizes = [table.rows for table in tables]
    for name, values in whole.labels.items():
        categories = list(dict.fromkeys(value for value in values if value is not None))
        places: dict[str | None, int] = {value: at for at, value in enumerate(categories)}
        codes = np.repeat(np.array([places.get(value, -1) for value in values], "int64"), sizes)
        data[name] = pd.Categorical.from_codes(codes, categories)
    times = data.pop(TIME, None) if whole.timed else None
    index = pd.RangeIndex(sum(sizes))
    if times is not None:
        values = nanoseconds(whole.columns[TIME], options.epoch)
        index = index if not values.any() else _index(values, options)
    return _finished(pd.DataFrame(data, index=index, copy=False), options)


# -- columns of several series -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Merged:
    """
    Series of one statement below one another.

    Attributes:
        columns: Name to whole column; series without it have nothing there.
        labels: Tag (and measurement, where there are several) to its value in each series.
        timed: Whether `time` is a column of times.
    """

    columns: dict[str, Whole]
    labels: dict[str, list[str | None]]
    timed: bool


def merged(tables: Sequence[Table], types: Mapping[str, FieldTypes] | None = None) -> Merged:
    """Put series below one another."""
    names = list(dict.fromkeys(name for table in tables for name in table.columns))
    columns = {name: columns_in.whole(_gathered(tables, name), _expected(tables, name, types)) for name in names}
    labels: dict[str, list[str | None]] = {}
    if len({table.name for table in tables}) > 1:
        labels[_free(NAME, columns)] = [table.name for table in tables]
    for key in dict.fromkeys(key for table in tables for key in table.tags):
        labels[_free(key, {**columns, **labels})] = [table.tags.get(key) for table in tables]
    time = columns.get(TIME)
    return Merged(columns, labels, time is not None and time.kind == "integer" and not time.missing)


def _gathered(tables: Sequence[Table], name: str) -> list[Piece]:
    pieces: list[Piece] = []
    for table in tables:
        if name in table.columns:
            pieces += table.pieces[table.columns.index(name)]
        else:
            pieces.append(Piece("null", None, None, table.rows))
    return pieces


def _expected(tables: Sequence[Table], name: str, types: Mapping[str, FieldTypes] | None) -> Kind | None:
    kinds: set[Kind] = {
        kind for table in tables if (kind := (types or {}).get(table.name or "", {}).get(name)) is not None
    }
    return kinds.pop() if len(kinds) == 1 else None


# -- Arrow and polars --------------------------------------------------------------------------------------------------


def arrow(tables: Sequence[Table], options: FrameOptions, types: Mapping[str, FieldTypes] | None = None) -> Any:
    """Return all series of a statement as one `pyarrow.Table`; times are timestamps in UTC, tags dictionaries."""
    pa, np = extras.needed("pyarrow", "arrow", "Arrow output"), extras.numpy()
    whole = merged(tables, types)
    data: dict[str, Any] = {}
    for name, column in whole.columns.items():
        if name == TIME and whole.timed:
            data[name] = pa.array(nanoseconds(column, options.epoch)).cast(pa.timestamp("ns", "UTC"))
        else:
            data[name] = columns_in.to_arrow(column)
    sizes = [table.rows for table in tables]
    for name, values in whole.labels.items():
        words = list(dict.fromkeys(value for value in values if value is not None))
        places: dict[str | None, int] = {value: at for at, value in enumerate(words)}
        codes = np.repeat(np.array([places.get(value, -1) for value in values], "int32"), sizes)
        indices = pa.array(codes, mask=codes < 0)
        data[name] = pa.DictionaryArray.from_arrays(indices, pa.array(words, pa.string()))
    return pa.table(data)


def polars(tables: Sequence[Table], options: FrameOptions, types: Mapping[str, FieldTypes] | None = None) -> Any:
    """Return all series of a statement as one `polars.DataFrame`."""
    pl = extras.needed("polars", "arrow", "polars output")
    return pl.from_arrow(arrow(tables, replace(options), types))
