"""Stand-ins for servers that the local stack is not, and a local stack that tells what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from catchment import lakefs
from catchment.core import clock
from catchment.local import Stack
from catchment.local.delivery import Delivery
from catchment.local.http import Request
from catchment.local.server import Running
from catchment.testing import no_waiting


class WatchedStack(Stack):
    """
    A stack that keeps a log of requests, so that "nothing was sent" can be held.

    Attributes:
        requests: Method, path and query of each, oldest first; those to the object store have it in front.
        heads: Header maps of the same requests.
        running: Where it listens, if it does.
        meanwhile: Words of a request to what somebody else does right after it; done once each.
        skew: Seconds by which its clock is ahead of the client's.
    """

    def __init__(self, *arguments: object, **settings: object) -> None:
        self.requests: list[str] = []
        self.heads: list[dict[str, str]] = []
        self.running: Running | None = None
        self.meanwhile: dict[str, Callable[[], object]] = {}
        self.skew = 0.0
        settings.setdefault("clock", lambda: clock.now().timestamp() + self.skew)
        super().__init__(*arguments, **settings)  # type: ignore[arg-type]

    def respond(self, request: Request) -> Delivery:
        """Answer, and remember the question."""
        place = "" if request.face == "lakefs" else request.face
        query = f"?{request.query}" if request.query else ""
        self.requests.append(f"{request.method} {place}{request.path.removeprefix('/api/v1')}{query}")
        self.heads.append({name.lower(): value for name, value in request.headers})
        delivery = super().respond(request)
        for words in [words for words in self.meanwhile if words in self.requests[-1]]:
            self.meanwhile.pop(words)()
        return delivery

    def count(self, *words: str) -> int:
        """Count the requests in which all of these words occur."""
        return sum(all(word in line for word in words) for line in self.requests)


def place_of(running: Running) -> dict[str, str]:
    """Return the arguments of a client for a stack that listens, whatever else is served beside lakeFS."""
    variables = running.environment
    return {
        "host": variables["LAKECTL_SERVER_ENDPOINT_URL"],
        "username": variables["LAKECTL_CREDENTIALS_ACCESS_KEY_ID"],
        "password": variables["LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY"],
    }


class Reply(NamedTuple):
    """An answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Seen(NamedTuple):
    """A request that arrived."""

    name: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        """The body as an object."""
        return json.loads(self.body)


def store(identifier: str = "", *, pre_sign: bool = True) -> dict[str, object]:
    """Make the configuration of one object store."""
    return {
        "blockstore_id": identifier,
        "blockstore_type": "s3",
        "blockstore_namespace_example": "s3://example",
        "blockstore_namespace_ValidityRegex": "^s3://",
        "pre_sign_support": pre_sign,
        "pre_sign_support_ui": False,
        "pre_sign_multipart_upload": pre_sign,
        "import_support": True,
        "import_validity_regex": "^s3://",
    }


@dataclass
class Enterprise:
    """
    A server that logs in AWS roles and web identities and keeps its repositories in several stores.

    Attributes:
        stores: What `getConfig` tells; the first is `storage_config` too.
        repositories: Repository to the id of its store.
        lifetime: Seconds for which a token holds.
        tells_end: Whether a login says when its token ends.
        refused: Tokens that are no longer accepted.
        seen: Requests, oldest first.
    """

    stores: list[dict[str, object]] = field(default_factory=lambda: [store()])
    repositories: dict[str, str] = field(default_factory=dict)
    lifetime: int = 3600
    tells_end: bool = True
    edition_lacks_logins: bool = False
    refused: set[str] = field(default_factory=set)
    seen: list[Seen] = field(default_factory=list)
    endpoint: str = "http://lakefs.example.local"
    environment: Mapping[str, str] = field(default_factory=dict)
    tokens: int = 0

    def service(self, name: str) -> Enterprise:
        """Return itself, as a stack would."""
        assert name == "lakefs"
        return self

    def count(self, name: str) -> int:
        """Count the requests of one path."""
        return sum(seen.name == name for seen in self.seen)

    def handle(self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> Reply:
        """Answer a request."""
        name = urlsplit(url).path.removeprefix("/api/v1")
        self.seen.append(Seen(name, {key.lower(): value for key, value in headers}, body))
        if name in {"/auth/external/principal/login", "/sts/login"}:
            return self._login(name)
        token = self.seen[-1].headers.get("authorization", "")
        if not token.startswith("Bearer t") or token in self.refused or int(token[8:]) > self.tokens:
            return _json(401, {"message": "error authenticating request"})
        if name == "/config":
            return _json(200, self._config())
        repository = name.removeprefix("/repositories/")
        return _json(
            200,
            {
                "id": repository,
                "creation_date": 0,
                "default_branch": "main",
                "storage_namespace": "s3://x",
                "storage_id": self.repositories[repository],
            },
        )

    def _login(self, name: str) -> Reply:
        if self.edition_lacks_logins:
            return _json(501, {"message": "Not implemented"})
        self.tokens += 1
        end = {"token_expiration": int(clock.now().timestamp()) + self.lifetime} if self.tells_end else {}
        return _json(200, {"token": f"t{self.tokens}"} | end)

    def _config(self) -> dict[str, object]:
        several = self.stores if len(self.stores) > 1 else []
        return {
            "version_config": {"version": "1.84.0", "version_context": "lakeFS-Enterprise"},
            "storage_config": self.stores[0],
            "storage_config_list": several,
        }


def _json(status: int, value: object) -> Reply:
    return Reply(status, [("Content-Type", "application/json")], json.dumps(value).encode())


def fill(stack: WatchedStack, paths: Iterable[str]) -> None:
    """Commit many small objects to `main` of `flights` at once, the way an import does."""
    wanted = list(paths)
    for path in wanted:
        stack.store.put(f"s3://source/many/{path}", b"x")
    with lakefs.Client(local=stack) as client, no_waiting():
        result = lakefs.repository("flights", client).branch("main").import_from("s3://source/many/").run()
    assert result.ingested_objects == len(wanted)
    stack.requests.clear()
    stack.ledger.clear()


def commit_of_another(stack: WatchedStack) -> None:
    """Let somebody else write to `main` of `flights` and commit."""
    with lakefs.Client(local=stack) as client:
        main = lakefs.repository("flights", client).branch("main")
        main.upload(b"theirs", "theirs", pre_sign=False)
        main.commit("theirs")
