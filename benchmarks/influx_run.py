"""Measure everything about InfluxDB and write its tables of `docs/performance.md`.

    python benchmarks/influx_run.py --server http://127.0.0.1:8086    # takes minutes
    python benchmarks/influx_run.py --tiny                            # shows that everything runs

`aioinflux` and `influxdb-client` are taken from the interpreter that `CATCHMENT_OFFICIAL_INFLUXDB` names, or from this
one. Without a server, given here or by `CATCHMENT_CONFORMANCE_INFLUXDB`, only the encoders are measured.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import influx_calls
import influx_encoding
import report

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
MARK = "influxdb benchmarks"


def sections(server: str | None, *, tiny: bool) -> Iterator[report.Section]:
    """Measure everything."""
    yield from influx_encoding.sections(influx_encoding.Sizes.tiny() if tiny else influx_encoding.Sizes())
    if server:
        yield from influx_calls.sections(influx_calls.Sizes.tiny() if tiny else influx_calls.Sizes(), server)


def main() -> int:
    """Measure, show, write; 1 if a budget is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default=os.environ.get(influx_calls.SERVER), help="address of an InfluxDB 1.x")
    parser.add_argument("--tiny", action="store_true", help="smallest sizes, nothing written")
    parser.add_argument("--no-write", action="store_true", help=f"leave {PAGE.name} alone")
    options = parser.parse_args()
    page = PAGE if options.server and not options.no_write else None
    measured = sections(options.server, tiny=options.tiny)
    return report.publish(measured, page=page, mark=MARK, counts=not options.tiny)


if __name__ == "__main__":
    sys.exit(main())
