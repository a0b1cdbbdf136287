"""Measure everything about V3IO and write its tables of `docs/performance.md`.

    python benchmarks/v3io_run.py                          # takes minutes
    python benchmarks/v3io_run.py --tiny                   # shows that everything runs
    python benchmarks/v3io_run.py --large-mib 5120 --no-write

The official client is taken from the interpreter that `CATCHMENT_OFFICIAL_V3IO` names, or from this one.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import report
from v3io_bench import MIB, Sizes, sections

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
MARK = "v3io benchmarks"


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
    return report.publish(sections(sizes), page=page, mark=MARK, counts=not options.tiny)


if __name__ == "__main__":
    sys.exit(main())
