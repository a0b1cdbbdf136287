"""Planned faults: when they strike, what comes out, and what was applied."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
from catchment.local import Fault, Stack
from catchment.local.faults import FaultPlan

COMMIT = "/repositories/flights/branches/main/commits"


@pytest.fixture
def ready(api):
    """Return an API with one object."""
    api.put("a", b"abcdef")
    return api


def test_status_fault_replaces_the_answer(ready):
    """The request is not carried out; status, headers and body are the planned ones."""
    ready.stack.faults.add(Fault("status", operation="commit", status=429, headers={"Retry-After": "7"}, body=b"no"))
    reply = ready.send("POST", COMMIT, {"message": "m"})
    assert (reply.status, reply.header("retry-after"), reply.body) == (429, "7", b"no")
    assert not ready.stack.ledger.of("commit")
    assert ready.stack.faults.pending == []
    ready.commit()


@pytest.mark.parametrize("fault", [Fault("reset", applied=True, operation="commit"), Fault("cut", operation="commit")])
def test_ghost_success(ready, fault):
    """The answer is lost, the effect is not: the ledger has it once."""
    ready.stack.faults.add(fault)
    before = ready.head()
    with pytest.raises(ConnectionResetError):
        ready.commit()
    assert len(ready.stack.ledger.of("commit")) == 1
    assert ready.head() != before


def test_reset_before_anything_happened(ready):
    """Without `applied` nothing changed."""
    ready.stack.faults.add(Fault("reset", operation="commit"))
    with pytest.raises(ConnectionResetError):
        ready.commit()
    assert not ready.stack.ledger.of("commit")


def test_stall_is_a_timeout_in_process(ready):
    """No waiting in process."""
    ready.stack.faults.add(Fault("stall", seconds=3600, operation="getBranch"))
    with pytest.raises(TimeoutError):
        ready.head()


def test_delay_is_waited_out(clock):
    """By the stack's own sleep, which tests replace."""
    waited = []
    with Stack(clock=clock, sleep=waited.append) as stack:
        stack.faults.add(Fault("delay", seconds=2.5))
        assert stack.lakefs.handle("GET", stack.lakefs.endpoint + "/api/v1/healthcheck", [], b"").status == 204
    assert waited == [2.5]


def read(api):
    """Read that object."""
    return api.send("GET", "/repositories/flights/refs/main/objects?path=a")


def test_flipped_byte(ready):
    """One bit of one byte, the length unchanged."""
    ready.stack.faults.add(Fault("flip", operation="getObject", after_bytes=2))
    assert read(ready).body == b"abbdef"


def test_wrong_length(ready):
    """More, or fewer, bytes announced than sent."""
    ready.stack.faults.add(Fault("wrong-length", operation="getObject", extra_bytes=-2))
    reply = read(ready)
    assert (reply.header("content-length"), len(reply.body)) == ("4", 6)


def test_two_lengths(ready):
    """Two Content-Length headers that disagree."""
    ready.stack.faults.add(Fault("duplicate-length", operation="getObject"))
    assert [value for name, value in read(ready).headers if name == "Content-Length"] == ["6", "7"]


def test_broken_gzip(ready):
    """Cut, in two members, or with a bad check sum; each is announced as gzip."""
    ready.stack.faults.add(
        *(Fault(kind, operation="getObject") for kind in ("gzip-cut", "gzip-members", "gzip-checksum"))
    )
    cut, members, checksum = (read(ready) for _ in range(3))
    assert cut.header("content-encoding") == "gzip"
    with pytest.raises(EOFError):
        gzip.decompress(cut.body)
    assert gzip.decompress(members.body) == b"abcdef"
    assert zlib.decompressobj(31).decompress(members.body) == b"abc"
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(checksum.body)


def test_gzip_bomb(ready):
    """Little to send, much to unpack."""
    ready.stack.faults.add(Fault("gzip-bomb", operation="getObject", size_bytes=5_000_000))
    body = read(ready).body
    assert len(body) < 10_000
    assert len(gzip.decompress(body)) == 5_000_000


def test_login_page_and_redirect(ready):
    """200 with HTML where JSON was expected; a redirect to wherever the plan says."""
    ready.stack.faults.add(Fault("html"), Fault("redirect", location="http://elsewhere.invalid/"))
    assert (read(ready).header("content-type") or "").startswith("text/html")
    reply = read(ready)
    assert (reply.status, reply.header("location")) == (307, "http://elsewhere.invalid/")


def test_plan_counts_and_order():
    """The n-th match, so many times, first planned first; who does not match is not counted."""
    plan = FaultPlan()
    plan.add(Fault("reset", operation="commit", nth=2, count=2), Fault("status", operation="c*"), Fault("delay"))
    taken = [plan.take("lakefs", name, "POST", "/x", "process") for name in ("commit", "commit", "getUser", "commit")]
    assert [fault.kind if fault else None for fault in taken] == ["status", "reset", "delay", "reset"]
    assert plan.pending == []


def test_pending_shows_what_is_left():
    """`nth` and `count` of a pending fault are counted down."""
    plan = FaultPlan()
    plan.add(Fault("reset", nth=2, count=3))
    for _ in range(3):
        plan.take("lakefs", "x", "GET", "/", "process")
    assert [(fault.nth, fault.count) for fault in plan.pending] == [(1, 1)]


def test_plan_by_method_and_path(ready):
    """A pattern with a space is one over method and path."""
    ready.stack.faults.add(Fault("status", operation="GET /api/v1/repositories/*/branches/main", status=500))
    assert ready.send("GET", "/user").status == 200
    assert ready.send("GET", "/repositories/flights/branches/main").status == 500


def test_object_store_has_faults_of_its_own(ready):
    """`service="objects"` strikes presigned URLs only."""
    ready.stack.faults.add(Fault("status", service="objects", operation="getObject", status=503))
    url = ready.send("GET", "/repositories/flights/refs/main/objects?path=a&presign=true").header("location")
    assert ready.objects("GET", url).status == 503
    assert ready.objects("GET", url).body == b"abcdef"


def test_socket_faults_wait_for_a_socket(ready):
    """In process they stay pending."""
    ready.stack.faults.add(Fault("garbage"))
    assert read(ready).status == 200
    assert [fault.kind for fault in ready.stack.faults.pending] == ["garbage"]


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "explode"}, {"kind": "reset", "status": 500}, {"kind": "delay", "nth": 0}, {"kind": "redirect"}],
)
def test_faults_that_make_no_sense_are_refused(wrong):
    """An unknown kind, a setting without effect, a count below one, a redirect to nowhere."""
    with pytest.raises(ValueError, match=r"\w"):
        Fault(**wrong)


@pytest.mark.parametrize(("service", "operation"), [("lakefs", "comit"), ("lakefs", "putObject"), ("nowhere", "*")])
def test_faults_that_could_never_strike_are_refused(api, service, operation):
    """A misspelt operation or service is an error, not a fault that stays pending."""
    with pytest.raises(ValueError, match="no "):
        api.stack.faults.add(Fault("reset", service=service, operation=operation))


def control(api, method, path, body=b"", token=True):
    """Send a request to the control paths."""
    headers = list(api.stack.control.headers.items()) if token else [("X-Catchment-Admin", "guess")]
    return api.stack.lakefs.handle(method, f"{api.stack.lakefs.endpoint}/_catchment/{path}", headers, body)


def test_control_over_http(ready):
    """Faults, ledger and store can be reached with the admin token, and not without it."""
    assert control(ready, "GET", "ledger", token=False).status == 401
    fault = {"kind": "status", "operation": "getCurrentUser", "status": 418, "body": "teapot"}
    assert control(ready, "POST", "faults", json.dumps([fault]).encode()).json() == {"pending": 1}
    assert control(ready, "GET", "faults").json()[0]["operation"] == "getCurrentUser"
    assert ready.send("GET", "/user").status == 418
    for bad in (
        b"{",
        b'{"kind":"reset","colour":1}',
        b"[1]",
        b'{"kind":"delay","seconds":"x"}',
        b'{"kind":"reset","nth":true}',
        b'{"kind":"status","headers":{"X":1}}',
    ):
        assert control(ready, "POST", "faults", bad).status == 400
    assert [entry["operation"] for entry in control(ready, "GET", "ledger").json()][-1] == "uploadObject"
    assert control(ready, "PUT", "store?uri=s3://src/k", b"abc").status == 204
    assert ready.stack.store.get("s3://src/k") == b"abc"
    assert control(ready, "GET", "store?uri=s3://src/k").body == b"abc"
    assert control(ready, "PUT", "store?uri=k", b"abc").status == 400
    assert control(ready, "DELETE", "faults").status == 204
