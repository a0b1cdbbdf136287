"""Engines without a network: in process, recorded, scripted."""

from __future__ import annotations

import asyncio
import gzip
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from catchment.core.clock import monotonic
from catchment.core.errors import (
    CatchmentError,
    ClosedError,
    DeadlineError,
    DecodeError,
    NetworkError,
    TruncatedBodyError,
    UnsafeInputError,
)
from catchment.core.inprocess import AsyncInProcessEngine, InProcessEngine
from catchment.core.recorder import AsyncRecorder, AsyncScriptedEngine, Recorder, Scripted, ScriptedEngine


@dataclass
class Reply:
    """An answer of the service below."""

    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b"ok"


@dataclass
class Service:
    """Answers everything with one reply, or fails as the network might."""

    reply: Reply = field(default_factory=Reply)
    fault: Exception | None = None
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    endpoint: str = "http://local.example"
    environment: dict[str, str] = field(default_factory=dict)

    def handle(self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> Reply:
        """Remember the request and answer."""
        self.asked.append((method, url, dict(headers), body))
        if self.fault is not None:
            raise self.fault
        return self.reply


def ask(colour: str, service: Service, method: str = "GET", content: Any = None, deadline: float | None = None) -> Any:
    """Send one request through the engine of that colour."""
    args = (method, "http://local.example/a?b", [("X-A", "1")], content, deadline)
    if colour == "sync":
        return InProcessEngine(service).send(*args)
    return asyncio.run(AsyncInProcessEngine(service).send(*args))


COLOURS = pytest.mark.parametrize("colour", ["sync", "async"])


@COLOURS
def test_services_get_what_a_socket_would_carry(colour: str) -> None:
    """Host and framing included, files and iterables joined."""
    service = Service()
    assert ask(colour, service, "PUT", io.BytesIO(b"body")).body == b"ok"
    headers = {"Host": "local.example", "X-A": "1", "Content-Length": "4"}
    assert service.asked == [("PUT", "http://local.example/a?b", headers, b"body")]
    ask(colour, service, "PUT", iter([b"a", b"b"]))
    assert service.asked[1][2]["Transfer-Encoding"] == "chunked"
    assert service.asked[1][3] == b"ab"


@COLOURS
@pytest.mark.parametrize(
    ("fault", "error", "sent"),
    [
        (ConnectionResetError(), NetworkError, True),
        (ConnectionRefusedError(), NetworkError, False),
        (TimeoutError(), DeadlineError, True),
    ],
    ids=repr,
)
def test_faults_of_the_network(colour: str, fault: Exception, error: type[CatchmentError], sent: bool) -> None:
    """Built-in errors of the service are those of the line to it."""
    with pytest.raises(error) as caught:
        ask(colour, Service(fault=fault))
    assert caught.value.sent is sent  # type: ignore[attr-defined]


@COLOURS
def test_bodies_are_received_as_on_a_socket(colour: str) -> None:
    """Announced lengths hold, codings are undone and checked, HEAD has no body."""
    packed = gzip.compress(b"text")
    assert ask(colour, Service(Reply(headers=[("Content-Encoding", "gzip")], body=packed))).body == b"text"
    assert ask(colour, Service(Reply(headers=[("Content-Length", "2")], body=b"okay"))).body == b"ok"
    assert ask(colour, Service(Reply(headers=[("Content-Length", "2")])), "HEAD").body == b""
    with pytest.raises(TruncatedBodyError):
        ask(colour, Service(Reply(headers=[("Content-Length", "3")])))
    with pytest.raises(DecodeError):
        ask(colour, Service(Reply(headers=[("Content-Encoding", "gzip")], body=b"plain")))


@COLOURS
def test_deadlines_hold(colour: str) -> None:
    """One that has passed sends nothing."""
    service = Service()
    with pytest.raises(DeadlineError) as caught:
        ask(colour, service, deadline=monotonic() - 1)
    assert caught.value.sent is False
    assert service.asked == []


def test_closed_engines_refuse() -> None:
    """Of every kind."""
    service = Service()
    engine = InProcessEngine(service)
    engine.close()
    script = ScriptedEngine([Scripted()])
    script.close()
    for closed in (engine, script):
        with pytest.raises(ClosedError):
            closed.send("GET", "http://local.example/", [], None, None)
    assert service.asked == []


def test_forged_headers_are_refused() -> None:
    """As on a socket."""
    with pytest.raises(UnsafeInputError):
        InProcessEngine(Service()).send("GET", "http://local.example/", [("A", "b\nc")], None, None)


def test_recorder_shows_no_secret() -> None:
    """Method, masked URL, harmless headers, sizes and outcome of every request."""
    recorder = Recorder(ScriptedEngine([Scripted(201, b"made"), NetworkError("lost"), Scripted(200, b"stream")]))
    headers = [("Authorization", "canary"), ("Content-Type", "text/plain")]
    recorder.send("PUT", "http://me:canary@h/p?sig=canary", headers, b"12345", None)
    with pytest.raises(NetworkError):
        recorder.send("GET", "http://h/", [], None, None)
    assert recorder.open("GET", "http://h/", [], None, None).read() == b"stream"
    first, second, third = recorder.requests
    assert "canary" not in repr(recorder.requests)
    assert (first.method, first.url, first.sent, first.status, first.received) == (
        "PUT",
        "http://***@h/p?***",
        5,
        201,
        4,
    )
    assert first.headers == (("Authorization", "***"), ("Content-Type", "text/plain"))
    assert (second.status, second.error) == (None, "NetworkError")
    assert (third.status, third.received) == (200, None)


def test_async_recorder_does_the_same() -> None:
    """Over an async script."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"ab"

    async def main() -> AsyncRecorder:
        script = AsyncScriptedEngine([Scripted(200, b"x"), Scripted(200, b"l\nm"), TimeoutError()])
        recorder = AsyncRecorder(script)
        await recorder.send("PUT", "http://h/?a", [], pieces(), None)
        body = await recorder.open("GET", "http://h/", [], None, None)
        assert [line async for line in body.lines()] == ["l", "m"]
        with pytest.raises(TimeoutError):
            await recorder.open("GET", "http://h/", [], None, None)
        assert [asked.content for asked in script.asked] == [b"ab", b"", b""]
        await recorder.aclose()
        return recorder

    recorder = asyncio.run(main())
    assert [(entry.status, entry.error) for entry in recorder.requests] == [
        (200, None),
        (200, None),
        (None, "TimeoutError"),
    ]


def test_scripts_end() -> None:
    """A request that the test did not foresee fails it, without its query."""
    script = ScriptedEngine([Scripted()])
    script.send("GET", "http://h/", [], None, 5.0)
    assert (script.asked[0].deadline, script.left) == (5.0, 0)
    with pytest.raises(AssertionError, match="beyond the script") as caught:
        script.send("GET", "http://h/?sig=canary", [], None, None)
    assert "canary" not in str(caught.value) + repr(script.asked)
