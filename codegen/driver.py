"""Drive the generator's parser through its Python entry points, and render its result with our templates.

Any warning of the generator is an error here: it warns where it leaves something out.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from codegen import prose
from codegen.document import Node, SpecError
from codegen.expressions import Aliases, Expressions, Property
from codegen.model_views import ModelView, UpstreamModel, alias_values, model_view
from codegen.operation_views import UpstreamEndpoint, operation_view
from codegen.prepare import Prepared

TEMPLATES = Path(__file__).with_name("templates")


class Collection(Protocol):
    """The generator's endpoints of one tag."""

    endpoints: list[UpstreamEndpoint]
    parse_errors: list[Any]


class Parsed(Protocol):
    """What we use of the generator's result."""

    errors: list[Any]
    models: list[UpstreamModel]
    enums: list[Property]
    endpoint_collections_by_tag: dict[str, Collection]


def generate(service: str, title: str, prepared: Prepared) -> dict[str, str]:
    """Return the files of one package, path to text, not yet formatted.

    Raises:
        SpecError: The generator warned, or a name is taken.
    """
    parsed = parse(prepared.document)
    schemas: Node = prepared.document.get("components", {}).get("schemas", {})
    say = Expressions(Aliases(), frozenset(name for name, schema in schemas.items() if schema.get("x-sdk-strict")))
    for model in parsed.models:
        is_alias, values = alias_values(model)
        if is_alias:
            say.aliases.values[str(model.class_info.name)] = values
    render = _Renderer(service, title)
    files = dict(render.models(parsed, prepared, say))
    files |= dict(render.operations(parsed, prepared, say))
    files["__init__.py"] = render.lazy_init(
        f"{title}: endpoints in `api`, their models in `models`.", [("api", "api"), ("models", "models")], modules=True
    )
    return files


def parse(document: Node) -> Parsed:
    """Parse an effective document, and refuse whatever the generator would leave out.

    Raises:
        SpecError: The generator warned.
    """
    # By name, so that type checkers read this module in environments without the generator.
    upstream: Any = import_module("openapi_python_client.config")
    options = upstream.ConfigFile(docstrings_on_attributes=True, literal_enums=True, post_hooks=[])
    config = upstream.Config.from_sources(
        options, upstream.MetaType.NONE, "document", "utf-8", overwrite=True, output_path=None
    )
    parsed: Any = import_module("openapi_python_client.parser").GeneratorData.from_dict(document, config=config)
    if not hasattr(parsed, "models"):
        raise SpecError(f"the generator refuses the document: {parsed.header} {parsed.detail}")
    result = cast("Parsed", parsed)
    warnings = list(result.errors)
    for collection in result.endpoint_collections_by_tag.values():
        warnings += collection.parse_errors
    if warnings:
        lines = [f"{warning.header or ''} {warning.detail or ''}".strip() for warning in warnings]
        raise SpecError("the generator would leave something out:\n  " + "\n  ".join(lines))
    return result


class _Renderer:
    """Our templates, for one service."""

    def __init__(self, service: str, title: str) -> None:
        self.service = service
        self.title = title
        self.templates = Environment(
            loader=FileSystemLoader(str(TEMPLATES)),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701 - Python is rendered, and views.py escapes what goes into it
        )

    def _render(self, template: str, **values: object) -> str:
        return self.templates.get_template(template).render(service=self.service, **values)

    def lazy_init(self, summary: str, names: list[tuple[str, str]], *, modules: bool) -> str:
        return self._render("lazy_init.py.jinja", summary=summary, names=sorted(set(names)), modules=modules)

    def models(self, parsed: Parsed, prepared: Prepared, say: Expressions) -> Iterator[tuple[str, str]]:
        names: list[tuple[str, str]] = []
        for model in parsed.models:
            view = model_view(model, say)
            names.append((view.name, view.module))
            yield f"models/{view.module}.py", self._model(view)
        for enum in parsed.enums:
            name, module = str(enum.class_info.name), str(enum.class_info.module_name)
            names.append((name, module))
            values = ", ".join(repr(value) for value in sorted(enum.values))
            yield f"models/{module}.py", self._alias(name, f"Literal[{values}]", _ENUM_DOC, [])
        yield from self._arrays(prepared, names)
        yield "models/__init__.py", self.lazy_init(f"Models of {self.title}.", names, modules=False)

    def _model(self, view: ModelView) -> str:
        if view.alias:
            return self._alias(view.name, view.alias, view.docstring, view.siblings)
        return self._render("model.py.jinja", model=view)

    def _alias(self, name: str, type_: str, docstring: str, siblings: list[tuple[str, str]]) -> str:
        return self._render("alias.py.jinja", name=name, type=type_, docstring=docstring, siblings=siblings)

    def _arrays(self, prepared: Prepared, names: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """Name the components that are lists, which the generator knows by their type only."""
        known = dict(names)
        for name, schema in prepared.document.get("components", {}).get("schemas", {}).items():
            target = schema.get("items", {}).get("$ref", "").rpartition("/")[2]
            if schema.get("type") == "array" and target in known and name not in known:
                module = "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")
                names.append((name, module))
                text = prose.docstring(prose.ended(schema.get("description", f"List of {target}")), 0)
                yield f"models/{module}.py", self._alias(name, f'list["{target}"]', text, [(target, known[target])])

    def operations(self, parsed: Parsed, prepared: Prepared, say: Expressions) -> Iterator[tuple[str, str]]:
        by_name = {_same(facts.id): facts for facts in prepared.operations.values()}
        tags: list[tuple[str, str]] = []
        for tag, collection in parsed.endpoint_collections_by_tag.items():
            tags.append((str(tag), str(tag)))
            names: list[tuple[str, str]] = []
            for endpoint in collection.endpoints:
                facts = by_name[_same(endpoint.name)]
                view = operation_view(self.service, endpoint, facts, say)
                names.append((view.name, view.name))
                yield f"api/{tag}/{view.name}.py", self._render("operation.py.jinja", op=view, facts=facts)
            yield f"api/{tag}/__init__.py", self.lazy_init(f"{self.title}: {tag}.", names, modules=True)
        yield "api/__init__.py", self.lazy_init(f"{self.title}: endpoints by tag.", tags, modules=True)


_ENUM_DOC = '"""Known values; the platform may send others, which arrive as they are."""'


def _same(name: str) -> str:
    """Compare operation ids whatever their case: the generator has made them snake case."""
    return name.replace("_", "").replace("-", "").lower()
