"""The description of a table that other tools of the platform read: the object `.#schema` in its folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast, get_args

from catchment.core.errors import UnsafeInputError
from catchment.core.wire import dump_json, load_json
from catchment.v3io.limits import attribute_name

FieldType: TypeAlias = Literal["string", "double", "long", "boolean", "timestamp", "null"]

SCHEMA_NAME: Final = ".#schema"
"""Its name in the table's folder; scans list it as an item."""

_TYPES: Final[tuple[str, ...]] = get_args(FieldType)


@dataclass(frozen=True, slots=True)
class SchemaField:
    """
    An attribute that the items of a table have.

    Attributes:
        name: Of the attribute.
        type: `"string"`, `"double"`, `"long"`, `"boolean"`, `"timestamp"` or `"null"`.
        nullable: Whether items may lack it.
    """

    name: str
    type: FieldType
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Schema:
    """
    What the items of a table have.

    Attributes:
        key: Attribute that names the item, or its part before the first dot.
        fields: All attributes, the key among them.
        sorting_key: Attribute that is the name's part behind the first dot.
        hashing_buckets: Kept for the platform's tools.
    """

    key: str
    fields: tuple[SchemaField, ...]
    sorting_key: str | None = None
    hashing_buckets: int = 0


def create_schema(
    key: str | None, fields: Iterable[SchemaField | Mapping[str, object]] | None, sorting_key: str | None = None
) -> bytes:
    """
    Return the content of a table's `.#schema`.

    Args:
        key: Attribute that names the item; must be one of `fields`.
        fields: Each a `SchemaField`, or a mapping with `name`, `type` and, if wanted, `nullable` (true by default).
        sorting_key: Attribute that is the name's part behind the first dot; must be one of `fields`.

    Raises:
        UnsafeInputError: No key, no fields, a field twice, an unknown type, or a key that is no field.
    """
    if key is None or fields is None:
        raise UnsafeInputError("a schema needs key= and fields=")
    if isinstance(fields, str | Mapping):
        raise UnsafeInputError("fields must be a list of fields, each a SchemaField or a mapping")
    described = [_field(field, place) for place, field in enumerate(fields)]
    names = [field.name for field in described]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UnsafeInputError(f"field {twice!r} is there twice")
    content: dict[str, object] = {"hashingBucketNum": 0, "key": _one_of(key, names, "key")}
    if sorting_key is not None:
        content["sortingKey"] = _one_of(sorting_key, names, "sorting_key")
    content["fields"] = [{"name": one.name, "type": one.type, "nullable": one.nullable} for one in described]
    return dump_json(content)


def read_schema(body: bytes) -> Schema:
    """
    Read a table's `.#schema`.

    Raises:
        ValueError: It is no JSON; `KeyError`, `TypeError` and `AttributeError`: it has another shape.
    """
    content = cast("dict[str, Any]", load_json(body))
    fields = tuple(
        SchemaField(field["name"], field["type"], bool(field.get("nullable", True))) for field in content["fields"]
    )
    return Schema(content["key"], fields, content.get("sortingKey") or None, content.get("hashingBucketNum", 0))


def _field(field: object, place: int) -> SchemaField:
    if isinstance(field, Mapping):
        field = _from_mapping(cast("Mapping[str, Any]", field), place)
    if not isinstance(field, SchemaField):
        raise UnsafeInputError(f"field {place} is {type(field).__name__}: a SchemaField or a mapping is needed")
    if field.type not in _TYPES:
        raise UnsafeInputError(f"field {field.name!r} has type {field.type!r}: one of {', '.join(_TYPES)} is needed")
    return SchemaField(attribute_name(field.name), field.type, bool(field.nullable))


def _from_mapping(field: Mapping[str, Any], place: int) -> SchemaField:
    extra = field.keys() - {"name", "type", "nullable"}
    if extra or not {"name", "type"} <= field.keys():
        raise UnsafeInputError(
            f"field {place} has the members {', '.join(map(str, field))}: name, type and nullable are known, and the "
            "first two needed"
        )
    return SchemaField(field["name"], field["type"], field.get("nullable", True))


def _one_of(name: str, names: list[str], what: str) -> str:
    if name not in names:
        raise UnsafeInputError(f"{what}={name!r} is none of the fields {', '.join(names) or '(there are none)'}")
    return name
