"""Calls of streams and their shards. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from catchment_api.v3io.api.streams import (
    create_stream,
    describe_stream,
    get_records,
    put_records,
    seek_shard,
    update_stream,
)

from catchment.core.errors import CatchmentError
from catchment.core.wire import Request
from catchment.v3io import records
from catchment.v3io.calls.plan import Planned, function_headers
from catchment.v3io.errors import PutRecordsError, record_error
from catchment.v3io.outputs import DescribeStreamOutput, GetRecordsOutput, PutRecordsOutput, SeekShardOutput
from catchment.v3io.records import RecordLike
from catchment.v3io.response import Response

DEFAULT_RETENTION: Final = 24
"""Hours, as the original client has it."""

_CREATE: Final = function_headers("CreateStream")
_UPDATE: Final = function_headers("UpdateStream")
_DESCRIBE: Final = function_headers("DescribeStream")
_PUT: Final = function_headers("PutRecords")
_SEEK: Final = function_headers("SeekShard")
_GET: Final = function_headers("GetRecords")


def create(target: str, shard_count: int, retention_period_hours: int | None = None) -> Planned[None]:
    """Create a stream."""
    hours = DEFAULT_RETENTION if retention_period_hours is None else retention_period_hours
    body = records.create_stream(shard_count, hours)
    return Planned(Request(create_stream.OP, target, [], body, "C", _CREATE))


def is_as_wanted(found: DescribeStreamOutput, shard_count: int, retention_period_hours: int | None) -> bool:
    """Say whether a stream that is there is what a creation without an answer would have made."""
    hours = DEFAULT_RETENTION if retention_period_hours is None else retention_period_hours
    return found.shard_count == shard_count and found.retention_period_hours == hours


def update(target: str, shard_count: int) -> Planned[None]:
    """Give a stream more shards."""
    return Planned(Request(update_stream.OP, target, [], records.update_stream(shard_count), "A", _UPDATE))


def describe(target: str) -> Planned[DescribeStreamOutput]:
    """Ask for a stream's shards and retention."""
    return Planned(Request(describe_stream.OP, target, constant=_DESCRIBE), records.read_describe)


def put(target: str, new: Iterable[RecordLike]) -> Planned[PutRecordsOutput]:
    """Put records into a stream."""
    return put_body(target, records.put_records(new))


def put_body(target: str, body: bytes) -> Planned[PutRecordsOutput]:
    """Put records into a stream that are encoded already."""
    return Planned(
        Request(put_records.OP, target, [], body, "D", _PUT), records.read_put_records, check=refused_records
    )


def refused_records(response: Response[Any]) -> CatchmentError | None:
    """Return the error for records that were not stored, where the answer to a PutRecords names some."""
    output: PutRecordsOutput | None = response.output
    if output is None or not output.failed_record_count:
        return None
    failed: dict[int, Exception] = {}
    stored: list[int] = []
    for index, record in enumerate(output.records):
        if records.is_refused(record):
            failed[index] = record_error(record.error_code, record.error_message)
        else:
            stored.append(index)
    error = PutRecordsError(
        f"{output.failed_record_count} of {len(output.records)} records were not stored",
        failed,
        stored,
        service="v3io",
        operation="putRecords",
        attempts=1,
        hint="put those in .failed again, and not the others: they would be doubled",
    )
    error.response = response
    return error


def seek(
    target: str,
    seek_type: str,
    starting_sequence_number: int | None = None,
    timestamp_sec: int | None = None,
    timestamp_nsec: int | None = None,
) -> Planned[SeekShardOutput]:
    """Ask for a location in a shard."""
    body = records.seek_shard(seek_type, starting_sequence_number, timestamp_sec, timestamp_nsec)
    return Planned(Request(seek_shard.OP, target, [], body, "A", _SEEK), records.read_seek)


def get(target: str, location: str, limit: int | None = None) -> Planned[GetRecordsOutput]:
    """Read records from a location of a shard."""
    body = records.get_records(location, limit)
    return Planned(Request(get_records.OP, target, [], body, "A", _GET), records.read_get_records)
