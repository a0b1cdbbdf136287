"""Runs `async def` tests as those of lakeFS are run."""

from __future__ import annotations

from tests.lakefs.conftest import pytest_pyfunc_call

__all__ = ["pytest_pyfunc_call"]
