"""Measure catchment beside the official packages and write the tables of `docs/performance.md`.

    python benchmarks/run.py                 # everything; takes minutes
    python benchmarks/run.py --tiny          # shows that everything runs; figures mean nothing
    python benchmarks/run.py --large-mib 5120 --no-write

The official package is taken from the interpreter that `CATCHMENT_OFFICIAL_LAKEFS` names, or from this one.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import lakefs_bench
import report
from lakefs_stand import Sizes
from memory import MIB

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"


def main() -> int:
    """Measure, show, write; 1 if a budget is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny", action="store_true", help="smallest sizes, nothing written")
    parser.add_argument("--rounds", type=int, help="measured rounds of each case")
    parser.add_argument("--large-mib", type=int, help="size of the large object")
    parser.add_argument("--no-write", action="store_true", help=f"leave {PAGE.name} alone")
    options = parser.parse_args()
    sizes = Sizes.tiny() if options.tiny else Sizes()
    if options.rounds:
        sizes = replace(sizes, rounds=options.rounds)
    if options.large_mib:
        sizes = replace(sizes, large=options.large_mib * MIB)
    page = None if options.no_write else PAGE
    return report.publish(lakefs_bench.sections(sizes), page=page, counts=not options.tiny)


if __name__ == "__main__":
    sys.exit(main())
