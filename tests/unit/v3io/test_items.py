"""Bodies of item calls byte for byte, their refusals, and the readers of answers with either JSON package."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Any, cast

import pytest
from catchment.core import wire
from catchment.core.errors import UnsafeInputError
from catchment.v3io import items, limits


class Built:
    """An expression by its text."""

    def __str__(self) -> str:
        return "a > 1"


class Name(StrEnum):
    AGE = "age"


@pytest.fixture(params=["orjson", "json"])
def loads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read answers with the one JSON package, then with the other."""
    package = pytest.importorskip(request.param)
    monkeypatch.setattr(wire, "_fast_loads", package.loads)


def test_put() -> None:
    """Attributes, condition and mode, each only if given."""
    assert items.put_item({}) == b'{"Item":{}}'
    assert items.put_item({"age": 42, "f": "é"}) == '{"Item":{"age":{"N":"42"},"f":{"S":"é"}}}'.encode()
    assert items.put_item({"a": 1}, "not(exists(a))", "CreateNewItemOnly") == (
        b'{"Item":{"a":{"N":"1"}},"ConditionExpression":"not(exists(a))","UpdateMode":"CreateNewItemOnly"}'
    )


def test_bodies_are_json_whatever_is_in_them() -> None:
    """Quotes, backslashes, line ends and letters of all kinds are escaped or sent as they are."""
    text = '"\\\n\r\t\b\f\x00\x1f\x7f\u2028é😀</script>'
    body = json.loads(items.put_item({"a": text}, f"a == '{text}'"))
    assert body == {"Item": {"a": {"S": text}}, "ConditionExpression": f"a == '{text}'"}


def test_update() -> None:
    """A missing main expression is an empty one, so that an alternate one alone is possible; merging is the default."""
    assert items.update_item("a = a + 1") == (
        b'{"UpdateMode":"CreateOrReplaceAttributes","UpdateExpression":"a = a + 1"}'
    )
    assert json.loads(items.update_item("", None, None, "OverWriteAttributes")) == {
        "UpdateMode": "OverWriteAttributes",
        "UpdateExpression": "",
    }
    assert json.loads(items.update_item(None, "b = 1", "a > 1")) == {
        "UpdateMode": "CreateOrReplaceAttributes",
        "UpdateExpression": "",
        "AlternateUpdateExpression": "b = 1",
        "ConditionExpression": "a > 1",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "needs an expression"),
        ({"condition": "a > 1"}, "needs an expression"),
        ({"expression": "a = 1", "alternate_expression": "b = 1"}, "never runs"),
        ({"expression": "a = 1", "update_mode": "Merge"}, "update_mode='Merge' is none of CreateOrReplaceAttributes"),
        ({"expression": b"a = 1"}, "not bytes"),
        ({"expression": ["a = 1"]}, "not list"),
        ({"expression": "a = 1", "condition": True}, "condition must be an expression, .*not bool"),
        ({"expression": "a = 1", "condition": ""}, None),
        ({"expression": "a" * 8192}, None),
        ({"expression": "a" * 8193}, "8,193 bytes"),
        ({"expression": "é" * 4097}, "8,194 bytes"),
        ({"expression": "a = '\ud800'"}, "surrogates"),
    ],
)
def test_updates_that_cannot_be_meant_are_refused(arguments: dict[str, Any], message: str | None) -> None:
    """Nothing to do, an expression that never runs, an unknown mode, what is no expression, and more than 8 KB."""
    if message is None:
        assert items.update_item(**arguments)
        return
    with pytest.raises(UnsafeInputError, match=message):
        items.update_item(**arguments)


def test_expressions_may_be_built() -> None:
    """Objects made for it become text by `str`, wherever an expression goes."""
    for body in (items.put_item({}, Built()), items.update_item(Built()), items.get_items(filter_expression=Built())):
        assert b'"a > 1"' in body


@pytest.mark.parametrize(
    "names", ["age,__size", "age, __size", ["age", "__size"], (Name.AGE, "__size"), iter(["age", "__size"])]
)
def test_names_to_get(names: items.AttributeNames) -> None:
    """One text is one name or several with commas, never letters."""
    assert items.get_item(names) == b'{"AttributesToGet":"age,__size"}'


@pytest.mark.parametrize("names", ["age", ["age"], Name.AGE, {"age": 1}])
def test_one_name(names: items.AttributeNames) -> None:
    """The original sent `a,g,e`."""
    assert items.get_item(names) == b'{"AttributesToGet":"age"}'


@pytest.mark.parametrize("names", ["*", "**", ["*", "__name"]])
def test_all_names(names: items.AttributeNames) -> None:
    """Stars are the user's attributes, and the system's too."""
    assert json.loads(items.get_item(names))["AttributesToGet"] == (names if isinstance(names, str) else "*,__name")


@pytest.mark.parametrize("names", ["", [], "a,,b", "a b", ["a", ""], ["a;b"], 5, None, [5], [None], b"age", "***"])
def test_names_that_nothing_has_are_refused(names: object) -> None:
    """Also an empty list, which would be answered with an empty item."""
    with pytest.raises(UnsafeInputError, match="attribute"):
        items.get_item(cast("Any", names))


def test_scan() -> None:
    """Every argument has its member; what is not given is not sent."""
    assert items.get_items() == b'{"AttributesToGet":"*"}'
    assert json.loads(
        items.get_items(
            table_name="a/b",
            attribute_names=["x"],
            filter_expression="x > 1",
            marker="AAAB",
            sharding_key="k",
            limit=5,
            sort_key_range_start="1",
            sort_key_range_end="2",
        )
    ) == {
        "AttributesToGet": "x",
        "FilterExpression": "x > 1",
        "TableName": "a/b",
        "Marker": "AAAB",
        "ShardingKey": "k",
        "SortKeyRangeStart": "1",
        "SortKeyRangeEnd": "2",
        "Limit": 5,
    }
    assert json.loads(items.get_items(segment=0, total_segments=4)) == {
        "AttributesToGet": "*",
        "Segment": 0,
        "TotalSegment": 4,
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"segment": 0}, "need each other"),
        ({"total_segments": 4}, "need each other"),
        ({"segment": 4, "total_segments": 4}, "segment=4"),
        ({"segment": -1, "total_segments": 4}, "segment=-1"),
        ({"segment": 0, "total_segments": 1025}, "total_segments=1025"),
        ({"segment": 0, "total_segments": 4, "sharding_key": "k"}, "cannot be combined"),
        ({"sort_key_range_start": "1"}, "needs sharding_key"),
        ({"sort_key_range_end": "1"}, "needs sharding_key"),
        ({"limit": 0}, "limit=0"),
        ({"limit": True}, "limit=True"),
        ({"marker": b"AAAB"}, "Marker must be text"),
        ({"sharding_key": 5}, "ShardingKey must be text"),
        ({"table_name": "\ud800"}, "surrogates"),
    ],
)
def test_scans_that_cannot_be_meant_are_refused(arguments: dict[str, Any], message: str) -> None:
    """Segments and ranges do not mix, and each has its own other half."""
    with pytest.raises(UnsafeInputError, match=message):
        items.get_items(**arguments)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: items.put_item({"good": 1, "bad": "\ud800"}), "attribute 'bad' holds lone surrogates"),
        (lambda: items.put_item({"good": 1}, "a == '\ud800'"), "condition holds lone surrogates"),
        (lambda: items.put_item({f"a{n}": n for n in range(1601)}), "1601 attributes"),
        (lambda: items.put_item({f"a{n}": "x" * 61_000 for n in range(40)}), "the item as JSON has"),
        (lambda: items.put_item({"a": 1}, update_mode="create"), "update_mode='create'"),
    ],
)
def test_items_that_cannot_be_sent_are_refused(make: Callable[[], bytes], message: str) -> None:
    """By name where one attribute is to blame, by number where all are."""
    with pytest.raises(UnsafeInputError, match=message):
        make()


def test_a_body_of_the_largest_size_is_sent() -> None:
    """2 MiB as JSON."""
    attributes = {f"a{n}": "x" * 60_000 for n in range(34)}
    attributes["z"] = "x" * (limits.MAX_BODY - len(items.put_item({**attributes, "z": ""})))
    assert len(items.put_item(attributes)) == limits.MAX_BODY
    attributes["z"] += "x"
    with pytest.raises(UnsafeInputError, match="2,097,153"):
        items.put_item(attributes)


@pytest.mark.usefixtures("loads")
def test_an_item_is_read() -> None:
    """Both JSON packages give the same."""
    found = items.read_item(b'{"Item":{"age":{"N":"42"},"big":{"N":"18446744073709551615"},"f":{"S":"\xc3\xa9"}}}')
    assert found.item == {"age": 42, "big": 2**64 - 1, "f": "é"}


@pytest.mark.usefixtures("loads")
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"Item":null}', b'{"Item":{"a":1}}', b'{"Item":{"a":{"Q":"1"}}}']
)
def test_other_documents_are_no_items(body: bytes) -> None:
    """They raise what callers make an error of the answer of."""
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        items.read_item(body)


def page(last: object, marker: object = None, *found: object) -> bytes:
    """Return a page of a scan."""
    answer = {"LastItemIncluded": last, "NumItems": len(found), "Items": found}
    return json.dumps(answer if marker is None else {**answer, "NextMarker": marker}).encode()


@pytest.mark.usefixtures("loads")
def test_pages_are_read() -> None:
    """An empty page may go on; the last one has no marker, whatever the server wrote."""
    found = items.read_items(page("FALSE", "AAAB", {"__name": {"S": "b"}, "eggs": {"N": "4"}}))
    assert (found.items, found.last, found.next_marker) == ([{"__name": "b", "eggs": 4}], False, "AAAB")
    found = items.read_items(page("FALSE", "AAAB"))
    assert (found.items, found.last, found.next_marker) == ([], False, "AAAB")
    found = items.read_items(page("TRUE", "AAAB"))
    assert (found.last, found.next_marker) == (True, None)


@pytest.mark.parametrize(
    "body", [page("FALSE"), page("FALSE", ""), page("yes"), page(None), b"{}", b'{"LastItemIncluded":"TRUE"}', b"[]"]
)
def test_pages_that_do_not_say_how_to_go_on_are_refused(body: bytes) -> None:
    """Else a scan would begin anew, or end early, without a word."""
    with pytest.raises((ValueError, KeyError, TypeError)):
        items.read_items(body)


def test_cluster_metadata_is_read() -> None:
    """One number."""
    assert items.read_cluster_metadata(b'{"NumberOfVNs":12}').number_of_vns == 12
