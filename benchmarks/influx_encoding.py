"""InfluxDB's encoders beside `aioinflux` and `influxdb-client`: CPU of the process, in turns, in one run.

    python benchmarks/influx_encoding.py [--tiny] [--rounds N]

Both packages are taken from the interpreter that `CATCHMENT_OFFICIAL_INFLUXDB` names, or from this one; it needs
pandas too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness import Sample, Side, Turn, interleave, median, official_python
from report import Row, Section

VARIABLE = "CATCHMENT_OFFICIAL_INFLUXDB"


@dataclass(frozen=True, slots=True)
class Sizes:
    """
    How much is measured.

    Args:
        rounds: Measured rounds of each case; medians are shown.
        rows: Of the frame, and points.
    """

    rounds: int = 7
    rows: int = 100_000

    @classmethod
    def tiny(cls) -> Sizes:
        """Return sizes that show whether everything runs, and nothing else."""
        return cls(rounds=1, rows=50)


FRAMES = {
    "frame": ({"nulls": 0.0, "escapes": False}, 12, 2),
    "frame, 5 % nulls": ({"nulls": 0.05, "escapes": False}, 8, None),
    "frame, 5 % nulls, escapes": ({"nulls": 0.05, "escapes": True}, 8, None),
}
TIMES = {"int": 3.5, "datetime": None, "text": None}
NOTE = (
    "Rows have two tags, five floats, an integer and a string. Ratios are of process CPU and against aioinflux, which "
    "leaves tags of frames unescaped and writes lines that a server refuses; influxdb-client is shown for scale."
)


def sections(sizes: Sizes) -> Iterator[Section]:
    """Measure everything."""
    python = official_python(VARIABLE, "aioinflux, influxdb_client, pandas")
    with (
        Side(sys.executable, "influx_ours.py") as fast,
        Side(sys.executable, "influx_ours.py", "--plain") as plain,
        Side(python, "influx_official.py") as official,
    ):
        yield Section("InfluxDB: encoding", "aioinflux", list(_rows(fast, plain, official, sizes)), NOTE)


def _rows(fast: Side, plain: Side, official: Side, sizes: Sizes) -> Iterator[Row]:
    for what, (shape, target, without) in FRAMES.items():
        yield from _compared(fast, plain, official, sizes, what, "frame", {**shape}, target, without)
    for times, target in TIMES.items():
        yield from _compared(
            fast, plain, official, sizes, f"points, time as {times}", "points", {"times": times}, target
        )


def _compared(
    fast: Side,
    plain: Side,
    official: Side,
    sizes: Sizes,
    what: str,
    case: str,
    shape: dict[str, object],
    target: float | None,
    without: float | None = None,
) -> Iterator[Row]:
    arguments = {"rows": sizes.rows, **shape}
    turns = {
        "fast": Turn(fast, f"encode_{case}", arguments),
        "plain": Turn(plain, f"encode_{case}", arguments),
        "aioinflux": Turn(official, f"encode_{case}", arguments),
        "client": Turn(official, f"client_{case}", arguments),
    }
    done = interleave(turns, sizes.rounds)
    yield _rate(f"{what}, `catchment[arrow,fast]`", done["fast"], done["aioinflux"], target)
    yield _rate(f"{what}, no extras", done["plain"], done["aioinflux"], without)
    yield _rate(f"{what}: influxdb-client instead", done["client"], done["aioinflux"], None)


def _rate(what: str, ours: list[Sample], theirs: list[Sample], target: float | None) -> Row:
    mine, other = median(ours, "cpu_each"), median(theirs, "cpu_each")
    budget = "" if target is None else f"{target}x"
    return Row(
        what, other / mine, budget, None if target is None else other / mine >= target, _each(mine), _each(other)
    )


def _each(seconds: float) -> str:
    return f"{1 / seconds:,.0f} rows/s"


def main() -> int:
    """Measure and show; 1 if a budget is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny", action="store_true", help="smallest sizes: figures mean nothing")
    parser.add_argument("--rounds", type=int, help="measured rounds of each case")
    options = parser.parse_args()
    sizes = Sizes.tiny() if options.tiny else Sizes()
    if options.rounds:
        sizes = replace(sizes, rounds=options.rounds)
    missed = False
    for section in sections(sizes):
        print(section, flush=True)
        missed |= any(row.met is False for row in section.rows)
    return int(missed and not options.tiny)


if __name__ == "__main__":
    sys.exit(main())
