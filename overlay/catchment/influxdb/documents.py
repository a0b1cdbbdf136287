"""Answers of `/query`: bytes to documents, documents to statements, and the errors that hide in a 200.

A document is what the server sends at once: `{"results": [...]}`, each result with `statement_id`, `series`,
`messages`, `partial` and `error`, all of them optional. A chunked answer is many documents, each with one series or a
part of one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Final, NamedTuple, NotRequired, Protocol, TypedDict

from catchment.core.errors import DecodeError
from catchment.influxdb import precision, shapes
from catchment.influxdb.errors import InfluxDBError, QueryTruncatedError, statement_error

JSON: Final = "application/json"
MSGPACK: Final = "application/x-msgpack"
CSV: Final = "application/csv"

_TIME_EXTENSION: Final = 5
_LIMIT: Final = 2**31 - 1  # bytes that msgpack holds of a document that is not complete

Value = str | int | float | bool | None | list[Any]
"""A value of an answer."""


class SeriesDict(TypedDict):
    """A series as answers have it."""

    name: NotRequired[str]
    tags: NotRequired[dict[str, str]]
    columns: list[str]
    values: NotRequired[list[list[Any]]]
    partial: NotRequired[bool]


class MessageDict(TypedDict):
    """A remark of the server."""

    level: str
    text: str


class ResultDict(TypedDict):
    """The answer to one statement."""

    statement_id: NotRequired[int]
    series: NotRequired[list[SeriesDict]]
    messages: NotRequired[list[MessageDict]]
    partial: NotRequired[bool]
    error: NotRequired[str]


class Document(TypedDict):
    """An answer, or a part of a chunked one."""

    results: list[ResultDict]


# -- bytes to documents ------------------------------------------------------------------------------------------------


class Reader(Protocol):
    """Turns bytes into documents, however they were cut on their way."""

    def feed(self, data: bytes) -> Iterator[Mapping[str, Any]]:
        """Take bytes; yield the documents that they complete."""
        ...

    def finish(self) -> Iterator[Mapping[str, Any]]:
        """Take the end; yield the last document.

        Raises:
            DecodeError: There is half a document.
        """
        ...


class MsgpackReader:
    """Documents of msgpack, back to back. Rows are tuples if `rows` says so, which is faster to read column-wise."""

    def __init__(self, *, rows: type[list[Any] | tuple[Any, ...]] = list) -> None:
        unpacker: Any = import_module("msgpack").Unpacker
        self._unpacker: Any = unpacker(
            use_list=rows is list, max_buffer_size=_LIMIT, ext_hook=_extension, strict_map_key=False
        )
        self._fed = 0
        self.read = 0
        """Bytes of the documents that were yielded. Within one the unpacker's own count goes on."""

    def feed(self, data: bytes) -> Iterator[Mapping[str, Any]]:
        """Take bytes; yield the documents that they complete."""
        self._fed += len(data)
        try:
            self._unpacker.feed(data)
            for document in self._unpacker:
                self.read = int(self._unpacker.tell())
                yield document
        except UnicodeDecodeError as exc:
            raise not_text() from exc
        except (ValueError, TypeError, RecursionError, OverflowError) as exc:  # maps as keys of maps, among others
            raise _undecodable(exc) from exc

    def finish(self) -> Iterator[Mapping[str, Any]]:
        """Take the end.

        Raises:
            DecodeError: There is half a document.
        """
        left = self._fed - self.read
        if left:
            raise DecodeError(f"the answer ends within a document, {left} bytes of it", service="influxdb")
        return iter(())


class JsonReader:
    """Documents of JSON, one in a line; a line may be megabytes long."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[Mapping[str, Any]]:
        """Take bytes; yield the documents that they complete."""
        first, *others = data.split(b"\n")
        self._held.append(first)
        for line in others:
            yield from self.finish()
            self._held = [line]

    def finish(self) -> Iterator[Mapping[str, Any]]:
        """Take the end; yield the last document, if it has no line end."""
        text, self._held = b"".join(self._held), []
        if text.strip():
            try:
                yield json.loads(text)
            except (ValueError, RecursionError) as exc:
                raise _undecodable(exc) from exc


def reader_of(content_type: str, *, columns: bool = False) -> Reader:
    """
    Return the reader for what the server chose to send, which need not be what was asked for.

    Args:
        content_type: Of the answer.
        columns: Whether `packed.Columns` may stand where series have rows.

    Raises:
        DecodeError: It is neither JSON nor msgpack.
    """
    if "msgpack" in content_type:
        if columns:
            from catchment.influxdb.packed_documents import ColumnReader

            return ColumnReader()
        return MsgpackReader()
    if "json" in content_type:
        return JsonReader()
    hint = "the address is probably a web page or a proxy" if "html" in content_type else None
    raise DecodeError(
        f"an answer in {content_type or 'no content type'} came instead of one in JSON or msgpack",
        service="influxdb",
        hint=hint,
    )


def _extension(code: int, data: bytes) -> object:
    """Read a time, which is seconds and nanoseconds, as JSON would have it."""
    if code != _TIME_EXTENSION or len(data) != 12:
        raise ValueError(f"unknown extension {code} of {len(data)} bytes")
    seconds = int.from_bytes(data[:8], "big", signed=True)
    return precision.iso_text(seconds * 1_000_000_000 + int.from_bytes(data[8:], "big", signed=True))


def not_text() -> DecodeError:
    """Describe bytes that other programs stored as text."""
    return DecodeError(
        "a text of the answer is not UTF-8",
        service="influxdb",
        operation="query",
        hint="query_raw with accept='application/csv' hands out its bytes",
    )


def _undecodable(cause: BaseException) -> DecodeError:
    return DecodeError(f"the answer cannot be read: {type(cause).__name__}", service="influxdb", operation="query")


# -- documents to statements -------------------------------------------------------------------------------------------


class Part(NamedTuple):
    """
    What one document says of one statement.

    Attributes:
        statement_id: 0-based; counted where the server leaves it out, as it does with errors.
        result: As it was sent.
    """

    statement_id: int
    result: ResultDict


class Statements:
    """Follows an answer from document to document: numbers statements, raises errors, sees what was cut off."""

    def __init__(self, query: str | None = None) -> None:
        self._query = query
        self._last = -1
        self._open = False
        self._cut: str | None = None

    def parts(self, document: Mapping[str, Any]) -> Iterator[Part]:
        """
        Yield what a document says of each statement.

        Raises:
            InfluxDBError: A statement failed, or all of the query did.
            QueryTruncatedError: The server cut the answer.
            DecodeError: It is no document of results.
        """
        found = shapes.results(document)
        if "error" in document:
            raise statement_error(str(document["error"]), None, query=self._query)
        for result in found:
            yield self._part(result)

    def _part(self, result: ResultDict) -> Part:
        number = result.get("statement_id")
        if number is None:
            number = self._last if self._open else self._last + 1
        number = shapes.check_number(number, self._last)
        if self._cut is not None and number != self._last:
            raise self.truncated()
        self._last, self._open = number, bool(result.get("partial"))
        if "error" in result:
            raise statement_error(str(result["error"]), number, query=self._query)
        series = result.get("series") or ()
        cut = next((one for one in series if one.get("partial")), None)
        self._cut = cut.get("name", "") if cut is not None else None
        return Part(number, result)

    def truncated(self) -> InfluxDBError:
        """Describe an answer that was cut."""
        return QueryTruncatedError(
            f"the server cut series {self._cut!r}: rows of it and whole series behind it are missing",
            self._last,
            query=self._query,
            hint="ask with chunked=True, or raise max-row-limit in the server's configuration",
            service="influxdb",
            operation="query",
        )

    def finish(self) -> None:
        """
        Take the end of the answer.

        Raises:
            QueryTruncatedError: The last series goes on, and no document followed.
        """
        if self._cut is not None:
            raise self.truncated()


class Answer:
    """A whole answer, put together of its documents; has the shape that the server sends unchunked."""

    def __init__(self, query: str | None = None) -> None:
        self._statements = Statements(query)
        self._results: dict[int, ResultDict] = {}
        self._growing: SeriesDict | None = None

    def add(self, document: Mapping[str, Any]) -> None:
        """
        Take a document, which belongs to this answer from then on.

        Raises:
            InfluxDBError: A statement failed.
        """
        for number, result in self._statements.parts(document):
            merged = self._results.get(number)
            if merged is None:
                merged = self._results[number] = {"statement_id": number}
                self._growing = None
            if "messages" in result:
                merged.setdefault("messages", []).extend(result["messages"])
            for series in result.get("series") or ():
                self._add_series(merged, series)

    def _add_series(self, result: ResultDict, series: SeriesDict) -> None:
        goes_on = series.pop("partial", False)
        growing = self._growing
        if growing is not None and same_series(growing, series):
            growing.setdefault("values", []).extend(series.get("values", []))
        else:
            result.setdefault("series", []).append(series)
            growing = series
        self._growing = growing if goes_on else None

    def document(self) -> Document:
        """
        Return the whole.

        Raises:
            QueryTruncatedError: The server cut it.
        """
        self._statements.finish()
        return {"results": [self._results[number] for number in sorted(self._results)]}


def same_series(one: SeriesDict, other: SeriesDict) -> bool:
    """Tell whether two parts are of one series."""
    return (
        one["columns"] == other["columns"]
        and one.get("name") == other.get("name")
        and one.get("tags") == other.get("tags")
    )
