"""The benchmarks of calls and of volume do what they say, on a served local stack; no test is timed."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from catchment.influxdb import InfluxDBClient
from catchment.local import Stack

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def server() -> Iterator[str]:
    """Address of a local stack."""
    with Stack() as stack, stack.serve(only=["influxdb"]) as running:
        yield running.endpoints["influxdb"]


@pytest.mark.parametrize("case", ["write_frame", "write_points", "write_one_by_one"])
def test_what_is_measured_is_stored(monkeypatch: pytest.MonkeyPatch, server: str, case: str) -> None:
    """A figure of rows that were not written would mean nothing."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    for name in ("child", "influx_data"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    ours = importlib.import_module("influx_calls_ours")
    with InfluxDBClient(server, database=ours.DATABASE) as client:
        client.create_database()
        assert getattr(ours, case)(server, 40)() == 40
        answer = client.query("SELECT COUNT(i) FROM m, p")
        assert answer["results"][0]["series"][0]["values"][0][1] == 40
        if case == "write_frame":
            assert ours.query_frame(server, 40)() == 40


def test_volume_comes_back_whole(server: str) -> None:
    """It ends with 0 only if every point came back."""
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "influx_volume.py", "--server", server, "--points", "3000"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "written: 3,000 points" in done.stdout
    assert "read: 3,000 points" in done.stdout
