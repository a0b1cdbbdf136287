"""Answer HTTP requests as an InfluxDB 1.x server does."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

from catchment.local.http import Answer, Request, text_answer
from catchment.local.influxdb.credentials import authenticate, authorize
from catchment.local.influxdb.errors import (
    FieldTypeConflictError,
    HTTPRefusalError,
    InfluxError,
    PartialWriteError,
    QuerySyntaxError,
)
from catchment.local.influxdb.executor import Executor, QuerySettings
from catchment.local.influxdb.formats import csvform, jsonform, packform
from catchment.local.influxdb.influxql.binding import read_params
from catchment.local.influxdb.influxql.parser import parse_query
from catchment.local.influxdb.installation import Installation, Record
from catchment.local.influxdb.lineprotocol import LineReader, Point
from catchment.local.influxdb.meta import User
from catchment.local.influxdb.monitoring import Monitor
from catchment.local.influxdb.results import Series, StatementResult, in_chunks
from catchment.local.influxdb.times import SECOND, rfc3339
from catchment.local.influxdb.writing import PointWriter

DEFAULT_CHUNK = 10000
_LONGEST_ERROR_HEADER = 1024
_FORMATS = {
    "application/csv": ("csv", "text/csv"),
    "text/csv": ("csv", "text/csv"),
    "application/x-msgpack": ("msgpack", "application/x-msgpack"),
}
_V2_PRECISIONS = {"ns": "n", "us": "u", "ms": "ms", "s": "s", "": "n"}
_PRECISIONS = frozenset({"", "n", "ns", "u", "ms", "s", "m", "h"})
_CONSISTENCY = frozenset({"", "any", "one", "quorum", "all"})


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request with its parameters read."""

    request: Request
    query: Mapping[str, str]
    form: Mapping[str, str]
    record: Record

    @property
    def pretty(self) -> bool:
        return self.query.get("pretty") == "true"

    @property
    def format(self) -> tuple[str, str]:
        accept = self.request.header("accept") or ""
        return _FORMATS.get(accept, ("json", "application/json"))

    def value(self, name: str) -> str:
        """Return a parameter of the form, or else of the URL."""
        return self.form.get(name, self.query.get(name, ""))


class InfluxDBService:
    """The HTTP interface of one server. Calls must be serialised by the caller."""

    def __init__(self, state: Installation) -> None:
        self.state = state

    def target(self, request: Request) -> str:
        """Return the name of the operation that a request is aimed at."""
        route = self._routes().get(request.path)
        return route[0] if route and request.method in route[1] else "unknown"

    def answer(self, request: Request, request_id: str, record: Record) -> Answer:
        """Answer a request; `record` is called with the operation and its subject when something changed."""
        options = self.state.options
        version = f"{options.version}~rc0" if options.version == "1.6.7" else options.version
        headers = [("X-Influxdb-Build", "OSS"), ("X-Influxdb-Version", version)]
        route = self._routes().get(request.path)
        if route is None:
            return text_answer(404, "404 page not found\n").with_headers(*headers)
        _, methods, handler, logged = route
        if request.method not in methods:
            answer = text_answer(405, "Method Not Allowed\n").with_headers(("Allow", ", ".join(methods)))
            return answer.with_headers(*headers)
        if logged:
            headers.extend((("Request-Id", request_id), ("X-Request-Id", request_id)))
        asked = _Asked(request, _parameters(request.query), _form(request), record)
        try:
            made = (
                Answer(204, [("Content-Type", "application/json")]) if request.method == "OPTIONS" else handler(asked)
            )
        except HTTPRefusalError as refusal:
            made = self._refused(asked, refusal)
        return _packed(asked, made.with_headers(*headers))

    def _routes(self) -> dict[str, tuple[str, tuple[str, ...], Callable[[_Asked], Answer], bool]]:
        routes: dict[str, tuple[str, tuple[str, ...], Callable[[_Asked], Answer], bool]] = {
            "/ping": ("ping", ("GET", "HEAD"), self._ping, True),
            "/status": ("status", ("GET", "HEAD"), self._status, True),
            "/write": ("write", ("POST", "OPTIONS"), self._write, True),
            "/query": ("query", ("GET", "POST", "OPTIONS"), self._query, True),
            "/debug/vars": ("debug_vars", ("GET",), self._vars, False),
            "/debug/requests": ("debug_requests", ("GET",), self._requests, False),
        }
        if self.state.options.modern:
            routes["/health"] = ("health", ("GET",), self._health, True)
            routes["/api/v2/write"] = ("write_v2", ("POST",), self._write_v2, True)
            routes["/api/v2/query"] = ("query_v2", ("POST",), self._flux, True)
        return routes

    def _refused(self, asked: _Asked, refusal: HTTPRefusalError) -> Answer:
        self.state.statistics["clientError" if refusal.status < 500 else "serverError"] += 1
        name, content_type = asked.format
        message = refusal.message
        headers = [("Content-Type", content_type)]
        if refusal.status == 401:
            headers.append(("WWW-Authenticate", 'Basic realm="InfluxDB"'))
        else:
            headers.append(("X-Influxdb-Error", _header_text(message)))
        if name == "csv":
            return Answer(refusal.status, headers, csvform.error_lines(message))
        if name == "msgpack":
            return Answer(refusal.status, headers, packform.error_document(message))
        return Answer(refusal.status, headers, jsonform.error_document(message, pretty=asked.pretty))

    # Small endpoints

    def _ping(self, asked: _Asked) -> Answer:
        self.state.statistics["pingReq"] += 1
        wordy = asked.query.get("verbose", "") not in ("", "0", "false")
        if self.state.options.modern and wordy:
            body = f'{{"version":"{self.state.options.version}"}}'.encode()
            return Answer(200, [("Content-Type", "application/json")], body)
        return Answer(204, [("Content-Type", "application/json")])

    def _status(self, asked: _Asked) -> Answer:
        del asked
        self.state.statistics["statusReq"] += 1
        return Answer(204, [("Content-Type", "application/json")])

    def _health(self, asked: _Asked) -> Answer:
        del asked
        body: dict[str, object] = {
            "name": "influxdb",
            "message": "ready for queries and writes",
            "status": "pass",
            "checks": [],
            "version": self.state.options.version,
        }
        return Answer(200, [("Content-Type", "application/json")], json.dumps(body).encode())

    def _vars(self, asked: _Asked) -> Answer:
        del asked
        now, started = self.state.now(), self.state.started
        system = {"currentTime": rfc3339(now), "started": rfc3339(started), "uptime": (now - started) // SECOND}
        shown: dict[str, object] = {"system": system, "cmdline": ["influxd"], "memstats": {}}
        for name, tags, values in Monitor(self.state, "", None).statistics():
            key = ":".join([name, *tags.values()])
            shown[key] = {"name": name, "tags": tags, "values": values}
        return Answer(200, [("Content-Type", "application/json; charset=utf-8")], json.dumps(shown).encode())

    def _requests(self, asked: _Asked) -> Answer:
        """Answer at once: requests are carried out one at a time, so none comes in while this one waits."""
        del asked
        return Answer(200, [("Content-Type", "application/json; charset=utf-8")], b"{\n\n}\n")

    def _flux(self, asked: _Asked) -> Answer:
        del asked
        return text_answer(
            403, "Flux query service disabled. Verify flux-enabled=true in the [http] section of the InfluxDB config.\n"
        )

    # Writing

    def _write(self, asked: _Asked) -> Answer:
        query = asked.query
        precision = query.get("precision", "")
        if self.state.options.modern and precision not in _PRECISIONS:
            raise HTTPRefusalError(400, f"invalid precision {_quoted(precision)} (use n, u, ms, s, m or h)")
        return self._write_points(asked, query.get("db", ""), query.get("rp", ""), precision)

    def _write_v2(self, asked: _Asked) -> Answer:
        bucket = asked.query.get("bucket", "")
        if not bucket:
            raise HTTPRefusalError(404, 'bucket not found: ""')
        precision = _V2_PRECISIONS.get(asked.query.get("precision", ""))
        if precision is None:
            given = _quoted(asked.query["precision"])
            raise HTTPRefusalError(400, f"invalid precision {given} (use ns, us, ms or s)")
        database, _, policy = bucket.partition("/")
        return self._write_points(asked, database, policy, precision)

    def _write_points(self, asked: _Asked, database: str, policy: str, precision: str) -> Answer:
        state = self.state
        state.statistics["writeReq"] += 1
        user = authenticate(state, asked.request, asked.query)
        if not database:
            raise HTTPRefusalError(400, "database is required")
        if database not in state.meta.databases:
            raise HTTPRefusalError(404, f"database not found: {_quoted(database)}")
        self._check_writer(user, database)
        body = self._body(asked.request)
        state.statistics["writeReqBytes"] += len(body)
        batch = LineReader(state.now(), precision).read(body)
        failures = "\n".join(batch.failures)
        if batch.failures and not batch.points:
            raise HTTPRefusalError(400, failures)
        if asked.query.get("consistency", "").lower() not in _CONSISTENCY:
            raise HTTPRefusalError(400, "invalid consistency level")
        if any(len(point.series.tags) == 100 for point in batch.points) and not state.options.modern:
            # A hundred tags break the real server, and nothing of the request is written.
            return text_answer(500, "Internal Server Error\n")
        self._store(asked, database, policy, batch.points)
        if failures:
            raise HTTPRefusalError(400, f"partial write: {failures} dropped=0")
        return Answer(204, [("Content-Type", "application/json")])

    def _check_writer(self, user: User | None, database: str) -> None:
        if not self.state.options.auth:
            return
        if user is None:
            raise HTTPRefusalError(403, f"user is required to write to database {_quoted(database)}")
        if not user.allows("WRITE", database):
            message = f"{_quoted(user.name)} user is not authorized to write to database {_quoted(database)}"
            raise HTTPRefusalError(403, message)

    def _body(self, request: Request) -> bytes:
        limit = self.state.options.max_body_size
        if limit and request.body.size > limit:
            raise HTTPRefusalError(413, "Request Entity Too Large")
        body = request.body.read()
        if request.header("content-encoding") != "gzip":
            return body
        try:
            return gzip.decompress(body)
        except (OSError, EOFError, zlib.error) as error:
            cut = "unexpected EOF" if body else "EOF"
            raise HTTPRefusalError(400, cut if isinstance(error, EOFError) else "gzip: invalid header") from None

    def _store(self, asked: _Asked, database: str, policy: str, points: list[Point]) -> None:
        state = self.state
        try:
            writer = PointWriter(state.meta, database, policy, state.now(), state.options.max_series_per_database)
        except InfluxError as error:
            raise HTTPRefusalError(500, error.text) from None
        try:
            writer.write(points)
        except PartialWriteError as error:
            state.statistics["pointsWrittenDropped"] += error.dropped
            raise HTTPRefusalError(400, error.text) from None
        except InfluxError as error:
            status = 400 if isinstance(error, FieldTypeConflictError) else 500
            raise HTTPRefusalError(status, error.text) from None
        finally:
            state.statistics["pointsWrittenOK"] += sum(writer.written.values())
            if writer.written:
                series: dict[str, dict[int, int]] = {}
                for (key, time), count in writer.written.items():
                    series.setdefault(key, {})[time] = count
                subject: dict[str, object] = {"db": database, "rp": writer.policy}
                asked.record("write", {**subject, "points": sum(writer.written.values()), "series": series})

    # Queries

    def _query(self, asked: _Asked) -> Answer:
        state = self.state
        state.statistics["queryReq"] += 1
        user = authenticate(state, asked.request, asked.query)
        text = asked.value("q").strip()
        if not text:
            raise HTTPRefusalError(400, 'missing required parameter "q"')
        raw = asked.value("params")
        params = read_params(raw) if raw else {}
        try:
            statements = parse_query(text, params)
        except QuerySyntaxError as error:
            raise HTTPRefusalError(400, f"error parsing query: {error.text}") from None
        database = asked.value("db")
        authorize(state, user, statements, database)
        state.queries += 1
        read_only = asked.request.method == "GET"
        settings = QuerySettings(database, asked.value("rp"), read_only, user, asked.record)
        results = Executor(state, settings).run(statements)
        if asked.value("async") == "true":
            for _ in results:
                pass
            return Answer(204, [("Content-Type", "application/json")])
        if asked.value("chunked") == "true":
            return self._chunks(asked, list(results))
        return self._whole(asked, list(results))

    def _chunks(self, asked: _Asked, results: list[StatementResult]) -> Answer:
        size = asked.value("chunk_size")
        rows = int(size) if size.isdigit() and int(size) > 0 else DEFAULT_CHUNK
        parts = [part for result in results for part in in_chunks(result, rows)]
        form, content_type = asked.format
        epoch = asked.value("epoch").strip()
        if form == "csv":
            writer = csvform.CSVForm()
            body = b"".join(writer.document([part], epoch) for part in parts)
        elif form == "msgpack":
            body = b"".join(packform.document([part], epoch) for part in parts)
        else:
            body = b"".join(jsonform.document([part], epoch, pretty=asked.pretty) for part in parts)
        return Answer(200, [("Content-Type", content_type)], body)

    def _whole(self, asked: _Asked, results: list[StatementResult]) -> Answer:
        merged: list[StatementResult] = []
        for result in results:
            # An error takes the place of what its statement number had before.
            if merged and merged[-1].statement == result.statement:
                merged[-1] = result
            else:
                merged.append(result)
        if self.state.options.max_row_limit:
            merged = list(_cut(merged, self.state.options.max_row_limit))
        form, content_type = asked.format
        epoch = asked.value("epoch").strip()
        if form == "csv":
            body = csvform.CSVForm().document(merged, epoch)
        elif form == "msgpack":
            body = packform.document(merged, epoch)
        else:
            body = jsonform.document(merged, epoch, pretty=asked.pretty)
        return Answer(200, [("Content-Type", content_type)], body)


def _cut(results: list[StatementResult], limit: int) -> list[StatementResult]:
    """Keep the rows up to a limit; the series that is cut is marked, what follows is gone."""
    left = limit
    kept: list[StatementResult] = []
    for result in results:
        series: list[Series] = []
        for each in result.series:
            if each.length > left:
                short = each.slice(0, left)
                short.partial = True
                series.append(short)
                left = 0
            else:
                series.append(each)
                left -= each.length
            if left <= 0:
                break
        result.series = series
        kept.append(result)
        if left <= 0:
            break
    return kept


def _parameters(text: str) -> dict[str, str]:
    """Return the first value of each parameter."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, errors="surrogateescape"):
        found.setdefault(name, value)
    return found


def _form(request: Request) -> dict[str, str]:
    """Return the parameters of a form body; for a multipart one, its parts."""
    content_type = request.header("content-type") or ""
    if request.path != "/query" or request.method != "POST":
        return {}
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return _parameters(request.body.read().decode("utf-8", "surrogateescape"))
    if kind == "multipart/form-data":
        return _multipart(content_type, request.body.read())
    return {}


def _multipart(content_type: str, body: bytes) -> dict[str, str]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    found: dict[str, str] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            found.setdefault(name, payload.decode("utf-8", "surrogateescape"))
    return found


def _header_text(message: str) -> str:
    """Return what fits the error header: the first bytes, on one line, control characters as they are."""
    cut = message.encode("utf-8", "surrogateescape")[:_LONGEST_ERROR_HEADER]
    return cut.decode("latin-1").replace("\n", " ").replace("\r", " ").strip(" ")


def _quoted(text: str) -> str:
    """Return text in Go's quotes."""
    return json.dumps(text, ensure_ascii=False)


def _packed(asked: _Asked, answer: Answer) -> Answer:
    """Compress an answer for whoever accepts that."""
    body = answer.whole()
    if not body or "gzip" not in (asked.request.header("accept-encoding") or ""):
        return answer
    headers = [*answer.headers, ("Content-Encoding", "gzip")]
    return Answer(answer.status, headers, gzip.compress(body, compresslevel=6, mtime=0))
