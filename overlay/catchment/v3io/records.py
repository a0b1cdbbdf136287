"""Bodies of the calls on streams, and the readers of their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from json.encoder import encode_basestring as json_text
from typing import Final, TypeVar, cast

import msgspec

from catchment.core.errors import UnsafeInputError
from catchment.core.wire import load_json
from catchment.v3io.alike import encode_alike
from catchment.v3io.limits import (
    INT_MAX,
    MAX_RECORDS,
    MAX_RECORDS_BODY,
    MAX_RETENTION_HOURS,
    MAX_SHARDS,
    SPLIT_RECORDS_BODY,
    UINT_MAX,
    check_int,
    check_size,
    plain_text,
    utf8,
)
from catchment.v3io.outputs import (
    DescribeStreamOutput,
    GetRecordsOutput,
    PutRecordsOutput,
    PutRecordsResult,
    SeekShardOutput,
)
from catchment.v3io.record import OPEN, Record, RecordLike, closed, parts

T = TypeVar("T")

_SEEKS: Final = ("EARLIEST", "LATEST", "SEQUENCE", "TIME")


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """
    Records of one request.

    Attributes:
        first: Place of its first record among all.
        records: As they were given.
        body: Of PutRecords.
    """

    first: int
    records: list[RecordLike]
    body: bytes

    def __repr__(self) -> str:
        return f"<RecordBatch of {len(self.records)} from {self.first}, {len(self.body)} bytes>"


def put_records(records: Iterable[RecordLike]) -> bytes:
    """
    Return the body of PutRecords.

    Args:
        records: At most 1000, and at most 10 MiB as sent; `split_records` makes several requests of more.

    Raises:
        UnsafeInputError: No record, too many, or one that cannot be sent; the message says which, counted from 0.
    """
    given = list(islice(_iterated(records), MAX_RECORDS + 1))
    if not given:
        raise UnsafeInputError("no records to put")
    if len(given) > MAX_RECORDS:
        raise UnsafeInputError(
            f"more than {MAX_RECORDS} records are more than one request takes",
            hint="split_records() makes several of them",
        )
    body = encode_alike(given)
    if body is not None and len(body) <= MAX_RECORDS_BODY:
        return body
    pieces = [OPEN]
    for place, record in enumerate(given):
        pieces += parts(record, place)
    body = closed(pieces)
    check_size(len(body), MAX_RECORDS_BODY, f"the request of {len(pieces) // 2} records")
    return body


def split_records(records: Iterable[RecordLike], *, max_records: int = MAX_RECORDS) -> Iterator[RecordBatch]:
    """
    Yield requests that hold all records in their order, each as large as one may be; the source is read as they go.

    Args:
        records: Any number, read once.
        max_records: Of one request, 1 to 1000.

    Raises:
        UnsafeInputError: While iterating: a record that cannot be sent; batches yielded before are not affected.
    """
    check_int(max_records, "max_records", 1, MAX_RECORDS)
    source, first = iter(_iterated(records)), 0
    while given := _gathered(source, max_records):
        body = encode_alike(given)
        if body is not None and len(body) <= SPLIT_RECORDS_BODY:
            yield RecordBatch(first, given, body)
        else:
            yield from _split_by_size(given, first)
        first += len(given)


def _gathered(source: Iterator[RecordLike], max_records: int) -> list[RecordLike]:
    """Take records for one request, and stop where they weigh too much: a thousand large ones may not fit in memory."""
    taken, weight = list[RecordLike](), 0
    for record in source:
        taken.append(record)
        weight += _weight(record)
        if len(taken) == max_records or weight > SPLIT_RECORDS_BODY // 2:
            break
    return taken


def _weight(record: object) -> int:
    """Return about how many bytes a record's data have; what is no record is refused when it is encoded."""
    data: object = cast("dict[str, object]", record).get("data") if type(record) is dict else record
    data = data.data if isinstance(data, Record) else data
    return len(data) if isinstance(data, str | bytes | bytearray) else 0


def _split_by_size(records: list[RecordLike], first: int) -> Iterator[RecordBatch]:
    kept, pieces, size = list[RecordLike](), [OPEN], 0
    for place, record in enumerate(records, first):
        data, rest = parts(record, place)
        size += len(data) + len(rest)
        if kept and size > SPLIT_RECORDS_BODY - len(OPEN):
            yield RecordBatch(first, kept, closed(pieces))
            first, kept, pieces, size = place, [], [OPEN], len(data) + len(rest)
        kept.append(record)
        pieces += (data, rest)
    yield RecordBatch(first, kept, closed(pieces))


def create_stream(shard_count: int, retention_period_hours: int | None = None) -> bytes:
    """
    Return the body of CreateStream.

    Args:
        shard_count: 1 to 4096; may grow later, never shrink.
        retention_period_hours: For which records are kept at least, up to a year; 24 by default.

    Raises:
        UnsafeInputError: Out of bounds.
    """
    shards = check_int(shard_count, "shard_count", 1, MAX_SHARDS)
    hours = 24 if retention_period_hours is None else retention_period_hours
    hours = check_int(hours, "retention_period_hours", 1, MAX_RETENTION_HOURS)
    return f'{{"ShardCount":{shards},"RetentionPeriodHours":{hours}}}'.encode()


def update_stream(shard_count: int) -> bytes:
    """
    Return the body of UpdateStream.

    Raises:
        UnsafeInputError: Out of bounds.
    """
    return f'{{"ShardCount":{check_int(shard_count, "shard_count", 1, MAX_SHARDS)}}}'.encode()


def seek_shard(
    seek_type: str,
    starting_sequence_number: int | None = None,
    timestamp_sec: int | None = None,
    timestamp_nsec: int | None = None,
) -> bytes:
    """
    Return the body of SeekShard.

    Args:
        seek_type: `"EARLIEST"`, `"LATEST"`, `"SEQUENCE"` or `"TIME"`.
        starting_sequence_number: With `"SEQUENCE"`: the record to begin with.
        timestamp_sec: With `"TIME"`: seconds since 1970; begins with the first record that arrived then or later.
        timestamp_nsec: Nanoseconds beyond them, 0 by default.

    Raises:
        UnsafeInputError: An unknown type, or numbers that do not go with it.
    """
    kind = plain_text(seek_type, "seek_type").upper()
    if kind not in _SEEKS:
        raise UnsafeInputError(f"seek_type={seek_type!r} is none of {', '.join(_SEEKS)}")
    if kind != "SEQUENCE" and starting_sequence_number is not None:
        raise UnsafeInputError(f"starting_sequence_number goes with seek_type='SEQUENCE', not {kind!r}")
    if kind != "TIME" and (timestamp_sec is not None or timestamp_nsec is not None):
        raise UnsafeInputError(f"timestamp_sec and timestamp_nsec go with seek_type='TIME', not {kind!r}")
    return f'{{"Type":"{kind}"{_start(kind, starting_sequence_number, timestamp_sec, timestamp_nsec)}}}'.encode()


def get_records(location: str, limit: int | None = None) -> bytes:
    """
    Return the body of GetRecords.

    Args:
        location: Of a seek, or `next_location` of the records before.
        limit: Records at most, at least 1; the server's default is 1000.

    Raises:
        UnsafeInputError: No location, or a limit out of bounds.
    """
    text = f'{{"Location":{json_text(plain_text(location, "location"))}'
    if limit is not None:
        text += f',"Limit":{check_int(limit, "limit", 1, INT_MAX)}'
    return utf8(f"{text}}}", "location")


def read_describe(body: bytes) -> DescribeStreamOutput:
    """
    Read the answer of DescribeStream.

    Raises:
        ValueError: It is no JSON; `KeyError` and `TypeError`: it has another shape.
    """
    answer = load_json(body)
    shards, hours = answer["ShardCount"], answer["RetentionPeriodHours"]
    if type(shards) is not int or type(hours) is not int:
        raise TypeError("ShardCount and RetentionPeriodHours are no whole numbers")
    return DescribeStreamOutput(shards, hours)


def read_seek(body: bytes) -> SeekShardOutput:
    """
    Read the answer of SeekShard.

    Raises:
        ValueError: It is no JSON; `KeyError` and `TypeError`: it has another shape.
    """
    return SeekShardOutput(load_json(body)["Location"])


def read_put_records(body: bytes) -> PutRecordsOutput:
    """
    Read the answer of PutRecords.

    Raises:
        ValueError: It is no JSON, has another shape, a record was neither written nor refused, or more were refused
            than it names.
    """
    answer = _read_put(body)
    # Of most answers the text alone tells that each record was written, so that none needs a look of its own.
    written = body.count(b'"SequenceNumber"') == len(answer.records) and b'"ErrorCode"' not in body
    suspect = () if written and b"null" not in body else answer.records
    if any(one.sequence_number is None and one.error_code is None for one in suspect):
        raise ValueError("a record of the answer has neither a sequence number nor an error")
    refused = sum(map(is_refused, suspect))
    if refused < answer.failed_record_count:
        raise ValueError(f"the answer says that {answer.failed_record_count} records failed, and names {refused}")
    # The larger number, so that a failure is never overlooked.
    answer.failed_record_count = refused
    return answer


def is_refused(one: PutRecordsResult) -> bool:
    """Say whether a record was not written; servers that always write an error code write 0 for those that were."""
    return bool(one.error_code) or one.sequence_number is None


def read_get_records(body: bytes) -> GetRecordsOutput:
    """
    Read the answer of GetRecords.

    Raises:
        ValueError: It is no JSON, has another shape, or data that is no base64.
    """
    return _read_get(body)


# -- to the wire -------------------------------------------------------------------------------------------------------


def _iterated(records: object) -> Iterable[RecordLike]:
    kind = type(records).__name__
    if isinstance(records, Mapping | str | bytes | Record) or not isinstance(records, Iterable):
        raise UnsafeInputError(f"records must be a list of records, not one {kind}")
    return cast("Iterable[RecordLike]", records)


def _start(kind: str, sequence: int | None, seconds: int | None, nanoseconds: int | None) -> str:
    if kind == "SEQUENCE":
        return f',"StartingSequenceNumber":{check_int(sequence, "starting_sequence_number", 0, UINT_MAX)}'
    if kind == "TIME":
        nanos = check_int(0 if nanoseconds is None else nanoseconds, "timestamp_nsec", 0, 999_999_999)
        return f',"TimestampSec":{check_int(seconds, "timestamp_sec", 0, INT_MAX)},"TimestampNSec":{nanos}'
    return ""


# -- from the wire -----------------------------------------------------------------------------------------------------


def _reader(kind: type[T]) -> Callable[[bytes], T]:
    """Return what reads a document of a shape; base64 is undone strictly, and what is not in the shape is skipped."""
    decode = msgspec.json.Decoder(kind).decode

    def read(body: bytes) -> T:
        try:
            return decode(body)
        except msgspec.MsgspecError as exc:
            raise ValueError(str(exc)) from exc

    return read


_read_put: Final = _reader(PutRecordsOutput)
_read_get: Final = _reader(GetRecordsOutput)
