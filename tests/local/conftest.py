"""A local stack with a clock that tests turn, and a caller that knows the credentials."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from catchment.local import LakeFSOptions, Reply, Stack

START = 1_700_000_000.0


@dataclass
class Clock:
    now: float = START

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class Api:
    """Sends requests to the lakeFS API of a stack, in process."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        environment = stack.lakefs.environment
        self.key = environment["LAKECTL_CREDENTIALS_ACCESS_KEY_ID"]
        self.secret = environment["LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY"]
        pair = base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()
        self.authorization = ("Authorization", f"Basic {pair}")

    def send(self, method: str, path: str, body: object = None, *headers: tuple[str, str]) -> Reply:
        """Send one request; anything but bytes goes as JSON."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        url = self.stack.lakefs.endpoint + "/api/v1" + path
        return self.stack.lakefs.handle(method, url, [self.authorization, *headers], data)

    def ok(self, method: str, path: str, body: object = None, *headers: tuple[str, str]) -> object:
        """Return the decoded body of a request that must succeed."""
        reply = self.send(method, path, body, *headers)
        assert reply.status < 300, (method, path, reply.status, reply.body)
        if not (reply.header("content-type") or "").startswith("application/json"):
            return reply.body.decode()
        return reply.json()

    def refused(self, status: int, method: str, path: str, body: object = None, *headers: tuple[str, str]) -> str:
        """Return the message of a request that must fail with this status."""
        reply = self.send(method, path, body, *headers)
        assert reply.status == status, (method, path, reply.status, reply.body)
        return reply.json()["message"]

    # Shorthand for one repository named "flights"

    def make(self) -> Api:
        """Create the repository and return this."""
        self.ok("POST", "/repositories", {"name": "flights", "storage_namespace": "s3://lake/flights"})
        return self

    def put(self, path: str, data: bytes = b"x", branch: str = "main", *headers: tuple[str, str]) -> object:
        """Upload an object and return its stats."""
        return self.ok("POST", f"/repositories/flights/branches/{branch}/objects?path={path}", data, *headers)

    def delete(self, path: str, branch: str = "main") -> object:
        """Delete an object."""
        return self.ok("DELETE", f"/repositories/flights/branches/{branch}/objects?path={path}")

    def branch(self, name: str, source: str = "main") -> object:
        """Create a branch."""
        return self.ok("POST", "/repositories/flights/branches", {"name": name, "source": source})

    def commit(self, branch: str = "main", message: str = "message", **more: object) -> str:
        """Commit and return the commit id."""
        path = f"/repositories/flights/branches/{branch}/commits"
        return self.ok("POST", path, {"message": message, **more})["id"]

    def head(self, branch: str = "main") -> str:
        """Return the head commit id of a branch."""
        return self.ok("GET", f"/repositories/flights/branches/{branch}")["commit_id"]

    def get(self, path: str, ref: str = "main") -> bytes:
        """Return the bytes of an object."""
        reply = self.send("GET", f"/repositories/flights/refs/{ref}/objects?path={path}")
        assert reply.status == 200, reply
        return reply.body

    def list(self, ref: str = "main", query: str = "") -> list[str]:
        """Return the paths on a page of a listing."""
        page = self.ok("GET", f"/repositories/flights/refs/{ref}/objects/ls?{query}")
        return [item["path"] for item in page["results"]]

    def diff(self, left: str, right: str, query: str = "") -> list[tuple[str, str]]:
        """Return type and path of the changes on a page of a diff."""
        page = self.ok("GET", f"/repositories/flights/refs/{left}/diff/{right}?{query}")
        return [(item["type"], item["path"]) for item in page["results"]]

    def objects(self, method: str, url: str, data: bytes = b"", *headers: tuple[str, str]) -> Reply:
        """Send a request to a presigned URL, the way an HTTP client would."""
        length = [("Content-Length", str(len(data)))] if method == "PUT" else []
        return self.stack.lakefs.handle(method, url, [*length, *headers], data)


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still until a test turns it."""
    return Clock()


@pytest.fixture
def make_stack(clock: Clock) -> Iterator[Callable[..., Stack]]:
    """Return a maker of stacks, which are closed at the end."""
    made: list[Stack] = []

    def make(data: object = None, **options: object) -> Stack:
        made.append(Stack(data, lakefs=LakeFSOptions(**options), clock=clock))
        return made[-1]

    yield make
    for stack in made:
        stack.close()


@pytest.fixture
def make_api(make_stack: Callable[..., Stack]) -> Callable[..., Api]:
    """Return a maker of APIs."""
    return lambda data=None, **options: Api(make_stack(data, **options))


@pytest.fixture
def api(make_api: Callable[..., Api]) -> Api:
    """An API with the repository `flights`."""
    return make_api().make()
