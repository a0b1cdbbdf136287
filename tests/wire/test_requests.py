"""Every operation's request, byte by byte and against the document."""

from __future__ import annotations

import inspect
import json
from email import message_from_string
from email.message import Message
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from tests.wire.documents import DocumentedOperation, operations
from tests.wire.goldens import build, folded, read, recorded

OPERATIONS = operations()


def golden(operation: DocumentedOperation) -> dict[str, Any]:
    """Return the recorded request."""
    found: dict[str, Any] = read(operation.service)[operation.id]
    return found


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_requests_are_as_recorded(operation: DocumentedOperation) -> None:
    """Method, target, headers and body of a call with all arguments do not change by accident."""
    expected = golden(operation)

    assert recorded(build(operation, expected["arguments"]), expected["arguments"]) == expected


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_records_pass_every_argument(operation: DocumentedOperation) -> None:
    """A new argument needs a new record."""
    assert set(golden(operation)["arguments"]) == set(inspect.signature(operation.module.build_request).parameters)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_records_say_what_the_document_says(operation: DocumentedOperation) -> None:
    """Each parameter arrives under its documented name, in its documented place, with its value intact."""
    expected = golden(operation)
    values = {folded(name): value for name, value in expected["arguments"].items()}
    address = urlsplit(expected["target"])
    path = operation.path
    slashes = path.count("/")
    query = list(operation.constant_query.items())
    headers = dict(operation.constant_headers)
    if operation.formats:
        headers["Accept"] = expected["arguments"]["accept"]
    for parameter in operation.parameters:
        value = values[folded(parameter["name"])]
        texts = [as_text(one) for one in (value if isinstance(value, list) else [value])]
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", texts[0])
            slashes += texts[0].count("/") if parameter.get("x-sdk-raw-path") else 0
        elif parameter["in"] == "query":
            query += [(parameter["name"], text) for text in texts]
        else:
            headers[parameter["name"]] = texts[0]
    if operation.body:
        headers["Content-Type"] = operation.body[0]
        if "json" in operation.body[0]:
            assert json.loads(expected["body"]) == expected["arguments"]["body"]
        elif "form" in operation.body[0]:
            members = {name: as_text(value) for name, value in expected["arguments"]["body"].items()}
            assert form_members(dict(expected["headers"])["Content-Type"], expected["body"]) == members
            headers["Content-Type"] += dict(expected["headers"])["Content-Type"].removeprefix(operation.body[0])
    else:
        assert expected["body"] is None

    assert expected["method"] == operation.method
    assert unquote(address.path) == path
    assert address.path.count("/") == slashes
    assert sorted(parse_qsl(address.query, keep_blank_values=True)) == sorted(query)
    assert dict(expected["headers"]) == headers


def form_members(media: str, body: str) -> dict[str, str]:
    """Read a form of either kind, as a server does."""
    if not media.startswith("multipart/"):
        return dict(parse_qsl(body, keep_blank_values=True))
    message = message_from_string(f"Content-Type: {media}\r\n\r\n{body}")
    parts = cast("list[Message]", message.get_payload())
    return {
        str(part.get_param("name", header="content-disposition")): cast("bytes", part.get_payload(decode=True)).decode()
        for part in parts
    }


def as_text(value: object) -> str:
    """Write a value as URLs carry it."""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_optional_arguments_left_out_are_not_sent(operation: DocumentedOperation) -> None:
    """A call with required arguments only sends required parameters only."""
    required = {folded(one["name"]) for one in operation.parameters if one.get("required")}
    if (
        operation.body
        and inspect.signature(operation.module.build_request).parameters["body"].default is inspect.Parameter.empty
    ):
        required.add("body")
    arguments = {name: value for name, value in golden(operation)["arguments"].items() if folded(name) in required}

    request = build(operation, arguments)

    sent = {folded(name) for name, _ in parse_qsl(urlsplit(request.target).query, keep_blank_values=True)}
    sent |= {folded(name) for name, _ in request.headers} - {"contenttype"}
    sent -= {folded(name) for name in (*operation.constant_headers, *operation.constant_query)}
    sent -= {"accept"} if operation.formats else set()
    assert sent <= required
    assert ("body" in required) == (request.content is not None)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_operation_data_follow_the_document(operation: DocumentedOperation) -> None:
    """Retry class, documented redirects, deprecation and anonymous access come from the document."""
    data = operation.module.OP

    assert data.retry == operation.node["x-sdk-retry"]
    assert data.outcomes == tuple(sorted(int(status) for status in operation.node["responses"] if status[0] == "3"))
    assert data.deprecated == bool(operation.node.get("deprecated"))
    assert data.anonymous == (operation.node.get("security") == [])  # where credentials are optional, they are sent
    assert (data.service, data.method, data.path) == (operation.service, operation.method, operation.path)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_docstrings_tell_every_parameter(operation: DocumentedOperation) -> None:
    """Each caller's docstring names every argument, the address, the result and the errors."""
    for name in ("sync", "sync_detailed", "asyncio", "asyncio_detailed"):
        function = getattr(operation.module, name)
        text = inspect.getdoc(function) or ""
        assert f"`{operation.method} {operation.path}`" in text
        assert "Returns:" in text
        assert "Raises:" in text
        for argument in inspect.signature(function).parameters:
            assert f"\n    {argument}: " in text, f"{name}: {argument}"
