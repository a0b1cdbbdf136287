"""What is made of many calls of streams: all records, any number of them, and consumers that share shards."""

from __future__ import annotations

from collections.abc import Iterable

from catchment.core.secret import Secret
from catchment.v3io._async import putting
from catchment.v3io._async.client_core import AsyncClientCore
from catchment.v3io._async.consuming import AsyncRecords
from catchment.v3io._async.groups import AsyncConsumerGroup
from catchment.v3io._async.stream_calls import AsyncStreamCalls
from catchment.v3io.bulk import PutAllOutput
from catchment.v3io.groups import PAGE, GroupSettings
from catchment.v3io.reading import EARLIEST, POLL_SECONDS, OnTrimmed, Start
from catchment.v3io.record import RecordLike


class AsyncStreamReaders(AsyncStreamCalls):
    """Streams as a whole."""

    __slots__ = ()

    _client: AsyncClientCore

    def records(
        self,
        container: str,
        stream_path: str,
        shard_id: int | Iterable[int] | None = None,
        *,
        start: Start = EARLIEST,
        follow: bool = False,
        limit: int | None = None,
        page_size: int | None = None,
        poll: float = POLL_SECONDS,
        on_trimmed: OnTrimmed = "raise",
        access_key: str | Secret | None = None,
    ) -> AsyncRecords:
        """
        Return the records of a stream, fetched page by page as they are asked for.

        Records of one shard come in their order; shards take turns, a page each. `positions` of the result says where
        it stands, and goes on there as `start=`.

        Args:
            container: Its name, or its number.
            stream_path: Folder of the stream.
            shard_id: One shard, several, or all by default.
            start: `"EARLIEST"`; `"LATEST"`, behind the newest record; a sequence number; an instant; or positions.
            follow: Wait for new records for ever, instead of ending behind the newest.
            limit: Records in all; every one if left out.
            page_size: Records to ask for at once; the server's 1000 if left out.
            poll: Seconds to wait where no shard has anything new.
            on_trimmed: Where retention dropped records before they were read: `"raise"`, or go on at the `"earliest"`.
            access_key: For these calls, in place of the client's.

        Raises:
            StreamNotFoundError: There is no such stream; when the first record is asked for.
            IllegalLocationError: Records were dropped before they were read.

        Wire: describeStream, seekShard, getRecords · specs/v3io.yaml
        """
        return AsyncRecords(
            lambda: self._client.api_for(access_key),
            container,
            stream_path,
            shard_id,
            start=start,
            follow=follow,
            limit=limit,
            page_size=page_size,
            poll=poll,
            on_trimmed=on_trimmed,
        )

    async def put_all(
        self,
        container: str,
        stream_path: str,
        records: Iterable[RecordLike],
        *,
        access_key: str | Secret | None = None,
    ) -> PutAllOutput:
        """
        Put any number of records, in as many requests as they need, one after another: shards keep their order.

        Never repeated after doubt. The source is read as requests go out.

        Args:
            container: Its name, or its number.
            stream_path: Folder of the stream.
            records: As `put_records` takes them.
            access_key: For these calls, in place of the client's.

        Returns:
            How many were written, and where the last of each shard is.

        Raises:
            PutRecordsError: `.failed` maps positions to errors. Refused records do not keep others from being sent;
                where a whole request fails, or nobody knows whether it was applied, nothing behind it is sent.

        Wire: putRecords · specs/v3io.yaml
        """
        return await putting.put_all(lambda: self._client.api_for(access_key), container, stream_path, records)

    def consumer_group(
        self,
        container: str,
        stream_path: str,
        group: str,
        *,
        max_replicas: int,
        start: Start = EARLIEST,
        page_size: int = PAGE,
        poll: float = POLL_SECONDS,
        on_trimmed: OnTrimmed = "raise",
        auto_mark: bool = True,
        access_key: str | Secret | None = None,
    ) -> AsyncConsumerGroup:
        """
        Return a group of consumers that share the shards of a stream; nothing is sent before one joins.

        Members of the platform's Go client and of Nuclio functions can be in the same group.

        Args:
            container: Its name, or its number.
            stream_path: Folder of the stream.
            group: Name of the group: letters, digits and underscores.
            max_replicas: Members of the complete group; all must say the same.
            start: Where to begin in shards of which the group has no position yet.
            page_size: Records to ask a shard for at once.
            poll: Seconds to wait where no shard has anything new.
            on_trimmed: Where retention dropped records before they were read: `"raise"`, or go on at the `"earliest"`.
            auto_mark: Whether a record counts as done when the next one is asked for; if not, `mark` says so.
            access_key: For these calls, in place of the client's.

        Wire: getItem, putItem, describeStream, seekShard, getRecords · specs/v3io.yaml
        """
        settings = GroupSettings(max_replicas, start, page_size, poll, on_trimmed, auto_mark)
        return AsyncConsumerGroup(lambda: self._client.api_for(access_key), container, stream_path, group, settings)
