"""Calls of items: attributes under a key. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from catchment_api.v3io.api.items import get_item, get_items, put_item, update_item
from catchment_api.v3io.api.objects import put_object

from catchment.core.errors import UnsafeInputError
from catchment.core.wire import Request
from catchment.v3io import items
from catchment.v3io.calls.plan import Planned, function_headers
from catchment.v3io.items import AttributeNames
from catchment.v3io.outputs import GetItemOutput, GetItemsOutput
from catchment.v3io.paths import check_path, item_target
from catchment.v3io.schema import SchemaField, create_schema
from catchment.v3io.values import Attributes

SchemaFields: TypeAlias = Iterable[SchemaField | Mapping[str, object]]
"""Fields of a table, each described."""

CREATE: Final = "CreateNewItemOnly"

_PUT: Final = function_headers("PutItem")
_UPDATE: Final = function_headers("UpdateItem")
_GET: Final = function_headers("GetItem")
_SCAN: Final = function_headers("GetItems")
_BYTES: Final = (("Content-Type", "application/octet-stream"),)


def put(target: str, attributes: Attributes, condition: object = None, update_mode: str | None = None) -> Planned[None]:
    """Write an item's attributes."""
    body = items.put_item(attributes, condition, update_mode)
    # The same attributes again change nothing; a condition or a creation may fail on its own first attempt.
    retry = "A" if condition is None and update_mode != CREATE else "D"
    return Planned(Request(put_item.OP, target, [], body, retry, _PUT))


def put_many(
    container: str, table_path: str, items: Mapping[str, Attributes], condition: object = None
) -> list[Planned[None]]:
    """
    Write items, all of which are checked before the first is sent.

    Raises:
        UnsafeInputError: One that cannot be written; the message names its key.
    """
    if not isinstance(items, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - callers' types are unchecked
        raise UnsafeInputError(f"items must be a mapping of keys to attributes, not {type(items).__name__}")
    plans: list[Planned[None]] = []
    for key, attributes in items.items():
        try:
            plans.append(put(item_target(container, table_path, key), attributes, condition))
        except UnsafeInputError as flaw:
            raise UnsafeInputError(f"item {key!r}: {flaw.message}", hint=flaw.hint) from None
    return plans


def update(
    target: str,
    attributes: Attributes | None = None,
    expression: object = None,
    condition: object = None,
    update_mode: str | None = None,
    alternate_expression: object = None,
) -> Planned[None]:
    """Change an item: by attributes or by an expression, never by both."""
    if attributes is None:
        body = items.update_item(expression, alternate_expression, condition, update_mode)
        return Planned(Request(update_item.OP, target, [], body, "D", _UPDATE))
    if expression is not None or alternate_expression is not None:
        raise UnsafeInputError(
            "attributes and an expression are two ways to update, and the server would ignore one of them",
            hint="write the attributes into the expression (`SET a = 1; b = b + 1`), or make two calls",
        )
    return put(target, attributes, condition, items.MERGE if update_mode is None else update_mode)


def get(target: str, attribute_names: AttributeNames = "*") -> Planned[GetItemOutput]:
    """Read attributes of an item."""
    return Planned(Request(get_item.OP, target, [], items.get_item(attribute_names), "A", _GET), items.read_item)


def scan(
    target: str,
    table_name: str | None = None,
    attribute_names: AttributeNames = "*",
    filter_expression: object = None,
    marker: str | None = None,
    sharding_key: str | None = None,
    limit: int | None = None,
    segment: int | None = None,
    total_segments: int | None = None,
    sort_key_range_start: str | None = None,
    sort_key_range_end: str | None = None,
) -> Planned[GetItemsOutput]:
    """Read a page of a table's items."""
    if table_name:
        check_path(table_name)
    body = items.get_items(
        table_name=table_name,
        attribute_names=attribute_names,
        filter_expression=filter_expression,
        marker=marker,
        sharding_key=sharding_key,
        limit=limit,
        segment=segment,
        total_segments=total_segments,
        sort_key_range_start=sort_key_range_start,
        sort_key_range_end=sort_key_range_end,
    )
    return Planned(Request(get_items.OP, target, [], body, "A", _SCAN), items.read_items)


def schema(table_target: str, key: str | None = None, fields: SchemaFields | None = None) -> Planned[None]:
    """Write a table's schema."""
    target = f"{table_target}.%23schema"
    body = create_schema(key, fields)
    return Planned(Request(put_object.OP, target, [], body, "A", _BYTES))
