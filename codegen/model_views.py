"""Models as the template sees them: every decision made, every expression spelled, nothing of the generator left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from codegen import prose
from codegen.document import SpecError
from codegen.expressions import ClassKey, Expressions, Property, free, kind, raw

TAKEN_FIELDS = {
    *("attrs", "masked", "datetime", "uuid", "parse_instant", "format_instant", "one_of", "to_wire"),
    *("additional_properties", "from_dict", "to_dict", "src", "listed"),
}
TAKEN_CLASSES = {
    *("Any", "Literal", "Mapping", "Self", "TypeAlias", "TYPE_CHECKING", "UNSET", "Unset", "OP", "Operation"),
    *("Request", "RawResponse", "Response", "Sender", "AsyncSender", "Content", "AsyncContent", "Incoming"),
    *("AsyncIncoming", "AbstractContextManager", "AbstractAsyncContextManager"),
}


class UpstreamModel(Protocol):
    """What we use of the generator's models."""

    class_info: Any
    data: Any
    description: Any
    required_properties: list[Property] | None
    optional_properties: list[Property] | None
    additional_properties: Property | None


@dataclass(slots=True)
class FieldView:
    """One property of a model."""

    name: str
    key: str
    """Its JSON name, as a Python literal."""
    annotation: str
    default: str
    """Right-hand side of the field; empty for a required one."""
    docstring: str
    required: bool
    decoded: str
    """Expression over `src[key]`."""
    absent: str
    """What the field holds when the member is absent."""
    encoded: str


@dataclass(slots=True)
class ModelView:
    """One class of `models/`."""

    name: str
    module: str
    docstring: str
    fields: list[FieldView] = field(default_factory=list[FieldView])
    extra_type: str = "Any"
    extra_decoded: str = "value"
    extra_encoded: str = "value"
    siblings: list[ClassKey] = field(default_factory=list[ClassKey])
    alias: str = ""
    """The type that the name stands for, when it is no class."""

    @property
    def required(self) -> list[FieldView]:
        """Fields without a default."""
        return [one for one in self.fields if one.required]

    @property
    def optional(self) -> list[FieldView]:
        """Fields with a default."""
        return [one for one in self.fields if not one.required]


def alias_values(model: UpstreamModel) -> tuple[bool, Property | None]:
    """Say whether a model is a map without members of its own, and of which values."""
    if model.required_properties or model.optional_properties:
        return False, None
    extra = model.additional_properties
    return True, None if extra is None or kind(extra) == "any" else extra


def model_view(model: UpstreamModel, say: Expressions) -> ModelView:
    """Describe one model.

    Raises:
        SpecError: Its name is taken by something that generated modules use.
    """
    name = str(model.class_info.name)
    if name in TAKEN_CLASSES:
        raise SpecError(f"schema {name}: generated modules use this name themselves, rename it by a repair")
    text = raw(model.description) or raw(model.data.title) or f"{name}."
    view = ModelView(name, str(model.class_info.module_name), prose.docstring(prose.ended(text), 4))
    if name in say.aliases:
        values = say.aliases.values[name]
        view.siblings = sorted(say.models_of(values)) if values else []
        inner = say.type_of(values) if values else "Any"
        # Quoted inside, not as a whole: `Name | None` is also evaluated at run time, by `typing.get_type_hints`.
        view.alias = f'dict[str, "{inner}"]' if view.siblings else f"dict[str, {inner}]"
        view.docstring = prose.docstring(prose.ended(text), 0)
        return view
    properties = [*(model.required_properties or []), *(model.optional_properties or [])]
    flags = _flags(model.data)
    view.fields = [_field(prop, flags.get(raw(prop.name), {}), say) for prop in properties]
    extra = model.additional_properties
    if extra is not None and kind(extra) != "any":
        view.extra_type = say.type_of(extra)
        view.extra_decoded = say.decoded(extra, "value")
        view.extra_encoded = say.encoded(extra, "value")
        properties.append(extra)
    used = {key for prop in properties for key in say.models_of(prop)}
    view.siblings = sorted(key for key in used if key[0] != name)
    return view


def _flags(data: Any) -> dict[str, dict[str, Any]]:
    """Collect the `x-` fields and texts of a schema's own properties, and of those that it takes over by allOf."""
    found: dict[str, dict[str, Any]] = {}
    for part in [*getattr(data, "allOf", []), data]:
        members: dict[Any, Any] = getattr(part, "properties", None) or {}
        for name, schema in members.items():
            found[raw(name)] = dict(getattr(schema, "model_extra", None) or {})
            # The generator takes a reference's text from its target; a description beside it is nearer.
            found[raw(name)]["description"] = raw(getattr(schema, "description", None))
    return found


def _encoded(prop: Property, name: str, flags: dict[str, Any], say: Expressions) -> str:
    """Spell the JSON value of a field; a member marked `x-sdk-strict` must be one of its documented values."""
    encoded = say.encoded(prop, f"self.{name}")
    is_enum = kind(prop) == "literal_enum"
    if not flags.get("x-sdk-strict") and not (is_enum and prop.class_info.name in say.strict):
        return encoded
    if not is_enum:
        raise SpecError(f"property {raw(prop.name)!r}: x-sdk-strict needs an enum of one type")
    return f"listed({raw(prop.name)!r}, {encoded}, {tuple(sorted(prop.values))!r})"


def _field(prop: Property, flags: dict[str, Any], say: Expressions) -> FieldView:
    key = repr(raw(prop.name))
    name = free(str(prop.python_name), TAKEN_FIELDS)
    keeps_null = bool(flags.get("x-sdk-keep-null")) and not prop.required
    absent = "UNSET" if keeps_null else "None"
    annotation = say.type_of(prop)
    default = ""
    if not prop.required:
        nullable = annotation == "None" or annotation.endswith("| None")
        annotation = f"{annotation} | Unset" if keeps_null else annotation if nullable else f"{annotation} | None"
        default = absent
    if flags.get("x-sdk-secret"):
        default = f"attrs.field({f'default={default}, ' if default else ''}repr=masked)"
    text = flags.get("description") or raw(prop.description)
    decoded = say.decoded(prop, f"src[{key}]")
    if not prop.required and not say.is_plain(prop) and not say.is_nullable(prop):
        # An optional member that the server sends as null reads as absent, whatever the document says.
        decoded = f"None if (value := src[{key}]) is None else {say.decoded(prop, 'value')}"
    return FieldView(
        name=name,
        key=key,
        annotation=annotation,
        default=default,
        docstring=prose.docstring(prose.ended(text), 4) if text else "",
        required=prop.required,
        decoded=decoded,
        absent=absent,
        encoded=_encoded(prop, name, flags, say),
    )
