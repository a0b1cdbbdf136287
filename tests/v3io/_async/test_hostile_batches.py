"""Batches against a server that hangs, breaks, cuts and refuses: every call ends, none twice, no connection is lost."""

from __future__ import annotations

import random
from typing import Any

import pytest
from catchment.core.config import Retry, Timeouts
from catchment.core.errors import CatchmentError, DeadlineError, NetworkError, OutcomeUnknownError
from catchment.local.faults import Fault
from catchment.testing import no_waiting
from catchment.v3io.aio.dataplane import Client, RaiseForStatus
from catchment.v3io.errors import BatchError, HttpResponseError

from tests.v3io.doubles import WatchedStack

CALLS = 40


async def test_one_hanging_answer_delays_no_other(client: Client, stack: WatchedStack) -> None:
    """The call that hangs is late alone; those whose answers came are answered, and appends are not in doubt."""
    quick = client.with_options(timeout=0.4, retries=0)
    stack.faults.add(Fault("stall", service="v3io", operation="appendObject", nth=2, seconds=2.0))
    calls = [quick.batch.put_object("users", f"o{number}", body="x", append=True) for number in range(CALLS)]
    with pytest.raises((OutcomeUnknownError, BatchError)) as caught:
        await quick.batch.wait()
    assert isinstance(caught.value, OutcomeUnknownError)
    assert caught.value.hint
    failed = [call for call in calls if call.error is not None]
    assert len(failed) == 1
    assert stack.count("PUT -1") == CALLS
    assert all(answer.ok for answer in caught.value.responses if answer.error is None)  # type: ignore[attr-defined]
    quick.batch.get_object("users", f"o{CALLS - 1}")
    assert (await quick.batch.wait())[0].body == b"x"
    await quick.aclose()


async def test_objects_in_batches_are_transfers(client: Client, stack: WatchedStack, door: str) -> None:
    """An object that takes long to come has the limit of transfers in a batch, as it has alone."""
    await client.object.put("users", "o", body="x" * 60)
    slow = client.with_options(timeout=Timeouts(deadline=0.3, transfer=None))
    if door == "on-a-socket":
        stack.faults.add(Fault("drip", service="v3io", operation="getObject", chunk_bytes=1, seconds=0.01))
    slow.batch.get_object("users", "o")
    assert (await slow.batch.wait())[0].body == b"x" * 60
    await slow.aclose()


async def test_a_server_that_drips_is_late_at_last(client: Client, stack: WatchedStack, door: str) -> None:
    """An answer that comes byte by byte for ever ends with the deadline."""
    if door == "in-process":
        return
    await client.put_item("users", "t/k", {"a": "y" * 400})
    quick = client.with_options(timeout=Timeouts(deadline=0.3), retries=0)
    stack.faults.add(Fault("drip", service="v3io", operation="getItem", chunk_bytes=1, seconds=0.02))
    quick.batch.get_item("users", "t/k")
    quick.batch.get_item("users", "t/k")
    with pytest.raises(DeadlineError) as caught:
        await quick.batch.wait()
    assert caught.value.responses[1].output.item == {"a": "y" * 400}  # type: ignore[attr-defined]
    await quick.aclose()


FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "reset"},
    {"kind": "reset", "applied": True},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 503, "applied": True},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 513},
    {"kind": "status", "status": 429},
    {"kind": "cut", "after_bytes": 3},
    {"kind": "wrong-length", "extra_bytes": 5},
    {"kind": "delay", "seconds": 0.001},
    {"kind": "html"},
    {"kind": "redirect", "location": "http://elsewhere.invalid/"},
    {"kind": "duplicate-length"},
)


def planned(chance: random.Random, count: int) -> list[Fault]:
    """Return faults at random places of the next requests."""
    return [
        Fault(service="v3io", operation="*", nth=chance.randrange(1, 25), **chance.choice(FAULTS)) for _ in range(count)
    ]


def queue(batch: Any, chance: random.Random, count: int) -> dict[str, list[tuple[int, Any]]]:
    """Queue calls of every kind; return appends, counters and records with their responses."""
    made: dict[str, list[tuple[int, Any]]] = {"append": [], "count": [], "record": [], "other": []}
    for number in range(count):
        kind = chance.randrange(8)
        if kind == 0:
            made["append"].append((number, batch.put_object("users", "log", body=f"<{number}>", append=True)))
        elif kind == 1:
            made["count"].append((number, batch.update_item("users", "t/n", expression="n = n + 1")))
        elif kind == 2:
            made["record"].append((number, batch.put_records("users", "s", [{"data": f"<{number}>", "shard_id": 0}])))
        elif kind == 3:
            made["other"].append((number, batch.put_object("users", f"o{number}", body="x" * number)))
        elif kind == 4:
            made["other"].append((number, batch.delete_object("users", "victim", raise_for_status=[204, 404])))
        elif kind == 5:
            made["other"].append((number, batch.get_item("users", "t/n")))
        elif kind == 6:
            made["other"].append((number, batch.get_object("users", "log", raise_for_status=[200, 404])))
        else:
            made["other"].append((number, batch.kv.put("users", "t", f"k{number}", {"a": number})))
    return made


@pytest.mark.parametrize("seed", range(30))
async def test_random_faults(client: Client, stack: WatchedStack, seed: int) -> None:
    """Of 200 calls under random faults each is answered or reported, and what cannot be repeated happened at most once:
    once where it was answered, not at all where the error says so.
    """
    chance = random.Random(seed)
    await client.put_item("users", "t/n", {"n": 0})
    await client.create_stream("users", "s", 1)
    patient = client.with_options(retries=Retry(attempts=4, base=0.001))
    stack.faults.add(*planned(chance, 40))
    made = queue(patient.batch, chance, 200)
    with no_waiting():
        try:
            answers = await patient.batch.wait()
            failed: dict[int, Exception] = {}
        except CatchmentError as error:
            answers = error.responses  # type: ignore[attr-defined]
            failed = {place: call.error for place, call in enumerate(answers) if call.error is not None}
    stack.faults.clear()
    assert len(answers) == 200
    for place, answer in enumerate(answers):
        if place in failed:
            assert isinstance(failed[place], CatchmentError)
        else:
            assert answer.status_code < 300 or answer.status_code == 404
    log = (await client.object.get("users", "log")).body.decode()
    seek = await client.stream.seek("users", "s", 0, "EARLIEST")
    records = (await client.stream.get_records("users", "s", 0, seek.output.location)).output.records
    stored = "".join(record.data.decode() for record in records)
    for what, calls in ((log, made["append"]), (stored, made["record"])):
        for number, _ in calls:
            times = what.count(f"<{number}>")
            if number not in failed:
                assert times == 1
            else:
                assert times <= 1
                if not isinstance(failed[number], OutcomeUnknownError):
                    assert not times, failed[number]
    counted = (await client.kv.get("users", "t", "n")).output.item["n"]
    sure = sum(number not in failed for number, _ in made["count"])
    doubt = sum(isinstance(failed.get(number), OutcomeUnknownError) for number, _ in made["count"])
    assert sure <= int(counted) <= sure + doubt  # type: ignore[arg-type]
    for _ in range(40):
        patient.batch.get_containers()
    assert (await patient.batch.wait()).success
    await patient.aclose()


async def test_one_broken_connection_each(client: Client, stack: WatchedStack) -> None:
    """Every connection breaks once, the batch is answered all the same, and so are the next ones."""
    for number in range(4):
        await client.object.put("users", f"o{number}", body="x")
    for _ in range(3):
        stack.faults.add(*(Fault("reset", service="v3io", operation="getObject", nth=1 + n) for n in range(32)))
        for number in range(64):
            client.batch.get_object("users", f"o{number % 4}")
        with no_waiting():
            try:
                answers = await client.batch.wait()
                assert all(answer.ok for answer in answers)
            except (BatchError, NetworkError) as error:  # a call whose repetitions broke, too
                assert all(isinstance(each, NetworkError) for each in getattr(error, "failed", {0: error}).values())
        stack.faults.clear()
    for _ in range(64):
        client.batch.get_containers()
    assert (await client.batch.wait()).success


@pytest.mark.parametrize("who", ["call", "batch"])
async def test_a_call_s_own_wish_wins(client: Client, who: str) -> None:
    """What a call says of statuses holds, whatever `wait` says; also where the call is stricter."""
    client.batch.get_object("users", "gone", raise_for_status=RaiseForStatus.always)
    if who == "call":
        with pytest.raises(HttpResponseError):
            await client.batch.wait(RaiseForStatus.never)
    else:
        client.batch.clear()
        client.batch.get_object("users", "gone")
        assert (await client.batch.wait(RaiseForStatus.never))[0].status_code == 404
