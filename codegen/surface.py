"""What a document promises to callers, small enough to commit: the base of the report on changes."""

from __future__ import annotations

from typing import Any, TypedDict, cast

from codegen.document import Node, follow, operations, schema_use
from codegen.prepare import OperationFacts, Prepared


class ParameterSurface(TypedDict):
    """One parameter, or a body."""

    type: str
    required: bool


class OperationSurface(TypedDict):
    """One operation."""

    method: str
    path: str
    retry: str
    anonymous: bool
    deprecated: bool
    parameters: dict[str, ParameterSurface]
    """By place and name, as `query amount`; the body is `body`, the media type that callers choose `accept`."""
    returns: dict[str, str]
    """Status to type."""
    outcomes: list[int]


class SchemaSurface(TypedDict):
    """One schema."""

    type: str
    properties: dict[str, ParameterSurface]
    sent: bool
    received: bool


class Surface(TypedDict):
    """One service."""

    operations: dict[str, OperationSurface]
    schemas: dict[str, SchemaSurface]


def surface(ready: Prepared) -> Surface:
    """Reduce a prepared document to what callers can see."""
    document = ready.document
    sent, received = schema_use(document)
    schemas: dict[str, Node] = document.get("components", {}).get("schemas", {})
    return {
        "operations": {
            node["operationId"]: _operation(document, node, ready.operations[node["operationId"]])
            for _, _, _, node in operations(document)
        },
        "schemas": {
            name: {
                "type": type_text(_without_members(schema)),
                "properties": _properties(document, schema),
                "sent": name in sent,
                "received": name in received,
            }
            for name, schema in schemas.items()
        },
    }


def _operation(document: Node, node: Node, facts: OperationFacts) -> OperationSurface:
    parameters: dict[str, ParameterSurface] = {
        f"{parameter['in']} {parameter['name']}": {
            "type": type_text(parameter["schema"]),
            "required": bool(parameter.get("required")),
        }
        for parameter in node["parameters"]
    }
    if "requestBody" in node:
        body = follow(document, node["requestBody"])
        media = next(iter(body["content"].values()))
        parameters["body"] = {
            "type": f"{facts.body_media} {type_text(media.get('schema', {}))}",
            "required": bool(body.get("required")),
        }
    if facts.formats:
        parameters["accept"] = {"type": f"string enum[{'|'.join(sorted(facts.formats))}]", "required": False}
    returns: dict[str, str] = {success.status: success.kind for success in facts.successes}
    for status, response in node["responses"].items():
        for media in response.get("content", {}).values():
            if returns[status] == "json":
                returns[status] = type_text(media.get("schema", {}))
    return {
        "method": facts.method,
        "path": facts.path,
        "retry": facts.retry,
        "anonymous": facts.anonymous,
        "deprecated": facts.deprecated,
        "parameters": parameters,
        "returns": returns,
        "outcomes": list(facts.outcomes),
    }


def _without_members(schema: Node) -> Node:
    return {key: value for key, value in schema.items() if key not in ("properties", "allOf", "required")}


def _properties(document: Node, schema: Node) -> dict[str, ParameterSurface]:
    """Return the members of a schema with those that it takes over by allOf."""
    found: dict[str, ParameterSurface] = {}
    required: set[str] = set()
    for part in schema.get("allOf", []):
        inherited = _properties(document, follow(document, part))
        found.update(inherited)
        required |= {name for name, one in inherited.items() if one["required"]} | set(part.get("required", []))
    required |= set(schema.get("required", []))
    for name, child in schema.get("properties", {}).items():
        found[name] = {"type": type_text(child), "required": False}
    for name in required & set(found):
        found[name]["required"] = True
    return found


def type_text(schema: Node) -> str:
    """Spell a schema's type on one line: `array<#Ref>`, `string(date-time)`, `string enum[a|b]`."""
    if "$ref" in schema:
        return "#" + str(schema["$ref"]).rpartition("/")[2]
    for combined in ("allOf", "oneOf", "anyOf"):
        if combined in schema:
            return f"{combined}<{', '.join(type_text(one) for one in schema[combined])}>"
    kind: Any = schema.get("type", "any")
    kind = "|".join(cast("list[str]", kind)) if isinstance(kind, list) else str(kind)
    text = _object_text(schema) if kind == "object" else kind
    if kind == "array":
        text = f"array<{type_text(schema.get('items', {}))}>"
    if "format" in schema:
        text += f"({schema['format']})"
    if "enum" in schema:
        text += f" enum[{'|'.join(sorted(str(value) for value in schema['enum']))}]"
    return f"{text} or null" if schema.get("nullable") else text


def _object_text(schema: Node) -> str:
    if "properties" in schema:
        required = schema.get("required", [])
        members = [
            f"{name}{'' if name in required else '?'}: {type_text(child)}"
            for name, child in sorted(schema["properties"].items())
        ]
        return f"object{{{', '.join(members)}}}"
    extra = schema.get("additionalProperties")
    return f"map<{type_text(cast('Node', extra))}>" if isinstance(extra, dict) and extra else "object"
