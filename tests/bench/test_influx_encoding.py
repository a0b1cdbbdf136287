"""The encoders' benchmark makes what it says, on every side that is installed."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize(
    ("case", "arguments"),
    [("encode_frame", {"nulls": 0.5, "escapes": True})] + [("encode_points", {"times": t}) for t in ("int", "datetime", "text")],
)  # fmt: skip
def test_cases_encode_every_row(monkeypatch: pytest.MonkeyPatch, case: str, arguments: dict[str, object]) -> None:
    """A figure of rows that were not written would mean nothing; here an integer is never missing."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    for name in ("child", "influx_data"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    action = getattr(importlib.import_module("influx_ours"), case)(rows=40, **arguments)
    assert action() == 40
