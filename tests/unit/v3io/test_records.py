"""Bodies of stream calls byte for byte, their refusals, splitting, and the readers of answers with either JSON package."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from itertools import count, islice
from types import MappingProxyType
from typing import Any, cast

import numpy as np
import pytest
from catchment.core import wire
from catchment.core.errors import UnsafeInputError
from catchment.v3io import limits, records
from catchment.v3io.alike import encode_alike
from catchment.v3io.outputs import GetRecordsResult, PutRecordsResult
from catchment.v3io.record import OPEN, Record, RecordLike, closed, parts
from hypothesis import given, settings
from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
RECORDS = st.lists(
    st.fixed_dictionaries(
        {"data": TEXT | st.binary(max_size=30)},
        optional={
            "client_info": st.none() | st.binary(max_size=16),
            "partition_key": st.none() | TEXT.filter(bool),
            "shard_id": st.none() | st.integers(0, 4095),
        },
    ),
    min_size=1,
    max_size=20,
)
MEMBERS: dict[str, st.SearchStrategy[object]] = {
    "client_info": st.binary(max_size=16),
    "partition_key": TEXT.filter(bool),
    "shard_id": st.integers(0, 4095),
}


@st.composite
def alike(draw: st.DrawFn) -> list[dict[str, object]]:
    """Records with the same members, all data text or all of it bytes."""
    names = draw(st.sets(st.sampled_from(sorted(MEMBERS))))
    data = draw(st.sampled_from([TEXT, st.binary(max_size=30)]))
    shape = st.fixed_dictionaries({"data": data, **{name: MEMBERS[name] for name in sorted(names)}})
    return draw(st.lists(shape, min_size=1, max_size=20))


@pytest.fixture(params=["orjson", "json"])
def loads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read answers with the one JSON package, then with the other."""
    package = pytest.importorskip(request.param)
    monkeypatch.setattr(wire, "_fast_loads", package.loads)


def sent(body: bytes) -> list[dict[str, Any]]:
    """Return records as the server would read them."""
    return json.loads(body)["Records"]


@pytest.mark.parametrize(
    ("record", "entry"),
    [
        ({"data": "clock"}, {"Data": "Y2xvY2s="}),
        ({"data": b"clock"}, {"Data": "Y2xvY2s="}),
        ({"data": bytearray(b"clock")}, {"Data": "Y2xvY2s="}),
        ({"data": memoryview(b"c.l.o.c.k.")[::2]}, {"Data": "Y2xvY2s="}),
        ({"data": ""}, {"Data": ""}),
        ({"data": "é"}, {"Data": "w6k="}),
        ({"data": "clock", "shard_id": 0}, {"Data": "Y2xvY2s=", "ShardId": 0}),
        ({"data": "clock", "shard_id": np.int64(7)}, {"Data": "Y2xvY2s=", "ShardId": 7}),
        ({"data": "clock", "partition_key": 'a"\\é'}, {"Data": "Y2xvY2s=", "PartitionKey": 'a"\\é'}),
        ({"data": "clock", "client_info": "clock"}, {"Data": "Y2xvY2s=", "ClientInfo": "Y2xvY2s="}),
        ({"data": "clock", "client_info": None, "shard_id": None, "partition_key": None}, {"Data": "Y2xvY2s="}),
        ({"shard_id": 1, "data": "clock"}, {"Data": "Y2xvY2s=", "ShardId": 1}),
        (MappingProxyType({"data": "clock", "shard_id": 1}), {"Data": "Y2xvY2s=", "ShardId": 1}),
        (Record("clock"), {"Data": "Y2xvY2s="}),
        (
            Record(b"clock", b"clock", "k", 2),
            {"Data": "Y2xvY2s=", "ShardId": 2, "PartitionKey": "k", "ClientInfo": "Y2xvY2s="},
        ),
    ],
)
def test_a_record(record: records.RecordLike, entry: dict[str, object]) -> None:
    """Mappings and `Record` alike; a member that is `None` is not sent."""
    assert sent(records.put_records([record])) == [entry]


@given(RECORDS)
def test_records_arrive_in_order(given_records: list[dict[str, Any]]) -> None:
    """Every member of every record, and nothing else."""
    entries = sent(records.put_records(given_records))
    assert len(entries) == len(given_records)
    for record, entry in zip(given_records, entries, strict=True):
        data = record["data"]
        expected: dict[str, Any] = {"Data": data.encode() if isinstance(data, str) else data}
        names = {"client_info": "ClientInfo", "partition_key": "PartitionKey", "shard_id": "ShardId"}
        expected.update({names[name]: value for name, value in record.items() if name in names and value is not None})
        assert {name: b64decode(v) if name in {"Data", "ClientInfo"} else v for name, v in entry.items()} == expected


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({}, "data is missing"),
        ({"data": None}, "data is missing"),
        ({"data": 5}, "data is int"),
        ({"data": {"a": 1}}, "data is dict"),
        ({"data": "\ud800"}, "surrogates"),
        ({"data": "\ud800", "shard_id": 1}, "surrogates"),
        ({"date": "x"}, "'date' is no member of a record: did you mean 'data'"),
        ({"data": "x", "shard": 1}, "'shard' is no member of a record: did you mean 'shard_id'"),
        ({"data": "x", "ShardId": 1}, "did you mean 'shard_id'"),
        ({"data": "x", "shard_id": 1, "zzz": 1}, "data, client_info, partition_key, shard_id are known"),
        ({"data": "x", "partitionkey": "k", "shard_id": 1}, "did you mean 'partition_key'"),
        ({"data": "x", 5: 1}, "5 is no member"),
        ({"data": "x", "shard_id": -1}, "shard_id=-1"),
        ({"data": "x", "shard_id": True}, "shard_id=True"),
        ({"data": "x", "shard_id": "1"}, "shard_id='1'"),
        ({"data": "x", "partition_key": 5}, "partition_key must be text"),
        ({"data": "x", "partition_key": ["k"]}, "partition_key must be text"),
        ({"data": "x", "partition_key": ""}, "partition_key is empty"),
        ({"data": "x", "partition_key": "é" * 128 + "x"}, "partition_key has 257 bytes"),
        ({"data": "x", "partition_key": "\ud800"}, "surrogates"),
        ({"data": "x", "client_info": b"x" * 17}, "client_info has 17 bytes"),
        ({"data": "x", "client_info": "é" * 9}, "client_info has 18 bytes"),
        ({"data": "x", "client_info": 5}, "client_info is int"),
        ({"data": b"x" * (limits.MAX_RECORD + 1)}, "data has 2,097,153 bytes"),
        ("x", "str is no record"),
        (b"x", "bytes is no record"),
        (("x", 1), "tuple is no record"),
        (None, "NoneType is no record"),
    ],
)
def test_records_that_cannot_be_sent_are_refused_by_number(record: object, message: str) -> None:
    """Counted from 0 among all; in one request and in several alike."""
    many = cast("list[records.RecordLike]", [{"data": "good"}, record, {"data": "good"}])
    with pytest.raises(UnsafeInputError, match=f"record 1: .*{message}"):
        records.put_records(many)
    with pytest.raises(UnsafeInputError, match=f"record 1: .*{message}"):
        list(records.split_records(many))


@pytest.mark.parametrize("many", [{"data": "x"}, "x", b"x", Record("x"), 5, None])
def test_one_record_is_no_list_of_them(many: object) -> None:
    """Its members or letters are not taken for records."""
    with pytest.raises(UnsafeInputError, match="list of records"):
        records.put_records(cast("Any", many))
    with pytest.raises(UnsafeInputError, match="list of records"):
        list(records.split_records(cast("Any", many)))


def test_one_request_is_measured() -> None:
    """1000 records go, 1001 and 10 MiB do not; the refusal names the way out."""
    assert len(sent(records.put_records([{"data": ""}] * 1000))) == 1000
    with pytest.raises(UnsafeInputError, match="more than 1000 records") as caught:
        records.put_records({"data": ""} for _ in count())
    assert "split_records" in str(caught.value.hint)
    with pytest.raises(UnsafeInputError, match="the request of 8 records"):
        records.put_records([{"data": b"x" * 1_000_000}] * 8)
    with pytest.raises(UnsafeInputError, match="no records"):
        records.put_records([])


@settings(max_examples=30)
@given(RECORDS, st.integers(1, 7))
def test_batches_hold_every_record_once_and_in_order(many: list[dict[str, Any]], size: int) -> None:
    """Each batch knows its place, its records and its body, which is what one request of them would send."""
    batches = list(records.split_records(many, max_records=size))
    assert [record for batch in batches for record in batch.records] == many
    assert [batch.first for batch in batches] == list(range(0, len(many), size))
    assert all(batch.body == records.put_records(batch.records) for batch in batches)


def test_batches_stay_below_ten_million_bytes() -> None:
    """A batch is closed before the record that would be too much; none is lost."""
    many = [{"data": b"x" * 2_000_000}] * 9
    batches = list(records.split_records(many))
    assert [len(batch.records) for batch in batches] == [3, 3, 3]
    assert all(len(batch.body) < 10_000_000 for batch in batches)
    assert "3 from 6" in repr(batches[-1])


@given(alike())
def test_records_of_one_shape_are_encoded_as_one_by_one(many: list[dict[str, object]]) -> None:
    """Columns give the very bytes that one record after the other gives."""
    body = encode_alike(cast("list[RecordLike]", many))
    pieces = [OPEN]
    for place, one in enumerate(many):
        pieces += parts(one, place)
    assert body == closed(pieces)


@pytest.mark.parametrize(
    "second",
    [
        {"data": 5, "shard_id": 1},
        {"data": "x", "shard_id": -1},
        {"data": "x", "shard_id": True},
        {"data": "x", "partition_key": "k"},
        {"data": "x"},
        {"data": "\ud800", "shard_id": 1},
        Record("x", shard_id=1),
    ],
)
def test_one_record_of_another_shape_is_looked_at_alone(second: RecordLike) -> None:
    """Nothing is encoded by columns then."""
    assert encode_alike([{"data": "x", "shard_id": 1}, second]) is None


def test_batches_are_made_as_they_are_asked_for() -> None:
    """A source without end is fine; it is read no further than the batch."""
    taken: list[int] = []

    def endless() -> Iterator[dict[str, object]]:
        for number in count():
            taken.append(number)
            yield {"data": str(number)}

    assert [batch.first for batch in islice(records.split_records(endless(), max_records=10), 2)] == [0, 10]
    assert len(taken) == 20
    assert list(records.split_records([])) == []


@pytest.mark.parametrize("size", [0, 1001, True])
def test_batches_have_a_size(size: int) -> None:
    """1 to 1000 records."""
    with pytest.raises(UnsafeInputError, match="max_records"):
        next(records.split_records([{"data": ""}], max_records=size))


def test_streams_are_made_and_grown() -> None:
    """A day is kept unless said otherwise."""
    assert records.create_stream(8) == b'{"ShardCount":8,"RetentionPeriodHours":24}'
    assert records.create_stream(1, 8784) == b'{"ShardCount":1,"RetentionPeriodHours":8784}'
    assert records.update_stream(4096) == b'{"ShardCount":4096}'


@pytest.mark.parametrize(
    "make",
    [
        lambda: records.create_stream(0),
        lambda: records.create_stream(4097),
        lambda: records.create_stream(True),
        lambda: records.create_stream(cast("Any", "8")),
        lambda: records.create_stream(8, 0),
        lambda: records.create_stream(8, 8785),
        lambda: records.create_stream(8, cast("Any", 1.5)),
        lambda: records.update_stream(0),
        lambda: records.update_stream(4097),
    ],
)
def test_streams_out_of_bounds_are_refused(make: Callable[[], bytes]) -> None:
    """Shards from 1 to 4096, an hour to a year."""
    with pytest.raises(UnsafeInputError, match=r"shard_count|retention_period_hours"):
        make()


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        (("EARLIEST",), {"Type": "EARLIEST"}),
        (("latest",), {"Type": "LATEST"}),
        (("SEQUENCE", 5), {"Type": "SEQUENCE", "StartingSequenceNumber": 5}),
        (("TIME", None, 7), {"Type": "TIME", "TimestampSec": 7, "TimestampNSec": 0}),
        (("TIME", None, 7, 8), {"Type": "TIME", "TimestampSec": 7, "TimestampNSec": 8}),
    ],
)
def test_seeks(arguments: tuple[Any, ...], body: dict[str, object]) -> None:
    """Each with what it needs; a time has both of its numbers."""
    assert json.loads(records.seek_shard(*arguments)) == body


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("NEWEST",), "none of EARLIEST, LATEST, SEQUENCE, TIME"),
        (("",), "empty"),
        ((None,), "must be text"),
        (("SEQUENCE",), "starting_sequence_number=None"),
        (("SEQUENCE", -1), "starting_sequence_number=-1"),
        (("SEQUENCE", 1, 7), "timestamp_sec"),
        (("EARLIEST", 1), "goes with seek_type='SEQUENCE'"),
        (("TIME",), "timestamp_sec=None"),
        (("TIME", 1, 7), "starting_sequence_number goes with"),
        (("TIME", None, 7, 10**9), "timestamp_nsec=1000000000"),
        (("TIME", None, 7.5), "timestamp_sec=7.5"),
        (("LATEST", None, 7), "go with seek_type='TIME'"),
        (("LATEST", None, None, 7), "go with seek_type='TIME'"),
    ],
)
def test_seeks_that_cannot_be_meant_are_refused(arguments: tuple[Any, ...], message: str) -> None:
    """What a seek needs and lacks, and what it would ignore."""
    with pytest.raises(UnsafeInputError, match=message):
        records.seek_shard(*arguments)


def test_get_records() -> None:
    """From a location, as many as asked for."""
    assert records.get_records("AQAA==") == b'{"Location":"AQAA=="}'
    assert records.get_records("AQAA==", 5) == b'{"Location":"AQAA==","Limit":5}'


@pytest.mark.parametrize("arguments", [("",), (None,), (b"AQAA",), ("A", 0), ("A", True), ("A", 1.5), ("\ud800",)])
def test_get_records_needs_a_location(arguments: tuple[Any, ...]) -> None:
    """A location is text that the server gave, and a limit a number of records."""
    with pytest.raises(UnsafeInputError, match=r"location|limit"):
        records.get_records(*arguments)


@pytest.mark.usefixtures("loads")
def test_answers_are_read() -> None:
    """Under the names that users of the original know; what was not sent is `None`."""
    described = records.read_describe(b'{"ShardCount":8,"RetentionPeriodHours":24}')
    assert (described.shard_count, described.retention_period_hours) == (8, 24)
    assert records.read_seek(b'{"Location":"AQAA=="}').location == "AQAA=="
    found = records.read_get_records(
        b'{"NextLocation":"B","MSecBehindLatest":3,"RecordsBehindLatest":2,"Records":['
        b'{"ArrivalTimeSec":1,"ArrivalTimeNSec":2,"SequenceNumber":3,"Data":"Y2xvY2s="},'
        b'{"ArrivalTimeSec":1,"ArrivalTimeNSec":2,"SequenceNumber":4,"ClientInfo":"AP8=","PartitionKey":"k","Data":""}]}'
    )
    assert (found.next_location, found.msec_behind_latest, found.records_behind_latest) == ("B", 3, 2)
    assert found.records == [
        GetRecordsResult(1, 2, 3, b"clock"),
        GetRecordsResult(1, 2, 4, b"", b"\x00\xff", "k"),
    ]
    assert found.records[0].data == b"clock"


@pytest.mark.usefixtures("loads")
def test_results_of_puts_are_read() -> None:
    """In the order of the request, written and refused; a failure that the count forgets is counted."""
    body = b'{"FailedRecordCount":%d,"Records":[{"SequenceNumber":1,"ShardId":0},%b]}'
    error = b'{"ErrorCode":-201326594,"ErrorMessage":"ShardIDOutOfRangeException"}'
    refused = PutRecordsResult(None, None, -201326594, "ShardIDOutOfRangeException")
    for stated in (0, 1):
        found = records.read_put_records(body % (stated, error))
        assert (found.failed_record_count, found.records) == (1, [PutRecordsResult(1, 0), refused])
    found = records.read_put_records(body % (0, b'{"SequenceNumber":2,"ShardId":0}'))
    assert (found.failed_record_count, found.records) == (0, [PutRecordsResult(1, 0), PutRecordsResult(2, 0)])


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (records.read_describe, b"{}"),
        (records.read_describe, b"[]"),
        (records.read_seek, b"{}"),
        (records.read_seek, b""),
        (records.read_put_records, b"{}"),
        (records.read_put_records, b'{"FailedRecordCount":0,"Records":[{}]}'),
        (records.read_put_records, b'{"FailedRecordCount":0,"Records":[null]}'),
        (records.read_get_records, b'{"NextLocation":"B","MSecBehindLatest":0,"RecordsBehindLatest":0}'),
        (
            records.read_get_records,
            b'{"NextLocation":"B","MSecBehindLatest":0,"RecordsBehindLatest":0,"Records":'
            b'[{"ArrivalTimeSec":1,"ArrivalTimeNSec":2,"SequenceNumber":3,"Data":"no base64"}]}',
        ),
    ],
)
def test_other_documents_are_refused(read: Callable[[bytes], object], body: bytes) -> None:
    """They raise what callers make an error of the answer of."""
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        read(body)


def test_results_are_shown_without_their_records() -> None:
    """A page's repr stays one line."""
    page = b'{"NextLocation":"B","MSecBehindLatest":0,"RecordsBehindLatest":0,"Records":[]}'
    assert repr(records.read_get_records(page)) == (
        "GetRecordsOutput(next_location='B', msec_behind_latest=0, records_behind_latest=0)"
    )
