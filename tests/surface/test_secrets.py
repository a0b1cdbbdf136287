"""Secrets show nowhere: not in what is printed, logged, raised or pickled, nor in the frames of a traceback."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import pickle
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from catchment import lakefs
from catchment.core.errors import CatchmentError, UnsafeInputError
from catchment.lakefs import aio
from catchment.local import Fault, LakeFSOptions
from catchment.testing import no_waiting

from tests.lakefs.doubles import WatchedStack

KEY = "AKIAIOSFODNN7EXAMPLE"
CANARY = "canary-7f3a9b-secret"
SECRETS = (CANARY, base64.b64encode(f"{KEY}:{CANARY}".encode()).decode(), "X-Amz-Signature=", KEY)
CONTENT = b"content of an object"

TROUBLE = [
    Fault("reset", count=500),
    Fault("stall", seconds=0.01, count=500),
    Fault("status", status=401, count=500),
    Fault("status", status=404, count=500),
    Fault("status", status=500, count=500),
    Fault("html", count=500),
    Fault("redirect", location="http://elsewhere.example.com/?token=stolen", count=500),
    Fault("reset", service="objects", count=500),
    Fault("cut", service="objects", after_bytes=3, count=500),
    Fault("status", service="objects", status=403, count=500),
    Fault("status", service="objects", status=503, count=500),
]


@pytest.fixture
def stack() -> Iterator[WatchedStack]:
    """A stack whose secret key is the canary, with one object."""
    with WatchedStack(lakefs=LakeFSOptions(access_key_id=KEY, secret_access_key=CANARY)) as made:
        with lakefs.Client(local=made) as client:
            branch = lakefs.repository("flights", client).create("s3://lake/flights").branch("main")
            branch.upload(CONTENT, "a")
        yield made


@pytest.fixture(params=["in-process", "on-a-socket"])
def place(request: pytest.FixtureRequest, stack: WatchedStack) -> Iterator[dict[str, Any]]:
    """Arguments of a client, which hold the canary."""
    if request.param == "in-process":
        yield {"local": stack, "username": KEY, "password": CANARY}
        return
    with stack.serve() as running:
        yield {"host": running.endpoints["lakefs"], "username": KEY, "password": CANARY}


def held(text: str) -> list[str]:
    """Return the secrets in a text."""
    return [secret for secret in SECRETS if secret in text]


def shown(error: BaseException) -> str:
    """Write an error as tools do that print local variables too; frames of tests hold the canary on purpose."""
    whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    for each in chained(whole):
        each.stack = traceback.StackSummary.from_list([line for line in each.stack if "/tests/" not in line.filename])
    return "".join(whole.format()) + repr(error) + repr(vars(error))


def chained(error: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    """Yield an error and those behind it."""
    yield error
    for each in (error.__cause__, error.__context__, *(error.exceptions or ())):
        if each is not None:
            yield from chained(each)


def calls(branch: lakefs.Branch) -> list[Callable[[], object]]:
    """Return one call of each kind: metadata, listing, both roads of reading and writing, lookups after doubt."""

    def write() -> None:
        with branch.open("f", "wb") as file:
            file.write(b"x")

    return [
        branch.get_commit,
        lambda: list(branch.objects()),
        lambda: branch.download("a", pre_sign=True),
        lambda: branch.download("a", pre_sign=False),
        lambda: branch.open("a", "rb", pre_signed=True).read(),
        lambda: branch.upload(b"x", "b", pre_sign=True),
        lambda: branch.upload(b"x", "b", pre_sign=False),
        lambda: branch.commit("m"),
        lambda: branch.stat_object("a"),
        write,
    ]


@pytest.mark.parametrize("fault", TROUBLE, ids=lambda fault: f"{fault.service}-{fault.kind}-{fault.status}")
def test_no_error_and_no_frame_holds_a_secret(stack: WatchedStack, place: dict[str, Any], fault: Fault) -> None:
    """Whatever goes wrong: text, repr, attributes, notes, causes, local variables of our frames, the pickle."""
    errors: list[str] = []
    with lakefs.Client(**place) as client, no_waiting():
        for call in calls(lakefs.repository("flights", client).branch("main")):
            stack.faults.clear()
            stack.faults.add(fault)
            try:
                call()
            except CatchmentError as error:
                errors.append(shown(error) + pickle.dumps(error).decode("latin-1"))
        stack.faults.clear()
    assert len(errors) >= 2
    assert [held(text) for text in errors] == [[]] * len(errors)


@pytest.mark.parametrize("fault", TROUBLE, ids=lambda fault: f"{fault.service}-{fault.kind}-{fault.status}")
def test_no_awaited_frame_holds_a_secret(stack: WatchedStack, place: dict[str, Any], fault: Fault) -> None:
    """The same for tasks, whose frames are others."""
    errors: list[str] = []

    async def work() -> None:
        async with aio.Client(**place) as client:
            branch = aio.repository("flights", client).branch("main")
            for call in (
                lambda: branch.get_commit(),
                lambda: branch.objects().to_list(),
                lambda: branch.download("a", pre_sign=True),
                lambda: branch.upload(b"x", "b", pre_sign=True),
                lambda: branch.commit("m"),
            ):
                stack.faults.clear()
                stack.faults.add(fault)
                try:
                    await call()
                except CatchmentError as error:
                    errors.append(shown(error))
        stack.faults.clear()

    with no_waiting():
        asyncio.run(work())
    assert errors
    assert [held(text) for text in errors] == [[]] * len(errors)


def test_no_log_record_holds_a_secret(
    stack: WatchedStack, place: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """At any level, of any library below, with the facts that records carry."""
    caplog.set_level(1)
    with lakefs.Client(**place) as client, no_waiting():
        for fault in (None, *TROUBLE):
            for call in calls(lakefs.repository("flights", client).branch("main")):
                stack.faults.clear()
                if fault is not None:
                    stack.faults.add(fault)
                with contextlib.suppress(CatchmentError):
                    call()
    stack.faults.clear()
    assert len(caplog.records) > 50
    for record in caplog.records:
        assert held(f"{record.getMessage()} {vars(record)}") == [], record.name


def test_no_repr_holds_a_secret(place: dict[str, Any]) -> None:
    """Neither of handles, nor of files, nor of what the server said, nor of settings; the key id is shortened too."""
    with lakefs.Client(**place) as client:
        repo = lakefs.repository("flights", client)
        branch = repo.branch("main")
        signed = branch.object("a").stat(pre_sign=True)
        assert "X-Amz-Signature=" in signed.physical_address, "asked for, so given"
        with branch.open("a", "rb", pre_signed=True) as reader, branch.open("n", "wb", pre_signed=True) as writer:
            assert reader.read() == CONTENT
            things: list[object] = [
                client, client.config, client.explain(), client.api, client.api.settings, client.facts, repo, branch,
                signed, [signed], branch.object("a"), branch.objects(), list(branch.objects(presign=True)), reader,
                branch.get_commit(), branch.transaction("t"), branch.import_data("i"), client.storage_config,
                writer, reader.raw, vars(reader), vars(writer),
            ]  # fmt: skip
            for thing in things:
                assert held(f"{thing!r} {thing!s}") == [], type(thing)
            writer.discard()


def test_presigned_requests_carry_no_credentials(stack: WatchedStack, place: dict[str, Any]) -> None:
    """The object store is another party: it gets no header of lakeFS's."""
    with lakefs.Client(**place) as client:
        branch = lakefs.repository("flights", client).branch("main")
        stack.requests.clear()
        stack.heads.clear()
        branch.upload(b"x", "b", pre_sign=True, metadata={"k": "v"})
        assert branch.download("b", pre_sign=True) == b"x"
    heads = [head for line, head in zip(stack.requests, stack.heads, strict=True) if " objects/" in line]
    assert len(heads) == 2
    for names in heads:
        assert not {"authorization", "cookie"} & set(names)
        assert not [name for name in names if name.startswith("x-lakefs")]


@pytest.mark.parametrize("make", [lakefs.Client, aio.Client], ids=["blocking", "awaited"])
def test_pickles_hold_no_secret(make: Any) -> None:
    """A client and every handle refuse to be pickled with a secret given as text, and say what to do."""
    client = make(host="https://lake.example.com", username=KEY, password=CANARY)
    kit = lakefs if make is lakefs.Client else aio
    branch = kit.repository("flights", client).branch("main")
    for thing in (client, branch, kit.repository("flights", client), branch.object("a"), branch.transaction("t")):
        with pytest.raises(UnsafeInputError, match="pickle"):
            pickle.dumps(thing)


def test_handles_pickle_where_nothing_secret_is_in_them() -> None:
    """What looks its credentials up can travel: the far side looks there."""
    branch = lakefs.repository("flights", lakefs.Client(host="https://lake.example.com")).branch("main")
    found = pickle.loads(pickle.dumps([branch, branch.object("a"), lakefs.repository("flights")]))
    assert [str(each) for each in found] == ["main", "a", "flights"]
    assert repr(found[0]) == repr(branch)
