"""Plain answers read without the parser: never anything that the parser would read otherwise."""

from __future__ import annotations

import pickle

import pytest
from catchment.core import http1
from catchment.core.errors import CatchmentError
from catchment.core.http1 import ResponseReader
from catchment.core.shortanswer import read_short
from hypothesis import given, settings
from hypothesis import strategies as st

PLAIN = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 4\r\nX-A:  b \r\nX-a: \xe9\r\n\r\nbody"

Seen = tuple[int, list[tuple[str, str]], bytes, bool] | str


def slow(data: bytes, method: str = "GET") -> Seen:
    """What the parser makes of an answer: status, headers, body, whether the connection can be used again."""
    reader = ResponseReader("x", 1000)
    reader.expect(method)
    reader._whole = False
    try:
        if not reader.feed(data):
            reader.end()
        answer = reader.response()
    except CatchmentError as exc:
        return type(exc).__name__
    return answer.status, list(answer.headers.raw), answer.body, reader.reusable


def quick(data: bytes) -> Seen | None:
    """What the short way makes of it."""
    found = read_short(data)
    return None if found is None else (found[0], list(found[1].raw), found[2], True)


def test_a_plain_answer() -> None:
    """One length, one piece: read at once, and the same as the parser reads it."""
    assert quick(PLAIN) == (
        200, [("Server", "x"), ("Content-Length", "4"), ("X-A", "b "), ("X-a", "\xe9")], b"body", True
    )  # fmt: skip
    assert quick(PLAIN) == slow(PLAIN)
    found = read_short(PLAIN)
    assert found is not None
    assert found[1]["x-A"] == "b , \xe9"
    assert list(pickle.loads(pickle.dumps(found[1])).raw) == list(found[1].raw)


@pytest.mark.parametrize(
    ("part", "other"),
    [
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b" 200 ", b" 100 "),
        (b" 200 ", b" 204 "),
        (b" 200 ", b" 304 "),
        (b" 200 ", b" 2000 "),
        (b"Length: 4", b"Length: 5"),
        (b"Length: 4", b"Length: 3"),
        (b"Length: 4", b"Length: +4"),
        (b"Length: 4", b"Length: 4\r\nContent-Length: 4"),
        (b"Length: 4", b"Length: 4, 4"),
        (b"Content-Length: 4", b"Content-Length : 4"),
        (b"Content-Length: 4", b"Transfer-Encoding: chunked"),
        (b"Server: x", b"Transfer-Encoding: chunked"),
        (b"Server: x", b"Content-Encoding: gzip"),
        (b"Server: x", b"Upgrade: h2c"),
        (b"Server: x", b"Connection: close"),
        (b"Server: x", b"Connection: keep-alive, close"),
        (b"Server: x", b"Connection: keep-alive\r\nConnection: close"),
        (b"Server: x", b"Server:\r\n x"),
        (b"Server: x", b"Server: \x01"),
        (b"Server: x", b"Server x"),
        (b"Server: x\r\n", b"Server: x\n"),
        (b"body", b"bod"),
        (b"body", b"bodyHTTP/1.1 200 OK\r\n"),
    ],
)
def test_what_is_not_plain_is_left_to_the_parser(part: bytes, other: bytes) -> None:
    """Each way of being unusual."""
    assert part in PLAIN
    assert read_short(PLAIN.replace(part, other, 1)) is None


def test_keep_alive_is_plain() -> None:
    """What says the usual in so many words is usual."""
    for line in (b"Connection: keep-alive", b"connection:Keep-Alive ", b"Keep-Alive: timeout=5"):
        data = PLAIN.replace(b"Server: x", line)
        assert quick(data) == slow(data)
        assert quick(data) is not None


LINES = st.lists(
    st.sampled_from(
        [
            b"Content-Length: 4", b"content-length:4", b"Content-Length: 04", b"CONTENT-LENGTH:\t4 ", b"Content-Length: 0",
            b"Connection: keep-alive", b"Connection: close", b"Transfer-Encoding: chunked", b"X-Empty:", b"X: \xff",
            b"X-Content-Length: 9", b"Content-Type: text/plain", b" folded", b"Bad Name: 1", b"Content-Length: 4\t",
            b"Proxy-Connection: close", b"Trailer: x", b"Upgrade: h2c", b"Date: \x7f",
        ]
    ),
    max_size=5,
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(
    start=st.sampled_from(
        [b"HTTP/1.1 200 OK", b"HTTP/1.1 404 ", b"HTTP/1.1 200", b"HTTP/1.1 503 \xe9", b"HTTP/1.1 299 x"]
    ),
    lines=LINES,
    body=st.sampled_from([b"", b"body", b"bodybody", b"0\r\n\r\n"]),
    cut=st.integers(0, 3),
    flip=st.none() | st.tuples(st.integers(0, 200), st.sampled_from([b"\r", b"\n", b"\0", b":", b" ", b"9", b"\x80"])),
)
def test_the_short_way_never_differs(
    start: bytes, lines: list[bytes], body: bytes, cut: int, flip: tuple[int, bytes] | None
) -> None:
    """Whatever the short way reads, the parser reads the same, and may use the connection again."""
    data = b"\r\n".join([start, *lines, b"", b""]) + body
    if flip is not None:
        place = flip[0] % len(data)
        data = data[:place] + flip[1] + data[place + 1 :]
    data = data[: len(data) - cut]
    found = quick(data)
    assert found is None or found == slow(data)


def test_heads_and_streams_go_by_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer to HEAD announces a body that never comes, and one that streams is handed out as it comes."""

    def forbidden(data: bytes) -> None:
        raise AssertionError("the short way was taken")

    monkeypatch.setattr(http1, "read_short", forbidden)
    reader = ResponseReader("x", 1000)
    reader.expect("HEAD")
    assert reader.feed(PLAIN[: PLAIN.index(b"body")])
    reader.expect("GET", streams=True)
    assert reader.feed(PLAIN)
    assert reader.taken() == b"body"


def test_both_ways_alternate_on_one_connection() -> None:
    """The parser takes up where it was, whatever was read without it in between."""
    reader = ResponseReader("x", 1000)
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"
    for data in (PLAIN, chunked, PLAIN, PLAIN, chunked):
        reader.expect("GET")
        assert reader.feed(data)
        assert reader.response().body == b"body"
        assert reader.reusable


def test_limits_hold() -> None:
    """A plain answer beyond the limit is refused as any other."""
    reader = ResponseReader("x", 3)
    with pytest.raises(CatchmentError, match="larger"):
        reader.feed(PLAIN)


def test_what_comes_after_an_answer_spoils_the_connection() -> None:
    """Bytes that nobody asked for are found, when they come later too."""
    reader = ResponseReader("x", 1000)
    assert reader.feed(PLAIN)
    reader.feed(b"HTTP/1.1 200 OK\r\n")
    assert not reader.reusable
