"""Turn a service's document into what the generator reads: the effective document, and what it has no place for.

Pure: dictionaries in, dictionaries out. The effective document has string keys, repairs applied, variants spelled out as
operations, successes only, and media types reduced to the three that matter (JSON, text, bytes). Everything that the
generator would drop (descriptions of parameters, error answers, retry class, raw paths) goes into `OperationFacts`.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast

Node: TypeAlias = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
JSON_MEDIA = re.compile(r"application/(?:json|[\w.+-]+\+json)(?:;.*)?")
FORM = "application/x-www-form-urlencoded"
OCTETS = "application/octet-stream"
BINARY: Node = {"type": "string", "format": "binary"}

_PATH = re.compile(r"/(?:[A-Za-z0-9/._~:@!$&()*+,;=%-]|\{[A-Za-z_][\w-]*\})*")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_STYLES = {"query": "form", "path": "simple", "header": "simple"}


class SpecError(ValueError):
    """A document or a repair that cannot be generated from; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class ParameterFacts:
    """What a parameter's schema does not say."""

    description: str = ""
    raw_path: bool = False
    explode: bool = True
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class Success:
    """One documented success."""

    status: str
    kind: Literal["json", "text", "bytes", "none"]
    description: str = ""


@dataclass(slots=True)
class OperationFacts:
    """One operation, as far as the generator has no place for it."""

    id: str
    method: str
    path: str
    tag: str
    retry: str
    summary: str
    description: str = ""
    deprecated: bool = False
    anonymous: bool = False
    outcomes: tuple[int, ...] = ()
    parameters: dict[tuple[str, str], ParameterFacts] = field(default_factory=dict[tuple[str, str], ParameterFacts])
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body_media: str = ""
    body_description: str = ""
    successes: list[Success] = field(default_factory=list[Success])
    errors: dict[str, str] = field(default_factory=dict[str, str])
    """Status (or `default`) to description."""


@dataclass(slots=True)
class Prepared:
    """What the driver works from."""

    document: Node
    operations: dict[str, OperationFacts]


def prepare(source: Node, repairs: list[Node] | None = None, *, text_media: frozenset[str] = frozenset()) -> Prepared:
    """Prepare a document; neither argument is changed.

    Args:
        source: OpenAPI 3.0 or 3.1 document.
        repairs: Entries of the service's patch file: `pointer`, `reason`, and `value` or `remove: true`.
        text_media: Media types of successes that are handed over as text.

    Raises:
        SpecError: Something that would be lost or wrong in the output.
    """
    document = cast("Node", string_keys(source))
    for repair in repairs or []:
        apply_repair(document, cast("Node", string_keys(repair)))
    expand_variants(document)
    facts: dict[str, OperationFacts] = {}
    for path, method, item, operation in list(operations(document)):
        one = _Operation(document, path, method, item, operation, text_media).reduce()
        if one.id in facts:
            raise SpecError(f"{one.id}: two operations have this operationId")
        facts[one.id] = one
    for item in document["paths"].values():
        item.pop("parameters", None)  # every operation has them by now
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        _refuse_reserved(name, schema)
    mark_request_only_nulls(document)
    return Prepared(document, facts)


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


# -- one operation -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Operation:
    """Reduces one operation of the effective document, and collects its facts."""

    document: Node
    path: str
    method: str
    item: Node
    node: Node
    text_media: frozenset[str]

    def reduce(self) -> OperationFacts:
        node = self.node
        for needed in ("operationId", "tags", "x-sdk-retry", "summary", "responses"):
            if not node.get(needed):
                raise SpecError(f"{self.where}: `{needed}` is missing")
        if node["x-sdk-retry"] not in ("A", "B", "C", "D"):
            raise SpecError(f"{self.where}: x-sdk-retry must be A, B, C or D")
        path = self.path.partition("#")[0]
        if not _PATH.fullmatch(path):
            raise SpecError(f"{self.where}: the path holds characters that must be escaped")
        facts = OperationFacts(
            id=node["operationId"],
            method=self.method.upper(),
            path=path,
            tag=node["tags"][0],
            retry=node["x-sdk-retry"],
            summary=node["summary"],
            description=node.get("description", ""),
            deprecated=bool(node.get("deprecated")),
            anonymous=node.get("security", self.document.get("security", [])) == [],
            headers={str(name): str(value) for name, value in node.pop("x-sdk-headers", {}).items()},
        )
        self._parameters(facts)
        self._body(facts)
        self._responses(facts)
        return facts

    @property
    def where(self) -> str:
        return str(self.node.get("operationId") or f"{self.method.upper()} {self.path}")

    def _parameters(self, facts: OperationFacts) -> None:
        """Resolve and merge parameters; the operation's own win over the path's."""
        merged: dict[tuple[str, str], Node] = {}
        for reference in [*self.item.get("parameters", []), *self.node.get("parameters", [])]:
            parameter = copy.deepcopy(follow(self.document, reference))
            merged[parameter["in"], parameter["name"]] = parameter
        for (place, name), parameter in merged.items():
            self._check_parameter(place, name, parameter)
            facts.parameters[place, name] = ParameterFacts(
                description=self._describe(parameter),
                raw_path=bool(parameter.get("x-sdk-raw-path")),
                explode=bool(parameter.get("explode", True)),
                deprecated=bool(parameter.get("deprecated")),
            )
        for name in facts.headers:
            if not _HEADER.fullmatch(name):
                raise SpecError(f"{self.where}: {name!r} is no header name")
        self.node["parameters"] = list(merged.values())

    def _check_parameter(self, place: str, name: str, parameter: Node) -> None:
        where = f"{self.where}: parameter {name!r}"
        schema = follow(self.document, parameter.get("schema", {}))
        if place not in _STYLES or not schema:
            raise SpecError(f"{where}: only path, query and header parameters with a schema can be sent")
        if parameter.get("style", _STYLES[place]) != _STYLES[place] or parameter.get("allowReserved"):
            raise SpecError(f"{where}: this style is not supported, describe it as text")
        if schema.get("type") == "object" or (schema.get("type") == "array" and place != "query"):
            raise SpecError(f"{where}: only query parameters can be lists, and none can be objects")
        if place == "header" and not _HEADER.fullmatch(name):
            raise SpecError(f"{where}: no header name")

    def _describe(self, parameter: Node) -> str:
        text = " ".join(str(parameter.get("description", "")).split())
        schema = follow(self.document, parameter["schema"])
        if "default" in schema and "default" not in text.lower():
            text = f"{text} The server's default is {_plain(schema['default'])}.".strip()
        return text

    def _body(self, facts: OperationFacts) -> None:
        """Keep one body form, and give the generator a media type that it can read."""
        if "requestBody" not in self.node:
            return
        body = copy.deepcopy(follow(self.document, self.node["requestBody"]))
        content: Node = body.get("content", {})
        wanted = self.node.pop("x-sdk-body", None)
        if wanted is None and len(content) == 1:
            wanted = next(iter(content))
        if wanted not in content:
            raise SpecError(f"{self.where}: say with x-sdk-body which of {sorted(content)} is to be sent")
        if wanted.startswith("multipart/"):
            raise SpecError(f"{self.where}: {wanted} bodies are not supported")
        facts.body_media = wanted
        facts.body_description = " ".join(str(body.get("description", "")).split())
        json_or_form = JSON_MEDIA.fullmatch(wanted) or wanted == FORM
        body["content"] = {wanted: content[wanted]} if json_or_form else {OCTETS: {"schema": dict(BINARY)}}
        self.node["requestBody"] = body

    def _responses(self, facts: OperationFacts) -> None:
        """Keep successes for the generator; statuses that are none become outcomes or errors."""
        kept: Node = {}
        outcomes: list[int] = []
        for status, reference in self.node["responses"].items():
            response = follow(self.document, reference)
            description = " ".join(str(response.get("description", "")).split())
            if status.startswith("2"):
                kept[status], success = self._success(status, response, description)
                facts.successes.append(success)
            elif status.startswith("3"):
                outcomes.append(int(status))
                facts.errors[status] = description
            else:
                facts.errors[status] = description
        if not kept and not outcomes:
            raise SpecError(f"{self.where}: no success is documented")
        facts.outcomes = tuple(sorted(outcomes))
        self.node["responses"] = kept

    def _success(self, status: str, response: Node, description: str) -> tuple[Node, Success]:
        content: Node = response.get("content") or {}
        if not content or self.method == "head":
            return {"description": description}, Success(status, "none", description)
        media = self.node.get("x-sdk-accept") or next(iter(content))
        if media not in content:
            raise SpecError(f"{self.where}: {status} has no {media}, which x-sdk-accept names")
        if JSON_MEDIA.fullmatch(media):
            kept = {"application/json": content[media]}
            return {"description": description, "content": kept}, Success(status, "json", description)
        if media.partition(";")[0] in self.text_media:
            kept = {"text/plain": {"schema": {"type": "string"}}}
            return {"description": description, "content": kept}, Success(status, "text", description)
        kept = {OCTETS: {"schema": dict(BINARY)}}
        return {"description": description, "content": kept}, Success(status, "bytes", description)


def _plain(value: object) -> str:
    """Write a default as it looks on the wire."""
    return {True: "true", False: "false"}.get(value, f"`{value}`") if isinstance(value, bool) else f"`{value}`"


_RESERVED = {"from_dict", "to_dict", "additional_properties"}


def _refuse_reserved(name: str, schema: Node) -> None:
    taken = _RESERVED & set(schema.get("properties", {}))
    if taken:
        raise SpecError(
            f"schema {name}: property {sorted(taken)} would hide a member of every model, rename it by a repair"
        )


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
