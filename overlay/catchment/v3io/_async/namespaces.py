"""The groups of a client's calls: those of one request, and what is made of several."""

from __future__ import annotations

from catchment.core._async.doubt import settle
from catchment.core.errors import NotFoundError, OutcomeUnknownError
from catchment.core.secret import Secret
from catchment.core.wire import Headers, RawResponse
from catchment.v3io._async.client_core import AsyncClientCore
from catchment.v3io._async.container_walks import AsyncContainerWalks
from catchment.v3io._async.cursor import AsyncItemsCursor
from catchment.v3io._async.object_files import AsyncObjectFiles
from catchment.v3io._async.stream_readers import AsyncStreamReaders
from catchment.v3io._async.table_calls import AsyncTableCalls
from catchment.v3io.calls import containers, kv, objects, streams
from catchment.v3io.calls.plan import Planned
from catchment.v3io.expressions import Expression
from catchment.v3io.items import AttributeNames
from catchment.v3io.outputs import GetItemsOutput
from catchment.v3io.paths import directory_target, object_target, stream_target
from catchment.v3io.response import RaiseForStatus, RaiseForStatusTypes, Response, acceptable, check_wanted


class AsyncContainer(AsyncContainerWalks):
    """Containers and their folders."""

    __slots__ = ("_client",)

    def __init__(self, client: AsyncClientCore) -> None:
        super().__init__(client)
        self._client = client

    async def exists(self, container: str, access_key: str | Secret | None = None) -> bool:
        """
        Say whether a container is there and may be read.

        Args:
            container: Its name, or its number.
            access_key: For this call, in place of the client's.

        Wire: headContainer · specs/v3io.yaml
        """
        try:
            await self._client.perform(containers.container_head(container), access_key)
        except NotFoundError:
            return False
        return True


class AsyncObject(AsyncObjectFiles):
    """Objects: bytes under a path."""

    __slots__ = ("_client",)

    def __init__(self, client: AsyncClientCore) -> None:
        super().__init__(client)
        self._client = client

    async def exists(self, container: str, path: str, access_key: str | Secret | None = None) -> bool:
        """
        Say whether an object or a folder is there.

        Args:
            container: Its name, or its number.
            path: Of the object or the folder.
            access_key: For this call, in place of the client's.

        Wire: headObject · specs/v3io.yaml
        """
        try:
            await self._client.perform(objects.head(object_target(container, path)), access_key)
        except NotFoundError:
            return False
        return True


class AsyncKV(AsyncTableCalls):
    """Items: attributes under a key of a table, which is a folder and needs no creation."""

    __slots__ = ("_client",)

    def __init__(self, client: AsyncClientCore) -> None:
        super().__init__(client)
        self._client = client

    def new_cursor(
        self,
        container: str,
        table_path: str,
        table_name: str | None = None,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        attribute_names: AttributeNames = "*",
        filter_expression: Expression | str | None = None,
        marker: str | None = None,
        sharding_key: str | None = None,
        limit: int | None = None,
        segment: int | None = None,
        total_segments: int | None = None,
        sort_key_range_start: str | None = None,
        sort_key_range_end: str | None = None,
    ) -> AsyncItemsCursor:
        """
        Return a walk through the items of a table; nothing is sent before the first is asked for.

        Args:
            container: Its name, or its number.
            table_path: Folder of the table, or of what `table_name` is below.
            table_name: Rest of the table's path.
            access_key: For these calls, in place of the client's.
            raise_for_status: Which answers are raised. One that is acceptable and no success ends the walk.
            attribute_names: A name, names with commas between them, or an iterable; `*` for all of the user's, and
                `__name`, the item's key.
            filter_expression: Which items, such as `"age > 15"`; all by default.
            marker: Where to begin: `marker` of another cursor with the same arguments.
            sharding_key: Only items whose keys begin with this and a dot, in the order of what follows it.
            limit: Items over all pages.
            segment: 0-based share of the table, of `total_segments`.
            total_segments: 1 to 1024 shares, for scans in parallel.
            sort_key_range_start: First sorting key; needs `sharding_key`.
            sort_key_range_end: Sorting key before which to end; needs `sharding_key`.

        Wire: getItems · specs/v3io.yaml
        """
        target = directory_target(container, table_path)
        # An iterator of names would be used up by the first page.
        names = attribute_names if isinstance(attribute_names, str) else tuple(attribute_names)

        def page(after: str | None, amount: int | None) -> Planned[GetItemsOutput]:
            return kv.scan(
                target,
                table_name,
                names,
                filter_expression,
                after,
                sharding_key,
                amount,
                segment,
                total_segments,
                sort_key_range_start,
                sort_key_range_end,
            )

        if limit != 0:
            page(marker, limit)  # bad arguments are told here rather than at the first item
        return AsyncItemsCursor(self._client, page, access_key, raise_for_status, limit, marker)


class AsyncStream(AsyncStreamReaders):
    """Streams: records in shards, in the order of their arrival."""

    __slots__ = ("_client",)

    def __init__(self, client: AsyncClientCore) -> None:
        super().__init__(client)
        self._client = client

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

        async def send() -> Response[None]:
            return await self._client.perform(plan, access_key, raise_for_status, transport_actions)

        async def look() -> Response[None] | None:
            found = await self._client.perform(
                streams.describe(stream_target(container, stream_path)), access_key, [200, 404]
            )
            if found.status_code == 404:
                return None
            if streams.is_as_wanted(found.output, shard_count, retention_period_hours):
                return Response(plan.operation, RawResponse(204, Headers(), b""))
            raise OutcomeUnknownError(
                "the answer was lost, and there is a stream of another shape",
                service="v3io",
                operation=plan.operation.id,
                hint="describe the stream: it was probably there before",
            )

        return await settle(send, look, self._client.api_for(access_key).settings.retry)

    async def _delete(
        self,
        container: str,
        stream_path: str,
        access_key: str | Secret | None,
        raise_for_status: RaiseForStatusTypes,
    ) -> Response[None]:
        wanted = check_wanted(raise_for_status)
        folder = objects.delete(stream_target(container, stream_path))
        marker: str | None = None
        while True:
            listing = containers.listing(container, stream_path, limit=_PAGE, marker=marker)
            page = await self._client.perform(listing, access_key, wanted)
            if not page.ok:
                return page  # type: ignore[return-value] # pyright: ignore[reportReturnType]
            keys = [content.key for content in page.output.contents]
            refused = await self._delete_objects(container, keys, access_key, wanted)
            if refused is not None:
                return refused
            marker = page.output.next_marker
            if page.output.is_truncated != "true" or not marker:
                return await self._client.perform(folder, access_key, wanted)

    async def _delete_objects(
        self, container: str, keys: list[str], access_key: str | Secret | None, wanted: RaiseForStatusTypes
    ) -> Response[None] | None:
        """Delete many at a time; return the first answer that is acceptable and no success. What is gone is gone."""
        batch = self._client.create_batch()
        for key in keys:
            batch.object.delete(container, key, access_key, RaiseForStatus.never)
        for response in await batch.wait():
            if response.status_code == 404 or response.ok:
                continue
            if not acceptable(response.status_code, wanted):
                response.raise_for_status(wanted)
            return response
        return None


_PAGE = 1000
