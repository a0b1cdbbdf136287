"""What the tests of the local V3IO share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from catchment.local import Reply, Stack, V3IOOptions

START = 1_700_000_000.0


@dataclass
class Clock:
    """A clock that stands still until a test turns it."""

    now: float = START

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class Web:
    """Sends requests to the web API of a stack, in process."""

    def __init__(self, stack: Stack, clock: Clock) -> None:
        self.stack = stack
        self.clock = clock
        self.key = ("X-v3io-session-key", stack.v3io.environment["V3IO_ACCESS_KEY"])

    def send(self, method: str, path: str, body: bytes = b"", *headers: tuple[str, str]) -> Reply:
        """Send one request with the access key."""
        return self.stack.v3io.handle(method, self.stack.v3io.endpoint + path, [self.key, *headers], body)

    def put(self, path: str, body: bytes = b"x", *headers: tuple[str, str]) -> Reply:
        """Put an object that must be taken."""
        reply = self.send("PUT", path, body, *headers)
        assert reply.status == 200, reply
        return reply

    def get(self, path: str, *headers: tuple[str, str]) -> bytes:
        """Return the data of an object."""
        reply = self.send("GET", path, b"", *headers)
        assert reply.status in (200, 206), reply
        return reply.body

    def ask(self, function: str, path: str, body: object = None, method: str = "PUT", **headers: str) -> Reply:
        """Call a function."""
        data = b"" if body is None else json.dumps(body).encode()
        more = [(name.replace("_", "-"), value) for name, value in headers.items()]
        return self.send(method, path, data, ("X-v3io-function", function), *more)

    def ok(self, function: str, path: str, body: object = None) -> Any:
        """Return the decoded answer of a function that must succeed."""
        reply = self.ask(function, path, body)
        assert reply.status in (200, 204), reply
        return reply.json() if reply.body else None

    def refused(self, status: int, function: str, path: str, body: object = None) -> tuple[int, str]:
        """Return code and message of a function that must be refused."""
        reply = self.ask(function, path, body)
        assert reply.status == status, reply
        error = reply.json()
        return error["ErrorCode"], error["ErrorMessage"]

    # Items

    def put_item(self, path: str, **attributes: object) -> None:
        """Write an item of texts and numbers."""
        self.ok("PutItem", path, {"Item": typed(attributes)})

    def item(self, path: str, wanted: str = "*") -> dict[str, Any]:
        """Return an item's attributes without their types."""
        return {
            name: plain(value) for name, value in self.ok("GetItem", path, {"AttributesToGet": wanted})["Item"].items()
        }

    def update(self, path: str, expression: str, **more: object) -> None:
        """Run an update expression."""
        self.ok("UpdateItem", path, {"UpdateExpression": expression, **more})

    def pages(self, path: str, **asked: object) -> list[list[dict[str, Any]]]:
        """Return all pages of a scan."""
        pages, marker = [], None
        while True:
            page = self.ok("GetItems", path, {**asked, **({"Marker": marker} if marker else {})})
            assert page["NumItems"] == len(page["Items"])
            pages.append([{name: plain(value) for name, value in item.items()} for item in page["Items"]])
            marker = page.get("NextMarker")
            assert (page["LastItemIncluded"] == "TRUE") == (marker is None)
            if marker is None:
                return pages

    def scan(self, path: str, **asked: object) -> list[dict[str, Any]]:
        """Return all items of a scan."""
        return [item for page in self.pages(path, **asked) for item in page]

    def names(self, path: str, **asked: object) -> list[str]:
        """Return the names of all items of a scan."""
        return [item["__name"] for item in self.scan(path, AttributesToGet="__name", **asked)]


def typed(attributes: dict[str, object]) -> dict[str, dict[str, object]]:
    """Return attributes in their wire form; a mapping is one already."""
    found: dict[str, Any] = {}
    for name, value in attributes.items():
        if isinstance(value, bool):
            found[name] = {"BOOL": value}
        elif isinstance(value, dict):
            found[name] = value
        else:
            found[name] = {"S": value} if isinstance(value, str) else {"N": str(value)}
    return found


def plain(value: dict[str, Any]) -> object:
    """Return a value without its type; numbers as numbers."""
    ((kind, held),) = value.items()
    if kind == "N":
        return int(held) if held.lstrip("-").isdigit() else float(held)
    return held


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still."""
    return Clock()


@pytest.fixture
def make_web(clock: Clock) -> Iterator[Callable[..., Web]]:
    """Return a maker of servers, which are closed at the end."""
    made: list[Stack] = []

    def make(data: object = None, **options: object) -> Web:
        made.append(Stack(data, v3io=V3IOOptions(**options), clock=clock))
        return Web(made[-1], clock)

    yield make
    for stack in made:
        stack.close()


@pytest.fixture
def web(make_web: Callable[..., Web]) -> Web:
    """A server with the default options."""
    return make_web()
