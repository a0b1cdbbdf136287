"""What queries return beside plain documents: points, series and frames of an answer, by name and by tag."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from catchment.influxdb import frames_in
from catchment.influxdb.documents import Document, MessageDict, ResultDict, SeriesDict
from catchment.influxdb.frames_in import FieldTypes, FrameOptions, Table, Tables

if TYPE_CHECKING:
    from catchment.influxdb.frames_in import Frames

T = TypeVar("T")

Points = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Series:
    """
    One series of an answer.

    Attributes:
        statement_id: 0-based number of the statement.
        name: Measurement; `None` for some SHOW statements.
        tags: Tags that the statement grouped by.
        columns: Names of the values of a row, `time` among them.
        values: Rows.
    """

    statement_id: int
    name: str | None
    tags: Mapping[str, str]
    columns: Sequence[str]
    values: Sequence[Sequence[Any]]

    @classmethod
    def of(cls, statement_id: int, series: SeriesDict) -> Series:
        """Take a series as documents have it."""
        return cls(
            statement_id, series.get("name"), series.get("tags") or {}, series["columns"], series.get("values") or []
        )

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield rows by column."""
        for row in self.values:
            yield dict(zip(self.columns, row, strict=False))


class InfluxDBResult:
    """
    A whole answer: points by iteration, series, frames.

    Args:
        document: As the server sent it, put together where it came in chunks.
        options: Unit of times, and how frames are made.
        types: Measurement to its fields' types, for columns in which everything is missing.
        parser: What iteration makes of each point; by default, its list of values.
    """

    def __init__(
        self,
        document: Document | Mapping[str, Any],
        *,
        options: FrameOptions | None = None,
        types: Mapping[str, FieldTypes] | None = None,
        parser: Callable[..., Any] | None = None,
    ) -> None:
        self.raw = cast("Document", document)
        self._options = options or FrameOptions()
        self._types = types
        self._parser = parser

    def __repr__(self) -> str:
        return f"<InfluxDBResult: {len(self)} points in {self.series_count} series>"

    @property
    def results(self) -> Sequence[ResultDict]:
        """Answers of the statements."""
        return self.raw.get("results") or []

    @property
    def series(self) -> list[Series]:
        """Every series of every statement."""
        return [
            Series.of(result.get("statement_id", number), one)
            for number, result in enumerate(self.results)
            for one in result.get("series") or ()
        ]

    @property
    def messages(self) -> list[MessageDict]:
        """What the server remarks."""
        return [message for result in self.results for message in result.get("messages") or ()]

    @property
    def series_count(self) -> int:
        """How many series."""
        return sum(len(result.get("series") or ()) for result in self.results)

    def __len__(self) -> int:
        return sum(len(one) for one in self.series)

    def __iter__(self) -> Iterator[Any]:
        """Yield every point of every series."""
        return iterpoints(self.raw, self._parser)

    def __bool__(self) -> bool:
        """Whether there is any series."""
        return self.series_count > 0

    def keys(self) -> list[tuple[str | None, Mapping[str, str]]]:
        """Return name and tags of each series."""
        return [(one.name, one.tags) for one in self.series]

    def get_points(
        self, measurement: str | None = None, tags: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """
        Yield points by column.

        Args:
            measurement: Of this one only.
            tags: Of series, or rows, that have all of these.
        """
        wanted = dict(tags or {})
        for one in self.series:
            if measurement is not None and one.name != measurement:
                continue
            # A tag that the statement did not group by is a column.
            beside = {key: value for key, value in wanted.items() if one.tags.get(key) != value}
            if any(key in one.tags or key not in one.columns for key in beside):
                continue
            yield from (row for row in one if all(row[key] == value for key, value in beside.items()))

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return every point by column, its series' tags included."""
        return [{**one.tags, **row} for one in self.series for row in one]

    def to_values(self, columns: Sequence[str] | None = None) -> list[list[Any]]:
        """
        Return every point as a list.

        Args:
            columns: Columns and tags, in the order wanted; by default each series' own columns.
        """
        if columns is None:
            return [list(row) for one in self.series for row in one.values]
        return [[row.get(name) for name in columns] for row in self.to_dicts()]

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the points by column as JSON."""
        from json import dumps

        return dumps(self.to_dicts(), indent=indent, ensure_ascii=False)

    def tables(self) -> list[list[Table]]:
        """Return the series of each statement by columns."""
        tables = Tables()
        for number, result in enumerate(self.results):
            tables.add(result.get("statement_id", number), result.get("series") or ())
        return tables.found

    def to_pandas(self, **options: Any) -> Frames:
        """
        Return frames.

        Args:
            options: Of `FrameOptions`: `combine`, `index`, `tz`, `nullable`, `integers`, `dtypes`.

        Returns:
            A frame, a dict of frames by series, or a list of such dicts by statement; see `FrameOptions.combine`.
        """
        return frames_in.shaped(self.tables(), self._with(options), self._types)

    def to_arrow(self) -> Any:
        """Return a `pyarrow.Table` of all series of all statements below one another."""
        return frames_in.arrow(self._flat(), self._options, self._types)

    def to_polars(self) -> Any:
        """Return a `polars.DataFrame` of all series of all statements below one another."""
        return frames_in.polars(self._flat(), self._options, self._types)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand the points to whatever takes Arrow streams."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def _flat(self) -> list[Table]:
        return [table for tables in self.tables() for table in tables]

    def _with(self, options: Mapping[str, Any]) -> FrameOptions:
        from dataclasses import replace

        return replace(self._options, **options)

    def show(self) -> None:
        """Print a line for each series."""
        for one in self.series:
            tags = "".join(f",{key}={value}" for key, value in one.tags.items())
            print(f"{one.name or ''}{tags}: {len(one)} points of {', '.join(one.columns)}")


# -- points ------------------------------------------------------------------------------------------------------------


@overload
def iterpoints(resp: Mapping[str, Any] | InfluxDBResult, parser: None = None) -> Iterator[list[Any]]: ...


@overload
def iterpoints(resp: Mapping[str, Any] | InfluxDBResult, parser: Callable[..., T]) -> Iterator[T]: ...


def iterpoints(resp: Mapping[str, Any] | InfluxDBResult, parser: Callable[..., Any] | None = None) -> Iterator[Any]:
    """
    Yield every point of an answer, or of one of its documents: of all statements and all series.

    Args:
        resp: What `query` returned, or a document that it yielded.
        parser: Called with a point's values; a parameter `meta` gets the series' `columns`, `name`, `tags` and
            `statement_id`, as far as there are any. Named tuples and dataclasses do. Without one, points are lists.
    """
    document = resp.raw if isinstance(resp, InfluxDBResult) else resp
    results: Iterable[ResultDict] = document.get("results") or ()
    wants_meta = parser is not None and _wants_meta(parser)
    for number, result in enumerate(results):
        for series in result.get("series") or ():
            values = series.get("values") or ()
            if parser is None:
                yield from values
            elif wants_meta:
                meta = _meta(series, result.get("statement_id", number))
                yield from (parser(*row, meta=meta) for row in values)
            else:
                yield from (parser(*row) for row in values)


def _wants_meta(parser: Callable[..., Any]) -> bool:
    try:
        return "meta" in inspect.signature(parser).parameters
    except (ValueError, TypeError):  # some functions written in C have none
        return False


def _meta(series: SeriesDict, statement_id: int) -> dict[str, Any]:
    meta: dict[str, Any] = {key: value for key, value in series.items() if key not in {"values", "partial"}}
    return {**meta, "statement_id": statement_id}


def named_points(*values: Any, meta: Mapping[str, Any]) -> Any:
    """Make a named tuple `Point` of a point; a parser for `iterpoints`. Names lose what no attribute can have."""
    return _point_class(tuple(meta["columns"]))(*values)


@lru_cache(maxsize=256)
def _point_class(columns: tuple[str, ...]) -> Any:
    import collections

    names = [re.sub(r"[^0-9a-zA-Z_]", "", name) for name in columns]
    make: Callable[..., Any] = collections.namedtuple  # noqa: PYI024 - only an answer knows its fields
    return make("Point", names, rename=True)
