"""Types and expressions of generated code, for one property of the document.

The generator's property templates are not used: an expression per property is all that our templates need. What we rely
on of the generator's objects is written down in `Property`; another release must offer the same.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable
from typing import Any, Protocol


class ClassInfo(Protocol):
    """Name and module of a generated class."""

    name: str
    module_name: str


class Property(Protocol):
    """What we use of the generator's properties; those below `description` exist on some kinds only."""

    name: Any
    python_name: str
    required: bool
    description: Any
    class_info: ClassInfo
    inner_property: Property
    inner_properties: list[Property]
    values: Any
    value: Any


def raw(text: object) -> str:
    """Unwrap text of the document, which the generator keeps from being rendered by accident."""
    for method in ("get_untrusted_value", "as_unembedded_code"):
        if unwrap := getattr(text, method, None):
            return str(unwrap())
    return "" if text is None else str(text)


def kind(prop: Property) -> str:
    """Name the kind of a property: `string`, `model`, `list`, `union`..."""
    # Not by `template`: strings share theirs with values of any type.
    name = type(prop).__name__.removesuffix("Property")
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")


class Aliases:
    """Names of schemas that are maps: plain dictionaries in Python, under a name of their own."""

    def __init__(self) -> None:
        self.values: dict[str, Property | None] = {}
        """Class name to the map's values; `None` where they can be anything."""

    def __contains__(self, name: str) -> bool:
        return name in self.values


PLAIN = {"any", "int", "float", "boolean", "string", "literal_enum", "const", "none", "file"}
SIMPLE_TYPES = {
    "any": "Any",
    "int": "int",
    "float": "float",
    "boolean": "bool",
    "string": "str",
    "none": "None",
    "file": "bytes",
    "date_time": "datetime.datetime",
    "date": "datetime.date",
    "uuid": "uuid.UUID",
}
JSON_TYPES = {"model": "dict", "list": "list", "date_time": "str", "date": "str", "uuid": "str"}
"""What stands in JSON where a rich value is meant."""


class Expressions:
    """Spells types, decoders and encoders; knows which models are plain maps."""

    def __init__(self, aliases: Aliases, strict: frozenset[str] = frozenset()) -> None:
        self.aliases = aliases
        self.strict = strict
        """Names of the enum schemas whose other values must not be sent (`x-sdk-strict`)."""

    def is_plain(self, prop: Property) -> bool:
        """Whether JSON's own value is the Python value."""
        what = kind(prop)
        if what == "list":
            return self.is_plain(prop.inner_property)
        if what == "union":
            return all(self.is_plain(inner) for inner in prop.inner_properties)
        if what == "model" and prop.class_info.name in self.aliases:
            values = self.aliases.values[prop.class_info.name]
            return values is None or self.is_plain(values)
        return what in PLAIN

    def is_nullable(self, prop: Property) -> bool:
        """Whether null is a value of the property."""
        return kind(prop) == "union" and any(kind(inner) == "none" for inner in prop.inner_properties)

    def type_of(self, prop: Property) -> str:
        """Spell the type of a value that is there."""
        what = kind(prop)
        if what in SIMPLE_TYPES:
            return SIMPLE_TYPES[what]
        if what in ("model", "literal_enum", "enum"):
            return prop.class_info.name
        if what == "list":
            return f"list[{self.type_of(prop.inner_property)}]"
        if what == "const":
            return f"Literal[{const_value(prop)!r}]"
        if what == "union":
            types = [self.type_of(inner) for inner in prop.inner_properties]
            return " | ".join(dict.fromkeys(sorted(types, key=lambda name: name == "None")))
        raise ValueError(f"no type for {kind(prop)}")

    def decoded(self, prop: Property, source: str, variable: str = "item") -> str:
        """Spell what turns a decoded JSON value into the Python value."""
        what = kind(prop)
        if self.is_plain(prop):
            return source
        if what == "model":
            name = prop.class_info.name
            if name not in self.aliases:
                return f"{name}.from_dict({source})"
            values = self.aliases.values[name]
            inner = variable + "_"
            assert values is not None  # an alias of any values is plain
            return f"{{key: {self.decoded(values, variable, inner)} for key, {variable} in {source}.items()}}"
        if what == "date_time":
            return f"parse_instant({source})"
        if what == "date":
            return f"datetime.date.fromisoformat({source})"
        if what == "uuid":
            return f"uuid.UUID({source})"
        if what == "list":
            return f"[{self.decoded(prop.inner_property, variable, variable + '_')} for {variable} in {source}]"
        if what == "union":
            return self._decoded_union(prop, source, variable)
        raise ValueError(f"no decoder for {kind(prop)}")

    def _decoded_union(self, prop: Property, source: str, variable: str) -> str:
        rich = [inner for inner in prop.inner_properties if not self.is_plain(inner)]
        others = [inner for inner in prop.inner_properties if self.is_plain(inner) and kind(inner) != "none"]
        if len(rich) == 1 and not others:
            return f"None if ({variable} := {source}) is None else {self.decoded(rich[0], variable, variable + '_')}"
        builders = ", ".join(f"({JSON_TYPES[kind(inner)]}, {self.builder(inner)})" for inner in rich)
        return f"one_of({source}, {builders})"

    def builder(self, prop: Property) -> str:
        """Spell a function of one argument that decodes."""
        if kind(prop) == "model" and prop.class_info.name not in self.aliases:
            return f"{prop.class_info.name}.from_dict"
        if kind(prop) == "date_time":
            return "parse_instant"
        return f"lambda data: {self.decoded(prop, 'data')}"

    def encoded(self, prop: Property, source: str, variable: str = "item") -> str:
        """Spell what turns a Python value into what JSON can carry."""
        what = kind(prop)
        if self.is_plain(prop):
            return source
        simple: dict[str, Callable[[], str]] = {
            "date_time": lambda: f"format_instant({source})",
            "date": lambda: f"{source}.isoformat()",
            "uuid": lambda: f"str({source})",
            "union": lambda: f"to_wire({source})",
            "list": lambda: (
                f"[{self.encoded(prop.inner_property, variable, variable + '_')} for {variable} in {source}]"
            ),
        }
        if what in simple:
            return simple[what]()
        name = prop.class_info.name
        if name not in self.aliases:
            return f"{source}.to_dict()"
        values = self.aliases.values[name]
        assert values is not None  # an alias of any values is plain
        return f"{{key: {self.encoded(values, variable, variable + '_')} for key, {variable} in {source}.items()}}"

    def text(self, prop: Property, source: str) -> str:
        """Spell what turns an argument into the value of a query or header."""
        what = kind(prop)
        if what in ("date_time", "date", "uuid"):
            return self.encoded(prop, source)
        return source

    def models_of(self, prop: Property) -> set[ClassKey]:
        """Return name and module of every class in the property's type."""
        what = kind(prop)
        if what in ("model", "literal_enum", "enum"):
            name = str(prop.class_info.name)
            values = self.aliases.values[name] if name in self.aliases else None
            inner = self.models_of(values) if values else set[ClassKey]()
            return {(name, str(prop.class_info.module_name)), *inner}
        if what == "list":
            return self.models_of(prop.inner_property)
        if what == "union":
            return {key for inner in prop.inner_properties for key in self.models_of(inner)}
        return set()


ClassKey = tuple[str, str]


def const_value(prop: Property) -> object:
    """Return the one value that a `const` property has."""
    return prop.value.raw_value if hasattr(prop.value, "raw_value") else raw(prop.value)


def free(name: str, taken: set[str]) -> str:
    """Return a name that is neither taken nor a keyword."""
    return f"{name}_" if name in taken or keyword.iskeyword(name) else name
