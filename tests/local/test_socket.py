"""The socket front door: HTTP/1.1 as clients speak it, big bodies, broken connections."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from catchment.local import Fault

REFS = "/api/v1/repositories/flights/refs/main"
MAIN = "/api/v1/repositories/flights/branches/main"
WORKFLOW = Path(__file__).parents[1] / "conformance" / "official_lakefs_workflow.py"


@pytest.fixture
def running(api):
    """Serve the API on a socket."""
    with api.stack.serve() as served:
        served.api = api
        served.port = urlsplit(served.endpoints["lakefs"]).port
        yield served


def connect(running):
    """Return a connection to it."""
    return http.client.HTTPConnection("127.0.0.1", running.port, timeout=5)


def ask(connection, running, method, path, body=None, **headers):
    """Send a request and return status, body and reply."""
    connection.request(method, path, body, {**dict([running.api.authorization]), **headers})
    reply = connection.getresponse()
    return reply.status, reply.read(), reply


def exchange(running, data):
    """Send bytes, and return all that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", running.port), 5) as raw:
        raw.sendall(data)
        received = b""
        while piece := raw.recv(65536):
            received += piece
    return received


def test_environment_points_to_the_socket(running):
    """On loopback, at the port that was taken."""
    assert running.environment["LAKECTL_SERVER_ENDPOINT_URL"] == f"http://127.0.0.1:{running.port}"


def test_connection_is_kept(running):
    """Several requests on one connection, uploads and errors among them."""
    connection = connect(running)
    assert ask(connection, running, "POST", MAIN + "/objects?path=a", b"abc")[0] == 201
    assert ask(connection, running, "GET", REFS + "/objects?path=no")[0] == 404
    sock = connection.sock
    assert ask(connection, running, "GET", REFS + "/objects?path=a")[1] == b"abc"
    status, body, reply = ask(connection, running, "HEAD", REFS + "/objects?path=a")
    assert (status, body, reply.getheader("content-length")) == (200, b"", "3")
    assert connection.sock is sock
    connection.close()


def test_pipelined_requests_are_answered_in_order(running):
    """Twenty at once, one answer each, in the order they were sent."""
    lines = []
    for number in range(20):
        last = "close" if number == 19 else "keep-alive"
        lines.append(f"GET /api/v1/nowhere-{number} HTTP/1.1\r\nHost: localhost\r\nConnection: {last}\r\n\r\n")
    lines[3] = "GET /_health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    received = exchange(running, "".join(lines).encode())
    assert received.count(b"HTTP/1.1 404") == 19
    assert received.split(b"HTTP/1.1 ")[4].startswith(b"200")


def test_chunked_upload_and_continue(running):
    """Chunks of any size; `100 Continue` before a body that waits for it."""
    key = running.api.authorization[1]
    head = (
        f"POST {MAIN}/objects?path=a HTTP/1.1\r\nHost: localhost\r\nAuthorization: {key}\r\n"
        "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    )
    received = exchange(running, head.encode() + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created")
    assert running.api.get("a") == b"abcde"


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1.example.com", "", "10.0.0.1"])
def test_foreign_hosts_are_refused(running, host):
    """A page that rebinds its name to loopback gets nothing."""
    assert b" 421 " in exchange(running, f"GET /_health HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "[::1]:8000", "lakefs.catchment.local"])
def test_loopback_hosts_are_served(running, host):
    """By any of the names of this machine."""
    head = f"GET /_health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    assert b" 200 " in exchange(running, head.encode())


def test_bad_requests_are_refused(running):
    """What is no HTTP, and headers without end."""
    assert b" 400 " in exchange(running, b"hello\r\n\r\n")
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 70_000 + b"\r\n\r\n"
    assert b" 431 " in exchange(running, head)


def test_big_bodies_come_back_whole(running):
    """8 MiB up raw and by presigned URL at its own origin, down whole and by range."""
    data = os.urandom(1024) * 8192
    connection = connect(running)
    status, body, _ = ask(connection, running, "POST", MAIN + "/objects?path=raw", data)
    assert (status, json.loads(body)["checksum"]) == (201, hashlib.md5(data).hexdigest())
    assert ask(connection, running, "GET", REFS + "/objects?path=raw")[1] == data
    address = json.loads(ask(connection, running, "GET", MAIN + "/staging/backing?path=b&presign=true")[1])
    target = urlsplit(address["presigned_url"])
    assert target.port != running.port
    store = http.client.HTTPConnection(target.hostname, target.port, timeout=5)
    store.request("PUT", f"{target.path}?{target.query}", data)
    etag = store.getresponse().getheader("etag")
    store.close()
    staged = {"staging": address, "checksum": etag.strip('"'), "size_bytes": len(data)}
    assert ask(connection, running, "PUT", MAIN + "/staging/backing?path=b", json.dumps(staged))[0] == 200
    part = ask(connection, running, "GET", REFS + "/objects?path=b", None, Range="bytes=5000000-5000009")[1]
    assert part == data[5000000:5000010]
    connection.close()


def test_slow_reader_holds_nothing_up(running):
    """While one client does not read its answer, another one is served."""
    running.api.put("big", b"x" * 8_000_000)
    key = running.api.authorization[1]
    with socket.create_connection(("127.0.0.1", running.port), 5) as lazy:
        head = f"GET {REFS}/objects?path=big HTTP/1.1\r\nHost: localhost\r\nAuthorization: {key}\r\n\r\n"
        lazy.sendall(head.encode())
        lazy.recv(10)
        connection = connect(running)
        assert ask(connection, running, "GET", "/_health")[0] == 200
        connection.close()


def test_abandoned_upload_leaves_nothing(running):
    """A client that goes away in the middle of a body leaves no object and no file."""
    key = running.api.authorization[1]
    with socket.create_connection(("127.0.0.1", running.port), 5) as raw:
        head = f"POST {MAIN}/objects?path=a HTTP/1.1\r\nHost: localhost\r\nAuthorization: {key}\r\n"
        raw.sendall(head.encode() + b"Content-Length: 9000000\r\n\r\n" + b"x" * 3_000_000)
    connection = connect(running)
    assert ask(connection, running, "GET", "/_health")[0] == 200
    assert ask(connection, running, "GET", REFS + "/objects?path=a")[0] == 404
    connection.close()


def send(running, path=REFS + "/objects?path=a"):
    """Send one request on a connection of its own."""
    connection = connect(running)
    try:
        return ask(connection, running, "GET", path)
    finally:
        connection.close()


def test_faults_on_the_wire(running):
    """Reset, cut, short and garbled answers are what a client library sees of them."""
    running.api.put("a", b"abcdef")
    faults = running.api.stack.faults
    faults.add(Fault("reset"))
    with pytest.raises(ConnectionResetError):
        send(running)
    faults.add(Fault("cut", after_bytes=2))
    with pytest.raises(http.client.IncompleteRead) as error:
        send(running)
    assert error.value.partial == b"ab"
    faults.add(Fault("wrong-length", extra_bytes=5))
    with pytest.raises(http.client.IncompleteRead):
        send(running)
    faults.add(Fault("garbage"))
    with pytest.raises(http.client.BadStatusLine):
        send(running)
    faults.add(Fault("drip", chunk_bytes=50, seconds=0.001))
    assert send(running)[1] == b"abcdef"
    faults.add(Fault("stall", seconds=0.01))
    with pytest.raises(ConnectionResetError):
        send(running)
    faults.add(Fault("stall", seconds=0.01, after_bytes=3))
    with pytest.raises(http.client.IncompleteRead):
        send(running)
    faults.add(Fault("status", status=503))
    assert send(running)[0] == 503
    assert send(running)[1] == b"abcdef"
    assert faults.pending == []


def test_our_own_mistakes_are_answered(running, monkeypatch, caplog):
    """An exception in the stack is a logged 500, not a client that waits for ever."""
    monkeypatch.setattr(running.api.stack.faults, "take", lambda *_: 1 / 0)
    with caplog.at_level("ERROR", logger="catchment.local"):
        assert send(running)[0] == 500
    assert "ZeroDivisionError" in caplog.text


def test_port_in_use_is_an_error(running):
    """At once, not in a thread that nobody sees."""
    with pytest.raises(OSError, match=r"address already in use|Address already in use"):
        running.api.stack.serve(running.port)


def test_unknown_service_is_refused(running):
    """`only` takes names of services that exist."""
    with pytest.raises(KeyError):
        running.api.stack.serve(only=["nope"])


def test_command_line(tmp_path):
    """One JSON line, then service until SIGTERM, then a clean end with the state saved."""
    command = [sys.executable, "-m", "catchment.local", "--only", "lakefs", "--data", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        described = json.loads(process.stdout.readline())
        port = urlsplit(described["endpoints"]["lakefs"]).port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/_catchment/ledger", headers=described["admin"])
        assert json.loads(connection.getresponse().read()) == []
        connection.close()
        assert described["environment"]["LAKECTL_SERVER_ENDPOINT_URL"] == described["endpoints"]["lakefs"]
        assert described["pid"] == process.pid
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert (tmp_path / "state.json").exists()


def test_package_needs_nothing_of_ours():
    """The stack learns the protocol from elsewhere: it imports no client code, generated or written."""
    code = (
        "import sys, catchment.local.stack\n"
        "bad = [m for m in sys.modules if m.startswith('catchment') and m != 'catchment'"
        " and not m.startswith('catchment.local')]\n"
        "print(bad)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


OFFICIAL = os.environ.get("CATCHMENT_OFFICIAL_LAKEFS", "")


@pytest.mark.slow
@pytest.mark.conformance
@pytest.mark.skipif(not OFFICIAL, reason="CATCHMENT_OFFICIAL_LAKEFS names no interpreter with lakefs 0.16")
def test_official_client_is_content(running):
    """A working day of the official package passes from end to end."""
    store = running.api.stack.store
    store.put("s3://source/day/a.csv", b"a,1\n")
    store.put("s3://source/day/sub/b.csv", b"b,2\n")
    command = [OFFICIAL, str(WORKFLOW), "s3://lake/day", "s3://source/day/"]
    environment = {**os.environ, **running.environment}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout.splitlines()[-1])["failed"] == {}
    assert done.returncode == 0
