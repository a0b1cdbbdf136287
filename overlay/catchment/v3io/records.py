"""Bodies of the calls on streams, and the readers of their answers."""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from json.encoder import encode_basestring as json_text
from typing import Any, Final, cast

from catchment.core.errors import UnsafeInputError
from catchment.core.wire import load_json
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
    GetRecordsResult,
    PutRecordsOutput,
    PutRecordsResult,
    SeekShardOutput,
)
from catchment.v3io.record import OPEN, Record, RecordLike, closed, parts

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
    pieces = [OPEN]
    for place, record in enumerate(_iterated(records)):
        if place == MAX_RECORDS:
            raise UnsafeInputError(
                f"more than {MAX_RECORDS} records are more than one request takes",
                hint="split_records() makes several of them",
            )
        pieces += parts(record, place)
    if len(pieces) == 1:
        raise UnsafeInputError("no records to put")
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
    first, kept, pieces, size = 0, list[RecordLike](), [OPEN], 0
    for place, record in enumerate(_iterated(records)):
        data, rest = parts(record, place)
        size += len(data) + len(rest)
        if kept and (len(kept) >= max_records or size > SPLIT_RECORDS_BODY - len(OPEN)):
            yield RecordBatch(first, kept, closed(pieces))
            first, kept, pieces, size = place, [], [OPEN], len(data) + len(rest)
        kept.append(record)
        pieces += (data, rest)
    if kept:
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
    return DescribeStreamOutput(answer["ShardCount"], answer["RetentionPeriodHours"])


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
        ValueError: It is no JSON, or a record was neither written nor refused; `KeyError`, `TypeError` and
            `AttributeError`: it has another shape.
    """
    answer = load_json(body)
    failed, records = answer["FailedRecordCount"], answer["Records"]
    try:
        return PutRecordsOutput(failed, [PutRecordsResult(one["SequenceNumber"], one["ShardId"]) for one in records])
    except KeyError:
        results = [_result(record) for record in records]
        # The larger number, so that a failure is never overlooked.
        return PutRecordsOutput(max(failed, sum(result.error_code is not None for result in results)), results)


def read_get_records(body: bytes) -> GetRecordsOutput:
    """
    Read the answer of GetRecords.

    Raises:
        ValueError: It is no JSON, or data that is no base64; `KeyError`, `TypeError` and `AttributeError`: it has
            another shape.
    """
    answer = load_json(body)
    records = [
        _read_record(
            (
                record["ArrivalTimeSec"],
                record["ArrivalTimeNSec"],
                record["SequenceNumber"],
                _decoded(record["ClientInfo"]) if "ClientInfo" in record else None,
                record.get("PartitionKey"),
                _decoded(record["Data"]),
            )
        )
        for record in answer["Records"]
    ]
    return GetRecordsOutput(answer["NextLocation"], answer["MSecBehindLatest"], answer["RecordsBehindLatest"], records)


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

_decoded: Final[Callable[[str], bytes]] = partial(a2b_base64, strict_mode=True)
"""Without strictness, what is no base64 would be left out."""


_read_record: Final[Callable[[tuple[object, ...]], GetRecordsResult]] = partial(
    tuple.__new__,  # pyright: ignore[reportUnknownMemberType]
    GetRecordsResult,
)
"""Makes the named tuple of its members, at half the cost of its own constructor."""


def _result(record: dict[str, Any]) -> PutRecordsResult:
    sequence, code = record.get("SequenceNumber"), record.get("ErrorCode")  # one of the two
    if sequence is None and code is None:
        raise ValueError("a record of the answer has neither a sequence number nor an error")
    return PutRecordsResult(sequence, record.get("ShardId"), code, record.get("ErrorMessage"))
