"""Pools, threads, tasks, loops, processes, TLS and proxies."""

# ruff: noqa: D102 - helpers are named for what they do

from __future__ import annotations

import asyncio
import gc
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trustme
from catchment.core import tls
from catchment.core._async.httpx_engine import AsyncHttpxEngine
from catchment.core._async.lean import AsyncLeanEngine
from catchment.core._sync.connection import Connection
from catchment.core._sync.httpx_engine import HttpxEngine
from catchment.core._sync.lean import LeanEngine
from catchment.core.clock import monotonic
from catchment.core.engines import TransportSettings
from catchment.core.errors import (
    ClosedError,
    ConfigError,
    DeadlineError,
    NetworkError,
    TLSError,
    TruncatedBodyError,
)

from tests.engines.chaos import Chaos
from tests.engines.drivers import Driver

Make = Callable[..., Driver]
SETTINGS = TransportSettings(trust_env=False)

# -- pools -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [LeanEngine, HttpxEngine])
def test_threads_queue_for_few_connections(kind: type[LeanEngine | HttpxEngine], chaos: Chaos) -> None:
    """R44: 60 calls over 4 connections all come through, and never over a fifth."""
    engine = kind(TransportSettings(pool_size=4, trust_env=False))
    before = chaos.connections
    with ThreadPoolExecutor(12) as threads:
        calls = [
            threads.submit(engine.send, "GET", chaos.url("slow_ok"), [], None, monotonic() + 10) for _ in range(60)
        ]
        assert {call.result().status for call in calls} == {200}
    engine.close()
    assert chaos.connections - before <= 4


@pytest.mark.parametrize(("kind", "tasks"), [(AsyncLeanEngine, 1000), (AsyncHttpxEngine, 100)])
def test_tasks_queue_for_few_connections(
    kind: type[AsyncLeanEngine | AsyncHttpxEngine], tasks: int, chaos: Chaos
) -> None:
    """R44: 1,000 tasks at once on 32 connections; no timeout of the pool but the deadline."""

    async def main() -> int:
        engine = kind(SETTINGS)
        async with asyncio.TaskGroup() as group:
            calls = [
                group.create_task(engine.send("GET", chaos.url("ok"), [], None, monotonic() + 20)) for _ in range(tasks)
            ]
        await engine.aclose()
        return sum(call.result().status == 200 for call in calls)

    before = chaos.connections
    assert asyncio.run(main()) == tasks
    assert chaos.connections - before <= 32


def test_queue_ends_with_the_deadline(make: Make, chaos: Chaos) -> None:
    """A call that never got a connection has sent nothing."""
    engine = make(pool_size=1)
    if engine.is_async:

        async def main() -> BaseException | None:
            blocked = asyncio.ensure_future(engine.engine.send("GET", chaos.url("stall"), [], None, monotonic() + 5))
            await asyncio.sleep(0.05)
            try:
                await engine.engine.send("GET", chaos.url("ok"), [], None, monotonic() + 0.2)
            except DeadlineError as exc:
                return exc
            finally:
                blocked.cancel()
            return None

        error = engine.run(main())
    else:
        thread = threading.Thread(target=_stalled, args=(engine, chaos))
        thread.start()
        time.sleep(0.05)
        with pytest.raises(DeadlineError) as caught:
            engine.send(chaos.url("ok"), within=0.2)
        error = caught.value
        thread.join()
    assert isinstance(error, DeadlineError)
    assert error.sent is False
    assert "free connection" in str(error)


def _stalled(engine: Driver, chaos: Chaos) -> None:
    with pytest.raises(DeadlineError):
        engine.send(chaos.url("stall"), within=0.5)


@pytest.mark.parametrize("kind", [AsyncLeanEngine, AsyncHttpxEngine])
def test_cancelled_call_gives_its_place_back(kind: type[AsyncLeanEngine | AsyncHttpxEngine], chaos: Chaos) -> None:
    """R29: its connection is closed, since the answer would be taken for the next call's; its place is free at once."""

    async def main() -> None:
        engine = kind(TransportSettings(pool_size=1, trust_env=False))
        for _ in range(3):
            call = asyncio.ensure_future(engine.send("GET", chaos.url("stall"), [], None, None))
            await asyncio.sleep(0.03)
            queued = asyncio.ensure_future(engine.send("GET", chaos.url("ok"), [], None, monotonic() + 2))
            lost = asyncio.ensure_future(engine.send("GET", chaos.url("ok"), [], None, monotonic() + 2))
            await asyncio.sleep(0.01)
            lost.cancel()
            call.cancel()
            assert (await queued).body == b"ok"
        await engine.aclose()

    asyncio.run(main())


@pytest.mark.parametrize("kind", [AsyncLeanEngine, AsyncHttpxEngine])
def test_cancelled_reader_gives_its_place_back(kind: type[AsyncLeanEngine | AsyncHttpxEngine], chaos: Chaos) -> None:
    """R29: cancelled between two pieces of a body, or while one of an upload waits for room."""

    async def download() -> None:
        body = await engine.open("GET", chaos.url("drip_body"), [], None, None)
        try:
            async for _ in body.chunks():
                pass
        finally:
            await body.aclose()

    async def upload() -> None:
        await engine.send("PUT", chaos.url("deaf"), [], iter([bytes(10_000_000)] * 5), None)

    async def main() -> None:
        for work in (download, upload):
            call = asyncio.ensure_future(work())
            await asyncio.sleep(0.1)
            call.cancel()
            assert (await engine.send("GET", chaos.url("ok"), [], None, monotonic() + 2)).body == b"ok"
        await engine.aclose()

    engine = kind(TransportSettings(pool_size=1, trust_env=False))
    asyncio.run(main())


def test_closing_ends_the_reading_of_others(chaos: Chaos) -> None:
    """A body that one task, or thread, gives up while another waits for it does not leave that one waiting."""

    async def main() -> None:
        async with AsyncLeanEngine(SETTINGS) as engine:
            body = await engine.open("GET", chaos.url("pauses"), [], None, None)
            reading = asyncio.ensure_future(body.read())
            await asyncio.sleep(0.2)
            await body.aclose()
            with pytest.raises(TruncatedBodyError):
                await reading

    asyncio.run(main())
    with LeanEngine(SETTINGS) as engine, ThreadPoolExecutor(1) as threads:
        body = engine.open("GET", chaos.url("pauses"), [], None, None)
        reading = threads.submit(body.read)
        time.sleep(0.2)
        body.close()
        with pytest.raises(TruncatedBodyError):
            reading.result(2)


def test_forgotten_answers_free_their_place(chaos: Chaos) -> None:
    """As soon as nobody can read them any more."""
    with LeanEngine(TransportSettings(pool_size=1, trust_env=False)) as engine:
        body = engine.open("GET", chaos.url("drip_body"), [], None, None)
        del body
        gc.collect()
        assert engine.send("GET", chaos.url("ok"), [], None, monotonic() + 1).body == b"ok"


def test_streams_that_are_always_ahead_let_other_tasks_run(chaos: Chaos) -> None:
    """A loop that never waits would starve them, and the deadlines of their calls."""

    async def main() -> int:
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        async with AsyncLeanEngine(SETTINGS) as engine:
            other = asyncio.ensure_future(others())
            body = await engine.open("GET", chaos.url("endless"), [], None, None)
            received = 0
            async for piece in body.chunks():
                received += len(piece)
                time.sleep(0.002)  # noqa: ASYNC251 - the server gets ahead
                if received > 20_000_000:
                    break
            await body.aclose()
            other.cancel()
        return turns

    assert asyncio.run(main()) > 10


# -- sending ahead -----------------------------------------------------------------------------------------------------


def test_answer_sent_for_ahead(chaos: Chaos) -> None:
    """The request is out before anybody waits; the answer is handed out once."""
    with LeanEngine(SETTINGS) as engine:
        pending = engine.begin("GET", chaos.url("ok"), [], None, monotonic() + 5)
        for _ in range(100):
            if b"/ok " in chaos.requests[-1]:
                break
            time.sleep(0.01)
        assert pending.result().body == b"ok"
        with pytest.raises(ClosedError):
            pending.result()


def test_answer_given_up(chaos: Chaos) -> None:
    """By `cancel` or by forgetting it: the connection closes and the place in the pool is free."""
    with LeanEngine(TransportSettings(pool_size=1, trust_env=False)) as engine:
        pending = engine.begin("GET", chaos.url("stall"), [], None, None)
        pending.cancel()
        pending.cancel()
        pending = engine.begin("GET", chaos.url("stall"), [], None, None)
        del pending
        gc.collect()
        assert engine.send("GET", chaos.url("ok"), [], None, monotonic() + 1).body == b"ok"


# -- loops and processes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [AsyncLeanEngine, AsyncHttpxEngine])
def test_one_loop_after_another(kind: type[AsyncLeanEngine | AsyncHttpxEngine], chaos: Chaos) -> None:
    """A client made at import serves `asyncio.run` after `asyncio.run`; nothing complains about sockets left behind."""
    engine = kind(SETTINGS)
    for _ in range(3):
        assert asyncio.run(engine.send("GET", chaos.url("ok"), [], None, monotonic() + 5)).body == b"ok"
    del engine
    gc.collect()


SCRIPT = """
import asyncio, os, sys
from catchment.core.engines import TransportSettings
from catchment.core._{colour}.{module} import {name}
engine = {name}(TransportSettings(trust_env=False))
def call():
    answer = engine.send("GET", {url!r}, [], None, None)
    return (asyncio.run(answer) if {is_async} else answer).body
assert call() == b"ok"
if "fork" in sys.argv:
    child = os.fork()
    if child == 0:
        assert call() == b"ok"
        sys.exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert call() == b"ok"
"""


@pytest.mark.parametrize("mode", ["exit", "fork"])
@pytest.mark.parametrize(
    ("colour", "module", "name"),
    [
        ("sync", "lean", "LeanEngine"),
        ("async", "lean", "AsyncLeanEngine"),
        ("sync", "httpx_engine", "HttpxEngine"),
        ("async", "httpx_engine", "AsyncHttpxEngine"),
    ],
)
def test_open_engine_at_fork_and_exit(chaos: Chaos, colour: str, module: str, name: str, mode: str) -> None:
    """R45: the child connects anew, the parent's connection lives on, and nobody warns or hangs."""
    code = SCRIPT.format(colour=colour, module=module, name=name, url=chaos.url("ok"), is_async=colour == "async")
    before = chaos.connections
    done = subprocess.run([sys.executable, "-W", "error", "-c", code, mode], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stderr) == (0, "")
    if mode == "fork" and colour == "sync":
        assert chaos.connections - before == 2  # one of the parent, which the child did not spoil, and one of the child


# -- TLS ---------------------------------------------------------------------------------------------------------------


class Certificates:
    """A CA, and servers with certificates that are good and less good."""

    def __init__(self, chaos: Chaos, folder: Path) -> None:
        self.ca = trustme.CA()
        self.file = folder / "ca.pem"
        self.ca.cert_pem.write_to_path(str(self.file))
        self.good = chaos.listen_tls(self._context(self.ca.issue_cert("127.0.0.1", "localhost")))
        self.wrong_host = chaos.listen_tls(self._context(self.ca.issue_cert("elsewhere.example")))
        self.unknown = chaos.listen_tls(self._context(trustme.CA().issue_cert("127.0.0.1")))
        old = self._context(self.ca.issue_cert("127.0.0.1"))
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        self.tls12 = chaos.listen_tls(old)
        strict = self._context(self.ca.issue_cert("127.0.0.1"))
        strict.verify_mode = ssl.CERT_REQUIRED
        self.ca.configure_trust(strict)
        self.wants_certificate = chaos.listen_tls(strict)
        self.client = folder / "client.pem"
        self.ca.issue_cert("me@example.org").private_key_and_cert_chain_pem.write_to_path(str(self.client))

    @staticmethod
    def _context(cert: trustme.LeafCert) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cert.configure_cert(context)
        return context


@pytest.fixture(scope="session")
def certificates(chaos: Chaos, tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(chaos, tmp_path_factory.mktemp("tls"))


def test_tls(make: Make, chaos: Chaos, certificates: Certificates) -> None:
    """Verified by name and by address, and kept; large bodies both ways."""
    engine = make(verify=str(certificates.file))
    before = chaos.connections
    for _ in range(3):
        assert engine.send(f"https://127.0.0.1:{certificates.good}/ok").body == b"ok"
    assert chaos.connections == before + 1
    assert engine.send(f"https://localhost:{certificates.good}/ok").body == b"ok"
    assert engine.send(f"https://127.0.0.1:{certificates.tls12}/ok").body == b"ok"
    content = bytes(range(256)) * 20_000
    echoed = engine.send(f"https://127.0.0.1:{certificates.good}/echo", method="PUT", content=content, within=20)
    assert echoed.body == content


def test_tls_streams(make: Make, certificates: Certificates) -> None:
    """Up in chunks, down in pieces; a refusal is heard while the body is being sent, and its connection used no more."""
    engine = make(verify=str(certificates.file))
    url = f"https://127.0.0.1:{certificates.good}"
    content = bytes(range(256)) * 400
    body = engine.open(f"{url}/echo", method="PUT", content=iter([content] * 30))
    assert b"".join(engine.drain(body.chunks)) == content * 30
    engine.finish(body)
    if engine.lean:
        refused = engine.send(f"{url}/refuse_in_part", method="PUT", content=iter([bytes(100_000)] * 200))
        assert (refused.status, refused.body) == (413, b"too much")
    assert engine.send(f"{url}/ok").body == b"ok"


@pytest.mark.parametrize("flaw", ["wrong_host", "unknown"])
def test_certificates_are_verified(make: Make, certificates: Certificates, flaw: str) -> None:
    """R27: refused for good, before anything is sent; `verify=False` is the only way round."""
    url = f"https://127.0.0.1:{getattr(certificates, flaw)}/ok"
    with pytest.raises(TLSError, match="not trusted") as caught:
        make(verify=str(certificates.file)).send(url)
    assert (caught.value.sent, caught.value.retryable) == (False, False)
    assert make(verify=False).send(url).body == b"ok"


def test_old_protocols_are_refused(make: Make, certificates: Certificates) -> None:
    """R27: nothing below TLS 1.2."""
    context = tls.context_for(TransportSettings(verify=str(certificates.file)))
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    with pytest.raises(TLSError):
        make(verify=str(certificates.file)).send(f"https://127.0.0.1:{_plain_port()}/ok")


def test_cut_handshake_may_pass(make: Make) -> None:
    """R27: not refused but broken, so it may be tried again; never in the clear."""
    with pytest.raises(NetworkError) as caught:
        make().send(f"https://127.0.0.1:{_closing_port()}/ok")
    assert not isinstance(caught.value, TLSError)
    assert caught.value.sent is False


def test_client_certificate(make: Make, certificates: Certificates) -> None:
    """Shown where it is asked for; where it lacks, that is TLS's failure."""
    url = f"https://127.0.0.1:{certificates.wants_certificate}/ok"
    assert make(verify=str(certificates.file), cert=str(certificates.client)).send(url).body == b"ok"
    with pytest.raises(NetworkError):
        make(verify=str(certificates.file)).send(url)


def test_tls_cut_without_goodbye(make: Make, chaos: Chaos, certificates: Certificates) -> None:
    """R10: the body ends with its connection, and TLS can tell an end from a cut."""
    engine = make(verify=str(certificates.file))
    body = engine.send(f"https://127.0.0.1:{certificates.good}/until_close").body
    assert body == b"to the end"


def test_handshake_counts_against_the_deadline(make: Make) -> None:
    """A server that accepts and says nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    began = time.monotonic()
    with listener, pytest.raises(DeadlineError) as caught:
        make().send(f"https://127.0.0.1:{listener.getsockname()[1]}/", within=0.3)
    assert time.monotonic() - began < 1
    assert caught.value.sent is False


def test_contexts_are_shared() -> None:
    """Loading a trust store takes milliseconds: once for each group of settings in the process."""
    assert tls.context_for(TransportSettings()) is tls.context_for(TransportSettings(read=1.0))
    assert tls.context_for(TransportSettings()) is not tls.context_for(TransportSettings(verify=False))


def _plain_port() -> int:
    return _served(b"HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n")


def _closing_port() -> int:
    return _served(b"")


def _served(data: bytes) -> int:
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener:
            peer, _ = listener.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(data)

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


# -- proxies -----------------------------------------------------------------------------------------------------------


class Proxy:
    """Takes absolute URLs for http and CONNECT for https, and remembers what it was asked."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with peer:
            head = peer.recv(65536)
            self.heads.append(head)
            if head.startswith(b"CONNECT"):
                host, _, port = head.split(b" ")[1].rpartition(b":")
                with socket.create_connection((host, int(port))) as onward:
                    peer.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                    back = threading.Thread(target=_pump, args=(onward, peer), daemon=True)
                    back.start()
                    _pump(peer, onward)
                    back.join(5)
            else:
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy")

    def close(self) -> None:
        self._listener.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    server = Proxy()
    yield server
    server.close()


def test_proxy(make: Make, certificates: Certificates, proxy: Proxy) -> None:
    """Http by absolute URL, https by tunnel; credentials reach the proxy alone."""
    engine = make(proxy=f"http://me:p%40ss@127.0.0.1:{proxy.port}", verify=str(certificates.file))
    if engine.lean:
        pytest.skip("proxies are the other engine's")
    assert "p%40ss" not in repr(engine.engine._settings)
    assert engine.send("http://somewhere.example/x").body == b"proxy"
    assert proxy.heads[-1].startswith(b"GET http://somewhere.example/x HTTP/1.1\r\n")
    assert engine.send(f"https://127.0.0.1:{certificates.good}/ok").body == b"ok"
    assert b"Proxy-Authorization: Basic bWU6cEBzcw==" in proxy.heads[-1]


def test_missing_packages_are_named(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP/2 and SOCKS need packages of their own; the error says which."""
    for package in ("h2", "socksio"):
        monkeypatch.setitem(sys.modules, package, None)
    for settings, package in (({"http2": True}, "h2"), ({"proxy": "socks5://me:secret@127.0.0.1:1"}, "socksio")):
        engine = make(**settings)
        if engine.lean:
            pytest.skip("these are the other engine's")
        with pytest.raises(ConfigError, match=package) as caught:
            engine.send("http://127.0.0.1:1/")
        assert "secret" not in str(caught.value)


def test_imports_wait_for_the_first_request() -> None:
    """A program that uses the lean engine alone never loads the general one's packages."""
    code = (
        "import sys, catchment.core._sync.lean, catchment.core._sync.httpx_engine, catchment.core._async.httpx_engine\n"
        "sys.exit(bool({'httpx', 'httpcore', 'h11', 'anyio'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, env=dict(os.environ)).returncode == 0


def test_a_late_word_of_the_loop_costs_no_connection(chaos: Chaos) -> None:
    """The loop may report what was taken meanwhile: the connection that rests then has nothing to read, and is well."""

    async def work() -> None:
        async with AsyncLeanEngine() as engine:
            assert (await engine.send("GET", chaos.url("ok"), [], None, None)).body == b"ok"
            before = chaos.connections
            (pools,) = engine._loops.values()
            (pool,) = pools.values()
            (resting,) = pool._resting
            resting._readable()
            assert (await engine.send("GET", chaos.url("ok"), [], None, None)).body == b"ok"
            assert chaos.connections == before

    asyncio.run(work())


def test_what_comes_of_an_answer_sent_ahead_ends_the_silence() -> None:
    """A first look that finds half of it counts as hearing from the server: patience begins anew."""
    here, there = socket.socketpair()
    with there:
        here.setblocking(False)
        connection = Connection(here, "there", TransportSettings(read=30.0))
        connection.transmit("GET", b"GET / HTTP/1.1\r\n\r\n", None, None)
        connection._heard -= 31.0
        there.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no")
        assert not connection.arrived(0.0)
        there.sendall(b"k")
        assert connection.arrived(0.0)
        assert connection.receive().body == b"ok"
        connection.close()
