"""Recorded requests: one for each operation, built with every argument.

`python -m tests.wire.goldens` writes them anew; read the diff, because it changes what is sent.
"""

from __future__ import annotations

import inspect
import json
import sys
import types
import typing
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs
from catchment.core.wire import Request

from tests.wire.documents import DocumentedOperation, example, operations

FOLDER = Path(__file__).with_name("goldens")


def read(service: str) -> dict[str, Any]:
    """Return the recorded requests of a service, by operation id."""
    found: dict[str, Any] = json.loads((FOLDER / f"{service}.json").read_text(encoding="utf-8"))
    return found


def build(operation: DocumentedOperation, arguments: dict[str, Any]) -> Request:
    """Call `build_request` with recorded arguments, turned into what the function takes."""
    function = operation.module.build_request
    hints = typing.get_type_hints(function)
    positional = [
        name for name, one in inspect.signature(function).parameters.items() if one.kind is one.POSITIONAL_OR_KEYWORD
    ]
    values = {name: convert(hints[name], value) for name, value in arguments.items()}
    leading = [values.pop(name) for name in positional]
    return function(*leading, **values)


def convert(hint: Any, value: Any) -> Any:
    """Turn a JSON value into a value of the hinted type."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        if bytes in typing.get_args(hint):
            return value.encode()
        return convert(next(one for one in typing.get_args(hint) if one is not type(None)), value)
    if typing.get_origin(hint) is list:
        return [convert(typing.get_args(hint)[0], item) for item in value]
    if attrs.has(hint):
        files = {name for name, kind in typing.get_type_hints(hint).items() if kind is bytes}
        model: Any = hint
        return model.from_dict({name: one.encode() if name in files else one for name, one in value.items()})
    return datetime.fromisoformat(value) if hint is datetime else value


def recorded(request: Request, arguments: dict[str, Any]) -> dict[str, Any]:
    """Write a request down."""
    content = request.content
    return {
        "arguments": arguments,
        "method": request.operation.method,
        "target": request.target,
        "headers": [list(pair) for pair in request.headers],
        "body": content.decode() if isinstance(content, bytes) else content,
    }


def arguments_of(operation: DocumentedOperation) -> dict[str, Any]:
    """Take a value for every argument from the document's examples."""
    documented = {folded(one["name"]): one for one in operation.parameters}
    found: dict[str, Any] = {}
    for name in inspect.signature(operation.module.build_request).parameters:
        if name == "body" and operation.body:
            media, node = operation.body
            has_model = "json" in media or "form" in media
            found[name] = example(operation.service, node) if has_model else "some content"
        elif name == "accept" and operation.formats:
            found[name] = operation.formats[-1]  # not the default
        else:
            found[name] = example(operation.service, documented[folded(name)])
    return found


def folded(name: str) -> str:
    """Compare names of arguments and parameters whatever their spelling."""
    return name.replace("_", "").replace("-", "").lower()


def main() -> None:
    """Write every service's recorded requests."""
    found: dict[str, dict[str, Any]] = {}
    for operation in operations():
        arguments = json.loads(json.dumps(arguments_of(operation), default=str))
        found.setdefault(operation.service, {})[operation.id] = recorded(build(operation, arguments), arguments)
    for service, goldens in found.items():
        text = json.dumps(goldens, indent=1, ensure_ascii=False, sort_keys=True)
        (FOLDER / f"{service}.json").write_text(text + "\n", encoding="utf-8")
        sys.stdout.write(f"{service}: {len(goldens)} requests\n")


if __name__ == "__main__":
    main()
