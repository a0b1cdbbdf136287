"""The calls under their flat names, which code written for the original client uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from catchment.core.secret import Secret
from catchment.core.wire import AsyncContent
from catchment.v3io._async.base import AsyncCarrier
from catchment.v3io._async.item_calls import AsyncItemCalls
from catchment.v3io._async.object_calls import AsyncObjectCalls
from catchment.v3io._async.stream_calls import AsyncStreamCalls
from catchment.v3io.calls import containers, kv, streams
from catchment.v3io.calls.kv import SchemaFields
from catchment.v3io.items import AttributeNames
from catchment.v3io.outputs import (
    ClusterMetadataOutput,
    DescribeStreamOutput,
    GetContainerContentsOutput,
    GetContainersOutput,
    GetItemOutput,
    GetItemsOutput,
    GetRecordsOutput,
    PutRecordsOutput,
    SeekShardOutput,
)
from catchment.v3io.paths import directory_target, object_target
from catchment.v3io.records import RecordLike
from catchment.v3io.response import RaiseForStatusTypes, Response, Responses
from catchment.v3io.values import Attributes

if TYPE_CHECKING:
    from catchment.v3io.expressions import Expression


class AsyncFlatCalls(AsyncCarrier):
    """Every call by its flat name. What `...` names is the call to use in new code; arguments and results are its."""

    _object: AsyncObjectCalls
    _kv: AsyncItemCalls
    _stream: AsyncStreamCalls

    # -- containers ----------------------------------------------------------------------------------------------------

    async def get_containers(
        self,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[GetContainersOutput]:
        """
        List the containers that the user may access: `output.containers`, each with `name`, `creation_date` and
        `identifier`.

        Args:
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.

        Wire: listContainers · specs/v3io.yaml
        """
        return await self.perform(containers.containers(), access_key, raise_for_status, transport_actions)

    async def get_cluster_metadata(
        self,
        container: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[ClusterMetadataOutput]:
        """
        Ask for facts of the cluster: `output.number_of_vns`.

        Args:
            container: Name or number of any container.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.

        Wire: getClusterMetadata · specs/v3io.yaml
        """
        return await self.perform(containers.cluster(container), access_key, raise_for_status, transport_actions)

    async def get_container_contents(
        self,
        container: str,
        path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        get_all_attributes: bool | None = None,
        directories_only: bool | None = None,
        limit: int | None = None,
        marker: str | None = None,
    ) -> Response[GetContainerContentsOutput]:
        """
        List one page of a folder; in new code `container.list`, which has the same arguments.

        Args:
            container: Its name, or its number.
            path: Folder; empty or `/` for all of the container.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            get_all_attributes: Times, modes, owners and inode numbers too.
            directories_only: No files.
            limit: Entries of the page; 1000 by default.
            marker: Start behind this entry.
        """
        plan = containers.listing(container, path, get_all_attributes, directories_only, limit, marker)
        return await self.perform(plan, access_key, raise_for_status, transport_actions)

    # -- objects -------------------------------------------------------------------------------------------------------

    async def get_object(
        self,
        container: str,
        path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        offset: int | None = None,
        num_bytes: int | None = None,
    ) -> Response[None]:
        """
        Read an object into the response's `body`; in new code `object.get`.

        Args:
            container: Its name, or its number.
            path: Of the object.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            offset: First byte; 0 by default.
            num_bytes: Bytes from there on; all by default.
        """
        return await self._object.get(
            container, path, access_key, raise_for_status, transport_actions, offset, num_bytes
        )

    async def put_object(
        self,
        container: str,
        path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        body: AsyncContent | None = None,
        append: bool | None = None,
    ) -> Response[None]:
        """
        Write an object, or append to it; in new code `object.put`.

        Args:
            container: Its name, or its number.
            path: Of the object. With a slash at its end, a folder is made.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            body: Bytes, text, a file opened in binary mode or an iterable of bytes.
            append: Add to the object's end. Never repeated after doubt.
        """
        return await self._object.put(container, path, access_key, raise_for_status, transport_actions, body, append)

    async def delete_object(
        self,
        container: str,
        path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[None]:
        """
        Delete an object or an empty folder; in new code `object.delete`.

        Args:
            container: Its name, or its number.
            path: Of the object or the folder.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
        """
        return await self._object.delete(container, path, access_key, raise_for_status, transport_actions)

    # -- items ---------------------------------------------------------------------------------------------------------

    async def put_item(
        self,
        container: str,
        path: str,
        attributes: Attributes,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        condition: Expression | str | None = None,
    ) -> Response[None]:
        """
        Write an item as a whole; in new code `kv.put`, which takes table and key apart.

        Args:
            container: Its name, or its number.
            path: Of the item: table and key.
            attributes: By name.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            condition: Expression that must hold for the item as it is.
        """
        plan = kv.put(object_target(container, path), attributes, condition)
        return await self.perform(plan, access_key, raise_for_status, transport_actions)

    async def put_items(
        self,
        container: str,
        path: str,
        items: Mapping[str, Attributes],
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        condition: Expression | str | None = None,
    ) -> Responses[None]:
        """
        Write items one after the other; the first answer that is not acceptable is raised, and the rest not written.

        A batch writes many at a time, and every one of them whatever becomes of the others.

        Args:
            container: Its name, or its number.
            path: Folder of the table.
            items: Key to attributes.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            condition: Expression that must hold for each item as it is.

        Returns:
            A list of responses; `success` says whether the status of each is 200.

        Raises:
            UnsafeInputError: An item that cannot be written, named by its key; nothing was sent.
        """
        plans = kv.put_many(container, path, items, condition)
        return Responses([await self.perform(plan, access_key, raise_for_status) for plan in plans])

    async def update_item(
        self,
        container: str,
        path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        attributes: Attributes | None = None,
        expression: Expression | str | None = None,
        condition: Expression | str | None = None,
        update_mode: str | None = None,
        alternate_expression: Expression | str | None = None,
    ) -> Response[None]:
        """
        Change an item, by attributes or by an expression; in new code `kv.update`, which takes table and key apart.

        Args:
            container: Its name, or its number.
            path: Of the item: table and key.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            attributes: What to set; what is not named stays.
            expression: What to do, such as `"SET visits = visits + 1"`. Never repeated after doubt.
            condition: Expression that must hold for the item as it is.
            update_mode: `"CreateOrReplaceAttributes"` by default.
            alternate_expression: What to do where the condition is false, instead of failing.
        """
        target = object_target(container, path)
        plan = kv.update(target, attributes, expression, condition, update_mode, alternate_expression)
        return await self.perform(plan, access_key, raise_for_status, transport_actions)

    async def get_item(
        self,
        container: str,
        path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        attribute_names: AttributeNames = "*",
    ) -> Response[GetItemOutput]:
        """
        Read attributes of an item: `output.item`; in new code `kv.get`, which takes table and key apart.

        Args:
            container: Its name, or its number.
            path: Of the item: table and key.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            attribute_names: A name, names with commas between them, or an iterable; `*` for all of the user's.
        """
        plan = kv.get(object_target(container, path), attribute_names)
        return await self.perform(plan, access_key, raise_for_status, transport_actions)

    async def get_items(
        self,
        container: str,
        path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        table_name: str | None = None,
        attribute_names: AttributeNames = "*",
        filter_expression: Expression | str | None = None,
        marker: str | None = None,
        sharding_key: str | None = None,
        limit: int | None = None,
        segment: int | None = None,
        total_segments: int | None = None,
        sort_key_range_start: str | None = None,
        sort_key_range_end: str | None = None,
    ) -> Response[GetItemsOutput]:
        """
        Read one page of a table's items; in new code `kv.scan`.

        Args:
            container: Its name, or its number.
            path: Folder of the table, or of what `table_name` is below.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            table_name: Rest of the table's path.
            attribute_names: As in `get_item`.
            filter_expression: Which items, such as `"age > 15"`; all by default.
            marker: `output.next_marker` of the page before.
            sharding_key: Only items whose keys begin with this and a dot.
            limit: Items of the page.
            segment: 0-based share of the table, of `total_segments`.
            total_segments: 1 to 1024 shares, for scans in parallel.
            sort_key_range_start: First sorting key; needs `sharding_key`.
            sort_key_range_end: Sorting key before which to end; needs `sharding_key`.
        """
        plan = kv.scan(
            directory_target(container, path),
            table_name,
            attribute_names,
            filter_expression,
            marker,
            sharding_key,
            limit,
            segment,
            total_segments,
            sort_key_range_start,
            sort_key_range_end,
        )
        return await self.perform(plan, access_key, raise_for_status, transport_actions)

    async def delete_item(
        self,
        container: str,
        path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[None]:
        """
        Delete an item; in new code `kv.delete`, which takes table and key apart.

        Args:
            container: Its name, or its number.
            path: Of the item: table and key.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
        """
        return await self._object.delete(container, path, access_key, raise_for_status, transport_actions)

    async def create_schema(
        self,
        container: str,
        path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        key: str | None = None,
        fields: SchemaFields | None = None,
    ) -> Response[None]:
        """
        Write a table's schema; in new code `kv.create_schema`.

        Args:
            container: Its name, or its number.
            path: Folder of the table.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            key: Field that names the items.
            fields: Of each, `name`, `type` and `nullable`.
        """
        return await self._kv.create_schema(
            container, path, access_key, raise_for_status, transport_actions, key, fields
        )

    # -- streams -------------------------------------------------------------------------------------------------------

    async def create_stream(
        self,
        container: str,
        path: str,
        shard_count: int,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        retention_period_hours: int | None = None,
    ) -> Response[None]:
        """
        Create a stream; in new code `stream.create`.

        Args:
            container: Its name, or its number.
            path: Folder of the stream.
            shard_count: 1 to 4096.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            retention_period_hours: Hours for which records are kept at least; 24 by default.
        """
        return await self._stream.create(
            container, path, shard_count, access_key, raise_for_status, transport_actions, retention_period_hours
        )

    async def update_stream(
        self,
        container: str,
        path: str,
        shard_count: int,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[None]:
        """
        Give a stream more shards; in new code `stream.update`.

        Args:
            container: Its name, or its number.
            path: Folder of the stream.
            shard_count: Not less than there are.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
        """
        return await self._stream.update(container, path, shard_count, access_key, raise_for_status, transport_actions)

    async def delete_stream(
        self,
        container: str,
        path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
    ) -> Response[None]:
        """
        Delete a stream and everything in it; in new code `stream.delete`.

        Args:
            container: Its name, or its number.
            path: Folder of the stream.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
        """
        return await self._stream.delete(container, path, access_key, raise_for_status)

    async def describe_stream(
        self,
        container: str,
        path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[DescribeStreamOutput]:
        """
        Ask for a stream's `shard_count` and `retention_period_hours`; in new code `stream.describe`.

        Args:
            container: Its name, or its number.
            path: Folder of the stream.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
        """
        return await self._stream.describe(container, path, access_key, raise_for_status, transport_actions)

    async def seek_shard(
        self,
        container: str,
        path: str,
        seek_type: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        starting_sequence_number: int | None = None,
        timestamp_sec: int | None = None,
        timestamp_nsec: int | None = None,
    ) -> Response[SeekShardOutput]:
        """
        Find a place in a shard to read from: `output.location`; in new code `stream.seek`, which takes the shard apart.

        Args:
            container: Its name, or its number.
            path: Of the shard: folder of the stream and number, such as `/my-stream/1`.
            seek_type: `"EARLIEST"`, `"LATEST"`, `"SEQUENCE"` or `"TIME"`.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            starting_sequence_number: With `"SEQUENCE"`.
            timestamp_sec: With `"TIME"`: seconds since 1970.
            timestamp_nsec: With `"TIME"`: nanoseconds beyond them.
        """
        target = directory_target(container, path)
        plan = streams.seek(target, seek_type, starting_sequence_number, timestamp_sec, timestamp_nsec)
        return await self.perform(plan, access_key, raise_for_status, transport_actions)

    async def put_records(
        self,
        container: str,
        path: str,
        records: Iterable[RecordLike],
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[PutRecordsOutput]:
        """
        Put records into a stream; in new code `stream.put_records`. Never repeated after doubt.

        Args:
            container: Its name, or its number.
            path: Folder of the stream.
            records: Mappings with `data` and, where wanted, `client_info`, `partition_key` or `shard_id`.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.

        Raises:
            PutRecordsError: Some records were not stored, and `raise_for_status` was not given.
        """
        return await self._stream.put_records(container, path, records, access_key, raise_for_status, transport_actions)

    async def get_records(
        self,
        container: str,
        path: str,
        location: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        limit: int | None = None,
    ) -> Response[GetRecordsOutput]:
        """
        Read records of a shard; in new code `stream.get_records`, which takes the shard apart.

        Args:
            container: Its name, or its number.
            path: Of the shard: folder of the stream and number, such as `/my-stream/1`.
            location: Of `seek_shard`, or `next_location` of the call before.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            limit: Records at most; 1000 by default.
        """
        plan = streams.get(directory_target(container, path), location, limit)
        return await self.perform(plan, access_key, raise_for_status, transport_actions)
