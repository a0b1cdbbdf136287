"""What every engine does with requests and answers that are in order."""

from __future__ import annotations

import gzip
import io
import pickle
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from catchment.core.errors import ClosedError, DecodeError, ResponseTooLargeError, UnsafeInputError

from tests.engines.chaos import PLAIN, Chaos
from tests.engines.drivers import Driver

Make = Callable[..., Driver]


def test_any_status_is_an_answer(engine: Driver, chaos: Chaos) -> None:
    """Judging is not the engine's; neither is following."""
    busy = engine.send(chaos.url("status_503"))
    assert (busy.status, busy.body, busy.headers["retry-after"]) == (503, b"busy", "7")
    assert engine.send(chaos.url("redirect")).headers["location"] == "/ok"


def test_repeated_headers_are_kept(engine: Driver, chaos: Chaos) -> None:
    """Both lines, in their order."""
    assert engine.send(chaos.url("ok")).headers["X-Kept"] == "a, b"


def test_connection_is_kept(engine: Driver, chaos: Chaos) -> None:
    """Calls one after the other share one connection."""
    before = chaos.connections
    for _ in range(5):
        engine.send(chaos.url("ok"))
        engine.send(chaos.url("gzip"))
        engine.send(chaos.url("chunked"))
        engine.send(chaos.url("no_content"))
        engine.send(chaos.url("only_head"), method="HEAD")
    assert chaos.connections == before + 1


@pytest.mark.parametrize("path", ["closing", "until_close"])
def test_connection_that_closes_is_not_used_again(engine: Driver, chaos: Chaos, path: str) -> None:
    """Whether its end was announced by a header or by the lack of a length."""
    for _ in range(3):
        assert engine.send(chaos.url(path)).status == 200


@pytest.mark.parametrize(
    ("path", "method", "status", "body"),
    [
        ("only_head", "HEAD", 200, b""),
        ("no_content", "GET", 204, b""),
        ("not_modified", "GET", 304, b""),
        ("interim", "GET", 200, b"ok"),
        ("chunked", "GET", 200, b"abcdef"),
    ],
)
def test_framings(engine: Driver, chaos: Chaos, path: str, method: str, status: int, body: bytes) -> None:
    """Answers without body, after interim ones, in chunks; trailers are no headers."""
    response = engine.send(chaos.url(path), method=method)
    assert (response.status, response.body) == (status, body)
    assert "x-trailer" not in response.headers


def test_only_what_is_given_is_sent(engine: Driver, chaos: Chaos) -> None:
    """Headers arrive as given, with `Host` and framing added and nothing else: signatures cover what is sent."""
    head = engine.send(
        chaos.url("head_back?a=%2F&b=c;d"), method="PUT", headers=[("X-Mixed", "Wert: ä")], content=b"12"
    ).body.decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    assert first == "PUT /head_back?a=%2F&b=c;d HTTP/1.1"
    assert sorted(lines) == ["Content-Length: 2", f"Host: 127.0.0.1:{chaos.port}", "X-Mixed: Wert: ä"]


def test_get_has_no_framing_and_put_always_has(engine: Driver, chaos: Chaos) -> None:
    """A PUT without body says that it has none; servers answer 411 otherwise."""
    assert b"Content-Length" not in engine.send(chaos.url("head_back")).body
    assert b"Content-Length: 0\r\n" in engine.send(chaos.url("head_back"), method="PUT").body


def test_caller_may_give_host(engine: Driver, chaos: Chaos) -> None:
    """A signature may cover `Host`; it is not sent twice."""
    head = engine.send(chaos.url("head_back"), headers=[("host", "signed.example")]).body
    assert head.lower().count(b"host:") == 1
    assert b"signed.example" in head


@pytest.mark.parametrize(
    "content",
    [b"bytes", bytearray(b"bytes"), memoryview(b"bytes"), memoryview(b"b_y_t_e_s_")[::2], "bytes", "bytes €"],
    ids=repr,
)
def test_bodies_in_memory(engine: Driver, chaos: Chaos, content: bytes | str) -> None:
    """Bytes of any kind as they are, text as UTF-8."""
    expected = content.encode() if isinstance(content, str) else bytes(content)
    assert engine.send(chaos.url("echo"), method="PUT", content=content).body == expected


def test_views_are_measured_in_bytes(engine: Driver, chaos: Chaos) -> None:
    """A view of integers has fewer items than bytes."""
    view = memoryview(b"\1\0\0\0\2\0\0\0").cast("i")
    assert engine.send(chaos.url("echo"), method="PUT", content=view).body == view.tobytes()


def test_large_bodies_both_ways(engine: Driver, chaos: Chaos) -> None:
    """Beyond every buffer on the way."""
    content = bytes(range(256)) * 40_000
    assert engine.send(chaos.url("echo"), method="PUT", content=content, within=20).body == content


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/a b", "http://127.0.0.1:1/a\r\nX: y", "http://127.0.0.1:1/ä#b"])
def test_urls_that_would_be_read_differently(engine: Driver, url: str) -> None:
    """Refused before anything is sent; the engine escapes nothing, because it cannot know what is escaped already."""
    with pytest.raises(UnsafeInputError):
        engine.send(url)


@pytest.mark.parametrize("header", [("X-A", "b\r\nX-Evil: 1"), ("X-A", "€"), ("X-A", "\0"), ("X\r\nA", "b")], ids=repr)
def test_headers_cannot_be_forged(engine: Driver, chaos: Chaos, header: tuple[str, str]) -> None:
    """R38, once more below whoever should have checked: the call is refused and nothing is sent."""
    before = len(chaos.requests)
    with pytest.raises(UnsafeInputError):
        engine.send(chaos.url("ok"), headers=[header])
    assert len(chaos.requests) == before


@pytest.mark.parametrize("headers", [[("Content-Length", "3")], [("Transfer-Encoding", "chunked")]], ids=str)
def test_framing_must_fit_the_body(engine: Driver, chaos: Chaos, headers: list[tuple[str, str]]) -> None:
    """Two ways to read one request are how requests are smuggled."""
    with pytest.raises(UnsafeInputError):
        engine.send(chaos.url("echo"), method="PUT", headers=headers, content=b"four")


def test_use_after_close(engine: Driver, chaos: Chaos) -> None:
    """Closing twice is fine, calling is not."""
    engine.send(chaos.url("ok"))
    engine.run(engine.engine.aclose() if engine.is_async else engine.engine.close())
    engine.run(engine.engine.aclose() if engine.is_async else engine.engine.close())
    with pytest.raises(ClosedError):
        engine.send(chaos.url("ok"))


def test_unix_socket(engine: Driver, chaos: Chaos) -> None:
    """The path of the socket stands where a host would."""
    with tempfile.TemporaryDirectory(prefix="c", dir="/tmp") as folder:
        path = Path(folder) / "s"
        chaos.listen_unix(path)
        url = f"http+unix://{str(path).replace('/', '%2F')}/head_back?x=1"
        head = engine.send(url).body
    assert head.startswith(b"GET /head_back?x=1 HTTP/1.1\r\n")
    assert b"Host: localhost\r\n" in head


def test_pickled_engine_works(engine: Driver, chaos: Chaos) -> None:
    """R45: settings travel, connections do not."""
    engine.send(chaos.url("ok"))
    engine.engine = pickle.loads(pickle.dumps(engine.engine))
    assert engine.send(chaos.url("ok")).body == b"ok"


# -- streams -----------------------------------------------------------------------------------------------------------


def test_answer_is_there_before_its_body(engine: Driver, chaos: Chaos) -> None:
    """Headers first; what is not read is given up with the connection."""
    body = engine.open(chaos.url("drip_body"))
    assert (body.status, body.headers["content-length"]) == (200, "1000")
    engine.finish(body)
    engine.finish(body)
    assert engine.send(chaos.url("ok")).body == b"ok"


def test_chunks_are_the_body(engine: Driver, chaos: Chaos) -> None:
    """In pieces, whole in the end; coding undone."""
    body = engine.open(chaos.url("large"))
    assert sum(map(len, engine.drain(body.chunks))) == 3_000_000
    assert b"".join(engine.drain(engine.open(chaos.url("gzip_members")).chunks)) == PLAIN * 2


def test_bomb_streams_in_small_pieces(engine: Driver, chaos: Chaos) -> None:
    """R35: whatever it unpacks to, no piece is larger than a step of the decoder."""
    sizes = [len(piece) for piece in engine.drain(engine.open(chaos.url("gzip_bomb")).chunks)]
    assert sum(sizes) == 8 * 1024 * 1024
    assert max(sizes) <= 1024 * 1024


def test_read_returns_the_rest(engine: Driver, chaos: Chaos) -> None:
    """After some lines or chunks were taken, or none."""
    body = engine.open(chaos.url("gzip"))
    assert engine.run(body.read()) == PLAIN
    assert engine.run(body.read()) == b""


def test_streamed_read_is_bounded(make: Make, chaos: Chaos) -> None:
    """R35: `read` of a stream keeps to `max_body` too."""
    engine = make(max_body=100_000)
    with pytest.raises(ResponseTooLargeError):
        engine.send(chaos.url("large_unannounced"))
    body = engine.open(chaos.url("large_unannounced"))
    with pytest.raises(ResponseTooLargeError):
        engine.run(body.read())
    engine.finish(body)


def test_lines_end_at_line_feeds_only(engine: Driver, chaos: Chaos) -> None:
    """U+2028 may stand inside JSON; `str.splitlines` would split there."""
    body = engine.open(chaos.url("lines"))
    assert engine.drain(body.lines) == ["a\u2028b", "", '{"ä": 1}', "last"]


def test_lines_must_be_text(engine: Driver, chaos: Chaos) -> None:
    """Bytes that are no UTF-8 are not replaced silently."""
    body = engine.open(chaos.url("echo"), method="PUT", content=b"ok\n\xff\n")
    with pytest.raises(DecodeError, match="not UTF-8"):
        engine.drain(body.lines)


def test_files_go_up_from_where_they_stand(engine: Driver, chaos: Chaos, tmp_path: Path) -> None:
    """With their length, so that stores which refuse chunks take them."""
    path = tmp_path / "data"
    path.write_bytes(bytes(range(256)) * 12_000)
    with path.open("rb") as file:
        file.seek(100)
        body = engine.send(chaos.url("echo"), method="PUT", content=file).body
    assert body == path.read_bytes()[100:]
    assert b"Content-Length: 3071900" in chaos.requests[-1]


def test_packed_files_go_up_unpacked(engine: Driver, chaos: Chaos, tmp_path: Path) -> None:
    """The descriptor below a gzip file knows the packed length, which is not the body's."""
    path = tmp_path / "data.gz"
    path.write_bytes(gzip.compress(PLAIN))
    with gzip.open(path) as file:
        assert engine.send(chaos.url("echo"), method="PUT", content=file).body == PLAIN


def test_iterables_go_up_in_chunks(engine: Driver, chaos: Chaos) -> None:
    """Empty pieces would end a chunked body early, and do not."""

    def pieces() -> Iterator[bytes]:
        yield from (b"a", b"", b"b" * 100_000, bytearray(b"c"))  # type: ignore[misc]

    assert engine.send(chaos.url("echo"), method="PUT", content=pieces()).body == b"a" + b"b" * 100_000 + b"c"
    assert b"Transfer-Encoding: chunked" in chaos.requests[-1]


def test_async_iterables_go_up(engine: Driver, chaos: Chaos) -> None:
    """On the async side."""
    if not engine.is_async:
        pytest.skip("there is nobody to wait for it")

    async def pieces() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    assert engine.send(chaos.url("echo"), method="PUT", content=pieces()).body == b"ab"


@pytest.mark.parametrize("source", [lambda: io.StringIO("text"), lambda: iter(["text"])], ids=["file", "pieces"])
def test_text_pieces_are_refused(engine: Driver, chaos: Chaos, source: Callable[[], object]) -> None:
    """Their encoding would be a guess; the next call works."""
    with pytest.raises(UnsafeInputError, match="bytes"):
        engine.send(chaos.url("echo"), method="PUT", content=source())
    assert engine.send(chaos.url("ok")).body == b"ok"


def test_body_shorter_than_announced(engine: Driver, chaos: Chaos) -> None:
    """A file that shrank is no whole upload; the server never sees the end of a request."""
    source = io.BytesIO(b"12345")
    driver_call = {"method": "PUT", "headers": [("Content-Length", "9")], "content": iter([source.read()])}
    with pytest.raises(UnsafeInputError, match="4 bytes before"):
        engine.send(chaos.url("echo"), **driver_call)  # type: ignore[arg-type]
    assert engine.send(chaos.url("ok")).body == b"ok"


def test_sources_without_bytes_are_found_out_before_anything_is_sent(engine: Driver, chaos: Chaos) -> None:
    """A connection does not wait for them."""
    if not engine.lean:
        pytest.skip("the general engine sends headers first")
    before = len(chaos.requests)
    with pytest.raises(UnsafeInputError, match="str"):
        engine.send(chaos.url("echo"), method="PUT", content=iter(["text"]))
    assert len(chaos.requests) == before


@pytest.mark.parametrize("content", [lambda: io.BytesIO(), lambda: iter([])], ids=["file", "pieces"])
def test_empty_sources_go_up(engine: Driver, chaos: Chaos, content: Callable[[], object]) -> None:
    """As a body of no bytes, however it is framed."""
    assert engine.send(chaos.url("echo"), method="PUT", content=content()).body == b""
    assert engine.send(chaos.url("ok")).body == b"ok"


def test_sources_that_fail_close_their_connection(engine: Driver, chaos: Chaos) -> None:
    """The error is the source's own; half a request is never followed by another on its connection."""

    def pieces() -> Iterator[bytes]:
        yield b"a" * 1000
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk is gone"):
        engine.send(chaos.url("echo"), method="PUT", content=pieces())
    assert engine.send(chaos.url("ok")).body == b"ok"


def test_streams_keep_their_connection(engine: Driver, chaos: Chaos) -> None:
    """Read to their ends, whatever their framing; closed within the body, the next call makes another."""
    before = chaos.connections
    for path in ("large", "chunked", "gzip", "no_content", "large"):
        body = engine.open(chaos.url(path))
        engine.drain(body.chunks)
        engine.finish(body)
    assert chaos.connections == before + 1
    engine.finish(engine.open(chaos.url("drip_body")))
    assert engine.send(chaos.url("ok")).body == b"ok"
    assert chaos.connections == before + 2


def test_what_is_not_read_stays_with_the_server(engine: Driver, chaos: Chaos) -> None:
    """Memory holds a piece or two of an answer that nobody reads, however long it is."""
    body = engine.open(chaos.url("endless"))
    sent = 0
    for _ in range(20):  # until the buffers of the system are full
        engine.pause(0.05)
        sent, before = chaos.sent, sent
        if sent == before:
            break
    else:
        pytest.fail("the server is still sending")
    assert len(engine.reading(body.chunks)()) <= 1024 * 1024
    engine.finish(body)
