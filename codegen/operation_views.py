"""Operations as the template sees them: every decision made, every expression spelled, nothing of the generator left."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias
from urllib.parse import quote

from codegen import prose
from codegen.expressions import ClassKey, Expressions, Property, free, kind, raw
from codegen.prepare import FORM, JSON_MEDIA, MULTIPART, OperationFacts, ParameterFacts, Success

ERROR_CLASSES = {
    "400": "InvalidRequestError",
    "401": "UnauthenticatedError",
    "403": "ForbiddenError",
    "404": "NotFoundError",
    "409": "ConflictError",
    "412": "PreconditionError",
    "416": "RangeNotSatisfiableError",
    "420": "RateLimitedError",
    "429": "RateLimitedError",
}
"""Status to the class of `catchment.core.errors` that the core raises; documentation only."""

TAKEN_ARGUMENTS = {
    *("client", "body", "datetime", "uuid", "dump_json", "decode", "segment", "raw_path", "query_value", "query_items"),
    *("as_is", "header_value", "form_body", "format_instant", "build_request", "parse_response"),
    *("accept", "listed", "multipart_body", "overload"),
    *("sync", "sync_detailed", "asyncio", "asyncio_detailed", "stream", "astream"),
}
"""Names that functions of an operation's module use themselves."""


class UpstreamEndpoint(Protocol):
    """What we use of the generator's endpoints."""

    name: str
    tags: list[str]
    path_parameters: list[Property]
    query_parameters: list[Property]
    header_parameters: list[Property]
    bodies: list[Any]
    responses: Any


BodyKind: TypeAlias = Literal["json", "form", "multipart", "content"]
_FORMS: dict[str, BodyKind] = {FORM: "form", MULTIPART: "multipart"}


@dataclass(slots=True)
class ParameterView:
    """One argument of an operation, except its body and client."""

    name: str
    annotation: str
    required: bool
    guard: str
    """Condition under which it is sent; empty when always."""
    statement: str
    """Statement of `build_request` that adds it to the query or the headers; empty for a path's."""
    doc: str

    @property
    def declaration(self) -> str:
        """The parameter in a signature."""
        return f"{self.name}: {self.annotation}" + ("" if self.required else " = None")


@dataclass(slots=True)
class BodyView:
    """The body of an operation."""

    kind: BodyKind
    annotation: str
    media: str
    required: bool
    encoded: str
    doc: str

    def declaration(self, *, asynchronous: bool) -> str:
        """Return the parameter in a signature."""
        base = "AsyncContent" if asynchronous and self.kind == "content" else self.annotation
        return f"body: {base}" if self.required else f"body: {base} | None = None"


@dataclass(slots=True)
class AnswerView:
    """How one documented success is read."""

    condition: str
    annotation: str
    statement: str


@dataclass(slots=True)
class OperationView:
    """One module of `api/`."""

    name: str
    tag: str
    arguments: list[tuple[str, str]]
    """Arguments of `Operation(...)`."""
    path_parameters: list[ParameterView]
    queries: list[ParameterView]
    headers: list[ParameterView]
    constant_headers: list[tuple[str, str]]
    constant_queries: list[str]
    formats: list[str]
    """Media types among which callers choose, as Python literals."""
    target: str
    body: BodyView | None
    answers: list[AnswerView]
    returns: str
    outcomes: bool
    streams: bool
    siblings: list[ClassKey]
    summary: str
    description: str
    args_doc: str
    returns_doc: str
    raises_doc: str

    @property
    def overloaded(self) -> bool:
        """Whether what callers get depends on the media type that they ask for."""
        return bool(self.formats) and self.returns != "bytes"

    @property
    def keywords(self) -> list[ParameterView]:
        """Keyword arguments, required ones first."""
        both = [*self.queries, *self.headers]
        return [one for one in both if one.required] + [one for one in both if not one.required]

    @property
    def passed(self) -> str:
        """The arguments of a caller, handed on to `build_request`."""
        names = [one.name for one in self.path_parameters]
        names += ["body=body"] if self.body else []
        names += [f"{one.name}={one.name}" for one in self.keywords]
        return ", ".join([*names, *(["accept=accept"] if self.formats else [])])


def operation_view(service: str, endpoint: UpstreamEndpoint, facts: OperationFacts, say: Expressions) -> OperationView:
    """Describe one operation."""
    path = [_parameter(prop, "path", facts, say) for prop in endpoint.path_parameters]
    queries = [_parameter(prop, "query", facts, say) for prop in endpoint.query_parameters]
    headers = [_parameter(prop, "header", facts, say) for prop in endpoint.header_parameters]
    body = _body(endpoint, facts, say)
    answers = [_answer(response, success, say) for response, success in _successes(endpoint, facts)]
    types = list(dict.fromkeys(answer.annotation for answer in answers)) or ["None"]
    returns = " | ".join(sorted(types, key=lambda name: name == "None"))
    properties = [*endpoint.path_parameters, *endpoint.query_parameters, *endpoint.header_parameters]
    properties += [one.prop for one in endpoint.bodies]
    properties += [response.prop for response, success in _successes(endpoint, facts) if success.kind == "json"]
    view = OperationView(
        name=str(endpoint.name),
        tag=str(endpoint.tags[0]),
        arguments=_operation_arguments(service, facts),
        path_parameters=path,
        queries=queries,
        headers=headers,
        constant_headers=[(repr(name), repr(value)) for name, value in facts.headers.items()],
        constant_queries=[
            repr(f"{quote(name, safe='')}={quote(value, safe='')}") for name, value in facts.query.items()
        ],
        formats=[repr(media) for media in facts.formats],
        target=_target(
            facts, {raw(prop.name): view for prop, view in zip(endpoint.path_parameters, path, strict=True)}
        ),
        body=body,
        answers=answers,
        returns=returns,
        outcomes=bool(facts.outcomes),
        streams=bool(facts.formats) or any(success.kind in ("bytes", "text") for success in facts.successes),
        siblings=sorted({key for prop in properties for key in say.models_of(prop)}),
        summary=prose.sentence(facts.summary),
        description=prose.paragraphs(facts.description, 4),
        args_doc="",
        returns_doc=_returns_doc(facts),
        raises_doc=_raises_doc(facts),
    )
    view.args_doc = _args_doc(view)
    return view


def _operation_arguments(service: str, facts: OperationFacts) -> list[tuple[str, str]]:
    arguments: list[tuple[str, object]] = [
        ("service", service),
        ("id", facts.id),
        ("method", facts.method),
        ("path", facts.path),
        ("tag", facts.tag),
        ("retry", facts.retry),
    ]
    arguments.append(
        ("successes", tuple(int(success.status) for success in facts.successes if success.status.isdigit()))
    )
    if facts.outcomes:
        arguments.append(("outcomes", facts.outcomes))
    arguments += [(name, True) for name in ("deprecated", "anonymous") if getattr(facts, name)]
    if not facts.formats and {success.kind for success in facts.successes} == {"json"}:
        arguments.append(("reads_json", True))
    return [(name, repr(value)) for name, value in arguments]


def _parameter(prop: Property, place: str, facts: OperationFacts, say: Expressions) -> ParameterView:
    wire = raw(prop.name)
    fact = facts.parameters[place, wire]
    name = free(str(prop.python_name), TAKEN_ARGUMENTS)
    annotation = say.type_of(prop)
    if not prop.required and not say.is_nullable(prop):
        annotation = f"{annotation} | None"
    text = say.text(prop, name)
    if place == "query" and kind(prop) == "list":
        item = say.text(prop.inner_property, "item")
        values = name if item == "item" else f"[{item} for item in {name}]"
        arguments = f"{quote(wire, safe='')!r}, {values}" + ("" if fact.explode else ", joined=True")
        statement = f"_query += query_items({arguments})"
    elif place == "query":
        statement = f'_query.append(f"{quote(wire, safe="")}={{query_value({text})}}")'
        if fact.known:  # not inside an f-string: the documented values may hold quotes
            statement = f'_query.append("{quote(wire, safe="")}=" + query_value({_checked(text, wire, fact)}))'
    elif place == "header":
        statement = f"_headers.append(({wire!r}, header_value({_checked(text, wire, fact)})))"
    else:
        statement = ""
    doc = fact.description or f"`{wire}`."
    return ParameterView(
        name=name,
        annotation=annotation,
        required=prop.required,
        guard="" if prop.required else f"{name} is not None",
        statement=statement,
        doc=f"Deprecated. {doc}" if fact.deprecated else doc,
    )


def _checked(text: str, wire: str, fact: ParameterFacts) -> str:
    """Wrap an argument that must be one of the documented values."""
    return f"listed({wire!r}, {text}, {fact.known!r})" if fact.known else text


def _target(facts: OperationFacts, parameters: dict[str, ParameterView]) -> str:
    """Spell the f-string of the path; its literal parts were checked to hold no quotes or braces."""

    def insert(match: re.Match[str]) -> str:
        escape = "raw_path" if facts.parameters["path", match[1]].raw_path else "segment"
        return f"{{{escape}({parameters[match[1]].name})}}"

    return ("f" if "{" in facts.path else "") + '"' + re.sub(r"\{([^}]*)\}", insert, facts.path) + '"'


def _body(endpoint: UpstreamEndpoint, facts: OperationFacts, say: Expressions) -> BodyView | None:
    if not endpoint.bodies:
        return None
    prop: Property = endpoint.bodies[0].prop
    what: BodyKind = "json" if JSON_MEDIA.fullmatch(facts.body_media) else _FORMS.get(facts.body_media, "content")
    return BodyView(
        kind=what,
        annotation="Content" if what == "content" else say.type_of(prop),
        media=repr(facts.body_media),
        required=prop.required,
        encoded=say.encoded(prop, "body"),
        doc=facts.body_description,
    )


def _successes(endpoint: UpstreamEndpoint, facts: OperationFacts) -> list[tuple[Any, Success]]:
    """Pair the generator's answers with what we know of them; exact statuses come before ranges."""
    known = {success.status: success for success in facts.successes}
    return [(response, known[response.status_code.pattern]) for response in endpoint.responses.patterns]


def _answer(response: Any, success: Success, say: Expressions) -> AnswerView:
    low, high = response.status_code.range
    condition = f"response.status == {low}" if low == high else f"{low} <= response.status <= {high}"
    if success.kind == "none":
        return AnswerView(condition, "None", "return None")
    if success.kind == "text":
        return AnswerView(condition, "str", "return response.text")
    if success.kind == "bytes":
        return AnswerView(condition, "bytes", "return response.body")
    prop: Property = response.prop
    type_ = say.type_of(prop)
    read = f"decode(OP, response, {_builder(prop, say)})"
    if kind(prop) == "model" and not say.is_plain(prop):
        return AnswerView(condition, type_, f"return {read}")
    # The variable has the type that checkers cannot infer from the builder.
    return AnswerView(condition, type_, f"result: {type_} = {read}\nreturn result")


JSON_KINDS = {"list": "list", "model": "dict", "string": "str", "int": "int", "boolean": "bool"}


def _builder(prop: Property, say: Expressions) -> str:
    """Spell the last arguments of `decode`: what builds the answer, and the JSON type it is built from."""
    type_ = JSON_KINDS.get(kind(prop), "object")
    build = "as_is" if say.is_plain(prop) else say.builder(prop)
    return build if type_ == "dict" else f"{build}, {type_}"


# -- docstrings --------------------------------------------------------------------------------------------------------


def _args_doc(view: OperationView) -> str:
    lines = [prose.entry(one.name, one.doc, 8) for one in view.path_parameters]
    lines.append(prose.entry("client", "What sends the request: `api` of the platform's client.", 8))
    if view.body:
        defaults = {
            "json": f"What to send, as `{view.body.annotation}`.",
            "form": f"What to send, as `{view.body.annotation}`.",
            "multipart": f"What to send, as `{view.body.annotation}`.",
            "content": "Bytes, text, an open binary file or an iterable of bytes.",
        }
        lines.append(prose.entry("body", view.body.doc or defaults[view.body.kind], 8))
    lines += [prose.entry(one.name, one.doc, 8) for one in view.keywords]
    if view.formats:
        told = "Media type of the answer."
        if view.overloaded:
            told = f"Media type of the answer: {view.formats[0]} is read, any other is handed over as bytes."
        lines.append(prose.entry("accept", told, 8))
    return "\n".join(lines)


def _returns_doc(facts: OperationFacts) -> str:
    if not facts.successes:
        return "Nothing; the answer is the redirect, which the detailed callers show."
    told = [success.description for success in facts.successes if success.description]
    if len(told) > 1:
        told = [f"{success.status}: {success.description}" for success in facts.successes if success.description]
    text = " ".join(prose.sentence(one) for one in dict.fromkeys(told)) or "The answer."
    return prose.paragraphs(text, 8)


def _raises_doc(facts: OperationFacts) -> str:
    lines: list[str] = []
    for status, description in facts.errors.items():
        if status.startswith("3") or status == "default":
            continue
        name = ERROR_CLASSES.get(status) or ("ServerError" if status.startswith("5") else "StatusError")
        lines.append(prose.entry(name, prose.sentence(f"{status}, {_lower_first(description)}"), 8))
    if facts.outcomes:
        statuses = " or ".join(str(status) for status in facts.outcomes)
        lines.append(prose.entry("StatusError", f"{statuses}; the detailed callers return it instead.", 8))
    lines.append(prose.entry("CatchmentError", "Any other failure; `catchment.core.errors` has the whole tree.", 8))
    return "\n".join(lines)


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[:2] in ("A ", "I ") else text
