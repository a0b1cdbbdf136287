"""codegen/report.py: what a change of a document means for callers."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from codegen.prepare import prepare
from codegen.report import changes, render
from codegen.surface import surface

Node = dict[str, Any]
ITEM = "/items/{item}"


def _parameters(document: Node) -> list[Node]:
    found: list[Node] = document["paths"][ITEM]["get"]["parameters"]
    return found


def _schema(document: Node, name: str) -> Node:
    found: Node = document["components"]["schemas"][name]
    return found


CASES: list[tuple[Callable[[Node], object], str, bool]] = [
    (lambda d: d["paths"][ITEM].pop("put"), "putItem: operation removed", True),
    (lambda d: d["paths"].__setitem__("/moved/{item}", d["paths"].pop(ITEM)), "getItem: moved from GET /items", False),
    (
        lambda d: _parameters(d).append({"in": "query", "name": "n", "required": True, "schema": {"type": "string"}}),
        "getItem: required parameter query n added",
        True,
    ),
    (
        lambda d: _parameters(d).append({"in": "query", "name": "n", "schema": {"type": "string"}}),
        "getItem: optional parameter query n added",
        False,
    ),
    (lambda d: _parameters(d).pop(), "getItem: parameter query order removed", True),
    (lambda d: _parameters(d)[0].update(required=True), "getItem: parameter query depth is now required", True),
    (lambda d: _parameters(d)[1]["schema"]["enum"].append("none"), "values ['none'] added", False),
    (lambda d: _parameters(d)[1]["schema"]["enum"].remove("up"), "values ['up'] removed", True),
    (lambda d: _parameters(d)[0]["schema"].update(type="string"), "query depth: type integer becomes string", True),
    (lambda d: d["paths"][ITEM]["get"].update({"x-sdk-retry": "C"}), "getItem: retry A becomes C", False),
    (
        lambda d: d["paths"][ITEM]["get"]["responses"]["200"]["content"]["application/json"].update(
            schema={"type": "array", "items": {"$ref": "#/components/schemas/Item"}}
        ),
        "getItem: returns #Item, now array<#Item>",
        True,
    ),
    (lambda d: _schema(d, "Item")["properties"].pop("size"), "Item: property size removed", True),
    (
        lambda d: _schema(d, "Item")["properties"].update(new={"type": "string"}),
        "Item: optional property new added",
        False,
    ),
    (lambda d: _schema(d, "Item")["required"].clear(), "Item: property id is now optional", True),
    (lambda d: _schema(d, "Item")["required"].append("size"), "Item: property size is now required", False),
    (lambda d: _schema(d, "ItemInput")["required"].append("note"), "ItemInput: property note is now required", True),
    (lambda d: _schema(d, "ItemInput")["required"].clear(), "ItemInput: property size is now optional", False),
    (
        lambda d: _schema(d, "Item")["properties"]["size"].update(format="int64", type="string"),
        "Item: property size: type integer becomes string(int64)",
        True,
    ),
    (lambda d: d["components"]["schemas"].update(New={"type": "object"}), "New: schema added", False),
]


@pytest.mark.parametrize(("change", "told", "breaking"), CASES, ids=[case[1][:40] for case in CASES])
def test_changes_are_told(small: Node, change: Callable[[Node], object], told: str, breaking: bool) -> None:
    """Each kind of change is one line that says what it is, and whether callers break."""
    changed = copy.deepcopy(small)
    change(changed)

    found = changes(surface(prepare(small)), surface(prepare(changed)))

    assert [one.breaking for one in found if told in str(one)] == [breaking]
    assert (f"{len(found)} changes, {sum(one.breaking for one in found)} of them breaking") in render("small", found)


def test_prose_is_no_change(small: Node) -> None:
    """New wording changes no caller."""
    changed = copy.deepcopy(small)
    changed["paths"][ITEM]["get"]["summary"] = "Fetch an item"

    found = changes(surface(prepare(small)), surface(prepare(changed)))

    assert found == []
    assert render("small", found) == "small: callers see no change"
