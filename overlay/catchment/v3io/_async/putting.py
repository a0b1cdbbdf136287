"""Any number of records, written in as many requests as they need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from catchment.core.errors import CatchmentError, UnsafeInputError
from catchment.v3io._async.sending import send
from catchment.v3io._async.sent import AsyncApi
from catchment.v3io.bulk import PutAllOutput
from catchment.v3io.calls import streams
from catchment.v3io.errors import PutRecordsError
from catchment.v3io.outputs import PutRecordsOutput
from catchment.v3io.paths import stream_target
from catchment.v3io.record import RecordLike
from catchment.v3io.records import RecordBatch, split_records


async def put_all(api: AsyncApi, container: str, stream_path: str, records: Iterable[RecordLike]) -> PutAllOutput:
    """
    Put any number of records; `AsyncStreams.put_all` explains it.

    One request after another: with several under way, records of one shard could change places.
    """
    target = stream_target(container, stream_path)
    done, failed = PutAllOutput(), dict[int, Exception]()
    sent = 0
    try:
        for batch in split_records(records):
            try:
                await _put_batch(api, target, batch, done, failed)
            except CatchmentError as error:
                sent = batch.first + len(batch.records)
                failed |= dict.fromkeys(range(batch.first, sent), error)
                raise _partial(failed, sent, stopped=True) from error
            sent = batch.first + len(batch.records)
    except UnsafeInputError as flaw:
        if not sent:
            raise
        raise _partial({**failed, sent: flaw}, sent, stopped=True) from flaw
    if failed:
        raise _partial(failed, sent, stopped=False)
    return done


async def _put_batch(
    api: AsyncApi, target: str, batch: RecordBatch, done: PutAllOutput, failed: dict[int, Exception]
) -> None:
    plan = streams.put_body(target, batch.body)
    output: PutRecordsOutput
    try:
        output = (await send(api(), plan)).output
    except PutRecordsError as error:
        failed |= {batch.first + index: one for index, one in error.failed.items()}
        output = error.response.output
    for record in output.records:
        if record.shard_id is not None and record.sequence_number is not None:
            done.count += 1
            done.positions[record.shard_id] = record.sequence_number


def _partial(failed: Mapping[int, Exception], sent: int, *, stopped: bool) -> PutRecordsError:
    """Make the error of records that were not stored, or of which nobody knows."""
    refused = sum(place < sent for place in failed)
    text = f"{refused} of {sent} records were not stored"
    if stopped:
        why = failed[max(failed)]
        text = f"{text}, or nobody knows; those from position {sent} on were not sent: {why}"
    return PutRecordsError(
        text,
        failed,
        [index for index in range(sent) if index not in failed],
        service="v3io",
        operation="putRecords",
        hint="put those in .failed again, but look first for those whose outcome is unknown, or they may be doubled",
    )
