"""What the platform's own client gets wrong, by the number of the defect: each is held to be right here."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from catchment.core.errors import NetworkError, OutcomeUnknownError, UnsafeInputError
from catchment.local import V3IOOptions
from catchment.local.faults import Fault
from catchment.testing import no_waiting
from catchment.v3io.aio.dataplane import Client, RaiseForStatus
from catchment.v3io.errors import BatchError, ConditionFalseError, HttpResponseError, PutRecordsError
from catchment.v3io.response import Response

from tests.v3io.doubles import ACCESS_KEY, WatchedStack


@pytest.fixture
def options() -> V3IOOptions:
    """Pages of few slices, so that many are short and some are empty."""
    return V3IOOptions(access_key=ACCESS_KEY, slices_per_page=32)


async def filled(client: Client, stack: WatchedStack, count: int = 12) -> Client:
    """Write a table of some items."""
    for number in range(count):
        client.batch.put_item("users", f"t/key{number:02}", {"age": number})
    await client.batch.wait()
    stack.begin()
    return client


async def test_01_new_items_cursor_takes_its_arguments_in_place(client: Client, stack: WatchedStack) -> None:
    """The flat cursor works as the seed calls it: positions are not shifted."""
    await filled(client, stack)
    cursor = client.new_items_cursor("users", "/t/", None, None, ["age"], "age >= 10")
    assert sorted(item["age"] for item in await cursor.all()) == [10, 11]
    body = json.loads(stack.bodies[0])
    assert body["FilterExpression"] == "age >= 10"
    assert "TableName" not in body


async def test_02_empty_pages_are_no_end(client: Client, stack: WatchedStack) -> None:
    """A cursor walks over pages without items, and finds what comes behind them."""
    await filled(client, stack, 3)
    items = await client.kv.new_cursor("users", "t").all()
    assert sorted(item["age"] for item in items) == [0, 1, 2]
    assert stack.count("GetItems") == 32


async def test_03_a_cursor_begins_at_its_marker(client: Client, stack: WatchedStack) -> None:
    """A walk that is begun anew at a marker brings the rest, and misses nothing."""
    await filled(client, stack)
    first = client.kv.new_cursor("users", "t")
    seen = [await first.next_item() for _ in range(5)]
    assert first.marker
    rest = await client.kv.new_cursor("users", "t", marker=first.marker).all()
    names = {item["__name"] for item in [*seen, *rest] if item}
    assert len(names) == 12
    assert len(rest) < 12


async def test_04_batches_have_every_call(client: Client) -> None:
    """Calls of every kind go into one batch, in groups and flat, those of several requests too."""
    batch = client.create_batch()
    await client.create_stream("users", "s", 2)
    await client.put_object("users", "o", body="x")
    await client.put_item("users", "t/k", {"a": 1})
    await client.put_item("users", "t/l", {"a": 1})
    calls: list[Response[Any]] = [
        batch.get_containers(),
        batch.container.list("users", ""),
        batch.container.head("users"),
        batch.object.head("users", "o"),
        batch.get_object("users", "o"),
        *batch.put_items("users", "t", {"m": {"a": 2}, "n": {"a": 3}}),
        batch.kv.update("users", "t", "k", expression="a = a + 1"),
        batch.delete_item("users", "t/l"),
        batch.create_schema("users", "t", key="a", fields=[{"name": "a", "type": "long", "nullable": True}]),
        batch.create_stream("users", "made", 1),
        batch.update_stream("users", "s", 3),
        batch.describe_stream("users", "made"),
        batch.put_records("users", "s", [{"data": "x"}]),
        batch.delete_stream("users", "s"),
    ]
    answers = await batch.wait()
    assert answers == calls
    assert all(answer.ok for answer in answers)
    assert calls[2].status_code == 200
    assert not await client.object.exists("users", "s")


async def test_05_failing_batches_lose_no_connection(client: Client, stack: WatchedStack) -> None:
    """Batch after batch fails, and the next one still has every connection."""
    for _ in range(12):
        for _ in range(40):
            client.batch.get_object("users", "missing")
        with pytest.raises(BatchError) as caught:
            await client.batch.wait()
        assert len(caught.value.responses) == 40
    client.batch.put_object("users", "o", body="x")
    assert [answer.status_code for answer in await client.batch.wait()] == [200]
    assert stack.count("GET") == 480


async def test_06_both_colours_have_every_call(client: Client) -> None:
    """Deleting items, writing several and listing containers work in both colours, as do batches."""
    written = await client.put_items("users", "t", {"a": {"x": 1}, "b": {"x": 2}})
    assert written.success
    assert (await client.kv.delete("users", "t", "a")).status_code == 204
    assert {found.name for found in (await client.get_containers()).output.containers} >= {"users", "bigdata"}
    client.batch.kv.get("users", "t", "b")
    assert (await client.batch.wait())[0].output.item == {"x": 2}


async def test_07_one_attribute_name_is_one_name(client: Client, stack: WatchedStack) -> None:
    """`attribute_names="age"` asks for age, not for a, g and e."""
    await client.kv.put("users", "t", "k", {"age": 1, "a": 2})
    assert (await client.kv.get("users", "t", "k", attribute_names="age")).output.item == {"age": 1}
    assert json.loads(stack.bodies[-1]) == {"AttributesToGet": "age"}


async def test_08_headers_are_those_of_the_answer(client: Client) -> None:
    """The response shows what the server sent, as the server spelled it."""
    answer = await client.put_object("users", "o", body="x")
    assert "X-v3io-transaction-verifier" in list(answer.headers)
    assert answer.headers["x-v3io-transaction-verifier"].startswith("__mtime_secs==")
    assert "X-v3io-session-key" not in answer.headers


async def test_09_the_output_of_a_failure_is_none(client: Client) -> None:
    """A failure that is not raised has its body and no output."""
    for answer in (
        await client.kv.get("users", "t", "gone", raise_for_status=RaiseForStatus.never),
        await client.stream.get_records("users", "gone", 0, "AQAAAAAAAAAAAAAAAAAAAA==", raise_for_status=[404, 400]),
    ):
        assert answer.status_code in {400, 404}
        assert answer.output is None
        assert json.loads(answer.body)["ErrorMessage"]


async def test_10_values_come_back_as_they_went(client: Client, stack: WatchedStack) -> None:
    """Mixed lists and instants keep what they say; what cannot is refused by name before anything is sent."""
    instant = datetime(2023, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    await client.kv.put("users", "t", "k", {"list": [1, 2.5], "at": instant})
    assert (await client.kv.get("users", "t", "k")).output.item == {"list": [1.0, 2.5], "at": instant}
    stack.begin()
    for bad in (datetime(2023, 1, 1) + timedelta(1), "é" * 40_000):
        with pytest.raises(UnsafeInputError, match="'bad'"):
            await client.kv.put("users", "t", "k", {"bad": bad})
    assert not stack.requests


async def test_11_an_update_is_by_attributes_or_by_an_expression(client: Client, stack: WatchedStack) -> None:
    """Both at once are refused, and an alternate expression works alone."""
    await client.kv.put("users", "t", "k", {"a": 1})
    stack.begin()
    with pytest.raises(UnsafeInputError, match="two ways"):
        await client.kv.update("users", "t", "k", attributes={"a": 2}, expression="a = 3")
    assert not stack.requests
    await client.kv.update("users", "t", "k", condition="a == 7", alternate_expression="a = 4")
    assert (await client.kv.get("users", "t", "k")).output.item == {"a": 4}


@pytest.mark.parametrize("applied", [False, True])
async def test_12_what_could_happen_twice_is_sent_once(client: Client, stack: WatchedStack, applied: bool) -> None:
    """Appends, counters, conditions and records whose answer is lost are not sent again: the error says what to do."""
    await client.create_stream("users", "s", 1)
    await client.kv.put("users", "t", "k", {"x": 1})
    for operation, call in {
        "appendObject": lambda: client.object.put("users", "log", body="line", append=True),
        "updateItem": lambda: client.kv.update("users", "t", "k", expression="x = x + 1"),
        "putItem": lambda: client.kv.put("users", "t", "new", {"x": 1}, condition="not(exists(x))"),
        "putRecords": lambda: client.stream.put_records("users", "s", [{"data": "x"}]),
    }.items():
        stack.begin()
        stack.faults.add(Fault("reset", service="v3io", operation=operation, applied=applied))
        with no_waiting(), pytest.raises(OutcomeUnknownError) as caught:
            await call()
        assert len(stack.requests) == 1
        assert caught.value.hint


async def test_12_reads_and_whole_writes_are_repeated(client: Client, stack: WatchedStack) -> None:
    """What may be repeated is, with waits in between, and answers 503 and 513 are no end."""
    for operation, fault, call in (
        ("putObject", {"kind": "reset"}, lambda: client.object.put("users", "o", body="x")),
        ("getObject", {"kind": "status", "status": 503}, lambda: client.object.get("users", "o")),
        ("putItem", {"kind": "reset", "applied": True}, lambda: client.kv.put("users", "t", "k", {"a": 1})),
        ("getItems", {"kind": "status", "status": 513}, lambda: client.kv.scan("users", "t")),
        ("deleteObject", {"kind": "reset", "applied": True}, lambda: client.object.delete("users", "o")),
    ):
        stack.begin()
        stack.faults.add(Fault(service="v3io", operation=operation, **fault))  # type: ignore[arg-type]
        with no_waiting():
            assert (await call()).ok
        assert len(stack.requests) == 2


async def test_13_streams_of_many_shards_are_deleted(client: Client, stack: WatchedStack) -> None:
    """A stream folder of more entries than a page has goes away whole."""
    await client.create_stream("users", "wide", 1)
    for number in range(1005):
        client.batch.object.put("users", f"wide/extra{number}", body="")
    await client.batch.wait()
    stack.begin()
    assert (await client.delete_stream("users", "wide")).status_code == 204
    assert stack.count("GET", "prefix=wide") == 2
    assert not await client.object.exists("users", "wide")


async def test_14_paths_stay_where_they_belong(client: Client, stack: WatchedStack) -> None:
    """Keys never leave their table, dots never leave a container, and odd names come back as they are."""
    stack.begin()
    for table, key in (("t", "/etc"), ("t", ".."), ("../other", "k"), ("t", "")):
        with pytest.raises(UnsafeInputError):
            await client.kv.put("users", table, key, {"a": 1})
    assert not stack.requests
    await client.object.put("users", "a b/#c?d%e.ü", body="odd")
    assert stack.requests[-1].endswith("/users/a%20b/%23c%3Fd%25e.%C3%BC")
    assert (await client.object.get("users", "/a b//#c?d%e.ü")).body == b"odd"


async def test_15_certificates_are_checked(client: Client) -> None:
    """TLS is verified unless somebody says otherwise; forks and threads are held in `tests/v3io/test_life.py`."""
    del client
    assert Client(endpoint="https://v3io.invalid", access_key="k").api.settings.transport.verify is True
    assert Client(endpoint="https://v3io.invalid", access_key="k", verify=False).api.settings.transport.verify is False


async def test_16_errors_have_classes(client: Client) -> None:
    """A false condition, a missing item and refused records are told apart by class, without reading a message."""
    await client.kv.put("users", "t", "k", {"a": 1})
    with pytest.raises(ConditionFalseError) as caught:
        await client.kv.put("users", "t", "k", {"a": 2}, condition="a == 7")
    assert caught.value.status_code == 400
    await client.create_stream("users", "s", 1)
    with pytest.raises(PutRecordsError) as partial:
        await client.stream.put_records("users", "s", [{"data": "a"}, {"data": "b", "shard_id": 9}])
    assert (list(partial.value.failed), list(partial.value.succeeded)) == ([1], [0])
    with pytest.raises(HttpResponseError):
        await client.kv.get("users", "t", "gone")


async def test_17_clients_are_context_managers(client: Client) -> None:
    """A client that its block has left is closed, and says so."""
    async with client as same:
        assert same is client
        await client.get_containers()
    with pytest.raises(Exception, match="closed"):
        await client.get_containers()


async def test_17_lost_connections_are_our_errors(client: Client, stack: WatchedStack) -> None:
    """What fails without an answer is one of ours, and a `ConnectionError` too."""
    stack.faults.add(Fault("reset", service="v3io", operation="listContainers", count=9))
    with no_waiting(), pytest.raises(NetworkError):
        await client.get_containers()
