"""The short way of calls: the same bytes, the same verdicts and the same secrecy as the usual one."""

from __future__ import annotations

import logging

import pytest
from catchment.core._sync.api import ApiClient, ApiSettings, Connections
from catchment.core._sync.auth import FixedAuth
from catchment.core._sync.transport import Engines
from catchment.core.config import Retry
from catchment.core.errors import NetworkError, OutcomeUnknownError, StatusError, UnsafeInputError
from catchment.core.failures import MessageDialect
from catchment.core.headblock import HeaderBlock
from catchment.core.http1 import request_head
from catchment.core.recorder import Scripted, ScriptedEngine
from catchment.core.secret import Secret
from catchment.core.signing import HeaderSigner
from catchment.core.wire import Operation, Request, RetryClass

HEADERS = [("User-Agent", "x/1"), ("X-Function", "Put"), ("X-Key", "very secret")]
OP = Operation("test", "put", "PUT", "/a", "t", retry="A", successes=(200,))


class Scripts(Connections):
    """Connections to a script."""

    def __init__(self, *answers: Scripted | Exception) -> None:
        super().__init__()
        self.script = ScriptedEngine(list(answers))

    def engines(self, settings: ApiSettings) -> Engines:
        """Return the script, whatever the call."""
        return Engines(self.script, self.script, self.script)


def client(scripts: Scripts) -> ApiClient:
    """A client with a lasting credential, which makes two attempts."""
    settings = ApiSettings(
        "test",
        "http://test.invalid",
        MessageDialect(),
        headers=(("User-Agent", "x/1"),),
        retry=Retry(attempts=2, base=0.0, throttled_base=0.0),
    )
    return ApiClient(settings, FixedAuth(HeaderSigner("X-Key", Secret("very secret"))), connections=scripts)


def request(retry: RetryClass = "A") -> Request:
    """A request that may go the short way."""
    return Request(OP, "/a", content=b"body", retry=retry, constant=(("X-Function", "Put"),))


def lost() -> NetworkError:
    """An answer that never came."""
    error = NetworkError("connection reset")
    error.sent = True
    return error


@pytest.mark.parametrize("length", [None, 0, 5])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_a_block_is_the_same_bytes(method: str, length: int | None) -> None:
    """Headers written out once are, byte for byte, those that are written for each request."""
    block = HeaderBlock.of(HEADERS)
    assert block is not None
    assert request_head(method, "/a", "host:1", block, length) == request_head(method, "/a", "host:1", HEADERS, length)


def test_a_block_shows_no_secret() -> None:
    """A block that a traceback prints masks what headers hold."""
    assert "very secret" not in repr(HeaderBlock.of(HEADERS))


def test_a_method_that_is_none_is_refused() -> None:
    """A block does not open a door to other methods."""
    block = HeaderBlock.of(HEADERS)
    assert block is not None
    with pytest.raises(UnsafeInputError):
        request_head("EVIL\r\n", "/a", "host:1", block, None)


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding"])
def test_what_each_request_has_for_itself_is_no_block(name: str) -> None:
    """Framing and host are never written ahead of the request."""
    assert HeaderBlock.of([(name, "1")]) is None


def test_a_bad_constant_header_is_refused_before_anything_is_sent() -> None:
    """Constant headers are checked as all others are."""
    scripts = Scripts(Scripted(200))
    bad = Request(OP, "/a", constant=(("X-Function", "a\r\nb"),))
    with pytest.raises(UnsafeInputError):
        client(scripts).send(bad)
    assert not scripts.script.asked


def test_both_ways_send_the_same() -> None:
    """A request with a header of its own goes the usual way, and differs from the other by that header alone."""
    scripts = Scripts(Scripted(200), Scripted(200))
    sender = client(scripts)
    sender.send(request())
    longer = request()
    longer.headers.append(("X-Own", "1"))
    sender.send(longer)
    short, usual = (dict(sent.headers) for sent in scripts.script.asked)
    assert usual == {**short, "x-own": "1"}
    assert short["x-key"] == "very secret"


def test_a_lost_answer_is_repeated_where_that_is_safe() -> None:
    """The usual way takes over after the first attempt, and counts it."""
    scripts = Scripts(lost(), Scripted(200, b"done"))
    assert client(scripts).send(request("A")).body == b"done"
    assert len(scripts.script.asked) == 2


def test_a_lost_answer_is_not_repeated_where_that_is_not_safe() -> None:
    """Nothing is sent twice by changing the way."""
    scripts = Scripts(lost(), Scripted(200))
    with pytest.raises(OutcomeUnknownError):
        client(scripts).send(request("D"))
    assert len(scripts.script.asked) == 1


def test_a_no_is_the_same_error() -> None:
    """An answer that is no success becomes the error that the usual way makes of it, with one attempt."""
    scripts = Scripts(Scripted(404, b'{"message": "gone"}'))
    with pytest.raises(StatusError, match="gone") as caught:
        client(scripts).send(request())
    assert caught.value.attempts == 1


def test_attempts_are_noted_where_somebody_looks(caplog: pytest.LogCaptureFixture) -> None:
    """With debug logging on, the short way leaves one line an attempt."""
    with caplog.at_level(logging.DEBUG, logger="catchment"):
        client(Scripts(Scripted(200))).send(request())
    assert len([record for record in caplog.records if "attempt 1" in record.getMessage()]) == 1
