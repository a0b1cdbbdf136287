"""The life of a client: found settings, pickles, forks, threads, ends, and what shows in messages."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import pickle
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from catchment import v3io
from catchment.core.errors import ClosedError, ConfigError, CredentialsNotFoundError, UnsafeInputError
from catchment.core.wire import Request
from catchment.local import V3IOOptions
from catchment.v3io import aio

from tests.v3io.doubles import ACCESS_KEY, WatchedStack, place_of


@pytest.fixture
def options() -> V3IOOptions:
    """A user with a password."""
    return V3IOOptions(access_key=ACCESS_KEY, password="of the admin")


@pytest.fixture
def place(stack: WatchedStack) -> Iterator[dict[str, str]]:
    """Arguments of a client for a stack that listens."""
    with stack.serve(only=["v3io"]) as running:
        yield place_of(running)


# -- where and who -----------------------------------------------------------------------------------------------------


def test_the_environment_is_enough(place: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without arguments, the platform's own variables say where and who."""
    monkeypatch.setenv("V3IO_API", place["endpoint"])
    monkeypatch.setenv("V3IO_ACCESS_KEY", place["access_key"])
    with v3io.dataplane.Client() as client:
        assert client.get_containers().ok
        assert client.explain().winner == "environment variables"


def test_nothing_is_looked_for_before_the_first_call() -> None:
    """A client of nothing can be made; its first call says every place that was looked at."""
    client = v3io.Client()
    with pytest.raises(ConfigError, match="V3IO_API"):
        client.get_containers()
    with pytest.raises(CredentialsNotFoundError, match="V3IO_ACCESS_KEY"):
        v3io.Client(endpoint="localhost:1").get_containers()


def test_a_user_and_a_password(stack: WatchedStack) -> None:
    """A user may ask with a password where there is no key; a wrong one is refused."""
    with v3io.Client(local=stack, username="admin", password="of the admin") as client:
        assert client.get_containers().ok
    with (
        v3io.Client(local=stack, username="admin", password="wrong") as client,
        pytest.raises(v3io.dataplane.HttpResponseError),
    ):
        client.get_containers()


def test_prefixes_of_proxies_are_kept(place: dict[str, str]) -> None:
    """An endpoint with a path is an address like any other."""
    client = v3io.Client(endpoint="http://gateway:8081/v3io/", access_key="k")
    request: Any = client.put_object("users", "o", body="x", transport_actions=1)
    assert isinstance(request, Request)
    assert client.api.call_of(request).url == "http://gateway:8081/v3io/users/o"


def test_the_original_s_positions(place: dict[str, str]) -> None:
    """Logger, endpoint and key come in the order that code relies on."""
    with v3io.dataplane.Client(None, place["endpoint"], place["access_key"], 4, 20.0) as client:
        assert client.get_containers().ok
        assert client.max_connections == 4


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("transport_kind", "requests"),
        ("transport_kind", object()),
        ("max_connections", 0),
        ("max_connections", True),
        ("timeout", -1),
        ("logger_verbosity", "LOUD"),
        ("endpoint", "ftp://x"),
        ("username", "only half"),
    ],
)
def test_what_cannot_be_meant_is_refused(option: str, value: Any) -> None:
    """No option is taken and then ignored."""
    arguments = {"endpoint": "localhost:1", option: value}
    with pytest.raises(ConfigError):
        v3io.Client(**arguments)


# -- what shows --------------------------------------------------------------------------------------------------------


def test_keys_show_nowhere(place: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    """No repr, no error and no line of the log holds a key, the client's own or a call's."""
    caplog.set_level(logging.DEBUG, logger="catchment")
    own, other = place["access_key"], "another-long-access-key"
    with v3io.Client(**place) as client:
        client.batch.get_object("users", "gone", access_key=other, raise_for_status=v3io.RaiseForStatus.never)
        shown = [repr(client), repr(client.kv), repr(client.batch), str(client.explain()), repr(client.batch.wait())]
        with pytest.raises(v3io.dataplane.HttpResponseError) as caught:
            client.get_object("users", "o", access_key=other)
        shown += [repr(caught.value), str(caught.value), *[record.getMessage() for record in caplog.records]]
        request: Any = client.get_object("users", "o", access_key=other, transport_actions=1)
        shown.append(repr(request))
    for text in shown:
        assert own not in text
        assert other not in text


def test_failures_are_told_to_a_logger(place: dict[str, str]) -> None:
    """A logger hears of each call that raises, and of none that does not."""
    file = io.StringIO()
    logger = v3io.logger.Logger("INFO")
    logger.set_handler("file", file)
    with v3io.Client(logger, **place) as client:
        client.put_object("users", "o", body="x")
        client.get_object("users", "gone", raise_for_status=v3io.RaiseForStatus.never)
        assert not file.getvalue()
        with pytest.raises(v3io.dataplane.ResourceNotFoundError):
            client.get_object("users", "gone")
    assert file.getvalue().count("request failed") == 1
    assert "status=404" in file.getvalue()


def test_verbosity_makes_a_logger(place: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """`logger_verbosity` writes to standard output, and `transport_verbosity` tells of each attempt by `logging`."""
    before = logging.getLogger("catchment").level
    try:
        with v3io.Client(**place, logger_verbosity="WARN", transport_verbosity="DEBUG") as client:
            assert logging.getLogger("catchment").level == logging.DEBUG
            with pytest.raises(v3io.dataplane.HttpResponseError):
                client.get_object("users", "gone")
    finally:
        logging.getLogger("catchment").setLevel(before)
    assert "request failed" in capsys.readouterr().out


# -- its end -----------------------------------------------------------------------------------------------------------


def test_a_closed_client_says_so(place: dict[str, str]) -> None:
    """Calls, batches and cursors of a closed client raise; closing twice is fine."""
    client = v3io.Client(**place)
    client.get_containers()
    client.close()
    client.close()
    with pytest.raises(ClosedError):
        client.get_containers()
    client.batch.get_containers()
    with pytest.raises(ClosedError):
        client.batch.wait()
    with pytest.raises(ClosedError):
        client.kv.new_cursor("users", "t").next_item()


def test_the_async_client_is_closed_by_either_name(place: dict[str, str]) -> None:
    """`close` is awaited as the original's is, and `aclose` is the same."""

    async def main() -> None:
        client = aio.dataplane.Client(**place)
        await client.get_containers()
        await client.close()
        with pytest.raises(ClosedError):
            await client.get_containers()

    asyncio.run(main())


def test_one_client_serves_one_loop_after_another(place: dict[str, str]) -> None:
    """Connections belong to their loop; a client does not."""
    client = aio.dataplane.Client(**place)

    async def main() -> int:
        client.batch.get_containers()
        return len(await client.batch.wait()) + (await client.get_containers()).status_code

    assert [asyncio.run(main()) for _ in range(2)] == [201, 201]
    asyncio.run(client.aclose())


# -- elsewhere ---------------------------------------------------------------------------------------------------------


def test_pickled_clients_find_their_own_settings(place: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A client of the environment travels; one that holds a key refuses, unless that is wanted."""
    monkeypatch.setenv("V3IO_API", place["endpoint"])
    monkeypatch.setenv("V3IO_ACCESS_KEY", place["access_key"])
    with v3io.Client(timeout=7, logger_verbosity="ERROR") as client:
        client.get_containers()
        with pickle.loads(pickle.dumps(client)) as again:
            assert again.get_containers().ok
            assert again.api.settings.timeouts.deadline == 7
    with pytest.raises(UnsafeInputError, match="pickle"):
        pickle.dumps(v3io.Client(**place))
    with pickle.loads(pickle.dumps(v3io.Client(**place, pickle_secrets=True))) as carried:
        assert carried.get_containers().ok


def test_clients_of_a_stack_stay_where_it_is(stack: WatchedStack) -> None:
    """A stack in this process is in no pickle."""
    with pytest.raises(UnsafeInputError, match="serve"):
        pickle.dumps(v3io.Client(local=stack))


def test_responses_travel(place: dict[str, str]) -> None:
    """A response can be sent to another process, and still be read there."""
    with v3io.Client(**place) as client:
        client.put_item("users", "t/k", {"a": 1})
        again = pickle.loads(pickle.dumps(client.get_item("users", "t/k")))
    assert again.output.item == {"a": 1}
    assert again.headers["content-type"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_has_connections_of_its_own(place: dict[str, str], stack: WatchedStack) -> None:
    """Parent and child call on, neither gets the other's answers, and calls that wait stay the parent's."""
    with v3io.Client(**place) as client:
        client.put_object("users", "mine", body="parent")
        client.batch.put_object("users", "log", body="once", append=True)
        child = os.fork()
        if child == 0:
            fine = False
            try:
                fine = all(client.get_object("users", "mine").body == b"parent" for _ in range(20))
                fine = fine and client.batch.wait() == []
            finally:
                os._exit(0 if fine else 1)
        bodies = {client.get_object("users", "mine").body for _ in range(20)}
        _, status = os.waitpid(child, 0)
        assert client.batch.wait()[0].ok
        assert client.get_object("users", "log").body == b"once"
    assert (bodies, status) == ({b"parent"}, 0)


# -- threads -----------------------------------------------------------------------------------------------------------


def test_threads_share_a_client(place: dict[str, str]) -> None:
    """Every thread gets its own answers."""

    def work(number: int) -> bool:
        client.kv.put("users", "t", f"k{number}", {"n": number})
        return client.kv.get("users", "t", f"k{number}").output.item == {"n": number}

    with v3io.Client(**place) as client, ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(100)))


def test_batches_in_threads_do_not_wait_for_each_other(place: dict[str, str]) -> None:
    """With fewer connections than threads want, every batch comes to its end."""

    def work(number: int) -> bool:
        batch = client.create_batch()
        for place in range(30):
            batch.put_object("users", f"o{number}-{place}", body=f"{number}-{place}")
        batch.create_stream("users", f"s{number}", 1)
        batch.wait()
        for place in range(30):
            batch.get_object("users", f"o{number}-{place}")
        return [answer.body for answer in batch.wait()] == [f"{number}-{place}".encode() for place in range(30)]

    with v3io.Client(**place, max_connections=3, timeout=30) as client, ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, range(12)))


def test_threads_share_a_batch(place: dict[str, str]) -> None:
    """Calls that several threads queue are each sent once, by whichever `wait` comes first."""
    sent: list[int] = []

    def work(number: int) -> None:
        for place in range(20):
            client.batch.put_object("users", f"log{number}-{place}", body="x", append=True)
        sent.append(len(client.batch.wait()))

    with v3io.Client(**place) as client:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sum(sent) == 120
        for number in range(6):
            for place_ in range(20):
                client.batch.get_object("users", f"log{number}-{place_}")
        assert {answer.body for answer in client.batch.wait()} == {b"x"}


def test_a_batch_has_many_calls_under_way(place: dict[str, str], stack: WatchedStack) -> None:
    """Without a thread, requests leave while earlier answers are on their way: the server sees many at once."""
    together = threading.Barrier(8, timeout=20)
    original = stack.respond

    def respond(request: Any) -> Any:
        together.wait()
        return original(request)

    stack.respond = respond  # type: ignore[method-assign]
    with v3io.Client(**place, max_connections=8) as client:
        for number in range(16):
            client.batch.put_object("users", f"o{number}", body="x")
        assert client.batch.wait().success
    assert together.n_waiting == 0


def test_an_interrupted_batch_leaves_nothing_behind(place: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever interrupts `wait` finds each call settled, and the client as good as before."""
    from catchment.v3io.calls.plan import Planned

    original = Planned.answered
    seen: list[int] = []

    def answered(self: Any, *args: Any) -> Any:
        seen.append(1)
        if len(seen) == 5:
            raise KeyboardInterrupt
        return original(self, *args)

    with v3io.Client(**place, max_connections=4) as client:
        calls = [client.batch.put_object("users", f"o{number}", body="x") for number in range(30)]
        monkeypatch.setattr(Planned, "answered", answered)
        with pytest.raises(KeyboardInterrupt):
            client.batch.wait()
        monkeypatch.undo()
        states = [type(call.error).__name__ for call in calls]
        assert states[:4] == ["NoneType"] * 4
        assert states[4] == "OutcomeUnknownError"
        assert states[-1] == "ClosedError"
        for _ in range(3):
            for _ in range(8):
                client.batch.get_containers()
            assert client.batch.wait().success


@pytest.mark.parametrize("connections", [1, 4])
def test_a_cancelled_batch_leaves_nothing_behind(place: dict[str, str], connections: int) -> None:
    """A task that is cancelled in `wait` finds each call settled, and the client as good as before."""

    async def main() -> None:
        async with aio.dataplane.Client(**place, max_connections=connections) as client:
            calls = [client.batch.put_object("users", f"o{number}", body="x") for number in range(200)]
            task = asyncio.ensure_future(client.batch.wait())
            while not any(hasattr_status(call) for call in calls):  # noqa: ASYNC110 - an answer is no event
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert {type(call.error).__name__ for call in calls if not hasattr_status(call)} <= {
                "OutcomeUnknownError",
                "ClosedError",
            }
            client.batch.get_containers()
            assert (await client.batch.wait()).success

    asyncio.run(main())


def hasattr_status(call: Any) -> bool:
    """Whether a call was answered."""
    try:
        return bool(call.status_code)
    except Exception:  # noqa: BLE001 - whatever stands in for an answer
        return False
