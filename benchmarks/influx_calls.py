"""Writes and queries against an InfluxDB server beside `aioinflux`: CPU of the client's process, in turns, in one run.

    python benchmarks/influx_calls.py --server http://127.0.0.1:8086 [--tiny] [--rounds N]

`aioinflux` is taken from the interpreter that `CATCHMENT_OFFICIAL_INFLUXDB` names, or from this one. The server is the
one of `CATCHMENT_CONFORMANCE_INFLUXDB` by default; databases called `bench_...` are made there and dropped.
"""

from __future__ import annotations

import argparse
import os
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness import Sample, Side, Turn, interleave, median, official_python
from report import Row, Section

OFFICIAL = "CATCHMENT_OFFICIAL_INFLUXDB"
SERVER = "CATCHMENT_CONFORMANCE_INFLUXDB"
NOTE = (
    "Rows have two tags, five floats, an integer and a string; the server is InfluxDB 1.6.7 on the same machine. "
    "Ratios are of the client process's CPU and against aioinflux 0.9, for which no tag here has anything to escape; "
    "wall time, which the server has a share in, stands behind."
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """
    How much is measured.

    Args:
        rounds: Measured rounds of each case; medians are shown.
        rows: Of the frame, and of the answer.
        points: Written one by one, or as mappings.
    """

    rounds: int = 5
    rows: int = 50_000
    points: int = 20_000

    @classmethod
    def tiny(cls) -> Sizes:
        """Return sizes that show whether everything runs, and nothing else."""
        return cls(rounds=1, rows=50, points=50)


def sections(sizes: Sizes, server: str) -> Iterator[Section]:
    """Measure everything."""
    python = official_python(OFFICIAL, "aioinflux, pandas")
    names = ["bench_ours", "bench_theirs"]
    for name in names:
        _ask(server, f"DROP DATABASE {name}; CREATE DATABASE {name}")
    try:
        with Side(sys.executable, "influx_calls_ours.py") as ours, Side(python, "influx_calls_official.py") as theirs:
            yield Section("InfluxDB: calls", "aioinflux", list(_rows(ours, theirs, sizes, server)), NOTE)
    finally:
        for name in names:
            _ask(server, f"DROP DATABASE {name}")


def _rows(ours: Side, theirs: Side, sizes: Sizes, server: str) -> Iterator[Row]:
    rows, points = {"server": server, "rows": sizes.rows}, {"server": server, "rows": sizes.points}
    yield _compared(ours, theirs, sizes, "frame written", "write_frame", rows, 7)
    yield _compared(ours, theirs, sizes, "mappings written", "write_points", points, None)
    yield _compared(ours, theirs, sizes, "query to a frame", "query_frame", rows, 4)
    yield _alone(ours, sizes, "points written one by one, batching writer", "write_one_by_one", points)


def _compared(
    ours: Side, theirs: Side, sizes: Sizes, what: str, case: str, shape: dict[str, object], target: float | None
) -> Row:
    done = interleave({"ours": Turn(ours, case, shape), "theirs": Turn(theirs, case, shape)}, sizes.rounds)
    mine, other = (median(done[side], "cpu_each") for side in ("ours", "theirs"))
    budget = "" if target is None else f"{target}x"
    met = None if target is None else other / mine >= target
    return Row(what, other / mine, budget, met, _shown(done["ours"]), _shown(done["theirs"]))


def _alone(ours: Side, sizes: Sizes, what: str, case: str, shape: dict[str, object]) -> Row:
    done = interleave({"ours": Turn(ours, case, shape)}, sizes.rounds)
    return Row(what, None, "", None, _shown(done["ours"]))


def _shown(samples: list[Sample]) -> str:
    cpu, wall = (median(samples, figure) for figure in ("cpu_each", "wall_each"))
    return f"{cpu * 1e6:.3g} µs CPU a row, {1 / wall:,.0f} rows/s"


def _ask(server: str, q: str) -> None:
    body = urllib.parse.urlencode({"q": q}).encode()
    with urllib.request.urlopen(f"{server}/query", body, timeout=60) as answer:
        answer.read()  # a server stops working for clients that are gone


def main() -> int:
    """Measure and show; 1 if a budget is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default=os.environ.get(SERVER), help=f"address; by default {SERVER}")
    parser.add_argument("--tiny", action="store_true", help="smallest sizes: figures mean nothing")
    parser.add_argument("--rounds", type=int, help="measured rounds of each case")
    options = parser.parse_args()
    if not options.server:
        parser.error(f"name a server by --server or {SERVER}")
    sizes = Sizes.tiny() if options.tiny else Sizes()
    if options.rounds:
        sizes = replace(sizes, rounds=options.rounds)
    missed = False
    for section in sections(sizes, options.server):
        print(section, flush=True)
        missed |= any(row.met is False for row in section.rows)
    return int(missed and not options.tiny)


if __name__ == "__main__":
    sys.exit(main())
