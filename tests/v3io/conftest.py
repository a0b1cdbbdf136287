"""Runs asynchronous tests without a plugin, and offers a V3IO to both twins of a test, behind both of its doors."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from catchment import v3io
from catchment.local import V3IOOptions
from catchment.v3io import aio

from tests.v3io.doubles import ACCESS_KEY, WatchedStack, place_of


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine test in an event loop of its own; its client is closed where its connections live."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters

    async def run() -> None:
        try:
            await pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in wanted})
        finally:
            client = pyfuncitem.funcargs.get("client")
            if client is not None:
                await client.aclose()

    asyncio.run(run())
    return True


@pytest.fixture(autouse=True)
def _blank_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let no test see this machine's own settings."""
    for name in list(os.environ):
        if name.startswith(("V3IO_", "CATCHMENT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))


@pytest.fixture
def options() -> V3IOOptions:
    """Which V3IO the stack plays; modules with more to say have a fixture of the same name."""
    return V3IOOptions(access_key=ACCESS_KEY)


@pytest.fixture
def stack(options: V3IOOptions) -> Iterator[WatchedStack]:
    """A stack whose log starts empty and whose time is the client's."""
    with WatchedStack(v3io=options) as made:
        yield made


@pytest.fixture(params=["in-process", "on-a-socket"])
def door(request: pytest.FixtureRequest) -> str:
    """How the client reaches the stack."""
    return request.param


@pytest.fixture
def client(stack: WatchedStack, door: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of the stack: awaited in `_async`, blocking in `_sync`."""
    kit: Any = aio.dataplane if request.node.path.parent.name == "_async" else v3io.dataplane
    with ExitStack() as doors:
        if door == "in-process":
            made = kit.Client(local=stack)
        else:
            made = kit.Client(**place_of(doors.enter_context(stack.serve(only=["v3io"]))))
        yield made
        if kit is v3io.dataplane:
            made.close()
