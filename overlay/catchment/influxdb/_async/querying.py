"""Queries on their way: documents as they arrive, whole answers, and columns for frames."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, cast

from catchment.core._async.api import AsyncApiClient
from catchment.core.columns_in import Kind
from catchment.influxdb import influxql
from catchment.influxdb.asking import Ask, ask
from catchment.influxdb.documents import Answer, Document, ResultDict, Statements, reader_of
from catchment.influxdb.errors import InfluxDBError
from catchment.influxdb.frames_in import FieldTypes, FrameOptions, Table, Tables, shaped
from catchment.influxdb.results import InfluxDBResult, iterpoints

logger = logging.getLogger("catchment.influxdb")

_KINDS: Mapping[str, Kind] = {
    "float": "float", "integer": "integer", "unsigned": "integer", "string": "string", "boolean": "boolean",
}  # fmt: skip


async def whole(api: AsyncApiClient, asked: Ask) -> Document:
    """
    Return an answer, put together where it came in chunks.

    Raises:
        InfluxDBError: A statement failed, or the server cut the answer.
    """
    response = await api.send(asked.request())
    reader = reader_of(response.headers.get("content-type", ""))
    answer = Answer(asked.shown)
    for document in reader.feed(response.body):
        answer.add(document)
    for document in reader.finish():
        answer.add(document)
    logger.debug("%s: %d bytes: %s", response.status, len(response.body), asked.shown)
    return answer.document()


async def raw(api: AsyncApiClient, asked: Ask) -> bytes:
    """Return the body of an answer as the server sent it; failures inside it are the caller's to see."""
    response = await api.send(asked.request())
    logger.debug("%s: %d bytes: %s", response.status, len(response.body), asked.shown)
    return response.body


async def incoming(api: AsyncApiClient, asked: Ask, *, columns: bool = False) -> AsyncGenerator[Mapping[str, Any]]:
    """Yield documents as they arrive and as they were sent; leaving the loop closes the connection."""
    number = 0
    async with api.stream(asked.request()) as body:
        logger.debug("%s (chunked): %s", body.status, asked.shown)
        reader = reader_of(body.headers.get("content-type", ""), columns=columns)
        async for chunk in body.chunks():
            for document in reader.feed(chunk):
                number += 1
                logger.debug("document %d", number)
                yield document
        for document in reader.finish():
            yield document


async def documents(api: AsyncApiClient, asked: Ask) -> AsyncGenerator[Document]:
    """
    Yield checked documents, each with the numbers of its statements.

    Raises:
        InfluxDBError: A statement failed; what came before it was yielded.
    """
    statements = Statements(asked.shown)
    async with aclosing(incoming(api, asked)) as arriving:
        async for document in arriving:
            yield {"results": [_plain(number, result) for number, result in statements.parts(document)]}
    statements.finish()


def _plain(number: int, result: ResultDict) -> ResultDict:
    """Return a result as JSON has it: msgpack has an empty list of series where there are none."""
    plain: dict[str, Any] = {"statement_id": number, **result}
    if not plain.get("series", True):
        del plain["series"]
    return cast("ResultDict", plain)


async def tables(api: AsyncApiClient, asked: Ask) -> list[list[Table]]:
    """
    Return an answer by columns, read while it arrives.

    Raises:
        InfluxDBError: A statement failed, or the server cut the answer.
    """
    statements, found = Statements(asked.shown), Tables()
    async with aclosing(incoming(api, asked, columns=True)) as arriving:
        async for document in arriving:
            for number, result in statements.parts(document):
                found.add(number, result.get("series") or ())
    statements.finish()
    return found.found


async def frames(api: AsyncApiClient, asked: Ask, options: FrameOptions) -> Any:
    """Return the frames of an answer; `frames_in.shaped` says which."""
    found = await tables(api, asked)
    types = await field_types(api, asked, [table for statement in found for table in statement])
    return shaped(found, options, types)


async def frame_stream(api: AsyncApiClient, asked: Ask, options: FrameOptions) -> AsyncGenerator[Any]:
    """Yield the frames of one document after another."""
    statements = Statements(asked.shown)
    known: dict[str, FieldTypes] = {}
    async with aclosing(incoming(api, asked, columns=True)) as arriving:
        async for document in arriving:
            found = Tables()
            for number, result in statements.parts(document):
                found.add(number, result.get("series") or ())
            filled = [some for some in found.found if some]
            if filled:
                flat = [table for some in filled for table in some if (table.name or "") not in known]
                known.update(await field_types(api, asked, flat))
                yield shaped(filled, options, known)
    statements.finish()


async def field_types(api: AsyncApiClient, asked: Ask, found: Iterable[Table]) -> dict[str, FieldTypes]:
    """
    Return the types of the fields of those series in which a column is all missing, so that it keeps its type.

    Costs one request, and none where nothing is missing. Where it is not allowed, the type stays unknown.
    """
    names = list(dict.fromkeys(table.name for table in found if table.name and table.blank_columns()))
    if not names:
        return {}
    source = ", ".join(map(influxql.quote_ident, names))
    try:
        document = await whole(
            api, ask(f"SHOW FIELD KEYS FROM {source}; SHOW TAG KEYS FROM {source}", db=asked.db, gzip=asked.gzip)
        )
    except InfluxDBError:
        return {}
    return {name: _types(name, document["results"]) for name in names}


def _types(name: str, results: Sequence[ResultDict]) -> FieldTypes:
    """Read types of fields and tags; a field with two types, in two shards, has none."""
    kinds: dict[str, set[Kind]] = {}
    for result in results:
        for series in result.get("series", []):
            if series.get("name") == name:
                for row in series.get("values", []):
                    kind = _KINDS.get(row[1]) if len(row) > 1 else "string"
                    if kind is not None:
                        kinds.setdefault(row[0], set()).add(kind)
    return {field: next(iter(some)) for field, some in kinds.items() if len(some) == 1}


class AsyncInfluxDBChunkedResult:
    """
    An answer that arrives in chunks: points by iteration, or chunks by `iterchunks`.

    Args:
        parts: Documents.
        options: Unit of times.
        parser: What becomes of each point; see `iterpoints`.
    """

    def __init__(
        self,
        parts: AsyncIterator[Document],
        *,
        options: FrameOptions | None = None,
        parser: Callable[..., Any] | None = None,
    ) -> None:
        self._parts = parts
        self._options = options
        self._parser = parser

    async def __aiter__(self) -> AsyncIterator[Any]:
        """Yield every point."""
        async for document in self._parts:
            for point in iterpoints(document, self._parser):
                yield point

    async def iterchunks(self, *, wrap: bool = False) -> AsyncIterator[Document | InfluxDBResult]:
        """
        Yield chunks.

        Args:
            wrap: As `InfluxDBResult`, and not as documents.
        """
        async for document in self._parts:
            yield InfluxDBResult(document, options=self._options, parser=self._parser) if wrap else document
