"""Connections held by nobody who reads, signals in the middle of a batch, forks: the client is as good as before."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any, cast

import pytest
from catchment.core.errors import ClosedError, OutcomeUnknownError
from catchment.local.faults import Fault
from catchment.v3io import dataplane

from tests.v3io.doubles import WatchedStack, place_of


@pytest.fixture
def place(stack: WatchedStack) -> Iterator[dict[str, Any]]:
    """Arguments of a client for a stack that listens."""
    with stack.serve(only=["v3io"]) as running:
        yield place_of(running)


def connections_of(client: dataplane.Client) -> list[int]:
    """Return how many connections each pool has, which must be those that rest when nothing is under way."""
    engine: Any = client.api.transport()._engines.whole
    for pool in engine._pools.values():
        assert pool._count == len(pool._resting)
    return [pool._count for pool in engine._pools.values()]


@pytest.mark.parametrize("connections", [1, 2, 3, 8])
def test_walks_that_nobody_goes_on_with_block_nothing(place: dict[str, Any], connections: int) -> None:
    """However many cursors, scans and listings stand half-way, with their next pages under way, calls go through."""
    with dataplane.Client(**place, max_connections=connections, timeout=5) as client:
        for number in range(60):
            client.batch.put_item("users", f"t/key{number:02}", {"n": number})
        client.batch.wait()
        cursors = [client.kv.new_cursor("users", "t") for _ in range(2 * connections)]
        scans = [client.kv.items("users", "t", segments=2) for _ in range(2 * connections)]
        entries = [client.container.entries("users", "t", page_size=5) for _ in range(2 * connections)]
        first = [cursor.next_item() for cursor in cursors]
        first += [scan.first() for scan in scans]
        assert all(first)
        assert all(entry.first() for entry in entries)
        assert client.get_containers().ok
        client.batch.get_containers()
        client.batch.get_containers()
        assert client.batch.wait().success
        for cursor in cursors:
            assert len(cursor.all()) == 59
        for scan in scans:
            assert len(scan.to_list()) == 59


@pytest.mark.parametrize("after", [0.01, 0.03, 0.06, 0.1])
def test_a_signal_in_the_middle_of_a_batch(place: dict[str, Any], stack: WatchedStack, after: float) -> None:
    """Whoever presses Ctrl-C finds every call settled, every connection back, and the next batch working."""
    with dataplane.Client(**place, max_connections=4) as client:
        stack.faults.add(Fault("delay", service="v3io", operation="appendObject", seconds=0.3, nth=7))
        calls = [client.batch.put_object("users", f"o{number}", body="x", append=True) for number in range(60)]
        interrupt = threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            interrupt.start()
            client.batch.wait()
            time.sleep(5)  # only until the signal, should the batch have been quicker
        sure = [number for number, call in enumerate(calls) if call.error is None]
        doubt = [number for number, call in enumerate(calls) if isinstance(call.error, OutcomeUnknownError)]
        unsent = [number for number, call in enumerate(calls) if isinstance(call.error, ClosedError)]
        assert len(sure) + len(doubt) + len(unsent) == 60
        stack.faults.clear()
        for _ in range(3):
            for _ in range(8):
                client.batch.get_containers()
            assert client.batch.wait().success
        assert connections_of(client)[0] <= 4
        for number in sure:
            assert client.object.get("users", f"o{number}").body == b"x"
        for number in unsent:
            assert not client.object.exists("users", f"o{number}")


def test_failing_batches_give_their_connections_back(place: dict[str, Any], stack: WatchedStack) -> None:
    """After batches that were cut, refused and broken, as many connections rest as there are."""
    with dataplane.Client(**place, max_connections=6, retries=0) as client:
        for kind in ("reset", "cut", "duplicate-length", "wrong-length"):
            stack.faults.add(Fault(cast("Any", kind), service="v3io", operation="listContainers", count=9))
            for _ in range(24):
                client.batch.get_containers()
            with pytest.raises(dataplane.V3IOError):
                client.batch.wait()
            stack.faults.clear()
            connections_of(client)
        for _ in range(24):
            client.batch.get_containers()
        assert client.batch.wait().success
        assert connections_of(client) == [6]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_forks_in_the_middle_of_walks(place: dict[str, Any]) -> None:
    """A child may go on with a cursor that its parent has half-way, and neither takes the other's page."""
    with dataplane.Client(**place) as client:
        for number in range(60):
            client.batch.put_item("users", f"t/key{number:02}", {"n": number})
        client.batch.wait()
        cursor = client.kv.new_cursor("users", "t")
        first = cursor.next_item()
        assert first
        child = os.fork()
        if child == 0:
            fine = False
            try:
                fine = client.get_containers().ok
                marker = cursor.marker
                fine = fine and len(client.kv.new_cursor("users", "t", marker=marker).all()) >= 59
            finally:
                os._exit(0 if fine else 1)
        rest = cursor.all()
        _, status = os.waitpid(child, 0)
    assert sorted(item["n"] for item in [first, *rest]) == list(range(60))
    assert status == 0


def test_what_is_told_to_send_is_sent(place: dict[str, Any], stack: WatchedStack) -> None:
    """`encode_and_send` spares no connection: the request leaves even where it takes the last one."""
    with dataplane.Client(**place, max_connections=1, timeout=5) as client:
        client.get_containers()
        stack.begin()
        sent: Any = client.put_object("users", "o", None, None, 2, body="x")
        assert sent.ahead.sent
        assert sent.result().status_code == 200
    assert stack.count("/users/o") == 1
