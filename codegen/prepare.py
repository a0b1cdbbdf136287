"""Turn a service's document into what the generator reads: the effective document, and what it has no place for.

Pure: dictionaries in, dictionaries out. The effective document has string keys, repairs applied, variants spelled out as
operations, successes only, and media types reduced to the three that matter (JSON, text, bytes). Everything that the
generator would drop (descriptions of parameters, error answers, retry class, raw paths) goes into `OperationFacts`.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import Literal, cast

from codegen.document import (
    Node,
    SpecError,
    apply_repair,
    expand_variants,
    follow,
    mark_request_only_nulls,
    operations,
    string_keys,
)

JSON_MEDIA = re.compile(r"application/(?:json|[\w.+-]+\+json)(?:;.*)?")
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
PER_CALL = "per-call"
OCTETS = "application/octet-stream"
BINARY: Node = {"type": "string", "format": "binary"}

_PATH = re.compile(r"/(?:[A-Za-z0-9/._~:@!$&()*+,;=%-]|\{[A-Za-z_][\w-]*\})*")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_STYLES = {"query": "form", "path": "simple", "header": "simple"}


@dataclass(frozen=True, slots=True)
class ParameterFacts:
    """What a parameter's schema does not say."""

    description: str = ""
    raw_path: bool = False
    explode: bool = True
    deprecated: bool = False
    known: tuple[object, ...] = ()
    """The only values that may be sent (`x-sdk-strict`): the platform takes any other for one of these."""


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
    query: dict[str, str] = field(default_factory=dict[str, str])
    """Constant query parameters (`x-sdk-query`), which tell this function from others on its path."""
    formats: tuple[str, ...] = ()
    """Media types among which callers choose (`x-sdk-accept: per-call`); the first is read, others are bytes."""
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
            query={str(name): _plain(value).strip("`") for name, value in node.pop("x-sdk-query", {}).items()},
        )
        if node.get("x-sdk-accept", PER_CALL) != PER_CALL:
            facts.headers["Accept"] = node["x-sdk-accept"]  # or the server may choose another form
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
                known=self._known(name, follow(self.document, parameter["schema"])),
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
        if place == "header" and schema.get("format") in ("date", "date-time"):
            raise SpecError(f"{where}: headers have date forms of their own, describe it as text")
        if place == "header" and not _HEADER.fullmatch(name):
            raise SpecError(f"{where}: no header name")

    def _known(self, name: str, schema: Node) -> tuple[object, ...]:
        if not schema.get("x-sdk-strict"):
            return ()
        if not schema.get("enum"):
            raise SpecError(f"{self.where}: parameter {name!r}: x-sdk-strict needs an enum")
        return tuple(schema["enum"])

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
        if wanted.startswith("multipart/") and wanted != MULTIPART:
            raise SpecError(f"{self.where}: {wanted} bodies are not supported")
        facts.body_media = wanted
        facts.body_description = " ".join(str(body.get("description", "")).split())
        has_model = JSON_MEDIA.fullmatch(wanted) or wanted in (FORM, MULTIPART)
        body["content"] = {wanted: content[wanted]} if has_model else {OCTETS: {"schema": dict(BINARY)}}
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
        facts.formats = self._formats(kept, outcomes)
        self.node["responses"] = kept

    def _formats(self, kept: Node, outcomes: list[int]) -> tuple[str, ...]:
        """Return the media types of the one success, where callers choose among them."""
        if self.node.get("x-sdk-accept") != PER_CALL:
            return ()
        sources = [follow(self.document, self.node["responses"][status]).get("content", {}) for status in kept]
        if len(sources) != 1 or outcomes or len(sources[0]) < 2:
            raise SpecError(f"{self.where}: x-sdk-accept: {PER_CALL} needs one success, and of several media types")
        return tuple(sources[0])

    def _success(self, status: str, response: Node, description: str) -> tuple[Node, Success]:
        content: Node = response.get("content") or {}
        if not content or self.method == "head":
            return {"description": description}, Success(status, "none", description)
        media = self.node.get("x-sdk-accept", PER_CALL)
        media = next(iter(content)) if media == PER_CALL else media
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
