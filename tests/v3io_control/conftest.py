"""Runs each test on the local stack, behind both of its doors."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from catchment.local import Stack, V3IOOptions

PASSWORD = "canary-7f3a-password"
KEY = "canary-7f3a-key"


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine test in an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in wanted}))
    return True


@pytest.fixture(autouse=True)
def _blank_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let no test see this machine's own settings."""
    for name in list(os.environ):
        if name.startswith(("V3IO", "CATCHMENT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))


@dataclass
class Place:
    """A dashboard, and what a client of it needs."""

    stack: Stack
    options: dict[str, Any] = field(default_factory=dict)

    def count(self, operation: str) -> int:
        """Return how often an operation took effect."""
        return len(self.stack.ledger.of(operation, "v3io-control"))

    def containers(self, key: str) -> tuple[int, bytes]:
        """Ask the web API for its containers with an access key."""
        reply = self.stack.v3io.handle("GET", self.stack.v3io.endpoint + "/", [("X-v3io-session-key", key)])
        return reply.status, reply.body


@pytest.fixture
def stack() -> Iterator[Stack]:
    """A stack whose first user has a password and a key that are easy to find."""
    with Stack(v3io=V3IOOptions(password=PASSWORD, access_key=KEY)) as made:
        yield made


@pytest.fixture
def local(stack: Stack) -> Place:
    """The dashboard in process."""
    return Place(stack, {"local": stack})


@pytest.fixture(params=["in-process", "on-a-socket"])
def place(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Place]:
    """The dashboard behind each of its doors."""
    if request.param == "in-process":
        yield Place(stack, {"local": stack})
        return
    with stack.serve(only=["v3io-control"]) as running:
        endpoint = running.endpoints["v3io-control"]
        yield Place(stack, {"endpoint": endpoint, "username": "admin", "password": PASSWORD})
