"""Runs asynchronous tests without a plugin, and offers a lakeFS to both twins of a test, behind both of its doors."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from catchment import lakefs
from catchment.lakefs import aio
from catchment.local import LakeFSOptions

from tests.lakefs.doubles import WatchedStack, place_of

REPOSITORY = "flights"


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


@pytest.fixture
def options() -> LakeFSOptions:
    """Which lakeFS the stack plays; modules with more to say have a fixture of the same name."""
    return LakeFSOptions()


@pytest.fixture
def stack(options: LakeFSOptions) -> Iterator[WatchedStack]:
    """A stack with the repository `flights`, whose log starts empty and whose time is the client's."""
    with WatchedStack(lakefs=options) as made:
        with lakefs.Client(local=made) as maker:
            lakefs.repository(REPOSITORY, maker).create("s3://lake/flights")
        made.requests.clear()
        made.ledger.clear()
        yield made


@pytest.fixture(params=["in-process", "on-a-socket"])
def door(request: pytest.FixtureRequest) -> str:
    """How the client reaches the stack."""
    return request.param


@pytest.fixture
def client(stack: WatchedStack, door: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of the stack: awaited in `_async`, blocking in `_sync`."""
    kit: Any = aio if request.node.path.parent.name == "_async" else lakefs
    with ExitStack() as doors:
        if door == "in-process":
            made = kit.Client(local=stack)
        else:
            running = doors.enter_context(stack.serve(only=["lakefs"]))
            stack.running = running
            made = kit.Client(**place_of(running))
        yield made
        if kit is lakefs:
            made.close()


@pytest.fixture
def repo(client: Any, request: pytest.FixtureRequest) -> Any:
    """The repository `flights`."""
    kit: Any = aio if request.node.path.parent.name == "_async" else lakefs
    return kit.repository(REPOSITORY, client)


@pytest.fixture
def main(repo: Any) -> Any:
    """Its default branch."""
    return repo.branch("main")
