"""One call of `/query`: the statements, how to answer them, and what may be done when the answer is lost. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, TypedDict, cast

from catchment.core.errors import ConfigError, UnsafeInputError
from catchment.core.wire import Request
from catchment.influxdb import influxql, lexing, precision
from catchment.influxdb.documents import JSON, MSGPACK
from catchment.influxdb.influxql import BindMode
from catchment.influxdb.precision import Precision
from catchment.influxdb.settings import Output

Method: TypeAlias = Literal["POST", "GET", "auto"]
Accept: TypeAlias = Literal["application/json", "application/x-msgpack", "application/csv"]

CHUNK_ROWS: Final = 5_000
"""Rows of a chunk for frames: many enough to be read at once, few enough for the processor's cache."""
_LONGEST_ADDRESS: Final = 16_000
"""Characters of a query that go into an address; proxies refuse long ones before the server does."""


class QueryOptions(TypedDict, total=False):
    """Options of `query` that calls with another subject pass on."""

    db: str | None
    rp: str | None
    epoch: str | None
    chunked: bool
    chunk_size: int | None
    output: Output | None


@dataclass(frozen=True, slots=True)
class Ask:
    """
    A call of `/query`.

    Attributes:
        q: Statements, parameters still in them.
        db: Database of names that do not say theirs.
        rp: Retention policy of such names.
        epoch: Unit of times; `None` for text.
        params: Values of parameters, as JSON.
        accept: Form of the answer.
        chunk_size: Rows of a document; `None` leaves it to the server.
        chunked: Whether to answer in many documents.
        method: `GET` puts all of it into the address.
        gzip: Whether the answer may be compressed.
        reads_only: Whether no statement changes anything, so that the call may be repeated.
    """

    q: str
    db: str | None
    rp: str | None
    epoch: Precision | None
    params: str | None
    accept: Accept
    chunk_size: int | None
    chunked: bool
    method: Literal["POST", "GET"]
    gzip: bool
    reads_only: bool

    @property
    def shown(self) -> str:
        """The query as errors and logs show it."""
        return lexing.redacted(self.q)

    def request(self) -> Request:
        """Build the request."""
        # They bring attrs, which importing the client must not.
        from catchment_api.influxdb.api.query import query_get, query_post
        from catchment_api.influxdb.models.query_form import QueryForm

        coding: Literal["gzip", "identity"] = "gzip" if self.gzip else "identity"
        if self.method == "GET":
            return query_get.build_request(
                q=self.q,
                db=self.db,
                rp=self.rp,
                epoch=self.epoch,
                chunked=self.chunked or None,
                chunk_size=self.chunk_size,
                params=self.params,
                accept_encoding=coding,
                accept=self.accept,
            )
        form = QueryForm(
            q=self.q,
            db=self.db,
            rp=self.rp,
            epoch=self.epoch,
            chunked=self.chunked or None,
            chunk_size=self.chunk_size,
            params=self.params,
        )
        request = query_post.build_request(body=form, accept_encoding=coding, accept=self.accept)
        if self.reads_only:
            request.retry = "A"
        return request


def ask(
    q: str | bytes,
    *,
    db: str | None = None,
    rp: str | None = None,
    epoch: str | None = "ns",
    params: Mapping[str, object] | None = None,
    bind: BindMode = "server",
    accept: Accept | None = None,
    chunked: bool = True,
    chunk_size: int | None = None,
    method: Method = "POST",
    gzip: bool = False,
) -> Ask:
    """
    Check what a caller asks.

    Args:
        q: Statements.
        db: Database.
        rp: Retention policy.
        epoch: Unit of times by any spelling; `None` for RFC 3339 text.
        params: Values of parameters.
        bind: Who writes them into the query.
        accept: Form of the answer; by default msgpack, which alone keeps types, or JSON where the server's is broken.
        chunked: Whether to answer in many documents. Only then does the server show which of several statements
            failed, and it cuts nothing off.
        chunk_size: Rows of a document.
        method: `"GET"` for statements that only read; `"auto"` chooses it where that is possible.
        gzip: Whether the answer may be compressed.

    Raises:
        UnsafeInputError: What cannot be sent, or would be misread.
    """
    text = _text(q)
    statements = lexing.statements(text)
    reads_only = bool(statements) and all(lexing.reads_only(statement) for statement in statements)
    text, values = influxql.bind(text, params, mode=bind)
    return Ask(
        q=text,
        db=db,
        rp=rp,
        epoch=None if epoch is None else precision.canonical(epoch),
        params=values,
        accept=accept or cast("Accept", JSON if _breaks_msgpack(statements) else MSGPACK),
        chunk_size=_chunk_size(chunk_size),
        chunked=chunked,
        method=_method(method, text, reads_only=reads_only),
        gzip=gzip,
        reads_only=reads_only,
    )


def check_chunked(chunked: object) -> bool:
    """
    Return whether an answer is wanted in chunks.

    Raises:
        ConfigError: It is no bool: the server would take `True`, `1` or a number of rows for no. Also a `ValueError`.
    """
    if not isinstance(chunked, bool):
        raise ConfigError(f"chunked must be True or False, not {chunked!r}; chunk_size has the number of rows")
    return chunked


def _text(q: str | bytes) -> str:
    if isinstance(q, bytes):
        q = q.decode()
    if not isinstance(q, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UnsafeInputError(f"a query is text, not {type(q).__name__}")
    if not q.strip():
        raise UnsafeInputError("the query is empty")
    return q


def _chunk_size(rows: int | None) -> int | None:
    if rows is not None and (isinstance(rows, bool) or not isinstance(rows, int) or rows < 1):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UnsafeInputError(f"chunk_size={rows!r}: a number of rows above 0 is needed; the server would take 10000")
    return rows


def _method(method: str, text: str, *, reads_only: bool) -> Literal["POST", "GET"]:
    if method not in {"POST", "GET", "auto"}:
        raise UnsafeInputError(f"method={method!r}: 'POST', 'GET' or 'auto' is needed")
    if method == "GET" and not reads_only:
        raise UnsafeInputError(
            "only SELECT without INTO, SHOW and EXPLAIN go by GET, which machines between may repeat"
        )
    return "GET" if method != "POST" and reads_only and len(text) <= _LONGEST_ADDRESS else "POST"


def _breaks_msgpack(statements: list[list[lexing.Token]]) -> bool:
    # Its rows are shorter than their header says (1.6.7).
    return any([token.upper for token in statement[:2]] == ["SHOW", "DIAGNOSTICS"] for statement in statements)
