"""The benchmark of V3IO runs on both sides; no test is timed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.slow
@pytest.mark.skipif(
    not os.environ.get("CATCHMENT_OFFICIAL_V3IO"), reason="CATCHMENT_OFFICIAL_V3IO names no interpreter with v3io 0.7.2"
)
def test_every_case_runs_on_both_sides() -> None:
    """The smallest sizes go through every case of both packages, and no memory is over its budget."""
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "v3io_run.py", "--tiny"], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("### ") == 4
    assert [line for line in done.stdout.splitlines() if "64 MiB" in line and "**no**" in line] == []
