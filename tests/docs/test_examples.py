"""Examples run as scripts, warnings are errors, and the page that lists them lists all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

_EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("script", _EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(script: Path, tmp_path: Path) -> None:
    """An example ends well by itself, says something, and leaves nothing on stderr."""
    hidden = ("LAKECTL_", "INFLUX_", "V3IO_", "CATCHMENT_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert done.stderr == ""


def test_examples_are_listed() -> None:
    """The folder's page names every example, so that nobody has to guess what is there."""
    listed = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in _EXAMPLES if f"({path.name})" not in listed] == []
