"""Calls of items, one request each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catchment.core.secret import Secret
from catchment.v3io._async.base import AsyncCalls
from catchment.v3io.calls import kv, objects
from catchment.v3io.calls.kv import SchemaFields
from catchment.v3io.items import AttributeNames
from catchment.v3io.outputs import GetItemOutput, GetItemsOutput
from catchment.v3io.paths import directory_target, item_target
from catchment.v3io.response import RaiseForStatusTypes, Response
from catchment.v3io.values import Attributes

if TYPE_CHECKING:
    from catchment.v3io.expressions import Expression


class AsyncItemCalls(AsyncCalls):
    """Items: attributes under a key of a table, which is a folder and needs no creation."""

    __slots__ = ()

    async def put(
        self,
        container: str,
        table_path: str,
        key: str,
        attributes: Attributes,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        condition: Expression | str | None = None,
    ) -> Response[None]:
        """
        Write an item as a whole: attributes that are not named are gone.

        Args:
            container: Its name, or its number.
            table_path: Folder of the table.
            key: Name of the item.
            attributes: By name; text, numbers, bools, bytes, aware datetimes and arrays of numbers.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            condition: Expression that must hold for the item as it is, such as `"not(exists(age))"`. With one, the
                call is never repeated after doubt.

        Raises:
            ConditionFalseError: The condition does not hold; nothing was changed.
            UnsafeInputError: A value that cannot be stored; nothing was sent.

        Wire: putItem · specs/v3io.yaml
        """
        plan = kv.put(item_target(container, table_path, key), attributes, condition)
        return await self._carrier.perform(plan, access_key, raise_for_status, transport_actions)

    async def update(
        self,
        container: str,
        table_path: str,
        key: str,
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
        Change an item, by attributes or by an expression. An item that is missing is made.

        Args:
            container: Its name, or its number.
            table_path: Folder of the table.
            key: Name of the item.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            attributes: What to set; what is not named stays.
            expression: What to do, such as `"SET visits = visits + 1"`. Never repeated after doubt.
            condition: Expression that must hold for the item as it is.
            update_mode: `"CreateOrReplaceAttributes"`, the default; `"OverWriteAttributes"` to replace the item;
                `"CreateNewItemOnly"` to fail where there is one.
            alternate_expression: What to do where the condition is false, instead of failing.

        Raises:
            ConditionFalseError: The condition does not hold, and there is no alternate expression.
            ItemExistsError: With `"CreateNewItemOnly"`, there is one.
            OutcomeUnknownError: The answer was lost, and a repetition could apply the change twice; read the item.

        Wire: putItem, updateItem · specs/v3io.yaml
        """
        target = item_target(container, table_path, key)
        plan = kv.update(target, attributes, expression, condition, update_mode, alternate_expression)
        return await self._carrier.perform(plan, access_key, raise_for_status, transport_actions)

    async def get(
        self,
        container: str,
        table_path: str,
        key: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        attribute_names: AttributeNames = "*",
    ) -> Response[GetItemOutput]:
        """
        Read attributes of an item; they are `output.item`.

        Args:
            container: Its name, or its number.
            table_path: Folder of the table.
            key: Name of the item.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            attribute_names: A name, names with commas between them, or an iterable; `*` for all of the user's, `**`
                for the system's too. What the item does not have is left out.

        Raises:
            ResourceNotFoundError: There is no such item.

        Wire: getItem · specs/v3io.yaml
        """
        plan = kv.get(item_target(container, table_path, key), attribute_names)
        return await self._carrier.perform(plan, access_key, raise_for_status, transport_actions)

    async def scan(
        self,
        container: str,
        table_path: str,
        table_name: str | None = None,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
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
        Read one page of a table's items; an empty page need not be the last one. `new_cursor` walks through all.

        Args:
            container: Its name, or its number.
            table_path: Folder of the table, or of what `table_name` is below.
            table_name: Rest of the table's path.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            attribute_names: As in `get`; `*` has `__name`, the item's key, too.
            filter_expression: Which items, such as `"age > 15"`; all by default.
            marker: `output.next_marker` of the page before, of the same scan.
            sharding_key: Only items whose keys begin with this and a dot, in the order of what follows it.
            limit: Items of the page.
            segment: 0-based share of the table, of `total_segments`.
            total_segments: 1 to 1024 shares, for scans in parallel.
            sort_key_range_start: First sorting key; needs `sharding_key`.
            sort_key_range_end: Sorting key before which to end; needs `sharding_key`.

        Raises:
            ResourceNotFoundError: There is no such table.

        Wire: getItems · specs/v3io.yaml
        """
        plan = kv.scan(
            directory_target(container, table_path),
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
        return await self._carrier.perform(plan, access_key, raise_for_status, transport_actions)

    async def delete(
        self,
        container: str,
        table_path: str,
        key: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[None]:
        """
        Delete an item.

        Args:
            container: Its name, or its number.
            table_path: Folder of the table.
            key: Name of the item.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.

        Raises:
            ResourceNotFoundError: There is no such item.

        Wire: deleteObject · specs/v3io.yaml
        """
        return await self._carrier.perform(
            objects.delete(item_target(container, table_path, key)), access_key, raise_for_status, transport_actions
        )

    async def create_schema(
        self,
        container: str,
        table_path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        key: str | None = None,
        fields: SchemaFields | None = None,
    ) -> Response[None]:
        """
        Write a table's schema, which other tools of the platform read; it replaces the one that is there.

        Args:
            container: Its name, or its number.
            table_path: Folder of the table.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            key: Field that names the items.
            fields: Of each, `name`, `type` (`string`, `double`, `long`, `boolean`, `timestamp`) and `nullable`.

        Wire: putObject · specs/v3io.yaml
        """
        plan = kv.schema(directory_target(container, table_path), key, fields)
        return await self._carrier.perform(plan, access_key, raise_for_status, transport_actions)
