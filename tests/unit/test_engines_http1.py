"""HTTP/1.1 without a socket: requests to bytes, bytes to answers."""

from __future__ import annotations

import pytest
from catchment.core.errors import DecodeError, NetworkError, ResponseTooLargeError, TruncatedBodyError, UnsafeInputError
from catchment.core.http1 import ResponseReader, framed_head, request_head
from hypothesis import given
from hypothesis import strategies as st

STREAMS = {
    "length": b"HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 6\r\n\r\nabcdef",
    "chunks": b"HTTP/1.1 200 OK\r\nA: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"4;x\r\nabcd\r\n2\r\nef\r\n0\r\nT: 1\r\n\r\n",
    "interim": b"HTTP/1.1 103 H\r\nA: 2\r\n\r\nHTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 6\r\n\r\nabcdef",
}


@pytest.mark.parametrize("framing", STREAMS)
@given(cuts=st.lists(st.integers(1, 9), max_size=40))
def test_any_cut_of_the_wire_gives_the_same(framing: str, cuts: list[int]) -> None:
    """However the network cuts the bytes; and again on the same connection."""
    reader = ResponseReader("x", 100)
    for _ in range(2):
        reader.expect("GET")
        rest = STREAMS[framing]
        for cut in [*cuts, len(rest)]:
            if rest:
                complete = reader.feed(rest[:cut])
                rest = rest[cut:]
                assert complete == (not rest)
        response = reader.response()
        assert (response.status, response.headers["a"], response.body) == (200, "1", b"abcdef")
        assert "t" not in response.headers
        assert reader.reusable


@pytest.mark.parametrize("framing", STREAMS)
@given(cuts=st.lists(st.integers(1, 9), max_size=40))
def test_bodies_are_taken_as_they_come(framing: str, cuts: list[int]) -> None:
    """Each byte once, in order, beyond any limit of whole bodies; and again on the same connection."""
    reader = ResponseReader("x", 3)
    for _ in range(2):
        reader.expect("GET", streams=True)
        rest, body = STREAMS[framing], b""
        for cut in [*cuts, len(rest)]:
            if rest:
                complete = reader.feed(rest[:cut])
                rest = rest[cut:]
                assert reader.status == (200 if reader.in_body else 0)
                body += reader.taken()
                assert not reader.has_some
                assert complete == (not rest)
        assert (reader.status, reader.headers["a"], body) == (200, "1", b"abcdef")
        assert reader.reusable


def test_streams_after_whole_answers_and_back() -> None:
    """The limit of whole bodies holds for them alone; a connection carries both."""
    wire = STREAMS["length"]
    reader = ResponseReader("x", 3)
    reader.expect("GET", streams=True)
    reader.feed(wire[:-2])
    reader.feed(wire[-2:])
    assert (reader.taken(), reader.reusable) == (b"abcdef", True)
    reader.expect("GET")
    with pytest.raises(ResponseTooLargeError):
        reader.feed(wire[:-2])


@pytest.mark.parametrize("first", [len(STREAMS["length"]) - 2, len(STREAMS["length"]) - 6, len(STREAMS["length"])])
def test_more_than_the_announced_body_spoils_the_connection(first: int) -> None:
    """Whatever it was cut into: the body is what was announced, and the rest is nobody's answer."""
    wire = STREAMS["length"]
    for streams in (False, True):
        reader = ResponseReader("x", 100)
        reader.expect("GET", streams=streams)
        reader.feed(wire[:first])
        assert reader.feed(wire[first:] + b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong")
        assert reader.taken() == b"abcdef"
        assert not reader.reusable


@pytest.mark.parametrize("headers", [b"Connection: close\r\n", b""], ids=["close", "keep"])
def test_bodies_past_the_parser_end_as_their_headers_say(headers: bytes) -> None:
    """Of a body whose length is known the parser sees the beginning; whether the connection stays is told by headers."""
    reader = ResponseReader("x", 100)
    assert not reader.feed(b"HTTP/1.1 200 OK\r\n%bContent-Length: 3\r\n\r\na" % headers)
    assert reader.feed(b"bc")
    assert reader.response().body == b"abc"
    assert reader.reusable is not bool(headers)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    """Whatever comes, it is an answer, more to wait for, or one of two errors."""
    reader = ResponseReader("x", 100)
    for start in (b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"):
        reader = ResponseReader("x", 100)
        try:
            if reader.feed(start + data):
                reader.response()
        except (DecodeError, ResponseTooLargeError):
            pass


def test_endless_trailers_are_bounded() -> None:
    """Bytes that bring no body forward end somewhere."""
    reader = ResponseReader("x", 10**9)
    reader.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: ")
    for _ in range(65):
        reader.feed(b"a" * 1000)
    with pytest.raises(DecodeError, match="trailers"):
        reader.feed(b"a" * 1000)


def test_announced_size_is_enough_to_refuse() -> None:
    """Before a byte of the body is read."""
    with pytest.raises(ResponseTooLargeError):
        ResponseReader("x", 100).feed(b"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n")


@pytest.mark.parametrize(
    ("start", "clean", "error"),
    [
        (b"", True, NetworkError),
        (b"HTTP/1.1 200 O", True, NetworkError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", True, TruncatedBodyError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", True, TruncatedBodyError),
        (b"HTTP/1.1 200 OK\r\n\r\nabc", False, TruncatedBodyError),
        (b"HTTP/1.1 200 OK\r\n\r\nabc", True, None),
    ],
    ids=["nothing", "in headers", "in length", "in chunks", "cut by force", "end of body"],
)
def test_ends_of_connections(start: bytes, clean: bool, error: type[Exception] | None) -> None:
    """What the end means depends on what came before; only a body without length may end with its connection."""
    reader = ResponseReader("x", 100)
    if start:
        reader.feed(start)
    if error is None:
        reader.end(clean=clean)
        assert reader.response().body == b"abc"
        assert not reader.reusable
    else:
        with pytest.raises(error):
            reader.end(clean=clean)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n",
    ],
)
def test_connections_that_end_with_a_head_request(answer: bytes) -> None:
    """Told by the answer's headers, though its parser never sees the body that they announce."""
    reader = ResponseReader("x", 100)
    reader.expect("HEAD")
    assert reader.feed(answer)
    assert not reader.reusable


def test_heads() -> None:
    """Headers in their order, `Host` first unless the caller has one, length last."""
    assert request_head(
        "GET", "/a?b", "h:1", [("X-A", "ä")], None
    ) == "GET /a?b HTTP/1.1\r\nHost: h:1\r\nX-A: ä\r\n\r\n".encode("latin-1")
    assert (
        request_head("PUT", "/", "h", [("HOST", "x")], 3) == b"PUT / HTTP/1.1\r\nHOST: x\r\nContent-Length: 3\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("method", "headers", "length"),
    [
        ("get", [], None),
        ("GET /x HTTP/1.1\r\nEvil: 1\r\n\r\nGET", [], None),
        ("CONNECT", [], None),
        ("GET", [("A", "b\r\nC: d")], None),
        ("GET", [("A", "b\n")], None),
        ("GET", [("A", "€")], None),
        ("PUT", [("content-length", "4")], 3),
        ("PUT", [("Content-Length", "3"), ("Content-Length", "3")], 3),
        ("PUT", [("transfer-encoding", "chunked")], 3),
    ],
    ids=repr,
)
def test_heads_that_could_be_read_in_two_ways(method: str, headers: list[tuple[str, str]], length: int | None) -> None:
    """Refused, whoever should have checked before."""
    with pytest.raises(UnsafeInputError):
        request_head(method, "/", "h", headers, length)


@pytest.mark.parametrize(
    ("method", "header"),
    [
        ("put", ("A", "b")),
        ("PUT", ("A", "b\r\nC: d")),
        ("PUT", ("A\n", "b")),
        ("PUT", ("A", "\0")),
        ("PUT", ("A", "€")),
    ],
    ids=repr,
)
def test_heads_of_streams_are_held_to_the_same(method: str, header: tuple[str, str]) -> None:
    """Their headers are complete, framing included; nothing in them may end one early."""
    assert framed_head("PUT", "/", [("Host", "h")]) == b"PUT / HTTP/1.1\r\nHost: h\r\n\r\n"
    with pytest.raises(UnsafeInputError):
        framed_head(method, "/", [("Host", "h"), header])


def test_control_characters_in_headers_are_read_only_where_asked() -> None:
    """Some servers repeat a caller's bytes in a header; elsewhere such a header is refused."""
    wire = b"HTTP/1.1 400 Bad Request\r\nX-Said: a\x01\x00b\r\nContent-Length: 2\r\n\r\nno"
    with pytest.raises(DecodeError):
        ResponseReader("x", 100).feed(wire)
    reader = ResponseReader("x", 100, lenient=True)
    for _ in range(2):
        reader.expect("HEAD")
        assert reader.feed(wire[:-2])
        assert (reader.response().status, reader.response().headers["x-said"]) == (400, "a\x01\x00b")
