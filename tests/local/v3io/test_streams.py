"""Streams of the local V3IO: shards, records, retention, locations."""

from __future__ import annotations

import base64

import pytest

INVALID = -201326592
HOUR = 3600


def record(data="x", **more):
    """Return a record."""
    return {"Data": base64.b64encode(data.encode() if isinstance(data, str) else data).decode(), **more}


def put(web, *records, path="/users/s/"):
    """Put records and return what is told of each."""
    return web.ok("PutRecords", path, {"Records": list(records)})["Records"]


def seek(web, kind="EARLIEST", shard=0, **more):
    """Return a location."""
    return web.ok("SeekShard", f"/users/s/{shard}/", {"Type": kind, **more})["Location"]


def read(web, location, shard=0, **more):
    """Return an answer of GetRecords."""
    return web.ok("GetRecords", f"/users/s/{shard}/", {"Location": location, **more})


def data(answer):
    """Return the data of the records in an answer."""
    return [base64.b64decode(each["Data"]).decode() for each in answer["Records"]]


@pytest.fixture
def stream(web):
    """A server with a stream of four shards that keeps records for two hours."""
    web.ok("CreateStream", "/users/s", {"ShardCount": 4, "RetentionPeriodHours": 2})
    return web


def test_life_of_a_stream(web):
    """Made once, grown, described; what is in the way is told."""
    web.ok("CreateStream", "/users/a/s/", {"ShardCount": 2})
    assert web.ok("DescribeStream", "/users/a/s/") == {"ShardCount": 2, "RetentionPeriodHours": 24}
    assert "ResourceInUse" in web.refused(409, "CreateStream", "/users/a/s", {"ShardCount": 2})[1]
    web.ok("UpdateStream", "/users/a/s", {"ShardCount": 2})
    web.ok("UpdateStream", "/users/a/s", {"ShardCount": 3})
    assert "InvalidShardCount" in web.refused(400, "UpdateStream", "/users/a/s", {"ShardCount": 2})[1]
    assert "ResourceNotStream" in web.refused(400, "UpdateStream", "/users/a", {"ShardCount": 2})[1]
    assert "ResourceNotStream" in web.refused(400, "DescribeStream", "/users/a")[1]
    for function in ("UpdateStream", "DescribeStream"):
        assert "ResourceNotFound" in web.refused(404, function, "/users/gone", {"ShardCount": 2})[1]
    web.send("DELETE", "/users/a/s/")
    assert web.ask("DescribeStream", "/users/a/s").status == 404


def test_names_in_the_body(web):
    """StreamName and ShardId may stand there instead of in the path."""
    web.ok("CreateStream", "/users/", {"StreamName": "s", "ShardCount": 1})
    web.ok("PutRecords", "/users/", {"StreamName": "s", "Records": [record()]})
    location = web.ok("SeekShard", "/users/", {"StreamName": "s", "ShardId": 0, "Type": "EARLIEST"})["Location"]
    answer = web.ok("GetRecords", "/users/s/", {"ShardId": 0, "Location": location})
    assert data(answer) == ["x"]
    assert web.ok("Seek", "/users/s/0", {"Type": "EARLIEST"})["Location"] == location


@pytest.mark.parametrize(
    "asked",
    [
        {}, {"ShardCount": 0}, {"ShardCount": 4097}, {"ShardCount": "1"}, {"ShardCount": True},
        {"ShardCount": 1, "RetentionPeriodHours": 0}, {"ShardCount": 1, "RetentionPeriodHours": 9000},
    ],
)  # fmt: skip
def test_streams_that_cannot_be(web, asked):
    """Nothing is made."""
    assert web.refused(400, "CreateStream", "/users/s", asked)[0] == INVALID
    assert web.ask("DescribeStream", "/users/s").status == 404


def test_shards_appear_with_their_first_record(stream):
    """Before that there is nothing to seek in; a shard that cannot be is another error."""
    assert "ResourceNotFound" in stream.refused(404, "SeekShard", "/users/s/1", {"Type": "LATEST"})[1]
    put(stream, record(ShardId=1))
    assert seek(stream, shard=1) == "AQAAAAAAAAAAAAAAAAAAAA=="
    assert stream.send("HEAD", "/users/s/0").status == 404
    assert stream.refused(400, "SeekShard", "/users/s/4", {"Type": "EARLIEST"})[0] == -201326594
    assert stream.refused(400, "SeekShard", "/users/s/x", {"Type": "EARLIEST"})[0] == INVALID


def test_which_shard_gets_a_record(stream):
    """The number before the key before turns, which go on from request to request."""
    keyed = {put(stream, record(PartitionKey="k"))[0]["ShardId"] for _ in range(8)}
    assert len(keyed) == 1
    assert put(stream, record(PartitionKey="k", ShardId=3))[0]["ShardId"] == 3
    turns = [each["ShardId"] for _ in range(3) for each in put(stream, record(), record())]
    assert turns == [0, 1, 2, 3, 0, 1]


def test_each_record_fails_alone(stream):
    """In order, with a code; the others are written, and the answer is 200."""
    answer = stream.ok("PutRecords", "/users/s", {"Records": [
        record(ShardId=0), record(ShardId=4), record(b"x" * 1_048_577), record(ClientInfo="*"), {"ShardId": 0}, 5,
        record(ClientInfo=base64.b64encode(b"x" * 17).decode()), record(PartitionKey="ü" * 129), record(ShardId=0),
    ]})  # fmt: skip
    assert answer["FailedRecordCount"] == 7
    assert [each.get("ErrorCode") for each in answer["Records"]] == [None, -201326594, *[INVALID] * 6, None]
    assert answer["Records"][-1] == {"SequenceNumber": 2, "ShardId": 0}


def test_too_many_records_are_refused_whole(stream):
    """1000 at once are fine, 1001 are not, nor is a body above 10 MB; nothing is written then."""
    assert stream.refused(400, "PutRecords", "/users/s", {"Records": [record()] * 1001})[0] == INVALID
    assert stream.refused(400, "PutRecords", "/users/s", {"Records": [record(b"x" * 1_000_000)] * 8})[0] == INVALID
    assert [each["SequenceNumber"] for each in put(stream, *[record(ShardId=0)] * 1000)] == list(range(1, 1001))


def test_records_only_go_into_streams(web):
    """A plain directory is as good as none."""
    web.put("/users/d/", b"")
    for path in ("/users/d", "/users/gone"):
        assert "ResourceNotFound" in web.refused(404, "PutRecords", path, {"Records": [record()]})[1]


def test_reading_to_the_tip(stream):
    """Page by page; at the tip nothing more comes and the location stays."""
    put(stream, *(record(str(n), ShardId=0, PartitionKey="k", ClientInfo="aW5mbw==") for n in range(5)))
    first = read(stream, seek(stream), Limit=3)
    assert (data(first), first["RecordsBehindLatest"]) == (["0", "1", "2"], 2)
    second = read(stream, first["NextLocation"])
    assert (data(second), second["RecordsBehindLatest"], second["MSecBehindLatest"]) == (["3", "4"], 0, 0)
    third = read(stream, second["NextLocation"])
    assert (third["Records"], third["NextLocation"]) == ([], second["NextLocation"])
    told = second["Records"][0]
    assert (told["SequenceNumber"], told["PartitionKey"], told["ClientInfo"]) == (4, "k", "aW5mbw==")
    assert told["ArrivalTimeSec"] == 1_700_000_000


def test_how_far_behind(stream):
    """In milliseconds between the last record read and the last one there."""
    put(stream, record("old", ShardId=0))
    stream.clock.now += 2.5
    put(stream, record("new", ShardId=0))
    assert read(stream, seek(stream), Limit=1)["MSecBehindLatest"] == pytest.approx(2500, abs=1)


def test_every_seek(stream):
    """Earliest, latest, by number up to the one after the last, by time."""
    for number in range(3):
        put(stream, record(str(number), ShardId=0))
        stream.clock.now += 10
    seeks = {
        "EARLIEST": ["0", "1", "2"],
        "LATEST": [],
    }
    assert {kind: data(read(stream, seek(stream, kind))) for kind in seeks} == seeks
    by_number = {n: data(read(stream, seek(stream, "SEQUENCE", StartingSequenceNumber=n))) for n in (1, 3, 4)}
    assert by_number == {1: ["0", "1", "2"], 3: ["2"], 4: []}
    for seconds, left in ((-1, 3), (0, 3), (5, 2), (10, 2), (20, 1), (21, 0)):
        location = seek(stream, "TIME", TimestampSec=1_700_000_000 + seconds, TimestampNSec=0)
        assert len(data(read(stream, location))) == left, seconds
    for asked in (
        {"Type": "SEQUENCE"}, {"Type": "SEQUENCE", "StartingSequenceNumber": 5}, {"Type": "TIME", "TimestampSec": 1}, {"Type": "x"}, {},
        {"Type": "SEQUENCE", "StartingSequenceNumber": 0},
    ):  # fmt: skip
        assert stream.refused(400, "SeekShard", "/users/s/0", asked)[0] == INVALID


def test_retention_trims(stream):
    """Old locations are illegal then; earliest is the oldest left; numbers go on."""
    put(stream, record("old", ShardId=0), record("old too", ShardId=0))
    stream.clock.now += HOUR
    put(stream, record("young", ShardId=0))
    start, last = seek(stream), seek(stream, "SEQUENCE", StartingSequenceNumber=3)
    stream.clock.now += HOUR + 1
    assert "IllegalLocation" in stream.refused(400, "GetRecords", "/users/s/0", {"Location": start})[1]
    assert data(read(stream, last)) == data(read(stream, seek(stream))) == ["young"]
    asked = {"Type": "SEQUENCE", "StartingSequenceNumber": 2}
    assert "IllegalLocation" in stream.refused(400, "SeekShard", "/users/s/0", asked)[1]
    stream.clock.now += 2 * HOUR
    assert data(read(stream, seek(stream))) == []
    assert put(stream, record("newest", ShardId=0))[0]["SequenceNumber"] == 4
    assert data(read(stream, seek(stream))) == ["newest"]


@pytest.mark.parametrize("location", ["", "what?", "AAAA", base64.b64encode(bytes(16)).decode(), None])
def test_locations_are_ours(stream, location):
    """Others are refused."""
    put(stream, record(ShardId=0))
    assert stream.refused(400, "GetRecords", "/users/s/0", {"Location": location})[0] == INVALID
    beyond = "AQAAAAUAAAAAAAAAAAAAAA=="
    assert "IllegalLocation" in stream.refused(400, "GetRecords", "/users/s/0", {"Location": beyond})[1]


def test_answers_are_no_larger_than_ten_megabytes(stream):
    """The rest comes with the next location; one record always comes."""
    for _ in range(2):
        put(stream, *[record(b"x" * 1_000_000, ShardId=0)] * 7)
    first = read(stream, seek(stream))
    rest = read(stream, first["NextLocation"])
    assert (len(first["Records"]), len(rest["Records"])) == (7, 7)


def test_shards_are_objects_with_attributes(stream):
    """A consumer group's offset is kept on a shard, where `__obj_type` is 3."""
    put(stream, record(ShardId=0), record(ShardId=0))
    mark = {"__g_committed_sequence_number": {"N": "1"}}
    body = {"Item": mark, "UpdateMode": "CreateOrReplaceAttributes", "ConditionExpression": "__obj_type == 3"}
    stream.ok("PutItem", "/users/s/0", body)
    assert stream.refused(400, "PutItem", "/users/s/1", body)[0] == -16777244
    item = stream.item("/users/s/0", "__g_committed_sequence_number,__last_sequence_num,__obj_type")
    assert item == {"__g_committed_sequence_number": 1, "__last_sequence_num": 2, "__obj_type": 3}
    put(stream, record(ShardId=0))
    assert stream.item("/users/s/0", "__g_committed_sequence_number") == {"__g_committed_sequence_number": 1}


def test_a_shard_that_is_deleted_starts_over(stream):
    """As the client's deletion of a stream does it, shard by shard."""
    put(stream, record(ShardId=0))
    assert stream.send("DELETE", "/users/s/").status == 409
    assert stream.send("DELETE", "/users/s/0").status == 204
    assert put(stream, record(ShardId=0))[0]["SequenceNumber"] == 1
