"""Answers of `/query`: documents however they were cut, numbers of statements, errors inside a 200, truncation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgpack
import pytest
from catchment.core.errors import DecodeError
from catchment.influxdb.documents import Answer, JsonReader, MsgpackReader, Statements, reader_of
from catchment.influxdb.errors import DatabaseNotFoundError, InfluxDBError, QueryTruncatedError, StatementError
from hypothesis import given
from hypothesis import strategies as st

ROW = {"name": "m", "columns": ["time", "v"], "values": [[1, 1.0]]}
TIME = msgpack.ExtType(5, (-2).to_bytes(8, "big", signed=True) + (500_000_000).to_bytes(4, "big"))


def series(rows: list[list[Any]], *, partial: bool = False, **facts: Any) -> dict[str, Any]:
    """Make a series or a part of one."""
    return {"name": "m", "columns": ["time", "v"], "values": rows, **({"partial": True} if partial else {}), **facts}


def document(*results: Mapping[str, Any]) -> dict[str, Any]:
    """Make a document."""
    return {"results": list(results)}


def part(number: int | None, *some: Mapping[str, Any], partial: bool = False) -> dict[str, Any]:
    """Make what a document says of a statement."""
    head = {} if number is None else {"statement_id": number}
    return {**head, "series": list(some), **({"partial": True} if partial else {})}


DOCUMENTS = [document(part(0, series([[n, float(n)]], partial=n < 3), partial=n < 3)) for n in range(4)]
WIRE = {
    "msgpack": (lambda: MsgpackReader(), b"".join(msgpack.packb(one) or b"" for one in DOCUMENTS)),
    "json": (lambda: JsonReader(), b"".join(json.dumps(one).encode() + b"\n" for one in DOCUMENTS)),
    "json without a last line end": (lambda: JsonReader(), "\n".join(map(json.dumps, DOCUMENTS)).encode()),
}


@pytest.mark.parametrize("form", WIRE)
@given(cuts=st.lists(st.integers(1, 40), max_size=40))
def test_any_cut_of_the_wire_gives_the_same_documents(form: str, cuts: list[int]) -> None:
    """However the network cuts the bytes."""
    make, wire = WIRE[form]
    reader, found = make(), []
    for cut in [*cuts, len(wire)]:
        found += reader.feed(wire[:cut])
        wire = wire[cut:]
    assert [*found, *reader.finish()] == DOCUMENTS


@pytest.mark.parametrize("form", ["msgpack", "json"])
def test_half_a_document_is_an_error(form: str) -> None:
    """An answer that was cut, wherever, is never taken for a shorter one."""
    make, wire = WIRE[form]
    first = len((msgpack.packb(DOCUMENTS[0]) or b"") if form == "msgpack" else json.dumps(DOCUMENTS[0]).encode())
    for end in range(1, first):
        reader = make()
        with pytest.raises(DecodeError):
            _ = [*reader.feed(wire[:end]), *reader.finish()]


@pytest.mark.parametrize("wire", [b"\xc1", b"\xd4\x07\x00", b"\xc7\x04\x05abcd", b"\x81\x80\xc0"])
def test_what_is_no_msgpack_is_an_error(wire: bytes) -> None:
    """Also an extension that nobody knows."""
    with pytest.raises(DecodeError):
        list(MsgpackReader().feed(wire))


@pytest.mark.parametrize(
    "answer",
    [
        [],
        "results",
        {"results": 1},
        {"results": [1]},
        {"results": [{"series": 1}]},
        {"results": [{"series": [1]}]},
        {"results": [{"series": [{"name": "m", "values": [[1]]}]}]},
        {"results": [{"series": [{"columns": None}]}]},
        {"results": [{"series": [{"columns": [1]}]}]},
        {"results": [{"series": [{"columns": ["x"], "values": 1}]}]},
        {"results": [{"series": [{"columns": ["x"], "tags": 1}]}]},
        {"results": [{"series": [{"columns": ["x"], "name": 1}]}]},
        {"results": [{"messages": [1]}]},
        {"results": [{"statement_id": "0"}]},
        {"results": [{"statement_id": -1}]},
        {"results": [{"statement_id": 10**9}]},
    ],
    ids=str,
)
def test_documents_of_another_shape_are_refused(answer: Any) -> None:
    """A server, or what stands in for it, that sends something else is named as that, before anything is read."""
    with pytest.raises(DecodeError, match="answer"):
        list(Statements().parts(answer))


def test_times_without_an_epoch_are_text_as_in_json() -> None:
    """Half a second before 1970 included, to the nanosecond."""
    (read,) = MsgpackReader().feed(msgpack.packb({"t": TIME}) or b"")
    assert read == {"t": "1969-12-31T23:59:58.5Z"}


def test_the_server_chooses_the_form_of_its_answer() -> None:
    """Whatever was asked for; a page of a proxy is neither."""
    assert isinstance(reader_of("application/x-msgpack"), MsgpackReader)
    assert isinstance(reader_of("application/json"), JsonReader)
    with pytest.raises(DecodeError, match="text/html"):
        reader_of("text/html; charset=utf-8")
    with pytest.raises(DecodeError, match="no content type"):
        reader_of("")


def whole(*documents: Mapping[str, Any]) -> Any:
    """Put documents together."""
    answer = Answer("SELECT 'x'")
    for one in documents:
        answer.add(json.loads(json.dumps(one)))
    return answer.document()


def test_parts_of_a_series_become_one() -> None:
    """Rows in order, the flags gone."""
    assert whole(*DOCUMENTS) == document(part(0, series([[n, float(n)] for n in range(4)])))


def test_series_that_differ_stay_apart() -> None:
    """In tags, name, columns, statement, or because the first was complete."""
    tagged = [series([[1, 1]], tags={"h": h}) for h in "ab"]
    parts = [document(part(0, one, partial=True)) for one in tagged]
    assert whole(*parts, document(part(0, tagged[1]))) == document(part(0, tagged[0], tagged[1], tagged[1]))
    assert whole(document(part(0, ROW)), document(part(1, ROW))) == document(part(0, ROW), part(1, ROW))


def test_an_unchunked_answer_is_taken_as_it_is() -> None:
    """Several statements, one without rows, messages kept."""
    message = {"level": "warning", "text": "deprecated"}
    assert whole({"results": [{"statement_id": 0, "messages": [message]}, part(1, ROW)]}) == {
        "results": [{"statement_id": 0, "messages": [message]}, part(1, ROW)]
    }


@pytest.mark.parametrize("empty", [{}, {"results": []}, {"results": None}])
def test_an_answer_without_results_has_none(empty: dict[str, Any]) -> None:
    """`;` alone is answered with `{}`."""
    assert whole(empty) == {"results": []}
    assert whole() == {"results": []}


def test_msgpack_has_an_empty_list_where_json_has_nothing() -> None:
    """The result is the same."""
    assert whole(document(part(0))) == {"results": [{"statement_id": 0}]}


def test_a_failed_statement_raises_with_its_number() -> None:
    """Seed's words: text, and the statement's number."""
    with pytest.raises(StatementError) as caught:
        whole(document(part(0, ROW)), document({"statement_id": 1, "error": "undefined function x()"}))
    assert caught.value.message == "undefined function x() (statement 1)"
    assert caught.value.statement_id == 1
    assert caught.value.query == "SELECT 'x'"


@pytest.mark.parametrize(
    ("before", "number"),
    [((), 0), ((part(0, ROW),), 1), ((part(0, ROW), part(1)), 2), ((part(0, ROW, partial=True),), 0)],
)
def test_a_failure_without_a_number_is_counted(before: tuple[Mapping[str, Any], ...], number: int) -> None:
    """Msgpack leaves the number out; a statement that was still going on has failed itself."""
    with pytest.raises(DatabaseNotFoundError) as caught:
        whole(*map(document, before), document({"error": "database not found: x"}))
    assert caught.value.statement_id == number


def test_the_first_failure_is_the_one_that_is_raised() -> None:
    """Chunked answers say first what happened and then `not executed`."""
    with pytest.raises(InfluxDBError, match="database not found"):
        whole(document({"error": "database not found: x"}), document({"error": "not executed"}))


def test_not_executed_says_where_to_look() -> None:
    """Unchunked answers overwrite the real failure."""
    with pytest.raises(InfluxDBError) as caught:
        whole({"results": [part(0, ROW), {"statement_id": 1, "error": "not executed"}]})
    assert "one by one" in str(caught.value.hint)


def test_a_failure_of_the_whole_query_raises() -> None:
    """As a server or a proxy may answer with 200."""
    with pytest.raises(InfluxDBError, match="timeout"):
        whole({"error": "timeout"})


@pytest.mark.parametrize(
    "documents",
    [
        (document(part(0, series([[1, 1]], partial=True))),),
        (document(part(0, series([[1, 1]], partial=True)), part(1, ROW)),),
        (document(part(0, series([[1, 1]], partial=True), partial=True)),),
    ],
)
def test_what_the_server_cut_is_no_answer(documents: tuple[Mapping[str, Any], ...]) -> None:
    """A series that goes on, and nothing that goes on with it."""
    with pytest.raises(QueryTruncatedError, match="max-row-limit|rows of it"):
        whole(*documents)


def test_what_is_no_document_is_an_error() -> None:
    """JSON may hold anything."""
    with pytest.raises(DecodeError):
        list(Statements().parts([]))  # type: ignore[arg-type]
