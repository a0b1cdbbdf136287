"""Secrets, looked for where careful people do not look: local variables of tracebacks, pickles, logs, other clients."""

from __future__ import annotations

import asyncio
import logging
import pickle
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from catchment.core.secret import Secret
from catchment.local import V3IOOptions
from catchment.local.faults import Fault
from catchment.local.http import Request
from catchment.testing import no_waiting
from catchment.v3io import aio, dataplane
from catchment.v3io.dataplane import RaiseForStatus

from tests.v3io.doubles import WatchedStack

OWN = "own-secret-key-of-the-client"
OTHER = "other-secret-key-of-one-call"
PASSWORD = "password-of-the-admin-user"
SECRETS = (OWN, OTHER, PASSWORD, b64encode(f"admin:{PASSWORD}".encode()).decode())


class ListeningStack(WatchedStack):
    """A stack that keeps who asked for what."""

    def respond(self, request: Request) -> Any:
        """Answer, and remember key and path."""
        headers = {name.lower(): value for name, value in request.headers}
        self.asked.append((headers.get("x-v3io-session-key"), request.path))
        return super().respond(request)

    asked: list[tuple[str | None, str]]


@pytest.fixture
def options() -> V3IOOptions:
    """Somebody with a key and a password."""
    return V3IOOptions(access_key=OWN, password=PASSWORD)


@pytest.fixture
def stack(options: V3IOOptions) -> Iterator[ListeningStack]:
    """A stack that tells keys apart."""
    ListeningStack.asked = []
    with ListeningStack(v3io=options) as made:
        yield made


@pytest.fixture
def endpoint(stack: ListeningStack) -> Iterator[str]:
    """Where it listens."""
    with stack.serve(only=["v3io"]) as running:
        yield running.environment["V3IO_API"]


def clients(endpoint: str) -> Iterator[dataplane.Client]:
    """Yield a client of each kind, each of which is refused or fails somewhere."""
    yield dataplane.Client(endpoint=endpoint, access_key=OWN)
    yield dataplane.Client(endpoint=endpoint, access_key=f"{OWN}-wrong")
    yield dataplane.Client(endpoint=endpoint, username="admin", password=PASSWORD)
    yield dataplane.Client(endpoint=endpoint, access_key=f"{OWN}\r\nX-Forged: 1")
    yield dataplane.Client(endpoint=endpoint, access_key=f"{OWN}é")
    yield dataplane.Client(endpoint="http://127.0.0.1:9", access_key=OWN, retries=0)


def failing(client: Any) -> list[Callable[[], Any]]:
    """Return calls that raise, some with a key of their own."""
    key = Secret(OTHER)
    batch = client.create_batch()
    return [
        lambda: client.object.get("users", "gone"),
        lambda: client.object.get("users", "gone", access_key=key),
        lambda: client.kv.put("users", "t", "k", {"a": object()}, access_key=key),
        lambda: client.kv.update("users", "t", "k", expression="no expression", access_key=key),
        lambda: client.kv.new_cursor("users", "gone", access_key=key).all(),
        lambda: client.object.get("users", "o", None, key, None, 7),
        lambda: (batch.object.get("users", "gone", access_key=key), batch.object.head("users", "gone"), batch.wait()),
        lambda: client.object.put("users", "o", body=iter([b"x", 5]), access_key=key),
        lambda: pickle.dumps(client),
    ]


def assert_hidden(text: str) -> None:
    """No secret is in a text."""
    for secret in SECRETS:
        assert secret not in text


def shown_by(error: BaseException) -> str:
    """Return all that error reporters see, local variables and what came before included."""
    told = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    return told + repr(error) + repr(vars(error)) + pickle.dumps(error).decode("latin-1")


def without_the_test(error: BaseException) -> BaseException:
    """Leave out the frames of this file, whose constants are the secrets."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return error.with_traceback(trace)


@pytest.mark.parametrize("broken", [False, True])
def test_no_failure_shows_a_key(
    stack: ListeningStack, endpoint: str, caplog: pytest.LogCaptureFixture, broken: bool
) -> None:
    """Not its text, not its pickle, not the local variables on its way, not the log at its most talkative."""
    caplog.set_level(logging.DEBUG)
    if broken:
        stack.faults.add(Fault("reset", service="v3io", operation="*", count=1000))
    for client in clients(endpoint):
        for call in failing(client):
            with no_waiting(), pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is, it must not tell
                call()
            assert_hidden(shown_by(without_the_test(caught.value)))
        assert_hidden(repr(client) + repr(vars(client)) + repr(client.batch) + str(client.explain()))
        client.close()
    assert_hidden("".join(record.getMessage() + repr(vars(record)) for record in caplog.records))


def test_keys_of_calls_do_not_stick(stack: ListeningStack, endpoint: str) -> None:
    """In one client, alone, in batches, by cursors and in threads, each request carries the key of its own call."""

    def work(number: int) -> None:
        key = None if number % 2 else f"{OTHER}-{number % 5}"
        client.object.get("users", f"alone{number}", access_key=key, raise_for_status=RaiseForStatus.never)
        batch = client.create_batch()
        batch.object.get("users", f"batched{number}", access_key=key, raise_for_status=RaiseForStatus.never)
        batch.object.get("users", f"plain{number}", raise_for_status=RaiseForStatus.never)
        batch.wait()
        client.kv.new_cursor("users", f"cursor{number}", access_key=key, raise_for_status=RaiseForStatus.never).all()

    with dataplane.Client(endpoint=endpoint, access_key=OWN) as client, ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(200)))
    assert len(stack.asked) == 800
    for key, path in stack.asked:
        name = path.strip("/").split("/")[1]
        number = int("".join(filter(str.isdigit, name)))
        own = number % 2 or name.startswith("plain")
        assert key == (OWN if own else f"{OTHER}-{number % 5}")


def test_clients_do_not_mix(stack: ListeningStack, endpoint: str) -> None:
    """Two clients of one endpoint, in one process and one loop, ask each as itself."""

    async def main() -> None:
        one = aio.dataplane.Client(endpoint=endpoint, access_key=OWN)
        two = aio.dataplane.Client(endpoint=endpoint, access_key=OTHER)
        async with one, two:
            await asyncio.gather(
                *(
                    client.object.get("users", f"{name}{number}", raise_for_status=RaiseForStatus.never)
                    for number in range(50)
                    for name, client in (("one", one), ("two", two))
                )
            )

    asyncio.run(main())
    assert {(key, path[7:10]) for key, path in stack.asked} == {(OWN, "one"), (OTHER, "two")}


def test_many_keys_are_no_leak(stack: ListeningStack, endpoint: str) -> None:
    """A client that acts for thousands of users keeps the way out of few of them, and mixes none up."""
    with dataplane.Client(endpoint=endpoint, access_key=OWN) as client:
        for number in range(300):
            client.object.head("users", "o", access_key=f"{OTHER}-{number}", raise_for_status=RaiseForStatus.never)
        assert len(client._connection._others) <= 64
    assert [key for key, _ in stack.asked] == [f"{OTHER}-{number}" for number in range(300)]
