"""Large objects: what they cost in memory, whatever their size, and in CPU."""

from __future__ import annotations

import filecmp
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness import Sample
from lakefs_stand import Server, Sizes
from memory import alone, fill, peak, worst
from report import Row

LARGE = (
    "Base is the process after its imports, before its first request; shown are the highest peak and the median CPU of "
    "three runs. Several windows or parts travel at once, which costs memory and pays where there is latency, not on "
    "this loopback. The official package reads one range at a time, and writes into a temporary file first, as "
    "catchment does; it has no call that moves a local file."
)


def rows(python: str, sizes: Sizes) -> Iterator[Row]:
    """Move one large object up and down, in a fresh process each time."""
    with tempfile.TemporaryDirectory() as folder, Server("stack_server.py", "--presign") as server:
        source, target = Path(folder, "source"), str(Path(folder, "target"))
        fill(source, sizes.large)
        where = {"server": server.access, "repository": "large"}
        alone(sys.executable, "lakefs_ours.py", "create", **where)
        up = {**where, "source": str(source)}
        down = {**where, "target": target}
        for what, case, arguments, official in (
            ("write 1 MiB at a time", "write_loop", {**where, "size": sizes.large}, True),
            ("upload a file, through the server", "upload_file", {**up, "pre_sign": False, "force": False}, False),
            ("upload a file, presigned, one piece", "upload_file", {**up, "pre_sign": True, "force": True}, False),
            ("upload a file, presigned, in parts, async", "upload_async", up, False),
            ("upload a file, presigned, in parts", "upload_file", {**up, "pre_sign": True, "force": False}, False),
            ("download to a file, through the server", "download_file", {**down, "pre_sign": False}, False),
            ("download to a file, presigned", "download_file", {**down, "pre_sign": True}, False),
            ("download to a file, through the server, async", "download_async", {**down, "pre_sign": False}, False),
            ("download to a file, presigned, async", "download_async", {**down, "pre_sign": True}, False),
            ("read 1 MiB at a time, through the server", "read_loop", {**where, "pre_sign": False}, True),
            ("read 1 MiB at a time, presigned", "read_loop", {**where, "pre_sign": True}, True),
        ):  # fmt: skip
            runs = min(sizes.rounds, 3)
            mine = worst(runs, sys.executable, "lakefs_ours.py", case, arguments)
            theirs = worst(runs, python, "lakefs_official.py", case, arguments) if official else None
            if case.startswith("download") and not filecmp.cmp(source, target, shallow=False):
                raise RuntimeError(f"{what}: the file that came differs")
            yield peak(what, mine, theirs, _cpu)


def _cpu(sample: Sample) -> str:
    return f"{sample.cpu_each * (1 << 30):.2f} s"
