"""Classes of one's own as points: annotations say which attribute is what.

@lineprotocol
class Trip(NamedTuple):
    at: TIMEDT
    city: TAG
    distance: FLOAT
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import (
    Annotated,
    Any,
    Final,
    NamedTuple,
    TypeAlias,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

from catchment.core.errors import UnsafeInputError
from catchment.influxdb import escaping, precision
from catchment.influxdb.escaping import Place, Unstorable
from catchment.influxdb.values import FieldType, field_text, is_missing

C = TypeVar("C", bound=type)


class SchemaError(UnsafeInputError, TypeError):
    """A class cannot be written as points: its annotations do not say how."""


class Role(NamedTuple):
    """
    What an attribute is.

    Attributes:
        part: `measurement`, `time`, `tag` or `field`.
        name: As in an annotation.
        type: Of a field.
    """

    part: str
    name: str
    type: FieldType | None = None


MEASUREMENT: TypeAlias = Annotated[str, Role("measurement", "MEASUREMENT")]
"""The point's measurement; without one, it is the class's name."""
TIMEINT: TypeAlias = Annotated[int, Role("time", "TIMEINT")]
"""Nanoseconds since 1970."""
TIMESTR: TypeAlias = Annotated[str, Role("time", "TIMESTR")]
"""ISO text; naive is UTC."""
TIMEDT: TypeAlias = Annotated[datetime, Role("time", "TIMEDT")]
"""A datetime; naive is UTC."""
TAG: TypeAlias = Annotated[str, Role("tag", "TAG")]
"""A tag."""
TAGENUM: TypeAlias = Annotated[Enum, Role("tag", "TAGENUM")]
"""A tag: the name of an enum's member."""
BOOL: TypeAlias = Annotated[bool, Role("field", "BOOL", "boolean")]
"""A boolean field."""
INT: TypeAlias = Annotated[int, Role("field", "INT", "integer")]
"""An integer field."""
FLOAT: TypeAlias = Annotated[float, Role("field", "FLOAT", "float")]
"""A float field."""
DECIMAL: TypeAlias = Annotated[Decimal, Role("field", "DECIMAL", "float")]
"""A float field, given as a decimal."""
STR: TypeAlias = Annotated[str, Role("field", "STR", "string")]
"""A string field."""
ENUM: TypeAlias = Annotated[Enum, Role("field", "ENUM", "string")]
"""A string field: the name of an enum's member."""

_MARKS: Final[frozenset[str]] = frozenset({"TAGENUM", "ENUM"})


class Attribute(NamedTuple):
    """An attribute with its role, and the name as it is sent."""

    name: str
    role: Role
    key: str
    optional: bool


@overload
def lineprotocol(cls: C) -> C: ...
@overload
def lineprotocol(
    cls: None = None,
    *,
    schema: Mapping[str, Any] | None = None,
    rm_none: bool = False,
    extra_tags: Mapping[str, str] | None = None,
    placeholder: bool = False,
) -> Callable[[C], C]: ...


def lineprotocol(
    cls: C | None = None,
    *,
    schema: Mapping[str, Any] | None = None,
    rm_none: bool = False,
    extra_tags: Mapping[str, str] | None = None,
    placeholder: bool = False,
) -> C | Callable[[C], C]:
    """
    Add `to_lineprotocol() -> bytes` to a class: a NamedTuple, a dataclass, or any other with such attributes.

    Args:
        cls: The class, if the decorator has no parentheses.
        schema: Attribute to role (`{"city": TAG}`), instead of annotations.
        rm_none: Leave out attributes that are `None` or empty; optional ones that are `None` always are.
        extra_tags: Tags of all points.
        placeholder: Add a field `_` that is true, so that points without any field can be stored.

    Raises:
        SchemaError: No annotations, two measurements or times, no field, or an annotation that is no role.
    """

    def decorate(target: C) -> C:
        attributes = _attributes(target, schema)
        _check(target, attributes, placeholder=placeholder)
        writer = _Writer(target.__name__, attributes, dict(extra_tags or {}), rm_none=rm_none, placeholder=placeholder)

        def to_lineprotocol(self: Any) -> bytes:
            """Return this point as a line in nanoseconds."""
            return writer.line(self).encode()

        cast("Any", to_lineprotocol).opts = types.MappingProxyType(
            {
                "schema": {attribute.name: attribute.role.name for attribute in attributes},
                "rm_none": rm_none,
                "extra_tags": dict(extra_tags or {}),
                "placeholder": placeholder,
            }
        )
        cast("Any", target).to_lineprotocol = to_lineprotocol
        return target

    return decorate if cls is None else decorate(cls)


def _attributes(cls: type, schema: Mapping[str, Any] | None) -> list[Attribute]:
    if schema is None:
        try:
            schema = get_type_hints(cls, include_extras=True)
        except NameError as error:
            raise SchemaError(f"{cls.__name__}: an annotation cannot be resolved: {error}") from None
    if not schema:
        raise SchemaError(f"{cls.__name__} has no annotations; annotate its attributes or give a schema")
    return [_attribute(cls, name, hint) for name, hint in schema.items()]


def _attribute(cls: type, name: str, hint: Any) -> Attribute:
    optional = False
    if get_origin(hint) in (Union, types.UnionType):
        inner = [part for part in get_args(hint) if part is not type(None)]
        optional, hint = len(inner) < len(get_args(hint)), inner[0] if len(inner) == 1 else hint
    role = next((extra for extra in getattr(hint, "__metadata__", ()) if isinstance(extra, Role)), None)
    if role is None or (optional and role.part in ("measurement", "time")):
        raise SchemaError(f"{cls.__name__}.{name}: {hint!r} is no role; use TAG, FLOAT, INT, BOOL, STR, TIMEDT, ...")
    place = {"tag": Place.TAG_KEY, "field": Place.FIELD_KEY}.get(role.part)
    try:
        key = name if place is None else escaping.name(place, name)
    except Unstorable as flaw:
        raise SchemaError(f"{cls.__name__}.{name}: its name {flaw.reason}") from None
    return Attribute(name, role, key, optional)


def _check(cls: type, attributes: list[Attribute], *, placeholder: bool) -> None:
    parts = [attribute.role.part for attribute in attributes]
    for part in ("measurement", "time"):
        if parts.count(part) > 1:
            raise SchemaError(f"{cls.__name__} has more than one {part} attribute")
    if "field" not in parts and not placeholder:
        raise SchemaError(f"{cls.__name__} has no field; add one, or ask for a placeholder")


@dataclasses.dataclass(slots=True)
class _Writer:
    """Writes instances of one class."""

    measurement: str
    attributes: list[Attribute]
    extra_tags: Mapping[str, str]
    rm_none: bool
    placeholder: bool

    def line(self, instance: Any) -> str:
        try:
            return self._line(instance)
        except Unstorable as flaw:
            raise UnsafeInputError(f"{self.measurement}: {flaw.reason}") from None

    def _line(self, instance: Any) -> str:
        head, time = escaping.name(Place.MEASUREMENT, self.measurement), ""
        tags = [(name, _key(name), _tag(name, value)) for name, value in self.extra_tags.items()]
        fields = [("_", "true")] if self.placeholder else []
        for attribute in self.attributes:
            value, part = getattr(instance, attribute.name), attribute.role.part
            if part == "measurement":
                head = escaping.name(Place.MEASUREMENT, str(value))
            elif part == "time":
                time = f" {_time(attribute.name, value)}"
            elif not self._absent(attribute, value):
                if attribute.role.name in _MARKS:
                    value = value.name
                if part == "tag":
                    tags.append((attribute.name, attribute.key, _tag(attribute.name, value)))
                else:
                    text = _field(attribute, value)
                    if text is not None:
                        fields.append((attribute.key, text))
        if not fields:
            raise Unstorable("no field has a value")
        head += "".join(f",{key}={text}" for _, key, text in sorted(tags) if text)
        for key, _ in fields:
            escaping.check_key(head, key)
        return f"{head} {','.join(f'{key}={text}' for key, text in fields)}{time}"

    def _absent(self, attribute: Attribute, value: object) -> bool:
        if is_missing(value):
            if attribute.optional or self.rm_none or value is not None:
                return True
            raise Unstorable(f"{attribute.name} is None; make it Optional, or ask for rm_none")
        return self.rm_none and value == ""


def _key(name: str) -> str:
    return escaping.name(Place.TAG_KEY, name)


def _tag(name: str, value: object) -> str:
    try:
        return escaping.name(Place.TAG_VALUE, str(value))
    except Unstorable as flaw:
        raise Unstorable(f"{name} {flaw.reason}") from None


def _field(attribute: Attribute, value: object) -> str | None:
    try:
        return field_text(value, attribute.role.type)
    except Unstorable as flaw:
        raise Unstorable(f"{attribute.name} {flaw.reason}") from None


def _time(name: str, value: object) -> int:
    try:
        number = precision.timestamp(value)
    except (TypeError, ValueError) as error:
        raise Unstorable(f"{name}: {error}") from None
    if number is None:
        raise Unstorable(f"{name} is missing, and the class has a time")
    return number
