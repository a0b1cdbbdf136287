"""Every operation's documented success, read by its generated function."""

from __future__ import annotations

import json
from typing import Any

import pytest
from catchment.core.errors import DecodeError
from catchment.core.wire import Headers, RawResponse

from tests.wire.documents import DocumentedOperation, example, operations

CASES = [
    pytest.param(operation, status, media, node, id=f"{operation}-{status}")
    for operation in operations()
    for status, media, node in operation.successes
]
JSON_CASES = [case for case in CASES if "json" in str(case.values[2])]

BAD_BODIES = [b"<html>", b"", b"7", b'"text"', b'""', b"[[]]", b"null", b"[" * 100_000]


def answer(status: int, media: str, body: bytes) -> RawResponse:
    """Make an answer."""
    return RawResponse(status, Headers([("Content-Type", media)] if media else []), body)


def plain(value: Any) -> Any:
    """Turn a parsed answer back into JSON."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value.to_dict() if hasattr(value, "to_dict") else value


@pytest.mark.parametrize(("operation", "status", "media", "node"), CASES)
def test_documented_successes_are_read(operation: DocumentedOperation, status: int, media: str, node: Any) -> None:
    """The example of the document comes back whole, as a model, text, bytes or nothing."""
    if not media:
        assert operation.module.parse_response(answer(status, "", b"")) is None
    elif "json" in media:
        value = json.loads(json.dumps(example(operation.service, node), default=str))
        parsed = operation.module.parse_response(answer(status, media, json.dumps(value).encode()))
        assert plain(parsed) == value
    else:
        parsed = operation.module.parse_response(answer(status, media, "gefüllt\n".encode()))
        assert parsed == (
            "gefüllt\n"
            if media.partition(";")[0] in ("text/html", "text/plain", "application/text")
            else "gefüllt\n".encode()
        )


@pytest.mark.parametrize(("operation", "status", "media", "node"), JSON_CASES)
@pytest.mark.parametrize("body", BAD_BODIES, ids=lambda body: body[:6].decode() or "empty")
def test_other_bodies_are_decode_errors(
    operation: DocumentedOperation, status: int, media: str, node: Any, body: bytes
) -> None:
    """A success that is not of the documented shape raises our error, and never passes for a result."""
    with pytest.raises(DecodeError) as caught:
        operation.module.parse_response(answer(status, media, body))

    assert caught.value.operation == operation.id
    assert caught.value.status == status
