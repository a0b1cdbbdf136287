"""Responses: what is acceptable, what is read, and what stands in for an answer that has not come."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

import pytest
from catchment.core.errors import ClosedError, DecodeError, NetworkError, UnsafeInputError
from catchment.core.wire import Headers, Operation, RawResponse
from catchment.v3io.errors import HttpResponseError, RedirectedError, UnexpectedStatusError
from catchment.v3io.items import read_item
from catchment.v3io.response import (
    RaiseForStatus,
    Response,
    Responses,
    acceptable,
    check_wanted,
    outcomes_of,
    refusal,
)

OP = Operation("v3io", "getItem", "PUT", "/x", "t", retry="A", successes=(200,))
NEVER, ALWAYS = RaiseForStatus.never, RaiseForStatus.always


def raw(status: int = 200, body: bytes = b"", *headers: tuple[str, str]) -> RawResponse:
    """An answer."""
    return RawResponse(status, Headers(list(headers)), body)


@pytest.mark.parametrize(
    ("status", "wanted", "fine"),
    [
        (200, None, True), (299, None, True), (300, None, False), (404, ALWAYS, False), (204, ALWAYS, True),
        (404, NEVER, True), (500, NEVER, True), (404, [404], True), (200, [404], False), (200, [200, 204], True),
        (204, (200,), False), (404, [], False), (200, [], True),
    ],
)  # fmt: skip
def test_what_is_acceptable(status: int, wanted: RaiseForStatus | Sequence[int] | None, fine: bool) -> None:
    """A list names all that is acceptable; an empty one counts as none; everything below 300 is by default."""
    assert acceptable(status, wanted) is fine


@pytest.mark.parametrize("bad", ["never", 200, True, [True], [200, "404"], {"a": 1}])
def test_what_is_no_wish_is_refused(bad: object) -> None:
    """Anything but the two words and lists of statuses is told before a request leaves."""
    with pytest.raises(UnsafeInputError, match="raise_for_status"):
        check_wanted(bad)  # type: ignore[arg-type]


def test_wishes_are_brought_to_one_form() -> None:
    """The default has one form, whichever way it is written."""
    assert [check_wanted(wish) for wish in (None, ALWAYS, [], ())] == [None] * 4
    assert check_wanted([404, 200]) == (404, 200)
    assert check_wanted(NEVER) is NEVER


def test_outcomes_leave_room_for_repetition() -> None:
    """What may pass is repeated before it is an answer, and a deletion's 404 may be its own doing."""
    assert {404, 400, 308} <= set(outcomes_of(NEVER, "GET"))
    assert not {500, 503, 513, 429, 408} & set(outcomes_of(NEVER, "GET"))
    assert 404 not in outcomes_of(NEVER, "DELETE")
    assert 404 not in outcomes_of((404,), "DELETE")
    assert {404, 503} <= set(outcomes_of((404, 503), "GET"))


def test_headers_keep_their_spelling() -> None:
    """Names are listed as the server wrote them, once each, and found in any spelling."""
    headers = Response(OP, raw(200, b"", ("Content-Length", "0"), ("X-A", "1"), ("x-a", "2"))).headers
    assert list(headers.items()) == [("Content-Length", "0"), ("X-A", "1, 2")]
    assert (headers["content-length"], len(headers), headers.get("gone")) == ("0", 2, None)
    assert list(pickle.loads(pickle.dumps(headers))) == list(headers)


def test_output_is_read_once_and_late() -> None:
    """The body can be replaced before the output is asked for; afterwards the output stays."""
    response = Response(OP, raw(200, b"junk"), read_item)
    response.body = b'{"Item":{"a":{"N":"1"}}}'
    assert response.output.item == {"a": 1}
    assert response.output is response.output


def test_what_cannot_be_read_is_an_error() -> None:
    """A success of another form raises with the operation's name, each time it is asked for."""
    response = Response(OP, raw(200, b"junk"), read_item)
    for _ in range(2):
        with pytest.raises(DecodeError, match="getItem"):
            _ = response.output


@pytest.mark.parametrize(("status", "body"), [(200, b""), (204, b""), (404, b'{"Item":{}}'), (300, b'{"Item":{}}')])
def test_there_may_be_no_output(status: int, body: bytes) -> None:
    """No body, no output; and never one of a failure."""
    assert Response(OP, raw(status, body), read_item).output is None
    assert Response(OP, raw(200, b"bytes")).output is None


def test_an_answer_to_come() -> None:
    """Before its answer a response refuses, afterwards it is that answer; without one it raises what went wrong."""
    waiting = Response[None].awaited(OP, None)
    for name in ("status_code", "body", "headers", "output", "ok"):
        with pytest.raises(ClosedError, match="wait"):
            getattr(waiting, name)
    assert "ClosedError" in repr(waiting)
    waiting.fill(Response(OP, raw(204)))
    assert (waiting.status_code, waiting.ok) == (204, True)
    lost = Response[None].awaited(OP, None)
    lost.fail(NetworkError("broken"))
    for _ in range(2):
        with pytest.raises(NetworkError, match="broken"):
            _ = lost.status_code
    with pytest.raises(NetworkError):
        _ = pickle.loads(pickle.dumps(lost)).body
    with pytest.raises(AttributeError):
        _ = lost.nonsense  # type: ignore[attr-defined]


def test_several_responses() -> None:
    """A list of responses succeeds when each has status 200, and raises the first that is not acceptable."""
    fine, missing = Response(OP, raw(200)), Response(OP, raw(404, b"No such file"))
    both = Responses([fine, missing])
    assert (Responses([fine]).success, both.success, both.responses) == (True, False, [fine, missing])
    with pytest.raises(HttpResponseError, match="No such file"):
        both.raise_for_status()
    both.raise_for_status([200, 404])
    both.raise_for_status(NEVER)


def test_refusals() -> None:
    """A success that was not listed, a redirect and a failure are three classes, each with its status."""
    assert isinstance(refusal(OP, raw(200)), UnexpectedStatusError)
    redirect = refusal(OP, raw(307, b"", ("Location", "https://me:pw@there/x?token=1")))
    assert isinstance(redirect, RedirectedError)
    assert "there" in str(redirect)
    assert not {"pw", "token=1"} & set(str(redirect).replace("@", " ").replace("?", " ").split())
    assert (refusal(OP, raw(404)).status_code, redirect.status_code) == (404, 307)
