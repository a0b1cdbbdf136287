"""Running queries, in every form in which answers are wanted."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Literal

from catchment.core.columns_in import IntegersWithNulls
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import lexing
from catchment.influxdb._async import colour, querying
from catchment.influxdb._async.base import AsyncBase
from catchment.influxdb._async.querying import AsyncInfluxDBChunkedResult
from catchment.influxdb.asking import CHUNK_ROWS, Ask, Method, ask, check_chunked
from catchment.influxdb.documents import CSV, JSON, Document, not_text
from catchment.influxdb.frames_in import FrameOptions
from catchment.influxdb.influxql import BindMode
from catchment.influxdb.patterns import Pattern
from catchment.influxdb.precision import canonical
from catchment.influxdb.results import InfluxDBResult
from catchment.influxdb.settings import Output, check_output


class AsyncQueries(AsyncBase):
    """The part of a client that queries."""

    async def query(
        self,
        q: str | bytes,
        *args: object,
        db: str | None = None,
        rp: str | None = None,
        epoch: str | None = "ns",
        chunked: bool = False,
        chunk_size: int | None = None,
        params: Mapping[str, object] | None = None,
        bind: BindMode = "server",
        method: Method = "POST",
        output: Output | None = None,
        parser: Callable[..., Any] | None = None,
        **values: object,
    ) -> Any:
        """
        Run statements and return their answer in the client's output form.

        Statements that only read are repeated when their answer is lost; others never.

        Args:
            q: InfluxQL. Parameters `$name` get their values from `params`; placeholders `{name}`, if any value for one
                is given, from `values` or in order from `args`, quoted as their place needs.
            args: Values for placeholders.
            db: Database of names that do not say theirs; the client's by default.
            rp: Retention policy of such names.
            epoch: Unit of times: `ns us ms s m h`; `None` for RFC 3339 text.
            chunked: Return what yields the answer in parts. Not in blocking mode, which has `stream`.
            chunk_size: Rows of a part.
            params: Values to bind; the only way for text with CR or NUL.
            bind: Who puts them in: the server, or `"client"` for servers that bind only where a literal may stand.
            method: `"GET"` for statements that only read, where proxies shall cache; `"auto"` where possible.
            output: In place of the client's.
            parser: Makes the points of `"iterable"`; see `iterpoints`.
            values: Values for placeholders.

        Returns:
            `"json"`: `{"results": [...]}`. `"dataframe"`: a frame of one series, `{}` of none, a dict by
            `name,tag=value` of several, a list of dicts of several statements. `"iterable"`: an `InfluxDBResult`.
            `"bytes"`: the JSON that the server sent, unread, so that failed statements are not seen.

        Raises:
            InfluxDBError: The query cannot be parsed, or a statement failed; `statement_id` says which.
            UnsafeInputError: A value that has no form in InfluxQL.

        Wire: queryPost, queryGet · specs/influxdb.yaml
        """
        form = self.output if output is None else check_output(output)
        q = _filled(q, args, values)
        if check_chunked(chunked):
            size = chunk_size
            asked = self._ask(q, db, rp, epoch, params, bind, method, chunk_size=size)
            return colour.in_chunks(self._chunks(asked, form, parser))
        if form == "dataframe":
            asked = self._ask(q, db, rp, epoch or "ns", params, bind, method, chunk_size=chunk_size or CHUNK_ROWS)
            return await querying.frames(self.api, asked, FrameOptions(asked.epoch or "n"))
        if form == "bytes":
            asked = self._ask(q, db, rp, epoch, params, bind, method, accept=JSON, chunked=False)
            return await querying.raw(self.api, asked)
        document = await querying.whole(
            self.api, self._ask(q, db, rp, epoch, params, bind, method, chunk_size=chunk_size)
        )
        if form == "iterable":
            return InfluxDBResult(document, options=_frame_options(epoch), parser=parser)
        return document

    def _chunks(self, asked: Ask, form: Output, parser: Callable[..., Any] | None) -> Any:
        if form == "dataframe":
            return querying.frame_stream(self.api, asked, FrameOptions(asked.epoch or "n"))
        parts = querying.documents(self.api, asked)
        if form == "iterable":
            return AsyncInfluxDBChunkedResult(parts, options=_frame_options(asked.epoch), parser=parser)
        return parts

    def _ask(
        self,
        q: str | bytes,
        db: str | None,
        rp: str | None,
        epoch: str | None,
        params: Mapping[str, object] | None,
        bind: BindMode,
        method: Method,
        *,
        accept: Any = None,
        chunked: bool = True,
        chunk_size: int | None = None,
    ) -> Ask:
        return ask(
            q,
            db=db or self.db,
            rp=rp or (None if db else self.rp),
            epoch=epoch,
            params=params,
            bind=bind,
            accept=accept,
            chunked=chunked,
            chunk_size=chunk_size,
            method=method,
            gzip=self._given.gzip,
        )

    async def stream(
        self,
        q: str | bytes,
        *,
        db: str | None = None,
        rp: str | None = None,
        epoch: str | None = "ns",
        chunk_size: int | None = None,
        params: Mapping[str, object] | None = None,
        bind: BindMode = "server",
    ) -> AsyncGenerator[Document]:
        """
        Yield an answer in parts as they arrive, each a document with one series or a part of one.

        Memory holds one part. Leaving the loop closes the connection, so that the server stops. A statement that fails
        raises where it stands in the answer, behind the parts of those before it.

        Args:
            q: InfluxQL.
            db: Database; the client's by default.
            rp: Retention policy; the client's by default.
            epoch: Unit of times; `None` for text.
            chunk_size: Rows of a part; 10000 by default.
            params: Values to bind.
            bind: Who puts them in.

        Raises:
            InfluxDBError: A statement failed.
        """
        asked = self._ask(q, db, rp, epoch, params, bind, "POST", chunk_size=chunk_size)
        async with aclosing(querying.documents(self.api, asked)) as parts:
            async for part in parts:
                yield part

    async def query_stream(
        self,
        q: str | bytes,
        *,
        db: str | None = None,
        rp: str | None = None,
        epoch: str | None = "ns",
        chunk_size: int | None = None,
        params: Mapping[str, object] | None = None,
        bind: BindMode = "server",
    ) -> AsyncGenerator[dict[str, Any]]:
        """Yield an answer point by point, by column and with the tags of its series; arguments as `stream` has them."""
        asked = self._ask(q, db, rp, epoch, params, bind, "POST", chunk_size=chunk_size)
        async with aclosing(querying.documents(self.api, asked)) as parts:
            async for part in parts:
                for point in InfluxDBResult(part).to_dicts():
                    yield point

    async def query_data_frame(
        self,
        q: str | bytes,
        *,
        db: str | None = None,
        rp: str | None = None,
        epoch: str = "ns",
        params: Mapping[str, object] | None = None,
        bind: BindMode = "server",
        chunk_size: int | None = None,
        combine: bool = False,
        data_frame_index: Sequence[str] | None = None,
        use_extension_dtypes: bool = False,
        integers: IntegersWithNulls = "Int64",
        dtypes: Mapping[str, Any] | None = None,
        tz: str = "UTC",
    ) -> Any:
        """
        Run statements and return frames, read while the answer arrives.

        Types are the server's: whole floats stay floats, integers with gaps become `Int64`, and a column in which all
        is missing has its field's type. Times are exact to the nanosecond.

        Args:
            q: InfluxQL.
            db: Database; the client's by default.
            rp: Retention policy; the client's by default.
            epoch: Unit to which the server cuts times.
            params: Values to bind.
            bind: Who puts them in.
            chunk_size: Rows that arrive at once.
            combine: One frame of all series of a statement, tags as categories.
            data_frame_index: Columns, tags and `"time"` that make the index, in place of the time alone.
            use_extension_dtypes: pandas' nullable types for all columns.
            integers: What integers with gaps become: `"Int64"`, or `"float64"`, which refuses what it would alter.
            dtypes: Column to dtype.
            tz: Zone in which the index shows its instants.

        Returns:
            As `query` with `output="dataframe"`; with `combine`, a frame for each statement.

        Raises:
            InfluxDBError: A statement failed.
        """
        options = FrameOptions(
            canonical(epoch), tz, use_extension_dtypes, integers, dtypes, data_frame_index, combine
        )  # fmt: skip
        asked = self._ask(q, db, rp, epoch, params, bind, "POST", chunk_size=chunk_size or CHUNK_ROWS)
        return await querying.frames(self.api, asked, options)

    async def query_data_frame_stream(
        self,
        q: str | bytes,
        *,
        db: str | None = None,
        rp: str | None = None,
        epoch: str = "ns",
        params: Mapping[str, object] | None = None,
        bind: BindMode = "server",
        chunk_size: int | None = None,
        data_frame_index: Sequence[str] | None = None,
        use_extension_dtypes: bool = False,
        integers: IntegersWithNulls = "Int64",
        dtypes: Mapping[str, Any] | None = None,
        tz: str = "UTC",
    ) -> AsyncGenerator[Any]:
        """
        Yield a frame for each part of an answer as it arrives; memory holds one.

        Integers with gaps are `Int64` in the parts that have gaps; `use_extension_dtypes=True` makes all parts alike.
        Arguments are those of `query_data_frame`.
        """
        options = FrameOptions(canonical(epoch), tz, use_extension_dtypes, integers, dtypes, data_frame_index)
        asked = self._ask(q, db, rp, epoch, params, bind, "POST", chunk_size=chunk_size)
        async with aclosing(querying.frame_stream(self.api, asked, options)) as parts:
            async for part in parts:
                yield part

    async def query_result(
        self,
        q: str | bytes,
        *,
        db: str | None = None,
        rp: str | None = None,
        epoch: str | None = "ns",
        params: Mapping[str, object] | None = None,
        bind: BindMode = "server",
        parser: Callable[..., Any] | None = None,
    ) -> InfluxDBResult:
        """Run statements and return an `InfluxDBResult`: points, series, frames, Arrow; arguments are `query`'s."""
        asked = self._ask(q, db, rp, epoch, params, bind, "POST")
        document = await querying.whole(self.api, asked)
        return InfluxDBResult(document, options=_frame_options(epoch), parser=parser)

    async def query_raw(
        self,
        q: str | bytes,
        *,
        db: str | None = None,
        rp: str | None = None,
        epoch: str | None = "ns",
        params: Mapping[str, object] | None = None,
        bind: BindMode = "server",
        accept: Literal["application/json", "application/x-msgpack", "application/csv"] = "application/json",
    ) -> bytes:
        """Run statements and return the answer's bytes as they came; failures stand inside and raise nothing."""
        asked = self._ask(q, db, rp, epoch, params, bind, "POST", accept=accept, chunked=False)
        return await querying.raw(self.api, asked)

    async def query_csv(
        self,
        q: str | bytes,
        *,
        db: str | None = None,
        rp: str | None = None,
        epoch: str = "ns",
        params: Mapping[str, object] | None = None,
        bind: BindMode = "server",
    ) -> str:
        """
        Run one statement and return its answer as CSV, for other programs.

        CSV shows no failures, no difference between a missing and an empty text, and none between 1.0 and 1. An empty
        answer is asked for a second time in another form, because it may be a failure.

        Raises:
            UnsafeInputError: Several statements.
            StatementError: It failed.
            DecodeError: A text of the answer is not UTF-8.
        """
        asked = self._ask(q, db, rp, epoch, params, bind, "POST", accept=CSV)
        if len(lexing.statements(asked.q)) != 1:
            raise UnsafeInputError("CSV shows one statement only; run several one by one")
        body = await querying.raw(self.api, asked)
        if not body.strip():
            await querying.whole(self.api, replace(asked, accept=JSON))
        try:
            return body.decode()
        except UnicodeDecodeError as exc:
            raise not_text() from exc


def _filled(q: str | bytes, args: Sequence[object], values: Mapping[str, object]) -> str | bytes:
    """Fill placeholders where values for them are given; a query without any may hold braces."""
    if not args and not values:
        return q
    return Pattern(q.decode() if isinstance(q, bytes) else q).fill(args, values)


def _frame_options(epoch: str | None) -> FrameOptions:
    return FrameOptions("n" if epoch is None else canonical(epoch))
