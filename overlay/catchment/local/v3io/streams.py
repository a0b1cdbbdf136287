"""Create streams, put records into their shards, and read them back."""

from __future__ import annotations

import base64
import binascii
from zlib import crc32

from catchment.local.http import Answer
from catchment.local.v3io import limits
from catchment.local.v3io.call import Body, Call, json_reply
from catchment.local.v3io.errors import (
    RefusalError,
    invalid,
    no_entry,
    no_stream,
    not_a_stream,
    shard_count,
    shard_out_of_range,
    stream_exists,
)
from catchment.local.v3io.nodes import SECOND, Directory, File, Stream
from catchment.local.v3io.paths import find_directory, made_directory, made_file
from catchment.local.v3io.shards import Record, Shard, write_location
from catchment.local.v3io.values import encoded

DEFAULT_HOURS = 24
DEFAULT_RECORDS = 1000
_HOUR = 3600 * SECOND


def create_stream(call: Call) -> Answer:
    """Make a stream where no directory is."""
    body = call.body(limits.ITEM_BODY_BYTES)
    parts = _stream_path(call, body)
    count = _shard_count(body)
    hours = body.integer("RetentionPeriodHours")
    hours = DEFAULT_HOURS if hours is None else hours
    if not 1 <= hours <= limits.RETENTION_HOURS:
        raise invalid(f"RetentionPeriodHours is 1 to {limits.RETENTION_HOURS}, not {hours}")
    if find_directory(call.container, parts) is not None:
        raise stream_exists()
    made_directory(call.tenant, call.container, parts).stream = Stream(count, hours)
    call.record(parts, shard_count=count, retention_hours=hours)
    return Answer(204)


def update_stream(call: Call) -> Answer:
    """Give a stream more shards."""
    body = call.body(limits.ITEM_BODY_BYTES)
    parts = _stream_path(call, body)
    directory, stream = _needed_stream(call, parts)
    count = _shard_count(body)
    if count < stream.shard_count:
        raise shard_count(f"a stream of {stream.shard_count} shards cannot have {count}")
    stream.shard_count = count
    directory.facts.touch(call.tenant.tick())
    call.record(parts, shard_count=count)
    return Answer(204)


def describe_stream(call: Call) -> Answer:
    """Tell what a stream was made with."""
    directory, stream = _needed_stream(call, _stream_path(call, call.body(limits.ITEM_BODY_BYTES)))
    found = {"ShardCount": stream.shard_count, "RetentionPeriodHours": stream.retention_hours}
    return json_reply(found, directory.facts)


def _shard_count(body: Body) -> int:
    count = body.needed_integer("ShardCount")
    if not 1 <= count <= limits.SHARDS:
        raise invalid(f"ShardCount is 1 to {limits.SHARDS}, not {count}")
    return count


def _stream_path(call: Call, body: Body) -> tuple[str, ...]:
    parts = (*call.parts, *body.names("StreamName"))
    if not parts:
        raise no_entry()
    return parts


def _needed_stream(call: Call, parts: tuple[str, ...]) -> tuple[Directory, Stream]:
    directory = find_directory(call.container, parts)
    if directory is None:
        raise no_stream()
    if directory.stream is None:
        raise not_a_stream()
    return directory, directory.stream


# Writing


def put_records(call: Call) -> Answer:
    """Append records to shards; each succeeds or fails alone, in order."""
    body = call.body(limits.RECORDS_BODY_BYTES)
    parts = _stream_path(call, body)
    directory = find_directory(call.container, parts)
    if directory is None or directory.stream is None:
        raise no_stream()
    records = body.array("Records")
    if len(records) > limits.RECORDS:
        raise invalid(f"a request has at most {limits.RECORDS} records")
    writer = _Writer(call, parts, directory, directory.stream)
    results = [writer.put(each) for each in records]
    failed = sum("ErrorCode" in each for each in results)
    if failed < len(results):
        call.record(parts, records=[[each["ShardId"], each["SequenceNumber"]] for each in results if "ShardId" in each])
    return json_reply({"FailedRecordCount": failed, "Records": results})


class _Writer:
    """Appends the records of one request."""

    def __init__(self, call: Call, parts: tuple[str, ...], directory: Directory, stream: Stream) -> None:
        self._call = call
        self._parts = parts
        self._directory = directory
        self._stream = stream
        self._now = call.tenant.tick()

    def put(self, given: object) -> dict[str, object]:
        """Append one record and return what the answer says of it."""
        try:
            if not isinstance(given, dict):
                raise invalid("a record is an object")
            body = Body(given)  # pyright: ignore[reportUnknownArgumentType] - keys of JSON objects are text
            record = _read_record(body, self._now)
            number = self._shard_of(body, record)
            sequence = self._shard(number).add(record)
        except RefusalError as refusal:
            return {"ErrorCode": refusal.code, "ErrorMessage": refusal.message}
        return {"SequenceNumber": sequence, "ShardId": number}

    def _shard_of(self, body: Body, record: Record) -> int:
        stream = self._stream
        number = body.integer("ShardId")
        if number is not None:
            if not 0 <= number < stream.shard_count:
                raise shard_out_of_range()
            return number
        if record.partition_key is not None:
            return crc32(record.partition_key.encode()) % stream.shard_count
        turn = stream.turn % stream.shard_count
        stream.turn = turn + 1
        return turn

    def _shard(self, number: int) -> Shard:
        """Return a shard; its object appears with the first record."""
        file = self._directory.files.get(str(number))
        if file is None:
            file = made_file(self._call.tenant, self._call.container, (*self._parts, str(number)))
        if file.shard is None:
            file.shard = Shard()
        file.facts.touch(self._now)
        file.shard.trim(self._now - self._stream.retention_hours * _HOUR)
        return file.shard


def _read_record(body: Body, now: int) -> Record:
    data, client_info, key = body.text("Data"), body.text("ClientInfo"), body.text("PartitionKey")
    if data is None:
        raise invalid("a record has Data")
    _check_base64("Data", data, limits.RECORD_BYTES)
    if client_info is not None:
        _check_base64("ClientInfo", client_info, limits.CLIENT_INFO_BYTES)
    if key is not None and not 0 < len(encoded("PartitionKey", key)) <= limits.PARTITION_KEY_BYTES:
        raise invalid(f"PartitionKey has 1 to {limits.PARTITION_KEY_BYTES} bytes")
    return Record(now, data, client_info, key)


def _check_base64(name: str, text: str, limit: int) -> None:
    try:
        size = len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise invalid(f"{name} is not base64") from None
    if size > limit:
        raise invalid(f"{name} is longer than {limit} bytes")


# Reading


def seek_shard(call: Call) -> Answer:
    """Return a location in a shard."""
    body = call.body(limits.ITEM_BODY_BYTES)
    file, shard = _needed_shard(call, body)
    match body.text("Type"):
        case "EARLIEST":
            location = shard.at_start()
        case "LATEST":
            location = shard.at_end()
        case "SEQUENCE":
            location = shard.at_sequence(body.needed_integer("StartingSequenceNumber"))
        case "TIME":
            seconds, nanoseconds = body.needed_integer("TimestampSec"), body.needed_integer("TimestampNSec")
            location = shard.at_time(seconds * SECOND + nanoseconds)
        case other:
            raise invalid(f"Type {other!r} is none of EARLIEST, LATEST, SEQUENCE, TIME")
    return json_reply({"Location": location}, file.facts)


def get_records(call: Call) -> Answer:
    """Return the records from a location on, and the location behind them."""
    body = call.body(limits.ITEM_BODY_BYTES)
    file, shard = _needed_shard(call, body)
    location = body.text("Location")
    limit = body.integer("Limit")
    if location is None or (limit is not None and limit < 1):
        raise invalid("Location is missing" if location is None else "Limit must be at least 1")
    start = shard.index(location)
    stop = _end_of_page(shard, start, DEFAULT_RECORDS if limit is None else limit)
    behind = len(shard.records) - stop
    late = (shard.records[-1].arrived - shard.records[max(stop - 1, 0)].arrived) // 1_000_000 if behind else 0
    answer = {
        "NextLocation": write_location(shard.trimmed + stop),
        "MSecBehindLatest": late,
        "RecordsBehindLatest": behind,
        "Records": [_shown(shard, index) for index in range(start, stop)],
    }
    return json_reply(answer, file.facts)


def _end_of_page(shard: Shard, start: int, limit: int) -> int:
    size, stop = 0, start
    while stop < len(shard.records) and stop - start < limit:
        size += len(shard.records[stop].data)
        if size > limits.GET_RECORDS_BYTES and stop > start:
            break
        stop += 1
    return stop


def _shown(shard: Shard, index: int) -> dict[str, object]:
    record = shard.records[index]
    seconds, nanoseconds = divmod(record.arrived, SECOND)
    shown: dict[str, object] = {
        "ArrivalTimeSec": seconds,
        "ArrivalTimeNSec": nanoseconds,
        "SequenceNumber": shard.trimmed + index + 1,
    }
    if record.client_info is not None:
        shown["ClientInfo"] = record.client_info
    if record.partition_key is not None:
        shown["PartitionKey"] = record.partition_key
    shown["Data"] = record.data
    return shown


def _needed_shard(call: Call, body: Body) -> tuple[File, Shard]:
    """Return a shard that has had records; what is older than the retention is dropped first."""
    *stream_path, last = _shard_path(call, body)
    directory = find_directory(call.container, tuple(stream_path))
    if directory is None or directory.stream is None:
        raise no_stream()
    if not last.isascii() or not last.isdigit():
        raise invalid(f"no number of a shard: {last!r}")
    if int(last) >= directory.stream.shard_count:
        raise shard_out_of_range()
    file = directory.files.get(str(int(last)))
    if file is None or file.shard is None:
        raise no_stream()
    file.shard.trim(call.tenant.now() - directory.stream.retention_hours * _HOUR)
    return file, file.shard


def _shard_path(call: Call, body: Body) -> tuple[str, ...]:
    parts = (*call.parts, *body.names("StreamName"))
    number = body.integer("ShardId")
    if number is not None:
        parts = (*parts, str(number))
    if len(parts) < 2:
        raise no_stream()
    return parts
