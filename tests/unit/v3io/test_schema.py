"""A table's description, as the platform's other tools read it."""

from __future__ import annotations

from typing import Any, cast

import pytest
from catchment.core.errors import UnsafeInputError
from catchment.v3io.schema import Schema, SchemaField, create_schema, read_schema

FIELDS = [
    {"name": "who", "type": "string", "nullable": False},
    SchemaField("age", "long"),
    {"name": "at", "type": "timestamp"},
]


def test_the_description() -> None:
    """Members in the order in which other tools write them; a field may be missing unless said otherwise."""
    assert create_schema("who", FIELDS) == (
        b'{"hashingBucketNum":0,"key":"who","fields":[{"name":"who","type":"string","nullable":false},'
        b'{"name":"age","type":"long","nullable":true},{"name":"at","type":"timestamp","nullable":true}]}'
    )
    assert b'"key":"who","sortingKey":"at","fields"' in create_schema("who", FIELDS, "at")


def test_it_is_read_again() -> None:
    """Also one that other tools wrote, with a sorting key or an empty one."""
    fields = (SchemaField("who", "string", False), SchemaField("age", "long"), SchemaField("at", "timestamp"))
    assert read_schema(create_schema("who", FIELDS, "at")) == Schema("who", fields, "at")
    assert read_schema(
        b'{"hashingBucketNum":4,"key":"a","sortingKey":"","fields":[{"name":"a","type":"long"}]}'
    ) == Schema("a", (SchemaField("a", "long"),), None, 4)


@pytest.mark.parametrize(
    ("key", "fields", "sorting_key", "message"),
    [
        (None, FIELDS, None, "needs key= and fields="),
        ("who", None, None, "needs key= and fields="),
        ("who", "who", None, "list of fields"),
        ("who", {"name": "who", "type": "string"}, None, "list of fields"),
        ("who", ["who"], None, "field 0 is str"),
        ("who", [{"name": "who"}], None, "field 0 has the members name"),
        ("who", [{"name": "who", "type": "string", "null": True}], None, "field 0 has the members"),
        ("who", [{"name": "who", "type": "text"}], None, "type 'text': one of string, double"),
        ("who", [SchemaField("who", cast("Any", "int"))], None, "type 'int'"),
        ("who", [{"name": "a b", "type": "string"}], None, "cannot be stored"),
        ("who", [SchemaField("who", "string")] * 2, None, "'who' is there twice"),
        ("nobody", FIELDS, None, "key='nobody' is none of the fields who, age, at"),
        ("who", [], None, "there are none"),
        ("who", FIELDS, "nobody", "sorting_key='nobody'"),
    ],
)
def test_descriptions_of_no_table_are_refused(key: Any, fields: Any, sorting_key: str | None, message: str) -> None:
    """A key that is a field, fields of known types, each once."""
    with pytest.raises(UnsafeInputError, match=message):
        create_schema(key, fields, sorting_key)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"key":"a"}', b'{"key":"a","fields":[{"name":"a"}]}', b'{"key":"a","fields":[1]}']
)
def test_other_objects_are_no_description(body: bytes) -> None:
    """They raise what callers make an error of."""
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        read_schema(body)
