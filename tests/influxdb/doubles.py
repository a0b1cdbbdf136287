"""Servers for tests: a local stack that remembers what it was asked, and a real one where there is one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from catchment.core import clock
from catchment.local import Stack
from catchment.local.faults import Delivery
from catchment.local.http import Request


class WatchedStack(Stack):
    """
    A stack that keeps a log of requests, so that "nothing was sent" can be held.

    Attributes:
        seen: Requests, oldest first.
    """

    def __init__(self, **settings: Any) -> None:
        self.seen: list[Request] = []
        settings.setdefault("clock", lambda: clock.now().timestamp())
        super().__init__(**settings)

    def respond(self, request: Request) -> Delivery:
        """Answer, and remember the question."""
        self.seen.append(request)
        return super().respond(request)

    def count(self, path: str) -> int:
        """Count the requests of one path."""
        return sum(request.path == path for request in self.seen)


@dataclass
class Place:
    """
    A server with an empty database.

    Attributes:
        options: Arguments of a client that reach it.
        db: The database.
        stack: The stack that plays it; `None` for a real server.
    """

    options: dict[str, Any]
    db: str
    stack: WatchedStack | None = None
    user: dict[str, Any] = field(default_factory=dict)

    def count(self, path: str) -> int:
        """Count the requests of one path; on a real server nobody knows."""
        return -1 if self.stack is None else self.stack.count(path)
