"""Runs `async def` tests as those of lakeFS are run."""

from __future__ import annotations

import asyncio

import pytest
from catchment.lakefs._async import uploads as awaited
from catchment.lakefs._sync import uploads as blocking

from tests.lakefs.conftest import pytest_pyfunc_call

__all__ = ["pytest_pyfunc_call"]


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small objects travel in parts, so that every request of that road is struck quickly."""
    for module in (awaited, blocking):
        monkeypatch.setattr(module, "MULTIPART_FROM", 10_000)


@pytest.fixture
def interruption(request: pytest.FixtureRequest) -> type[BaseException]:
    """What ends work from outside: a cancelled task where calls are awaited, Ctrl-C where they block."""
    return asyncio.CancelledError if request.node.path.parent.name == "_async" else KeyboardInterrupt
