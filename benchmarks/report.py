"""Put measurements into a Markdown table, between two markers of a page."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"


@dataclass(frozen=True, slots=True)
class Row:
    """
    One line of the table.

    Args:
        what: What was measured.
        ratio: How many times better than what it is compared with; `None` where nothing is compared.
        target: The budget as text; empty where there is none.
        met: Whether the budget is kept; `None` without one.
        ours: The figure of this package, with its unit.
        other: The figure of the other side, likewise.
    """

    what: str
    ratio: float | None
    target: str
    met: bool | None
    ours: str
    other: str = ""

    def __str__(self) -> str:
        ratio = "" if self.ratio is None else f"**{self.ratio:.3g}x**"
        verdict = {None: "", True: "yes", False: "**no**"}[self.met]
        return f"| {self.what} | {ratio} | {self.target} | {verdict} | {self.ours} | {self.other} |"


@dataclass(frozen=True, slots=True)
class Section:
    """A table under a heading."""

    title: str
    other: str
    rows: Sequence[Row]
    note: str = ""

    def __str__(self) -> str:
        head = f"| what | ratio | budget | kept | catchment | {self.other} |\n|---|---|---|---|---|---|"
        lines = [f"### {self.title}", "", head, *map(str, self.rows)]
        joined = "\n".join(lines)
        return f"{joined}\n\n{self.note}\n" if self.note else f"{joined}\n"


def machine() -> str:
    """Describe the machine and what was installed, without a date."""
    cpu = platform.processor() or platform.machine()
    try:
        models = re.findall(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        cpu = models[0] if models else cpu
    except OSError:
        pass
    names = ("catchment", "httpx", "httptools", "attrs", "orjson")
    packages = ", ".join(f"{name} {found}" for name in names if (found := _version(name)))
    return (
        f"{os.cpu_count()} cores of {cpu}, {platform.system()} {platform.release().partition('-')[0]}, "
        f"{platform.python_implementation()} {platform.python_version()}, {packages}."
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def write(page: Path, sections: Iterable[Section], *, mark: str = "benchmarks") -> None:
    """
    Replace what stands between two markers of a page.

    Args:
        page: Markdown.
        sections: What is written there.
        mark: Name of the markers.

    Raises:
        ValueError: The page lacks the markers.
    """
    text = page.read_text(encoding="utf-8")
    first, last = BEGIN.replace("benchmarks", mark), END.replace("benchmarks", mark)
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"{page} has no {first} … {last}")
    body = "\n".join(map(str, sections))
    page.write_text(f"{before}{first}\n{machine()}\n\n{body}{last}{after}", encoding="utf-8")


def publish(sections: Iterable[Section], *, page: Path | None, mark: str = "benchmarks", counts: bool = True) -> int:
    """
    Show sections as they are measured, write them, and say whether every budget is kept.

    Args:
        sections: Measured while they are asked for.
        page: Where they are written; `None` leaves every page alone.
        mark: Name of the page's markers.
        counts: Whether the figures mean anything; those of tiny sizes do not, and nothing is written.

    Returns:
        Exit status: 1 if a budget is not kept.
    """
    done: list[Section] = []
    for section in sections:
        print(section, flush=True)
        done.append(section)
    if not counts:
        return 0
    if page is not None:
        write(page, done, mark=mark)
    missed = [row.what for section in done for row in section.rows if row.met is False]
    for what in missed:
        print(f"over budget: {what}", file=sys.stderr)
    return 1 if missed else 0


def duration(seconds: float) -> str:
    """Write seconds in the unit that reads best."""
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.0f} ns"
