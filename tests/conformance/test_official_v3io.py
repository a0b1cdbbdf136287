"""V3IO's own package against the local stack."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from catchment.local import Stack, V3IOOptions

from tests.conformance.test_official import run

OFFICIAL = "CATCHMENT_OFFICIAL_V3IO"


@pytest.fixture(scope="session")
def official_v3io() -> str:
    """The interpreter of an environment that has V3IO's own package."""
    python = os.environ.get(OFFICIAL, "")
    if not python and not os.environ.get("CI"):
        pytest.skip(f"{OFFICIAL} names no interpreter with the `v3io` package; `nox -s conformance` makes one")
    assert Path(python).is_file(), f"{OFFICIAL}={python!r} is no interpreter"
    return python


@pytest.mark.parametrize("kept", [False, True], ids=["in memory", "in a folder"])
def test_the_local_stack_passes_for_v3io(official_v3io: str, tmp_path: Path, kept: bool) -> None:
    """A working day of the official package goes through; its cursors end at empty pages, so there are none."""
    options = V3IOOptions(slices_per_page=1024)
    with Stack(tmp_path if kept else None, v3io=options) as stack, stack.serve(only=["v3io"]) as running:
        report = run(official_v3io, running, "official_v3io_workflow.py", "bigdata", "a/day")
    assert report["failed"] == {}
    assert len(report["passed"]) >= 31
