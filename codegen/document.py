"""OpenAPI documents as decoded dictionaries: walking, references, repairs, variants, and who sees which schema.

Pure, apart from the functions that say that they change the document given.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, TypeAlias, cast

Node: TypeAlias = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class SpecError(ValueError):
    """A document or a repair that cannot be generated from; the message says where and what to do."""


# -- walking -----------------------------------------------------------------------------------------------------------


def string_keys(node: object) -> object:
    """Copy a decoded document with every key a string: YAML reads an unquoted 200 as a number."""
    if isinstance(node, dict):
        return {str(key): string_keys(value) for key, value in cast("dict[object, object]", node).items()}
    if isinstance(node, list):
        return [string_keys(value) for value in cast("list[object]", node)]
    return node


def operations(document: Node) -> Iterator[tuple[str, str, Node, Node]]:
    """Yield path, method, path item and operation, in the document's order."""
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield path, method, item, item[method]


def follow(document: Node, node: Node) -> Node:
    """Resolve local references until something else stands there."""
    seen: set[str] = set()
    while "$ref" in node:
        pointer = node["$ref"]
        if pointer in seen or not pointer.startswith("#/"):
            raise SpecError(f"{pointer}: a reference that leads nowhere")
        seen.add(pointer)
        parent, key = _locate(document, pointer[1:])
        node = parent[key]
    return node


def _locate(document: Node, pointer: str) -> tuple[Any, Any]:
    """Return the container and the key that a JSON pointer names; the key need not exist yet."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    if not steps:
        raise SpecError(f"{pointer!r}: not a JSON pointer below the document")
    node: Any = document
    try:
        for step in steps[:-1]:
            node = cast("Any", node[int(step)] if isinstance(node, list) else node[step])
        key = int(steps[-1]) if isinstance(node, list) else steps[-1]
    except (KeyError, IndexError, ValueError, TypeError) as exc:
        raise SpecError(f"{pointer}: the document has no such place ({exc})") from None
    return cast("Any", node), key


# -- repairs and variants ----------------------------------------------------------------------------------------------


def apply_repair(document: Node, repair: Node) -> None:
    """Apply one entry of a patch file.

    Raises:
        SpecError: The place does not exist, no reason is given, or nothing needs repair there any more.
    """
    unknown = set(repair) - {"pointer", "value", "remove", "reason", "link"}
    pointer = repair.get("pointer", "")
    if unknown or not repair.get("reason") or ("value" in repair) == bool(repair.get("remove")):
        raise SpecError(f"repair of {pointer!r}: needs pointer, reason and either value or remove: true")
    parent, key = _locate(document, pointer)
    present = key in parent if isinstance(parent, dict) else 0 <= key < len(parent)
    if repair.get("remove"):
        if not present:
            raise SpecError(f"repair of {pointer}: nothing to remove any more, delete the repair")
        del parent[key]
        return
    if present and parent[key] == repair["value"]:
        raise SpecError(f"repair of {pointer}: the document says so already, delete the repair")
    if isinstance(parent, list) and not present:
        cast("list[Any]", parent).append(copy.deepcopy(repair["value"]))
    else:
        parent[key] = copy.deepcopy(repair["value"])


def expand_variants(document: Node) -> None:
    """Replace every operation that has `x-sdk-variants` by its variants, under `path#Name`.

    One path and method can hold many functions, told apart by a header or a query parameter; OpenAPI has one place for
    them. In the effective document each gets a path key of its own, whose fragment never reaches the wire.
    """
    for path, method, item, operation in list(operations(document)):
        for name, variant in operation.pop("x-sdk-variants", {}).items():
            merged = {key: copy.deepcopy(value) for key, value in operation.items() if key != "operationId"}
            merged.update(copy.deepcopy(variant))
            merged["parameters"] = [*operation.get("parameters", []), *variant.get("parameters", [])]
            shared = {"parameters": item["parameters"]} if "parameters" in item else {}
            document["paths"].setdefault(f"{path}#{name}", copy.deepcopy(shared))[method] = merged
            item.pop(method, None)
    for path in [path for path, item in document["paths"].items() if not any(method in item for method in METHODS)]:
        del document["paths"][path]


# -- who sees a schema -------------------------------------------------------------------------------------------------


def schema_use(document: Node) -> tuple[set[str], set[str]]:
    """Return the names of the schemas that requests reach, and of those that successes reach."""
    sent, received = set[str](), set[str]()
    for _, _, _, operation in operations(document):
        _reach(document, operation.get("requestBody", {}), sent)
        _reach(document, operation.get("parameters", []), sent)
        _reach(document, operation.get("responses", {}), received)
    return sent, received


def _reach(document: Node, node: object, found: set[str]) -> None:
    if isinstance(node, list):
        for value in cast("list[object]", node):
            _reach(document, value, found)
    elif isinstance(node, dict):
        for key, value in cast("Node", node).items():
            name = value.removeprefix("#/components/schemas/") if key == "$ref" else ""
            if name and name not in found:
                found.add(name)
                _reach(document, document["components"]["schemas"].get(name, {}), found)
            elif key not in ("example", "examples", "default", "$ref"):
                _reach(document, value, found)


def mark_request_only_nulls(document: Node) -> None:
    """Mark optional properties in which null and absent differ, where only requests carry them.

    What users receive has `None` for both; what they send must be able to say either.
    """
    sent, received = schema_use(document)
    schemas: Node = document.get("components", {}).get("schemas", {})
    for name in sent - received:
        _mark_nulls(schemas.get(name, {}))
    for _, _, _, operation in operations(document):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            _mark_nulls(media.get("schema", {}))


def _mark_nulls(schema: Node) -> None:
    for part in [schema, *schema.get("allOf", [])]:
        required = part.get("required", [])
        for name, property_ in part.get("properties", {}).items():
            if name not in required and _nullable(property_):
                property_["x-sdk-keep-null"] = True


def _nullable(schema: Node) -> bool:
    kind = schema.get("type")
    return bool(schema.get("nullable")) or (isinstance(kind, list) and "null" in kind)
