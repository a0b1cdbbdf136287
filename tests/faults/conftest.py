"""Runs `async def` tests as those of lakeFS are run."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from catchment.core._async import windows as awaited_windows
from catchment.core._sync import windows as blocking_windows
from catchment.lakefs._async import uploads as awaited
from catchment.lakefs._sync import uploads as blocking
from catchment.v3io._async import objects as awaited_objects
from catchment.v3io._async import putting as awaited_putting
from catchment.v3io._sync import objects as blocking_objects
from catchment.v3io._sync import putting as blocking_putting
from catchment.v3io.records import split_records

from tests.lakefs.conftest import pytest_pyfunc_call

__all__ = ["pytest_pyfunc_call"]


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small things travel in parts, so that every request of that road is struck quickly."""
    for module in (awaited, blocking):
        monkeypatch.setattr(module, "MULTIPART_FROM", 10_000)
    for module in (awaited_windows, blocking_windows):
        monkeypatch.setattr(module, "FIRST", 2048)
        monkeypatch.setattr(module, "WINDOW", 1024)
    for module in (awaited_objects, blocking_objects):
        monkeypatch.setattr(module, "DEFAULT_PART", 2048)
    for ranges in (awaited_objects.AsyncObjectRanges, blocking_objects.ObjectRanges):
        monkeypatch.setattr(ranges, "window", 1024)
    for module in (awaited_putting, blocking_putting):
        monkeypatch.setattr(module, "split_records", partial(split_records, max_records=3))


@pytest.fixture
def interruption(request: pytest.FixtureRequest) -> type[BaseException]:
    """What ends work from outside: a cancelled task where calls are awaited, Ctrl-C where they block."""
    return asyncio.CancelledError if request.node.path.parent.name == "_async" else KeyboardInterrupt
