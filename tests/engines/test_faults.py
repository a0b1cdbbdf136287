"""Rows of the fault matrix, at the engines: what each fault is called, and when."""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Callable

import pytest
from catchment.core.errors import (
    CatchmentError,
    DeadlineError,
    DecodeError,
    HeaderError,
    NetworkError,
    ResponseTooLargeError,
    TruncatedBodyError,
)

from tests.engines.chaos import PLAIN, Chaos
from tests.engines.drivers import Driver

Make = Callable[..., Driver]


def failing(engine: Driver, url: str, kind: type[CatchmentError], **options: object) -> CatchmentError:
    with pytest.raises(kind) as caught:
        engine.send(url, **options)  # type: ignore[arg-type]
    assert "?" not in str(caught.value)
    return caught.value


def test_refused_connection_is_known_not_to_have_sent(engine: Driver) -> None:
    """R01: nothing was sent, so that anything may be repeated."""
    error = failing(engine, "http://127.0.0.1:1/x?token=canary", NetworkError)
    assert (error.sent, error.stale) == (False, False)
    assert "canary" not in str(error)


def test_unknown_name_is_known_not_to_have_sent(engine: Driver) -> None:
    """R02."""
    error = failing(engine, "http://nobody.invalid/x", NetworkError)
    assert error.sent is False
    assert "cannot find the address of nobody.invalid" in str(error)


def test_connection_closed_at_rest_is_replaced_silently(engine: Driver, chaos: Chaos) -> None:
    """R03: the server closed it between two calls; the second call never notices."""
    for _ in range(3):
        assert engine.send(chaos.url("closes_when_resting")).status == 200
        time.sleep(0.05)


def test_connection_that_dies_at_reuse_is_called_stale(engine: Driver, chaos: Chaos) -> None:
    """R03: the request may have gone out, and no byte of an answer came."""
    engine.send(chaos.url("dies_when_reused"))
    error = failing(engine, chaos.url("dies_when_reused"), NetworkError)
    assert (error.sent, error.stale) == (True, True)


@pytest.mark.parametrize("fault", ["reset", "silent_close", "cut_headers"])
def test_break_before_the_headers_are_complete(engine: Driver, chaos: Chaos, fault: str) -> None:
    """R04, R05: sent, no answer, and not stale: the connection was new."""
    error = failing(engine, chaos.url(fault), NetworkError)
    assert (error.sent, error.stale) == (True, False)


@pytest.mark.parametrize("fault", ["garbage", "two_lengths", "length_and_chunks", "bad_chunk", "switches"])
def test_garbage_on_the_wire(engine: Driver, chaos: Chaos, fault: str) -> None:
    """R05: what is no HTTP, or can be read in two ways, is no answer."""
    failing(engine, chaos.url(fault), DecodeError)


def test_a_header_with_control_characters_is_refused_or_read_where_asked(make: Make, chaos: Chaos) -> None:
    """R05: by default it is no answer; the lean engine reads it for servers known to send such, the other names it."""
    failing(make(), chaos.url("control_header"), DecodeError)
    lenient = make(lenient_headers=True)
    if lenient.lean:
        assert lenient.send(chaos.url("control_header")).headers["x-said"] == "a\0b"
    else:
        error = failing(lenient, chaos.url("control_header"), HeaderError)
        assert error.line == b"X-Said: a\0b"
        assert "a\0b" not in str(error)


@pytest.mark.parametrize("fault", ["huge_header", "large_headers", "flood_interim"])
def test_headers_are_bounded(engine: Driver, chaos: Chaos, fault: str) -> None:
    """R05, R06: more than 64 KiB before the body is refused, in one header, in many, in endless interim answers."""
    error = failing(engine, chaos.url(fault), DecodeError)
    assert "bytes of headers" in str(error) or "protocol" in str(error) or engine.lean is False


@pytest.mark.parametrize("fault", ["drip_headers", "drip_body", "endless_interim", "stall"])
def test_deadline_holds_against_a_server_that_drips(engine: Driver, chaos: Chaos, fault: str) -> None:
    """R06: one byte now and then keeps every read alive, and must not keep the call alive."""
    began = time.monotonic()
    error = failing(engine, chaos.url(fault), DeadlineError, within=0.5)
    assert 0.45 < time.monotonic() - began < 1.0
    assert error.sent is True
    assert "deadline" in str(error)


def test_silence_is_bounded_without_a_deadline(make: Make, chaos: Chaos) -> None:
    """R07: no byte for as long as `read` says."""
    began = time.monotonic()
    error = failing(make(read=0.3), chaos.url("stall"), DeadlineError, within=None)
    assert time.monotonic() - began < 1.0
    assert "nothing happened for 0.3 s" in str(error)


@pytest.mark.parametrize("fault", ["cut_length", "cut_chunked", "reset_in_body"])
def test_cut_body(engine: Driver, chaos: Chaos, fault: str) -> None:
    """R08, R09: never half a body as if it were whole."""
    error = failing(engine, chaos.url(fault), TruncatedBodyError)
    assert error.status == 200


def test_body_that_ends_with_its_connection(engine: Driver, chaos: Chaos) -> None:
    """R10: without a length its end is the connection's; engines cannot know better."""
    assert engine.send(chaos.url("until_close")).body == b"to the end"


@pytest.mark.parametrize(("path", "body"), [("gzip", PLAIN), ("gzip_members", PLAIN * 2), ("deflate", PLAIN)], ids=str)
def test_content_codings_are_undone(engine: Driver, chaos: Chaos, path: str, body: bytes) -> None:
    """R12: all members of a gzip stream count."""
    assert engine.send(chaos.url(path)).body == body


@pytest.mark.parametrize("fault", ["gzip_cut", "gzip_empty"])
def test_coded_body_without_its_end(engine: Driver, chaos: Chaos, fault: str) -> None:
    """R12: complete by its length, cut by its coding."""
    failing(engine, chaos.url(fault), TruncatedBodyError)


@pytest.mark.parametrize("fault", ["gzip_bad_crc", "gzip_not", "gzip_trailing", "brotli"])
def test_bad_coding(engine: Driver, chaos: Chaos, fault: str) -> None:
    """R12."""
    failing(engine, chaos.url(fault), DecodeError)


@pytest.mark.parametrize("fault", ["gzip_bomb", "large", "large_unannounced"])
def test_bodies_are_bounded(make: Make, chaos: Chaos, fault: str) -> None:
    """R35: by what they unpack to, announced or not."""
    failing(make(max_body=1024 * 1024), chaos.url(fault), ResponseTooLargeError)


@pytest.mark.parametrize("fault", ["reset", "garbage", "cut_length", "gzip_bad_crc", "spills", "switches"])
def test_next_call_works(engine: Driver, chaos: Chaos, fault: str) -> None:
    """Every row: what is left of a broken exchange does not reach the next."""
    for _ in range(3):
        with contextlib.suppress(CatchmentError):
            engine.send(chaos.url(fault))
        assert engine.send(chaos.url("ok")).body == b"ok"


def test_refusal_before_the_body_is_read(engine: Driver, chaos: Chaos) -> None:
    """A server that answers 413 and closes is heard, if its answer got through; else the call was lost, not stale."""
    lost = None
    response = None
    try:
        response = engine.send(chaos.url("refuse_early"), method="PUT", content=bytes(8_000_000))
    except NetworkError as error:
        lost = error
    assert response is None or (response.status, response.body) == (413, b"too much")
    assert lost is None or (lost.sent, lost.stale) == (True, False)


SOURCES = {
    "bytes": lambda: bytes(20_000_000),
    "file": lambda: io.BytesIO(bytes(20_000_000)),
    "pieces": lambda: (bytes(100_000) for _ in range(200)),
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("fault", ["refuse_and_wait", "refuse_in_part"])
def test_refusal_while_the_body_is_being_sent(engine: Driver, chaos: Chaos, fault: str, source: str) -> None:
    """A server that says 413 and stops reading is heard at once, and its connection is used no more."""
    if not engine.lean:
        pytest.skip("the general engine reads when all is sent")
    began = time.monotonic()
    response = engine.send(chaos.url(fault), method="PUT", content=SOURCES[source]())
    assert (response.status, response.body) == (413, b"too much")
    assert time.monotonic() - began < 2
    assert engine.send(chaos.url("ok")).body == b"ok"


@pytest.mark.parametrize("source", SOURCES)
def test_success_before_the_body_is_sent(engine: Driver, chaos: Chaos, source: str) -> None:
    """It may be meant; the body is sent to its end all the same, never cut in silence."""
    chaos.bodies.clear()
    assert engine.send(chaos.url("accept_early"), method="PUT", content=SOURCES[source](), within=20).status == 200
    assert engine.send(chaos.url("ok")).body == b"ok"
    assert [len(body) for body in chaos.bodies] == [20_000_000]


@pytest.mark.parametrize("source", SOURCES)
def test_break_while_the_body_is_being_sent(engine: Driver, chaos: Chaos, source: str) -> None:
    """Sent in part, no answer: nobody knows, and nothing hangs."""
    error = failing(engine, chaos.url("hang_up"), NetworkError, method="PUT", content=SOURCES[source]())
    assert (error.sent, error.stale) == (True, False)


@pytest.mark.parametrize("source", SOURCES)
def test_deadline_holds_while_sending(engine: Driver, chaos: Chaos, source: str) -> None:
    """A server that takes nothing."""
    began = time.monotonic()
    failing(engine, chaos.url("deaf"), DeadlineError, method="PUT", content=SOURCES[source](), within=0.5)
    assert time.monotonic() - began < 1.5


def test_deadline_holds_while_bytes_keep_coming(engine: Driver, chaos: Chaos) -> None:
    """An answer without end is over at the deadline, though nobody ever waits for it."""
    body = engine.open(chaos.url("endless"), within=0.5)
    began = time.monotonic()
    with pytest.raises(DeadlineError):
        engine.consume(body.chunks)
    assert time.monotonic() - began < 1.5
    engine.finish(body)


def test_silence_within_a_stream_is_bounded(make: Make, chaos: Chaos) -> None:
    """R07: also between two pieces of a body; a reader who takes his time is not the server's silence."""
    engine = make(read=0.3)
    body = engine.open(chaos.url("pauses"), within=None)
    chunks = engine.reading(body.chunks)
    assert chunks() == b"one"
    engine.pause(0.5)
    assert chunks() == b"two"
    with pytest.raises(DeadlineError, match=r"nothing happened for 0.3 s"):
        chunks()
    engine.finish(body)


@pytest.mark.parametrize("fault", ["cut_length", "cut_chunked", "reset_in_body"])
def test_cut_stream(engine: Driver, chaos: Chaos, fault: str) -> None:
    """R08, R09: what came before the cut is handed out or not, and then the error; never an end."""
    body = engine.open(chaos.url(fault))
    with pytest.raises(TruncatedBodyError):
        engine.consume(body.chunks)
    engine.finish(body)
    assert engine.send(chaos.url("ok")).body == b"ok"
