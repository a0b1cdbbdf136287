"""Operations, examples and generated modules of each service's document, for the tests of this folder."""

from __future__ import annotations

import copy
import functools
import importlib
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from codegen.build import load, services
from codegen.document import Node, expand_variants, follow

METHODS = ("get", "put", "post", "delete", "head", "patch")


@dataclass(frozen=True)
class DocumentedOperation:
    """One operation as the source document (not the effective one) says it."""

    service: str
    id: str
    method: str
    path: str
    node: Node
    parameters: tuple[Node, ...]

    def __str__(self) -> str:
        return f"{self.service}-{self.id}"

    @property
    def body(self) -> tuple[str, Node] | None:
        """Media type and media object of the body form that is sent."""
        if "requestBody" not in self.node:
            return None
        content: Node = follow(document(self.service), self.node["requestBody"])["content"]
        media = self.node.get("x-sdk-body") or next(iter(content))
        return media, content[media]

    @property
    def successes(self) -> list[tuple[int, str, Node]]:
        """Status, media type (empty without a body) and media object of every success."""
        found: list[tuple[int, str, Node]] = []
        for status, reference in self.node["responses"].items():
            if status.startswith("2"):
                content = follow(document(self.service), reference).get("content") or {}
                media = next(iter(content), "") if self.method != "HEAD" else ""
                found.append((int(status), media, content.get(media, {})))
        return found

    @property
    def formats(self) -> list[str]:
        """Media types among which callers choose; empty where they cannot."""
        if self.node.get("x-sdk-accept") != "per-call":
            return []
        ((_, reference),) = ((one, body) for one, body in self.node["responses"].items() if one.startswith("2"))
        return list(follow(document(self.service), reference)["content"])

    @property
    def constant_headers(self) -> dict[str, str]:
        """Headers that every call sends."""
        found: dict[str, str] = dict(self.node.get("x-sdk-headers", {}))
        if self.node.get("x-sdk-accept") and not self.formats:
            found["Accept"] = self.node["x-sdk-accept"]
        return found

    @property
    def constant_query(self) -> dict[str, str]:
        """Query parameters that every call sends."""
        return dict(self.node.get("x-sdk-query", {}))

    @property
    def module(self) -> ModuleType:
        """Its generated module."""
        return modules(self.service)[self.id]


@functools.cache
def document(service: str) -> Node:
    """Read a service's document; each variant of an operation stands under a path of its own, `path#Name`."""
    loaded: Node = copy.deepcopy(load(services()[service].spec))
    expand_variants(loaded)
    return loaded


@functools.cache
def modules(service: str) -> dict[str, ModuleType]:
    """Import every generated operation, by its operation id."""
    found: dict[str, ModuleType] = {}
    base = f"catchment_api.{service}.api"
    for tag in importlib.import_module(base).__all__:
        for name in importlib.import_module(f"{base}.{tag}").__all__:
            module = importlib.import_module(f"{base}.{tag}.{name}")
            found[module.OP.id] = module
    return found


def operations() -> list[DocumentedOperation]:
    """Return every operation of every generated service."""
    found: list[DocumentedOperation] = []
    for service in services():
        whole = document(service)
        for path, item in whole["paths"].items():
            for method in METHODS:
                if method in item:
                    node = item[method]
                    references = [*item.get("parameters", []), *node.get("parameters", [])]
                    merged = {(one["in"], one["name"]): one for one in (follow(whole, ref) for ref in references)}
                    at = (node["operationId"], method.upper(), path.partition("#")[0])
                    found.append(DocumentedOperation(service, *at, node, tuple(merged.values())))
    return found


def example(service: str, node: Node) -> Any:
    """Return a value for a parameter, media object or schema: its example, or one made from its parts."""
    if "example" in node:
        return node["example"]
    if "schema" in node:
        return example(service, node["schema"])
    if "$ref" in node:
        return example(service, follow(document(service), node))
    if "allOf" in node:
        return {key: value for part in node["allOf"] for key, value in (example(service, part) or {}).items()}
    if "enum" in node:
        return node["enum"][0]
    kind = node.get("type")
    if kind == "array":
        return [example(service, node["items"])]
    if kind == "object":
        return {name: example(service, child) for name, child in node.get("properties", {}).items()}
    if node.get("format") == "date-time":
        return "2025-11-14T09:30:00Z"
    return {"integer": node.get("maximum", 7), "boolean": True, "number": 1.5}.get(str(kind), "a b/ü?&")
