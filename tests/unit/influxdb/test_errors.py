"""From what the server says to the class that says what happened."""

from __future__ import annotations

import json
import pickle
from typing import Any

import msgpack
import pytest
from catchment.core.config import Retry
from catchment.core.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    OutcomeUnknownError,
    ServerError,
    StatusError,
    UnauthenticatedError,
)
from catchment.core.failures import failure
from catchment.core.retry import Again, Outcome, Stop, judge
from catchment.core.wire import Headers, Operation, RawResponse
from catchment.influxdb import errors
from catchment.influxdb.errors import DIALECT, InfluxDBError, InfluxDBWriteError

WRITE = Operation("influxdb", "writePoints", "POST", "/write", "write", retry="B")
QUERY = Operation("influxdb", "queryPost", "POST", "/query", "query", retry="D")


def answer(operation: Operation, status: int, body: str | bytes, kind: str = "application/json", **headers: str) -> Any:
    """Make the error of an answer."""
    coded = json.dumps({"error": body}).encode() if isinstance(body, str) and "json" in kind else body
    coded = coded.encode() if isinstance(coded, str) else coded
    raw = [("Content-Type", kind), *((name.replace("_", "-"), value) for name, value in headers.items())]
    return failure(operation, RawResponse(status, Headers(raw), coded), DIALECT)


@pytest.mark.parametrize(
    ("operation", "status", "text", "cls"),
    [
        (WRITE, 400, "unable to parse 'm': missing fields", errors.LinesRefusedError),
        (WRITE, 400, "partial write: unable to parse 'm': missing fields dropped=0", errors.PartialWriteError),
        (WRITE, 400, "partial write: field type conflict: input field dropped=2", errors.PartialFieldTypeConflictError),
        (WRITE, 400, "field type conflict", errors.FieldTypeConflictError),
        (WRITE, 400, "partial write: points beyond retention policy dropped=3", errors.PartialWriteError),
        (WRITE, 400, "database is required", errors.LinesRefusedError),
        (WRITE, 404, 'database not found: "x"', errors.WriteDatabaseNotFoundError),
        (WRITE, 500, "retention policy not found: x", errors.WriteRetentionPolicyNotFoundError),
        (WRITE, 500, "timeout", errors.WriteServerFailureError),
        (WRITE, 401, "authorization failed", errors.WriteAuthenticationError),
        (WRITE, 403, '"u" user is not authorized to write to database "d"', errors.WriteAuthorizationError),
        (WRITE, 413, "Request Entity Too Large", errors.WritePayloadTooLargeError),
        (QUERY, 400, "error parsing query: found x, expected y at line 1, char 8", errors.QuerySyntaxError),
        (QUERY, 400, 'missing required parameter "q"', errors.StatementError),
        (QUERY, 401, "unable to parse authentication credentials", errors.AuthenticationError),
        (QUERY, 403, "error authorizing query", errors.AuthorizationError),
        (QUERY, 500, "shard 1: broken", errors.ServerFailureError),
        (QUERY, 413, "Request Entity Too Large", errors.PayloadTooLargeError),
    ],
)
def test_the_message_says_more_than_the_status(operation: Operation, status: int, text: str, cls: type) -> None:
    """A wrong retention policy is a 500, and half of a 400 was stored."""
    error = answer(operation, status, text)
    assert type(error) is cls
    assert isinstance(error, InfluxDBError)
    assert isinstance(error, StatusError)
    assert isinstance(error, InfluxDBWriteError) is (operation is WRITE)
    assert (error.message, error.status) == (text, status)


@pytest.mark.parametrize(
    ("status", "text", "cls"),
    [
        (503, "request throttled, queue full\n", errors.WriteServerBusyError),
        (503, "request throttled, exceeds timeout\n", errors.WriteServerBusyError),
        (503, "upstream connect error", errors.WriteServerFailureError),
        (500, "Internal Server Error", errors.WriteHandlerCrashedError),
        (404, "404 page not found\n", errors.WriteNotServedError),
        (429, "slow down", errors.WriteTooManyRequestsError),
        (405, "Method Not Allowed", InfluxDBWriteError),
    ],
)
def test_bodies_that_are_plain_text(status: int, text: str, cls: type) -> None:
    """Throttles, crashes, unknown paths and wrong methods."""
    error = answer(WRITE, status, text, "text/plain; charset=utf-8")
    assert type(error) is cls
    assert error.message == text.strip()


def test_other_forms_of_the_message() -> None:
    """msgpack, as `Accept` asked for; and a header, where the body is of a machine in between."""
    packed = answer(QUERY, 400, msgpack.packb({"error": "error parsing query: x"}), "application/x-msgpack")
    assert type(packed) is errors.QuerySyntaxError
    said = answer(WRITE, 400, b"<html>", "text/html", X_Influxdb_Error="partial write: x dropped=1")
    assert type(said) is errors.PartialWriteError
    page = answer(QUERY, 502, b"<html>", "text/html")
    assert "HTML page" in page.message


def test_general_classes_hold() -> None:
    """Whoever catches what all platforms raise catches these."""
    assert isinstance(answer(WRITE, 404, "database not found: x"), NotFoundError)
    assert isinstance(answer(WRITE, 401, "x"), UnauthenticatedError)
    assert isinstance(answer(QUERY, 403, "x"), ForbiddenError)
    assert isinstance(answer(QUERY, 500, "x"), ServerError)
    assert not isinstance(answer(WRITE, 400, "field type conflict"), ConflictError)


def test_bad_lines_are_named_with_their_reasons() -> None:
    """One text for each line; a line may hold line feeds, quotes and the words of the server."""
    error = answer(
        WRITE,
        400,
        "partial write: unable to parse 'm v=\"a\nb': bad 'x'': unbalanced quotes\n"
        "unable to parse 'm,t= v=1': missing tag value dropped=0",
    )
    assert error.bad_lines == (
        ("m v=\"a\nb': bad 'x'", "unbalanced quotes"),
        ("m,t= v=1", "missing tag value"),
    )
    assert (error.dropped, error.partial) == (0, True)
    assert answer(WRITE, 400, "partial write: points beyond retention policy dropped=12").dropped == 12


def test_a_write_error_has_what_its_original_has() -> None:
    """Status, reason in words, headers."""
    error = answer(WRITE, 400, "x", X_Request_Id="7f")
    assert (error.status, error.reason, error.error) == (400, "Bad Request", "x")
    assert error.headers["Content-Type"] == "application/json"
    assert error.request_id == "7f"
    assert InfluxDBWriteError("x", status=599).reason == ""


def test_a_syntax_error_says_where() -> None:
    """As far as the server tells."""
    error = answer(QUERY, 400, "error parsing query: found x, expected y at line 2, char 31")
    assert (error.line, error.char) == (2, 31)
    assert answer(QUERY, 400, "error parsing query: x").line is None


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("database name required", "give db="),
        ("field type conflict: x", "field_types"),
        ("create admin user first or disable authentication", "CREATE USER"),
        ("max-select-series limit exceeded: (5/1)", "narrow"),
    ],
)
def test_usual_causes_have_advice(text: str, hint: str) -> None:
    """Beside the message, which stays the server's."""
    assert hint in str(answer(QUERY, 400, text).hint)


@pytest.mark.parametrize(
    ("status", "text", "kind", "repeated"),
    [
        (500, "retention policy not found: x", "application/json", False),
        (500, "Internal Server Error", "text/plain", False),
        (500, 'proto: field "x" contains invalid UTF-8', "application/json", False),
        (500, "timeout", "application/json", True),
        (503, "request throttled, queue full", "text/plain", True),
        (502, "bad gateway", "text/plain", True),
        (429, "slow down", "text/plain", True),
        (400, "partial write: x dropped=1", "application/json", False),
        (401, "x", "application/json", False),
        (404, "database not found: x", "application/json", False),
        (413, "x", "application/json", False),
    ],
)
def test_which_writes_are_repeated(status: int, text: str, kind: str, repeated: bool) -> None:
    """Only where another attempt may bring another answer."""
    outcome = Outcome.of_error(answer(WRITE, status, text, kind), "B")
    assert isinstance(judge(outcome, attempt=1, policy=Retry(), jitter=1.0), Again if repeated else Stop)


def test_a_throttled_write_was_not_looked_at() -> None:
    """So that even one without times may be repeated; a silent gateway leaves doubt."""
    throttled = answer(WRITE, 503, "request throttled, queue full", "text/plain")
    assert isinstance(judge(Outcome.of_error(throttled, "D"), attempt=1, policy=Retry(), jitter=1.0), Again)
    gateway = answer(WRITE, 503, "no upstream", "text/plain")
    assert not isinstance(judge(Outcome.of_error(gateway, "D"), attempt=1, policy=Retry(), jitter=1.0), Again | Stop)


def test_doubt_says_what_to_look_at() -> None:
    """Points or what the statement changes."""
    assert "time" in str(DIALECT.check(WRITE))
    assert "statement" in str(DIALECT.check(QUERY))


@pytest.mark.parametrize(
    "error",
    [
        answer(WRITE, 400, "partial write: unable to parse 'a': b dropped=0"),
        answer(QUERY, 400, "error parsing query: x at line 1, char 2"),
        errors.statement_error("database not found: x", 3, query="SELECT"),
        OutcomeUnknownError("x"),
    ],
)
def test_errors_travel(error: Exception) -> None:
    """Between processes, with all they say."""
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert vars(copy) == vars(error)
    assert str(copy) == str(error)


def test_the_families_are_complete() -> None:
    """What a write can meet beside a query has a class that is both."""
    for general, write in errors._FOR_WRITES.items():
        assert issubclass(write, InfluxDBWriteError)
        assert write is errors.LinesRefusedError or issubclass(write, general)


def test_a_wish_to_slow_down_is_heard() -> None:
    """By the seconds that it names."""
    error = answer(WRITE, 429, "slow down", "text/plain", Retry_After="7")
    assert error.retry_after == 7
    assert answer(QUERY, 503, "x", "text/plain", Retry_After="3").retry_after == 3
