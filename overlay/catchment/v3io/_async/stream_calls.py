"""Calls of streams and shards, one request each unless a client makes more of them."""

from __future__ import annotations

from collections.abc import Iterable

from catchment.core.secret import Secret
from catchment.v3io._async.base import AsyncCalls
from catchment.v3io.calls import streams
from catchment.v3io.outputs import DescribeStreamOutput, GetRecordsOutput, PutRecordsOutput, SeekShardOutput
from catchment.v3io.paths import shard_target, stream_target
from catchment.v3io.records import RecordLike
from catchment.v3io.response import RaiseForStatusTypes, Response


class AsyncStreamCalls(AsyncCalls):
    """Streams: records in shards, in the order of their arrival."""

    __slots__ = ()

    async def create(
        self,
        container: str,
        stream_path: str,
        shard_count: int,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        retention_period_hours: int | None = None,
    ) -> Response[None]:
        """
        Create a stream.

        Where the answer is lost, the stream is described: one of this shape is taken for the one that was asked for.

        Args:
            container: Its name, or its number.
            stream_path: Folder of the stream.
            shard_count: 1 to 4096; it can grow later, and never shrink.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            retention_period_hours: Hours for which records are kept at least, from 1 to a year; 24 by default.

        Raises:
            StreamExistsError: There is something already.
            OutcomeUnknownError: The answer was lost, and what is there is of another shape.

        Wire: createStream, describeStream · specs/v3io.yaml
        """
        return await self._create(
            container, stream_path, shard_count, retention_period_hours, access_key, raise_for_status, transport_actions
        )

    async def update(
        self,
        container: str,
        stream_path: str,
        shard_count: int,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[None]:
        """
        Give a stream more shards. Records with a partition key may go to other shards from then on.

        Args:
            container: Its name, or its number.
            stream_path: Folder of the stream.
            shard_count: Not less than there are.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.

        Raises:
            InvalidShardCountError: The stream has more.

        Wire: updateStream · specs/v3io.yaml
        """
        plan = streams.update(stream_target(container, stream_path), shard_count)
        return await self._carrier.perform(plan, access_key, raise_for_status, transport_actions)

    async def delete(
        self,
        container: str,
        stream_path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
    ) -> Response[None]:
        """
        Delete a stream: its shards, the states of its consumer groups, then its folder.

        Several requests; whoever writes meanwhile makes shards anew, and the folder cannot be deleted.

        Args:
            container: Its name, or its number.
            stream_path: Folder of the stream.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`. Of those that are not, the first one that
                is no success is returned.

        Raises:
            ResourceNotFoundError: There is no such stream.

        Wire: listDirectory, deleteObject · specs/v3io.yaml
        """
        return await self._delete(container, stream_path, access_key, raise_for_status)

    async def describe(
        self,
        container: str,
        stream_path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[DescribeStreamOutput]:
        """
        Ask for a stream's `shard_count` and `retention_period_hours`.

        Args:
            container: Its name, or its number.
            stream_path: Folder of the stream.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.

        Raises:
            StreamNotFoundError: There is no such stream.

        Wire: describeStream · specs/v3io.yaml
        """
        plan = streams.describe(stream_target(container, stream_path))
        return await self._carrier.perform(plan, access_key, raise_for_status, transport_actions)

    async def put_records(
        self,
        container: str,
        stream_path: str,
        records: Iterable[RecordLike],
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[PutRecordsOutput]:
        """
        Put up to 1000 records into a stream. Never repeated after doubt.

        A call is not atomic: some records may be refused although the status is 200. Unless `raise_for_status` is
        given, that is raised; otherwise look at `output.failed_record_count`.

        Args:
            container: Its name, or its number.
            stream_path: Folder of the stream.
            records: Mappings with `data` (text or bytes) and, where wanted, `client_info` (16 bytes), `partition_key`
                (records with the same one go to the same shard) or `shard_id`, which wins; or `Record` objects.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.

        Raises:
            PutRecordsError: Some records were not stored: `.failed` says which and why, `.succeeded` which were.
            OutcomeUnknownError: The answer was lost; read the tails of the shards.

        Wire: putRecords · specs/v3io.yaml
        """
        plan = streams.put(stream_target(container, stream_path), records)
        return await self._carrier.perform(plan, access_key, raise_for_status, transport_actions)

    async def seek(
        self,
        container: str,
        stream_path: str,
        shard_id: int,
        seek_type: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        starting_sequence_number: int | None = None,
        timestamp_sec: int | None = None,
        timestamp_nsec: int | None = None,
    ) -> Response[SeekShardOutput]:
        """
        Find a place in a shard to read from; it is `output.location`.

        Args:
            container: Its name, or its number.
            stream_path: Folder of the stream.
            shard_id: 0-based.
            seek_type: `"EARLIEST"`, `"LATEST"` (behind the last record), `"SEQUENCE"` or `"TIME"`.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            starting_sequence_number: With `"SEQUENCE"`; the number behind the last one is the end.
            timestamp_sec: With `"TIME"`: seconds since 1970; the first record that arrived then or later.
            timestamp_nsec: With `"TIME"`: nanoseconds beyond them.

        Raises:
            StreamNotFoundError: No stream, or the shard has no record yet.

        Wire: seekShard · specs/v3io.yaml
        """
        target = shard_target(container, stream_path, shard_id)
        plan = streams.seek(target, seek_type, starting_sequence_number, timestamp_sec, timestamp_nsec)
        return await self._carrier.perform(plan, access_key, raise_for_status, transport_actions)

    async def get_records(
        self,
        container: str,
        stream_path: str,
        shard_id: int,
        location: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        limit: int | None = None,
    ) -> Response[GetRecordsOutput]:
        """
        Read records of a shard; go on at `output.next_location`.

        Args:
            container: Its name, or its number.
            stream_path: Folder of the stream.
            shard_id: 0-based.
            location: Of `seek`, or `next_location` of the call before.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            limit: Records at most; 1000 by default.

        Raises:
            IllegalLocationError: Retention has trimmed the records there; seek again, from EARLIEST.

        Wire: getRecords · specs/v3io.yaml
        """
        plan = streams.get(shard_target(container, stream_path, shard_id), location, limit)
        return await self._carrier.perform(plan, access_key, raise_for_status, transport_actions)

    # -- calls of more than one request --------------------------------------------------------------------------------

    async def _create(
        self,
        container: str,
        stream_path: str,
        shard_count: int,
        retention_period_hours: int | None,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[None]:
        plan = streams.create(stream_target(container, stream_path), shard_count, retention_period_hours)
        return await self._carrier.perform(plan, access_key, raise_for_status, transport_actions)

    async def _delete(
        self,
        container: str,
        stream_path: str,
        access_key: str | Secret | None,
        raise_for_status: RaiseForStatusTypes,
    ) -> Response[None]:
        raise NotImplementedError
