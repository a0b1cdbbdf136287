"""Calls as requests: the same as the generated ones, with what may be done after doubt."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from catchment.core.errors import DecodeError, UnsafeInputError
from catchment.core.wire import Headers, RawResponse, Request, dump_json
from catchment.v3io.calls import containers, kv, objects, streams
from catchment.v3io.calls.plan import Planned
from catchment.v3io.paths import directory_target, inode_target, object_target, shard_target, stream_target
from catchment_api.v3io import models
from catchment_api.v3io.api.cluster import get_cluster_metadata
from catchment_api.v3io.api.containers import head_container, list_containers, list_directory
from catchment_api.v3io.api.items import get_item, get_items, put_item, update_item
from catchment_api.v3io.api.objects import (
    append_object,
    delete_object,
    get_object,
    get_object_by_inode,
    head_object,
    put_chunk,
    put_object,
    scatter_write,
    set_attributes,
)
from catchment_api.v3io.api.streams import (
    create_stream,
    describe_stream,
    get_records,
    put_records,
    seek_shard,
    update_stream,
)

C, P = "users", "a b/c#d"
ITEM = object_target(C, P)
TABLE = directory_target(C, P)
STREAM = stream_target(C, P)
SHARD = shard_target(C, P, 3)
TYPED = {"a": {"N": "1"}, "b": {"S": "é"}}


def model(name: str, **members: Any) -> Any:
    """Make a generated model of JSON."""
    return getattr(models, name).from_dict(members)


PAIRS: list[tuple[str, Callable[[], Planned[Any]], Callable[[], Request]]] = [
    ("containers", containers.containers, list_containers.build_request),
    ("head of a container", lambda: containers.container_head(C), lambda: head_container.build_request(C)),
    ("cluster", lambda: containers.cluster(C), lambda: get_cluster_metadata.build_request(C)),
    (
        "listing",
        lambda: containers.listing(C, "a b/", True, True, 7, "a b/é"),
        lambda: list_directory.build_request(
            C, prefix="a b/", prefix_info=1, prefix_only=1, max_keys=7, marker="a b/é"
        ),
    ),
    ("get", lambda: objects.get(ITEM), lambda: get_object.build_request(C, P)),
    ("range", lambda: objects.get(ITEM, 5, 10), lambda: get_object.build_request(C, P, range_="bytes=5-14")),
    ("tail", lambda: objects.get(ITEM, 5), lambda: get_object.build_request(C, P, range_="bytes=5-")),
    ("start", lambda: objects.get(ITEM, None, 1), lambda: get_object.build_request(C, P, range_="bytes=0-0")),
    (
        "inode",
        lambda: objects.get_by_inode(inode_target(C, 9), 1, 2, 0, 4),
        lambda: get_object_by_inode.build_request(C, 9, ctime_sec=1, ctime_nsec=2, range_="bytes=0-3"),
    ),
    ("put", lambda: objects.put(ITEM, b"x"), lambda: put_object.build_request(C, P, body=b"x")),
    ("append", lambda: objects.put(ITEM, b"x", append=True), lambda: append_object.build_request(C, P, body=b"x")),
    ("head", lambda: objects.head(ITEM), lambda: head_object.build_request(C, P)),
    ("delete", lambda: objects.delete(ITEM), lambda: delete_object.build_request(C, P)),
    (
        "attributes",
        lambda: objects.attributes(ITEM, 0o644, 1, 2, {"atime": (3, 4), "mtime": (5, 6), "ctime": None}),
        lambda: set_attributes.build_request(
            C,
            P,
            body=model(
                "SystemAttributes",
                mode=0o644,
                uid=1,
                gid=2,
                **{"atime.sec": 3, "atime.nsec": 4, "mtime.sec": 5, "mtime.nsec": 6},
            ),
        ),
    ),
    (
        "scatter",
        lambda: objects.scattered(ITEM, [b"ab", b"", b"c"]),
        lambda: scatter_write.build_request(C, P, body=b"abc", io_vec_num=3, io_vec_sizes="2,0,1"),
    ),
    (
        "chunk",
        lambda: objects.chunk(ITEM, b"x", 1, 2, "m", "n"),
        lambda: put_chunk.build_request(
            C,
            P,
            body=model("Chunk", ChunkSequenceNumber=1, Offset=2, Data="eA==", Metadata="m", CurrentMetadata="n"),
        ),
    ),
    (
        "put item",
        lambda: kv.put(ITEM, {"a": 1, "b": "é"}, "a == 1", "CreateNewItemOnly"),
        lambda: put_item.build_request(
            C, P, body=model("PutItem", Item=TYPED, ConditionExpression="a == 1", UpdateMode="CreateNewItemOnly")
        ),
    ),
    (
        "merge",
        lambda: kv.update(ITEM, {"a": 1, "b": "é"}),
        lambda: put_item.build_request(C, P, body=model("PutItem", Item=TYPED, UpdateMode="CreateOrReplaceAttributes")),
    ),
    (
        "update",
        lambda: kv.update(ITEM, None, "a = 1", "a == 2", None, "a = 3"),
        lambda: update_item.build_request(
            C,
            P,
            body=model(
                "UpdateItem",
                UpdateMode="CreateOrReplaceAttributes",
                UpdateExpression="a = 1",
                AlternateUpdateExpression="a = 3",
                ConditionExpression="a == 2",
            ),
        ),
    ),
    (
        "get item",
        lambda: kv.get(ITEM, ["a", "__size"]),
        lambda: get_item.build_request(C, P, body=model("GetItem", AttributesToGet="a,__size")),
    ),
    (
        "scan",
        lambda: kv.scan(TABLE, "t", ["a"], "a > 1", "m", None, 5, 1, 4),
        lambda: get_items.build_request(
            C,
            P,
            body=model(
                "GetItems",
                TableName="t",
                AttributesToGet="a",
                FilterExpression="a > 1",
                Marker="m",
                Limit=5,
                Segment=1,
                TotalSegment=4,
            ),
        ),
    ),
    (
        "create stream",
        lambda: streams.create(STREAM, 4),
        lambda: create_stream.build_request(C, P, body=model("CreateStream", ShardCount=4, RetentionPeriodHours=24)),
    ),
    (
        "update stream",
        lambda: streams.update(STREAM, 5),
        lambda: update_stream.build_request(C, P, body=model("UpdateStream", ShardCount=5)),
    ),
    ("describe", lambda: streams.describe(STREAM), lambda: describe_stream.build_request(C, P)),
    (
        "put records",
        lambda: streams.put(STREAM, [{"data": "x", "shard_id": 1, "client_info": b"i", "partition_key": "p"}]),
        lambda: put_records.build_request(
            C,
            P,
            body=model(
                "PutRecords", Records=[{"Data": "eA==", "ClientInfo": "aQ==", "PartitionKey": "p", "ShardId": 1}]
            ),
        ),
    ),
    (
        "seek",
        lambda: streams.seek(SHARD, "TIME", None, 1, 2),
        lambda: seek_shard.build_request(
            C, P, 3, body=model("SeekShard", Type="TIME", TimestampSec=1, TimestampNSec=2)
        ),
    ),
    (
        "get records",
        lambda: streams.get(SHARD, "AQ==", 7),
        lambda: get_records.build_request(C, P, 3, body=model("GetRecords", Location="AQ==", Limit=7)),
    ),
]


def headers_of(request: Request) -> dict[str, str]:
    """All headers of a request, whatever their order."""
    return dict([*request.constant, *request.headers])


@pytest.mark.parametrize(("name", "ours", "generated"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_requests_are_the_generated_ones(
    name: str, ours: Callable[[], Planned[Any]], generated: Callable[[], Request]
) -> None:
    """Operation, target, headers and body of each call are those of the document."""
    mine, theirs = ours().request, generated()
    assert mine.operation is theirs.operation
    assert mine.target == theirs.target
    assert headers_of(mine) == headers_of(theirs)
    if "json" in headers_of(theirs).get("Content-Type", "") and theirs.content is not None:
        assert json.loads(bytes(mine.content or b"")) == json.loads(bytes(theirs.content))  # type: ignore[arg-type]
    else:
        assert mine.content == theirs.content


@pytest.mark.parametrize(
    ("plan", "retry"),
    [
        (lambda: kv.put(ITEM, {"a": 1}), "A"),
        (lambda: kv.put(ITEM, {"a": 1}, "a == 1"), "D"),
        (lambda: kv.put(ITEM, {"a": 1}, ""), "D"),
        (lambda: kv.update(ITEM, {"a": 1}), "A"),
        (lambda: kv.update(ITEM, {"a": 1}, update_mode="OverWriteAttributes"), "A"),
        (lambda: kv.update(ITEM, {"a": 1}, update_mode="CreateNewItemOnly"), "D"),
        (lambda: kv.update(ITEM, {"a": 1}, condition="a == 1"), "D"),
        (lambda: kv.update(ITEM, expression="a = 1"), "D"),
        (lambda: kv.get(ITEM), "A"),
        (lambda: kv.scan(TABLE), "A"),
        (lambda: objects.put(ITEM, b"x"), "A"),
        (lambda: objects.put(ITEM, b"x", append=True), "D"),
        (lambda: objects.delete(ITEM), "A"),
        (lambda: objects.scattered(ITEM, [b"x"]), "D"),
        (lambda: objects.chunk(ITEM), "D"),
        (lambda: streams.create(STREAM, 1), "C"),
        (lambda: streams.update(STREAM, 1), "A"),
        (lambda: streams.put(STREAM, [{"data": "x"}]), "D"),
        (lambda: streams.get(SHARD, "AQ=="), "A"),
    ],
)
def test_what_may_be_done_after_doubt(plan: Callable[[], Planned[Any]], retry: str) -> None:
    """What a repetition could apply twice, or what it could refuse because of itself, is not repeated."""
    request = plan().request
    assert (request.retry or request.operation.retry) == retry


@pytest.mark.parametrize(
    "call",
    [
        lambda: objects.put("/c/folder/", b"x"),
        lambda: objects.put("/c/folder/", b"", append=True),
        lambda: objects.put(ITEM, "half a pair \ud800"),
        lambda: objects.get(ITEM, -1),
        lambda: objects.get(ITEM, 0, 0),
        lambda: objects.get(ITEM, True),
        lambda: objects.attributes(ITEM),
        lambda: objects.attributes(ITEM, mode=-1),
        lambda: objects.attributes(ITEM, times={"atime": (1, 10**9)}),
        lambda: objects.scattered(ITEM, []),
        lambda: objects.get_by_inode("/c/1", 1, 10**9),
        lambda: kv.update(ITEM),
        lambda: kv.update(ITEM, {"a": 1}, "a = 2"),
        lambda: kv.update(ITEM, {"a": 1}, alternate_expression="a = 2"),
        lambda: kv.update(ITEM, alternate_expression="a = 2"),
    ],
)
def test_bad_input_is_refused(call: Callable[[], object]) -> None:
    """Nothing is encoded that the server would misread or refuse."""
    with pytest.raises(UnsafeInputError):
        call()


def test_bodies_that_are_too_long_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one request carries is refused before it is sent; lengths are bytes, not items."""
    monkeypatch.setattr(objects, "MAX_OBJECT", 15)
    objects.put(ITEM, memoryview(b"x" * 15))
    for body in (b"x" * 16, "x" * 16, memoryview(bytearray(16)).cast("q")):
        with pytest.raises(UnsafeInputError, match="one request carries"):
            objects.put(ITEM, body)


def test_constant_headers_are_one_object() -> None:
    """All calls of a kind share their headers, so that these are checked and written out once."""
    assert kv.put(ITEM, {"a": 1}).request.constant is kv.put(TABLE + "k", {"b": 2}).request.constant


def test_json_is_what_the_core_writes() -> None:
    """Bodies made by hand are compact UTF-8, as generated ones are."""
    assert objects.chunk(ITEM, metadata="é").request.content == dump_json({"Metadata": "é"})


PAGE = b"<!DOCTYPE html><html></html>"
HTML = ("Content-Type", "text/html")


@pytest.mark.parametrize("plan", [objects.get(ITEM), objects.head(ITEM)], ids=["get", "head"])
def test_pages_of_gateways_are_no_objects(plan: Planned[None]) -> None:
    """A page without any header that the platform sends with objects is not taken for one, nor its length for a size."""
    with pytest.raises(DecodeError, match="a page"):
        plan.answered(RawResponse(200, Headers([HTML]), PAGE))


@pytest.mark.parametrize(
    "header",
    [
        ("X-v3io-transaction-verifier", "__mtime_secs==1 and __mtime_nsecs==2"),
        ("X-v3io-object-type", "regular"),
        ("Last-Modified", "Wed, 01 May 2024 12:00:00 GMT"),
    ],
    ids=lambda header: header[0],
)
def test_stored_pages_are_objects(header: tuple[str, str]) -> None:
    """An object may be a page, and any of the platform's headers tells that it is one."""
    assert objects.get(ITEM).answered(RawResponse(200, Headers([HTML, header]), PAGE)).body == PAGE
