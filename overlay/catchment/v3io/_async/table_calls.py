"""What is made of many calls of items: whole tables, as iterators and frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from catchment.core.secret import Secret
from catchment.v3io._async import tables
from catchment.v3io._async.client_core import AsyncClientCore
from catchment.v3io._async.item_calls import AsyncItemCalls
from catchment.v3io._async.scanning import AsyncItems
from catchment.v3io.calls import kv
from catchment.v3io.calls.plan import Planned
from catchment.v3io.frame_rows import NAME, Table
from catchment.v3io.items import AttributeNames
from catchment.v3io.outputs import GetItemsOutput
from catchment.v3io.paths import directory_target

if TYPE_CHECKING:
    import pandas as pd

    from catchment.v3io.expressions import Expression


class AsyncTableCalls(AsyncItemCalls):
    """Tables as a whole."""

    __slots__ = ()

    _client: AsyncClientCore

    def items(
        self,
        container: str,
        table_path: str,
        *,
        attribute_names: AttributeNames = "*",
        filter_expression: Expression | str | None = None,
        segments: int = 1,
        sharding_key: str | None = None,
        sort_key_range_start: str | None = None,
        sort_key_range_end: str | None = None,
        limit: int | None = None,
        state: Sequence[str | None] | None = None,
        access_key: str | Secret | None = None,
    ) -> AsyncItems:
        """
        Return all items of a table, fetched page by page as they are asked for.

        With several segments the table is read in so many disjoint shares, of which up to eight are under way at once,
        without threads; their pages take turns. Not a snapshot: what is written meanwhile may come or not.

        Args:
            container: Its name, or its number.
            table_path: Folder of the table.
            attribute_names: A name, names with commas between them, or an iterable; `*` for all of the user's, and
                `__name`, the item's key.
            filter_expression: Which items, such as `attr("age") > 15`; all by default.
            segments: Shares to read side by side, 1 to 1024.
            sharding_key: Only items whose keys begin with this and a dot, in the order of what follows it.
            sort_key_range_start: First sorting key; needs `sharding_key`.
            sort_key_range_end: Sorting key before which to end; needs `sharding_key`.
            limit: Items in all; every one if left out.
            state: `state` of an earlier iteration with the same arguments, to go on with.
            access_key: For these calls, in place of the client's.

        Raises:
            ResourceNotFoundError: There is no such table; when the first item is asked for.

        Wire: getItems · specs/v3io.yaml
        """
        target = directory_target(container, table_path)
        names = attribute_names if isinstance(attribute_names, str) else tuple(attribute_names)

        def plan(segment: int, total: int, marker: str | None, amount: int | None) -> Planned[GetItemsOutput]:
            # One segment of one is the whole table, and can be a range of it.
            return kv.scan(
                target,
                None,
                names,
                filter_expression,
                marker,
                sharding_key,
                amount,
                None if total == 1 else segment,
                None if total == 1 else total,
                sort_key_range_start,
                sort_key_range_end,
            )

        items = AsyncItems(lambda: self._client.api_for(access_key), plan, segments=segments, limit=limit, state=state)
        plan(0, segments, None, limit or None)  # bad arguments are told here rather than at the first item
        return items

    async def write_frame(
        self,
        container: str,
        table_path: str,
        frame: Table,
        *,
        key: str | Sequence[str] | None = None,
        condition: Expression | str | None = None,
        update_mode: str | None = None,
        access_key: str | Secret | None = None,
    ) -> int:
        """
        Write a table's rows as an item each, many at once; what is missing in a row is left out of its item.

        Rows are written in no order. Every column becomes an attribute, the key's too. Column names and the first rows
        are checked before anything is sent, later rows as they are reached.

        Args:
            container: Its name, or its number.
            table_path: Folder of the table, made if it is missing.
            frame: A DataFrame of pandas or polars, an Arrow table, or an iterable of mappings.
            key: Column of text or whole numbers that names the items; or two, of which the first is the sharding key
                and the second the sorting key. By default the index, or a column `__name`.
            condition: Expression that must hold for each item as it is. Rows for which it does not are failures.
            update_mode: By default an item is replaced as a whole; `"CreateOrReplaceAttributes"` merges into it,
                `"CreateNewItemOnly"` fails where there is one.
            access_key: For these calls, in place of the client's.

        Returns:
            Items written.

        Raises:
            WriteFrameError: Some rows were refused or nobody answered: `.failed` maps their keys to errors.
            UnsafeInputError: A column or a value that cannot be stored; or a key that is missing or there twice.

        Wire: putItem · specs/v3io.yaml
        """
        return await tables.write_frame(
            lambda: self._client.api_for(access_key), container, table_path, frame, key, condition, update_mode
        )

    async def read_frame(
        self,
        container: str,
        table_path: str,
        *,
        columns: Sequence[str] | None = None,
        filter_expression: Expression | str | None = None,
        segments: int = 1,
        sharding_key: str | None = None,
        sort_key_range_start: str | None = None,
        sort_key_range_end: str | None = None,
        limit: int | None = None,
        access_key: str | Secret | None = None,
    ) -> pd.DataFrame:
        """
        Return a table as a DataFrame, indexed by its items' names (`__name`); `items(...)` gives Arrow and polars, too.

        Whole numbers are `int64`, or `Int64` where some are missing. The wire writes the float 1.0 as 1: a column in
        which all are whole comes as integers unless the table has a schema that says `double`. Instants are
        `datetime64[ns, UTC]`.

        Args:
            container: Its name, or its number.
            table_path: Folder of the table.
            columns: Attributes, in this order; all by default.
            filter_expression: Which items, such as `attr("age") > 15`; all by default.
            segments: Shares to read side by side, 1 to 1024.
            sharding_key: Only items whose keys begin with this and a dot.
            sort_key_range_start: First sorting key; needs `sharding_key`.
            sort_key_range_end: Sorting key before which to end; needs `sharding_key`.
            limit: Items in all; every one if left out.
            access_key: For these calls, in place of the client's.

        Raises:
            ResourceNotFoundError: There is no such table.

        Wire: getItems, getObject · specs/v3io.yaml
        """
        wanted = None if columns is None else [columns] if isinstance(columns, str) else list(columns)
        items = self.items(
            container,
            table_path,
            attribute_names="*" if wanted is None else [NAME, *wanted],
            filter_expression=filter_expression,
            segments=segments,
            sharding_key=sharding_key,
            sort_key_range_start=sort_key_range_start,
            sort_key_range_end=sort_key_range_end,
            limit=limit,
            access_key=access_key,
        )
        return await tables.read_frame(lambda: self._client.api_for(access_key), container, table_path, items, wanted)
