"""A local stack that tells what it was asked, and what somebody else does meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catchment.core import clock
from catchment.local import Stack
from catchment.local.delivery import Delivery
from catchment.local.http import Request
from catchment.local.server import Running

ACCESS_KEY = "test-key"


class WatchedStack(Stack):
    """
    A stack that keeps a log of requests, so that "nothing was sent" and "sent once" can be held.

    Attributes:
        requests: Function or method, path and query of each, oldest first: `GetItems /users/t/`.
        bodies: Bodies of the same requests.
        meanwhile: Words of a request to what somebody else does right after it; done once each.
    """

    def __init__(self, **settings: Any) -> None:
        self.requests: list[str] = []
        self.bodies: list[bytes] = []
        self.meanwhile: dict[str, Callable[[], object]] = {}
        settings.setdefault("clock", lambda: clock.now().timestamp())
        super().__init__(**settings)

    def respond(self, request: Request) -> Delivery:
        """Answer, and remember the question."""
        headers = {name.lower(): value for name, value in request.headers}
        what = headers.get("x-v3io-function") or f"{request.method} {headers.get('range', '')}".strip()
        query = f"?{request.query}" if request.query else ""
        self.requests.append(f"{what} {request.path}{query}")
        self.bodies.append(request.body.read(0, min(request.body.size, 65536)))
        delivery = super().respond(request)
        for words in [words for words in self.meanwhile if words in self.requests[-1]]:
            self.meanwhile.pop(words)()
        return delivery

    def count(self, *words: str) -> int:
        """Count the requests in which all of these words occur."""
        return sum(all(word in line for word in words) for line in self.requests)

    def begin(self) -> None:
        """Forget what was asked so far."""
        self.requests.clear()
        self.bodies.clear()
        self.ledger.clear()


def place_of(running: Running) -> dict[str, str]:
    """Return the arguments of a client for a stack that listens."""
    variables = running.environment
    return {"endpoint": variables["V3IO_API"], "access_key": variables["V3IO_ACCESS_KEY"]}
