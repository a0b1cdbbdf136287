"""Each call of the data plane, flat and grouped: what it sends, what it gives back, and what it refuses."""

from __future__ import annotations

import inspect
import io
import json
from typing import Any

import pytest
from catchment import v3io
from catchment.core.errors import OutcomeUnknownError, UnsafeInputError
from catchment.core.wire import Request
from catchment.local import V3IOOptions
from catchment.local.faults import Fault
from catchment.testing import no_waiting
from catchment.v3io.aio.dataplane import Client, RaiseForStatus
from catchment.v3io.errors import (
    AccessDeniedError,
    ConditionFalseError,
    ContainerNotFoundError,
    DirectoryNotEmptyError,
    HttpResponseError,
    ItemExistsError,
    RedirectedError,
    ResourceNotFoundError,
    StreamExistsError,
    TableChangedError,
    UnexpectedStatusError,
)

from tests.v3io.doubles import ACCESS_KEY, WatchedStack


@pytest.fixture
def options() -> V3IOOptions:
    """One page a table, unless it is large."""
    return V3IOOptions(access_key=ACCESS_KEY, slices_per_page=1024, administrator=True)


# -- containers --------------------------------------------------------------------------------------------------------


async def test_containers(client: Client) -> None:
    """Containers have names, numbers and dates, and are found by either name or number."""
    found = (await client.get_containers()).output.containers
    users = next(container for container in found if container.name == "users")
    assert isinstance(users.identifier, int)
    assert users.creation_date
    assert await client.container.exists("users")
    assert not await client.container.exists("nobody")
    await client.object.put(str(users.identifier), "o", body="x")
    assert (await client.object.get("users", "o")).body == b"x"
    assert (await client.get_cluster_metadata("users")).output.number_of_vns > 0


async def test_folders_page_by_page(client: Client) -> None:
    """A listing goes on at its marker; the first page says that there is more."""
    for name in ("f/a", "f/b", "f/c", "f/d/e"):
        await client.object.put("users", name, body="12")
    first = (await client.container.list("users", "/f/", limit=2)).output
    assert ([entry.key for entry in first.contents], first.is_truncated) == (["f/a", "f/b"], "true")
    rest = (await client.get_container_contents("users", "f", marker=first.next_marker)).output
    assert ([entry.key for entry in rest.contents], rest.is_truncated) == (["f/c"], "false")
    assert [entry.prefix for entry in rest.common_prefixes] == ["f/d/"]
    full = (await client.container.list("users", "f", get_all_attributes=True)).output.contents[0]
    assert (full.size, full.mode) == (2, "0100664")
    only = (await client.container.list("users", "f", directories_only=True)).output
    assert (only.contents, len(only.common_prefixes)) == ([], 1)
    with pytest.raises(ResourceNotFoundError):
        await client.container.list("users", "gone")


# -- objects -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"bytes", bytearray(b"bytes"), memoryview(b"bytes"), "bytes", None])
async def test_bodies(client: Client, body: Any) -> None:
    """Bytes, text and files are written as they are."""
    body = io.BytesIO(b"bytes") if body is None else body
    await client.put_object("users", "/folder/o", body=body)
    assert (await client.get_object("users", "folder/o")).body == b"bytes"


async def test_ranges_and_appends(client: Client, stack: WatchedStack) -> None:
    """An append adds at the end and makes what is missing; a range is what was asked for, or what there is."""
    await client.object.put("users", "log", body="0123", append=True)
    await client.put_object("users", "log", body="456789", append=True)
    assert stack.count("PUT -1") == 2
    part = await client.get_object("users", "log", offset=2, num_bytes=3)
    assert (part.status_code, part.body) == (206, b"234")
    assert (await client.object.get("users", "log", offset=8)).body == b"89"
    beyond = await client.object.get("users", "log", offset=8, num_bytes=10)
    assert (beyond.status_code, beyond.body) == (200, b"89")
    head = await client.object.head("users", "log")
    assert head.headers["Content-Length"] == "10"
    stack.begin()
    for bad in ({"offset": -1}, {"num_bytes": 0}, {"offset": "1"}, {"num_bytes": True}):
        with pytest.raises(UnsafeInputError):
            await client.object.get("users", "log", **bad)  # type: ignore[arg-type]
    assert not stack.requests


async def test_folders_of_objects(client: Client, stack: WatchedStack) -> None:
    """A path with a slash at its end makes a folder; a folder that holds something is not deleted."""
    await client.object.put("users", "folder/")
    assert await client.object.exists("users", "folder")
    await client.object.put("users", "folder/o", body="x")
    with pytest.raises(DirectoryNotEmptyError):
        await client.delete_object("users", "folder")
    await client.object.delete("users", "folder/o")
    assert (await client.object.delete("users", "folder/")).status_code == 204
    assert not await client.object.exists("users", "folder")
    stack.begin()
    for bad in ({"body": "x"}, {"body": "x", "append": True}):
        with pytest.raises(UnsafeInputError):
            await client.object.put("users", "folder/", **bad)
    assert not stack.requests


async def test_objects_of_other_kinds(client: Client) -> None:
    """Attributes of the file system, pieces in one request and reads by inode do what the platform documents."""
    await client.object.put_scattered("users", "pieces", [b"head", b"", b"body"])
    assert (await client.object.get("users", "pieces")).body == b"headbody"
    await client.object.set_attributes("users", "pieces", mode=0o600, mtime=(5, 7))
    names = ["__mtime_secs", "__mtime_nsecs", "__inode_number", "__ctime_secs", "__ctime_nsecs"]
    item = (await client.get_item("users", "pieces", attribute_names=names)).output.item
    assert (item["__mtime_secs"], item["__mtime_nsecs"]) == (5, 7)
    found = await client.object.get_by_inode(
        "users", item["__inode_number"], item["__ctime_secs"], item["__ctime_nsecs"]  # type: ignore[arg-type]
    )  # fmt: skip
    assert found.body == b"headbody"
    with pytest.raises(UnsafeInputError, match="nothing to set"):
        await client.object.set_attributes("users", "pieces")
    with pytest.raises(UnsafeInputError, match="list of bytes"):
        await client.object.put_scattered("users", "pieces", b"bytes")  # type: ignore[arg-type]


async def test_chunks(client: Client, stack: WatchedStack) -> None:
    """A chunk is sent as documented; a server that lacks it says so."""
    await client.object.put_chunk(
        "users", "o", data=b"x", sequence_number=1, offset=0, metadata="m", raise_for_status=RaiseForStatus.never
    )
    assert stack.requests == ["PutChunk /users/o"]
    assert json.loads(stack.bodies[0]) == {"ChunkSequenceNumber": 1, "Offset": 0, "Data": "eA==", "Metadata": "m"}


# -- items -------------------------------------------------------------------------------------------------------------


async def test_items_flat_and_grouped(client: Client) -> None:
    """A path and a table with a key name the same item; an update merges, a put replaces."""
    await client.put_item("users", "/t/k", {"a": 1, "b": "two", "c": 1.5, "d": True, "e": b"bytes"})
    await client.kv.update("users", "/t/", "k", attributes={"a": 2})
    item = (await client.kv.get("users", "t", "k")).output.item
    assert item == {"a": 2, "b": "two", "c": 1.5, "d": True, "e": b"bytes"}
    await client.kv.put("users", "t", "k", {"z": 0})
    assert (await client.get_item("users", "t/k")).output.item == {"z": 0}
    await client.update_item("users", "t/k", expression="z = z + 5; SET y = 'text'")
    assert (await client.get_item("users", "t/k", attribute_names=["y", "z"])).output.item == {"y": "text", "z": 5}
    await client.kv.update("users", "t", "k", attributes={"n": 1}, update_mode="OverWriteAttributes")
    assert (await client.get_item("users", "t/k")).output.item == {"n": 1}
    with pytest.raises(ItemExistsError):
        await client.kv.update("users", "t", "k", attributes={"n": 1}, update_mode="CreateNewItemOnly")
    with pytest.raises(UnsafeInputError, match="update_mode"):
        await client.kv.update("users", "t", "k", attributes={"n": 1}, update_mode="Merge")
    await client.delete_item("users", "t/k")
    with pytest.raises(ResourceNotFoundError):
        await client.kv.get("users", "t", "k")


async def test_put_items_stops_at_the_first_failure(client: Client) -> None:
    """Items are written in order; by default the first failure raises, and the rest is not written."""
    await client.put_item("users", "t/b", {"x": 0})
    new = {name: {"x": 1} for name in ("a", "b", "c")}
    with pytest.raises(ConditionFalseError):
        await client.put_items("users", "t", new, condition="not(exists(x))")
    assert not await client.object.exists("users", "t/c")
    answers = await client.put_items("users", "t", new, None, RaiseForStatus.never, "not(exists(x))")
    assert [answer.status_code for answer in answers.responses] == [400, 400, 200]
    assert not answers.success
    with pytest.raises(ConditionFalseError):
        answers.raise_for_status()


async def test_scans(client: Client, stack: WatchedStack) -> None:
    """One page of a table, by filter, segment, sorting keys or table name; nonsense is refused."""
    for name in ("a.1", "a.2", "a.3", "b.1"):
        await client.kv.put("users", "top/t", name, {"n": int(name[2])})
    page = (await client.kv.scan("users", "top/t", attribute_names=["n"], filter_expression="n >= 2")).output
    assert (sorted(item["n"] for item in page.items), page.last, page.next_marker) == ([2, 3], True, None)
    ranged = await client.get_items(
        "users", "top/t", sharding_key="a", sort_key_range_start="2", sort_key_range_end="3", attribute_names="n"
    )
    assert ranged.output.items == [{"n": 2}]
    named = (await client.kv.scan("users", "top", "t", attribute_names="n")).output
    assert len(named.items) == 4
    stack.begin()
    for bad in ({"segment": 1}, {"limit": 0}, {"sort_key_range_start": "a"}, {"total_segments": 2, "segment": 2}):
        with pytest.raises(UnsafeInputError):
            await client.kv.scan("users", "top/t", **bad)  # type: ignore[arg-type]
    assert not stack.requests


async def test_schemas(client: Client) -> None:
    """A schema is the object `.#schema` of its table."""
    fields = [{"name": "age", "type": "long", "nullable": True}, {"name": "name", "type": "string"}]
    await client.kv.create_schema("users", "t", key="name", fields=fields)
    schema = json.loads((await client.object.get("users", "t/.#schema")).body)
    assert (schema["key"], len(schema["fields"])) == ("name", 2)


# -- streams -----------------------------------------------------------------------------------------------------------


async def test_streams_flat_and_grouped(client: Client) -> None:
    """Records of two shards are put, sought and read; streams grow."""
    await client.create_stream("users", "/s", 2, retention_period_hours=48)
    assert (await client.describe_stream("users", "s/")).output.retention_period_hours == 48
    put = await client.put_records(
        "users", "s", [{"data": "a", "shard_id": 1, "client_info": "i"}, {"data": b"b", "partition_key": "p"}]
    )
    assert put.output.records[0].sequence_number == 1
    flat = await client.seek_shard("users", "/s/1", "EARLIEST")
    grouped = await client.stream.seek("users", "s", 1, "SEQUENCE", starting_sequence_number=1)
    for location in (flat.output.location, grouped.output.location):
        page = (await client.get_records("users", "/s/1", location, limit=1)).output
        assert (page.records[0].data, page.records[0].client_info) == (b"a", b"i")
        assert page.next_location != location
    await client.stream.update("users", "s", 3)
    assert (await client.stream.describe("users", "s")).output.shard_count == 3
    with pytest.raises(StreamExistsError):
        await client.stream.create("users", "s", 3)
    await client.delete_stream("users", "s")
    with pytest.raises(HttpResponseError):
        await client.stream.describe("users", "s")


@pytest.mark.parametrize("applied", [False, True])
async def test_a_creation_without_an_answer_is_looked_up(client: Client, stack: WatchedStack, applied: bool) -> None:
    """What was made is found, what was not made is made."""
    stack.faults.add(Fault("reset", service="v3io", operation="createStream", applied=applied))
    with no_waiting():
        assert (await client.create_stream("users", "s", 4)).status_code == 204
    assert (await client.describe_stream("users", "s")).output.shard_count == 4
    assert stack.count("CreateStream") == (1 if applied else 2)


async def test_a_stream_of_another_shape_leaves_doubt(client: Client, stack: WatchedStack) -> None:
    """What is there was not made by this call, or not by it alone: the error says to look."""
    await client.create_stream("users", "s", 2)
    stack.faults.add(Fault("reset", service="v3io", operation="createStream"))
    with no_waiting(), pytest.raises(OutcomeUnknownError, match="another shape"):
        await client.create_stream("users", "s", 4)


async def test_deleting_what_is_no_stream(client: Client) -> None:
    """A missing stream is raised, or returned where that is acceptable."""
    with pytest.raises(ResourceNotFoundError):
        await client.delete_stream("users", "gone")
    assert (await client.delete_stream("users", "gone", raise_for_status=[404])).status_code == 404
    assert (await client.delete_stream("users", "gone", None, RaiseForStatus.never)).status_code == 404


# -- what is acceptable ------------------------------------------------------------------------------------------------


async def test_what_is_raised(client: Client) -> None:
    """Default, always, never, a list and an empty list."""
    for wanted in (None, RaiseForStatus.always, [], [200, 204]):
        with pytest.raises(ResourceNotFoundError):
            await client.get_object("users", "gone", raise_for_status=wanted)
    for wanted in (RaiseForStatus.never, [404], (200, 404)):
        answer = await client.get_object("users", "gone", raise_for_status=wanted)
        assert (answer.status_code, answer.ok) == (404, False)
        with pytest.raises(ResourceNotFoundError):
            answer.raise_for_status()
    with pytest.raises(UnexpectedStatusError) as caught:
        await client.put_object("users", "o", None, [204], body="x")
    assert caught.value.status_code == 200
    assert (await client.get_object("users", "o")).body == b"x"
    for bad in ("never", 200, [True], ["404"]):
        with pytest.raises(UnsafeInputError):
            await client.get_object("users", "gone", raise_for_status=bad)  # type: ignore[arg-type]


async def test_never_still_repeats_what_may_pass(client: Client, stack: WatchedStack) -> None:
    """A 513 is repeated before it is returned, and then returned with its body."""
    await client.put_item("users", "t/k", {"a": 1})
    stack.faults.add(Fault("status", service="v3io", operation="getItems", status=513))
    with no_waiting():
        assert (await client.kv.scan("users", "t", raise_for_status=RaiseForStatus.never)).status_code == 200
    stack.faults.add(Fault("status", service="v3io", operation="getItems", status=513, body=b"moved", count=9))
    with no_waiting():
        answer = await client.kv.scan("users", "t", raise_for_status=RaiseForStatus.never)
        assert (answer.status_code, answer.body, answer.output) == (513, b"moved", None)
        with pytest.raises(TableChangedError):
            answer.raise_for_status()
    stack.faults.clear()
    stack.begin()
    stack.faults.add(Fault("status", service="v3io", operation="getItems", status=503))
    assert (await client.kv.scan("users", "t", raise_for_status=[200, 503])).status_code == 503
    assert len(stack.requests) == 1


async def test_redirects_name_their_place(client: Client, stack: WatchedStack) -> None:
    """A redirect is never followed; the error names where it points, without what may be secret in it."""
    place = "https://gateway:8443/users/o?key=hidden"
    stack.faults.add(Fault("redirect", service="v3io", operation="getObject", location=place, status=308, count=2))
    with pytest.raises(RedirectedError, match="gateway:8443") as caught:
        await client.get_object("users", "o")
    assert caught.value.status_code == 308
    assert "hidden" not in str(caught.value)
    answer = await client.get_object("users", "o", raise_for_status=RaiseForStatus.never)
    assert (answer.status_code, answer.headers["location"]) == (308, place)


async def test_a_page_of_a_proxy_is_no_item(client: Client, stack: WatchedStack) -> None:
    """A login page with status 200 is not taken for an answer."""
    stack.faults.add(Fault("html", service="v3io", operation="getItem", count=9))
    with no_waiting(), pytest.raises(v3io.errors.CatchmentError, match="HTML|html"):
        await client.kv.get("users", "t", "k")


async def test_missing_containers(client: Client) -> None:
    """A container that is not there has a class of its own."""
    with pytest.raises(ContainerNotFoundError):
        await client.object.put("nobody", "o", body="x")


async def test_other_access_keys(client: Client) -> None:
    """A key for one call is sent with it, and the client's own with the others."""
    with pytest.raises(AccessDeniedError):
        await client.get_containers(access_key="wrong")
    assert (await client.get_containers(ACCESS_KEY)).ok
    assert (await client.get_containers()).ok


# -- how far a call goes -----------------------------------------------------------------------------------------------


async def test_encoding_sends_nothing(client: Client, stack: WatchedStack) -> None:
    """With `encode_only` a call returns its request."""
    request: Any = await client.put_item("users", "t/k", {"a": 1}, transport_actions=1)
    assert isinstance(request, Request)
    assert (request.target, request.content) == ("/users/t/k", b'{"Item":{"a":{"N":"1"}}}')
    assert not stack.requests


async def test_sending_without_waiting(client: Client, stack: WatchedStack) -> None:
    """With `encode_and_send` a call returns what gives its response later."""
    under_way: Any = await client.put_object("users", "o", None, None, 2, body="x")
    assert (await under_way.result()).status_code == 200
    missing: Any = await client.get_object("users", "gone", None, None, 2)
    with pytest.raises(ResourceNotFoundError):
        await missing.result()
    with pytest.raises(UnsafeInputError, match="1, 2 or 3"):
        await client.get_object("users", "o", transport_actions=4)
    assert (await client.get_object("users", "o", transport_actions=3)).body == b"x"


# -- what users see ----------------------------------------------------------------------------------------------------


async def test_help_names_every_parameter(client: Client) -> None:
    """`help()` of every call documents each of its parameters."""
    groups = [client, client.container, client.object, client.kv, client.stream]
    for group in groups:
        for name, call in inspect.getmembers(group, inspect.ismethod):
            if name.startswith("_"):
                continue
            text = inspect.getdoc(call) or ""
            parameters = [name for name in inspect.signature(call).parameters if name not in {"kind", "error", "trace"}]
            assert all(f"{parameter}:" in text for parameter in parameters), (name, parameters)


async def test_put_items_checks_all_before_it_sends_one(client: Client) -> None:
    """A bad item far down is named by its key, and the good ones before it are not written either."""
    with pytest.raises(UnsafeInputError, match="item 'bad'"):
        await client.put_items("users", "t", {"good": {"a": 1}, "bad": {"a": object()}})  # type: ignore[dict-item]
    assert not await client.object.exists("users", "t/good")
