"""The benchmark program runs, and its table says what was measured; no test is timed."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
OFFICIAL = os.environ.get("CATCHMENT_OFFICIAL_LAKEFS", "")


def load(name: str) -> ModuleType:
    """Import a module of the benchmark folder, which is no package."""
    spec = spec_from_file_location(f"benchmark_{name}", BENCHMARKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.skipif(not OFFICIAL, reason="CATCHMENT_OFFICIAL_LAKEFS names no interpreter with lakefs 0.16")
def test_every_case_runs_on_both_sides() -> None:
    """The smallest sizes go through every case of both packages, and no count of requests is over its budget."""
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "run.py", "--tiny"], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if "requests each" in line and "**no**" in line] == []
    assert done.stdout.count("### ") == 6


def test_the_tables_replace_what_stands_between_the_markers(tmp_path: Path) -> None:
    """Writing twice leaves one table, and the text around the markers as it was."""
    report = load("report")
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", encoding="utf-8")
    section = report.Section("Title", "other", [report.Row("what", 2.5, "2x", True, "1 s", "2.5 s")])
    report.write(page, [section])
    report.write(page, [section])
    text = page.read_text(encoding="utf-8")
    assert text.count("| what | **2.5x** | 2x | yes | 1 s | 2.5 s |") == 1
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text


def test_a_page_without_markers_is_left_alone(tmp_path: Path) -> None:
    """A page that has no place for tables is refused, not appended to."""
    report = load("report")
    page = tmp_path / "page.md"
    page.write_text("text\n", encoding="utf-8")
    with pytest.raises(ValueError, match="benchmarks: begin"):
        report.write(page, [])
    assert page.read_text(encoding="utf-8") == "text\n"


def test_a_budget_that_is_not_kept_stands_out() -> None:
    """A missed budget is written as a bold no; a line without one has neither."""
    report = load("report")
    assert "**no**" in str(report.Row("slow", 1.0, "4x", False, "1 s", "1 s"))
    assert str(report.Row("scale", None, "", None, "1 s")) == "| scale |  |  |  | 1 s |  |"


@pytest.mark.parametrize(
    ("seconds", "text"), [(2.5, "2.5 s"), (0.00125, "1.25 ms"), (0.0000331, "33.1 µs"), (4e-8, "40 ns")]
)
def test_durations_have_the_unit_that_reads_best(seconds: float, text: str) -> None:
    """Seconds are written with three digits in the largest unit that they fill."""
    assert load("report").duration(seconds) == text


def test_a_measurement_counts_what_was_done_and_what_it_took() -> None:
    """An action's own count is kept, and its peak of memory shows what it held."""
    child = load("child")

    def action() -> int:
        return len(b"x" * (32 << 20)) >> 20

    sample = child.measure(action)
    assert sample["count"] == 32
    assert sample["wall"] > 0
    if sample["peak"]:  # only Linux tells
        assert sample["peak"] - sample["base"] > 30 << 20
