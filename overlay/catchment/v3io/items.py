"""Bodies of the calls on items, and the readers of their answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias, cast

from catchment.core.errors import UnsafeInputError
from catchment.core.wire import load_json
from catchment.v3io.limits import (
    INT_MAX,
    MAX_ATTRIBUTES,
    MAX_BODY,
    MAX_EXPRESSION,
    MAX_SEGMENTS,
    attribute_name,
    check_int,
    check_size,
    plain_text,
    utf8,
)
from catchment.v3io.outputs import ClusterMetadataOutput, GetItemOutput, GetItemsOutput
from catchment.v3io.values import Attributes, decode_item, encode_attributes, json_text

UpdateMode: TypeAlias = Literal["CreateOrReplaceAttributes", "OverWriteAttributes", "CreateNewItemOnly"]
"""Merge the attributes into the item; replace all that it has; or fail if there is one already."""

AttributeNames: TypeAlias = str | Iterable[str]
"""One name, several with commas, or an iterable of names; `*` is all of the user's, `**` the system's too."""

MERGE: Final[UpdateMode] = "CreateOrReplaceAttributes"
_surrogate: Final = re.compile("[\ud800-\udfff]").search
_MODES: Final = ("CreateOrReplaceAttributes", "OverWriteAttributes", "CreateNewItemOnly")


def put_item(attributes: Attributes, condition: object = None, update_mode: str | None = None) -> bytes:
    """
    Return the body of PutItem.

    Args:
        attributes: Of the item; see `values.Attributes`.
        condition: Expression that must hold for the item, or nothing is written.
        update_mode: By default the item is replaced as a whole.

    Raises:
        UnsafeInputError: A name or a value that cannot be stored; too many attributes, or too many bytes.
    """
    text = '{"Item":' + encode_attributes(attributes)
    if condition is not None:
        text += f',"ConditionExpression":{_expression(condition, "condition")}'
    if update_mode is not None:
        text += f',"UpdateMode":"{_mode(update_mode)}"'
    if len(attributes) > MAX_ATTRIBUTES:
        raise UnsafeInputError(f"{len(attributes)} attributes: an item has at most {MAX_ATTRIBUTES}")
    try:
        body = f"{text}}}".encode()
    except UnicodeEncodeError:
        raise _unsendable(attributes) from None
    if len(body) > MAX_BODY:
        check_size(len(body), MAX_BODY, "the item as JSON")
    return body


def update_item(
    expression: object = None,
    alternate_expression: object = None,
    condition: object = None,
    update_mode: str | None = None,
) -> bytes:
    """
    Return the body of UpdateItem.

    Args:
        expression: What to change if the condition holds, or if there is none; empty changes nothing, and creates the
            item if it is missing.
        alternate_expression: What to change if the condition does not hold; needs a condition. Without it, the call
            fails then.
        condition: Expression that chooses between the two.
        update_mode: `"CreateOrReplaceAttributes"` by default.

    Raises:
        UnsafeInputError: Neither expression; an alternate one that could never run; one that is too long.
    """
    if expression is None and alternate_expression is None:
        raise UnsafeInputError("an update needs an expression, an alternate expression, or attributes")
    members = [f'"UpdateMode":"{_mode(MERGE if update_mode is None else update_mode)}"']
    members.append(f'"UpdateExpression":{_expression("" if expression is None else expression, "expression")}')
    if alternate_expression is not None:
        if condition is None:
            raise UnsafeInputError("alternate_expression never runs without a condition", hint="pass condition=")
        members.append(f'"AlternateUpdateExpression":{_expression(alternate_expression, "alternate_expression")}')
    if condition is not None:
        members.append(f'"ConditionExpression":{_expression(condition, "condition")}')
    return _body(members)


def get_item(attribute_names: AttributeNames = "*") -> bytes:
    """
    Return the body of GetItem.

    Raises:
        UnsafeInputError: No names, or one that no attribute can have.
    """
    return _names_body(_joined(attribute_names))


def get_items(
    *,
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
) -> bytes:
    """
    Return the body of GetItems.

    Args:
        table_name: Rest of the table's path, where the request's own ends before it.
        attribute_names: See `AttributeNames`; `*` has `__name` here too.
        filter_expression: Items for which it does not hold are left out.
        marker: `next_marker` of the page before, of the same scan.
        sharding_key: Only items of this one, in the order of their sorting keys.
        limit: Items of the page, at least 1.
        segment: 0-based share of the table, of `total_segments`.
        total_segments: Shares of a scan in parallel, 1 to 1024.
        sort_key_range_start: First sorting key; needs `sharding_key`.
        sort_key_range_end: Sorting key before which to end; needs `sharding_key`.

    Raises:
        UnsafeInputError: Arguments that do not go together, or out of bounds.
    """
    _check_scan(sharding_key, segment, total_segments, sort_key_range_start, sort_key_range_end)
    members = [_names_member(_joined(attribute_names))]
    if filter_expression is not None:
        members.append(f'"FilterExpression":{_expression(filter_expression, "filter_expression")}')
    for name, text in (
        ("TableName", table_name),
        ("Marker", marker),
        ("ShardingKey", sharding_key),
        ("SortKeyRangeStart", sort_key_range_start),
        ("SortKeyRangeEnd", sort_key_range_end),
    ):
        if text is not None and text != "":
            members.append(f'"{name}":{json_text(plain_text(text, name))}')
    if limit is not None:
        members.append(f'"Limit":{check_int(limit, "limit", 1, INT_MAX)}')
    if segment is not None and total_segments is not None:
        members.append(f'"Segment":{segment:d},"TotalSegment":{total_segments:d}')
    return _body(members)


def read_item(body: bytes) -> GetItemOutput:
    """
    Read the answer of GetItem.

    Raises:
        ValueError: It is no JSON, or holds what no attribute can be; `KeyError`, `TypeError` and `AttributeError`: it
            has another shape.
    """
    return GetItemOutput(decode_item(load_json(body)["Item"]))


def read_items(body: bytes) -> GetItemsOutput:
    """
    Read the answer of GetItems.

    Raises:
        ValueError: As for `read_item`; or a page says that there are more, and not where.
    """
    answer = cast("dict[str, Any]", load_json(body))
    last = _LAST.get(answer["LastItemIncluded"])
    marker = answer.get("NextMarker")
    if last is None or not (last or (isinstance(marker, str) and marker)):
        raise ValueError("the page does not say whether or where the scan goes on")
    return GetItemsOutput(list(map(decode_item, answer["Items"])), last, None if last else marker)


def read_cluster_metadata(body: bytes) -> ClusterMetadataOutput:
    """
    Read the answer of GetClusterMD.

    Raises:
        ValueError: It is no JSON; `KeyError` and `TypeError`: it has another shape.
    """
    return ClusterMetadataOutput(int(load_json(body)["NumberOfVNs"]))


_LAST: Final[dict[object, bool]] = {"TRUE": True, "FALSE": False, True: True, False: False}


def _body(members: list[str]) -> bytes:
    body = utf8("{" + ",".join(members) + "}", "the request")
    check_size(len(body), MAX_BODY, "the request")
    return body


def _mode(mode: str) -> str:
    if mode not in _MODES:
        raise UnsafeInputError(f"update_mode={mode!r} is none of {', '.join(_MODES)}")
    return str.__str__(mode)


def _expression(value: object, what: str) -> str:
    """Write an expression: text, or an object of a class that is made for it and becomes text by `str`."""
    if not isinstance(value, str) and type(value).__module__ in {"builtins", "datetime", "decimal", "numpy"}:
        raise UnsafeInputError(f"{what} must be an expression, as text or built, not {type(value).__name__}")
    text = str.__str__(value) if isinstance(value, str) else str(value)
    check_size(len(utf8(text, what)), MAX_EXPRESSION, what)
    return json_text(text)


def _joined(names: AttributeNames) -> str:
    if isinstance(names, str):
        return names
    try:
        return ",".join(names)
    except TypeError:
        raise UnsafeInputError(
            f"attribute_names={names!r}: a name, names with commas between them, or an iterable of names is needed"
        ) from None


@lru_cache(maxsize=1024)
def _names_body(joined: str) -> bytes:
    return f"{{{_names_member(joined)}}}".encode()


@lru_cache(maxsize=1024)
def _names_member(joined: str) -> str:
    names = [name.strip() for name in joined.split(",")]
    return f'"AttributesToGet":"{",".join(name if name in {"*", "**"} else attribute_name(name) for name in names)}"'


def _check_scan(
    sharding_key: str | None,
    segment: int | None,
    total_segments: int | None,
    start: str | None,
    end: str | None,
) -> None:
    if (segment is None) != (total_segments is None):
        raise UnsafeInputError("segment and total_segments need each other")
    if segment is not None:
        total = check_int(total_segments, "total_segments", 1, MAX_SEGMENTS)
        check_int(segment, "segment", 0, total - 1)
        if sharding_key is not None:
            raise UnsafeInputError("segment and sharding_key cannot be combined: a sharding key is in one segment")
    if sharding_key is None and (start is not None or end is not None):
        raise UnsafeInputError("a range of sorting keys needs sharding_key")


def _unsendable(attributes: Mapping[str, object]) -> UnsafeInputError:
    name = next(name for name, value in attributes.items() if isinstance(value, str) and _surrogate(value))
    return UnsafeInputError(
        f"attribute {name!r} holds lone surrogates, which cannot be sent", hint="store such data as bytes"
    )
