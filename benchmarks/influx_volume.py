"""Many points written and read again with flat memory.

    python benchmarks/influx_volume.py --server http://127.0.0.1:8086 [--points 10000000]

A generator of frames goes through the batching writer, and comes back as streamed frames. Shown are rates, and how far
the memory of this process grew above what it held before. Ends with 1 if points are missing, or memory grew by more
than `--limit-mib`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from typing import Any

import child
import numpy as np
import pandas as pd
from catchment.influxdb import InfluxDBClient

DATABASE = "bench_volume"
STEP = 50_000
MIB = 1 << 20


def frames(points: int) -> Iterator[Any]:
    """Yield frames of ten series, a millisecond between points."""
    draw = np.random.default_rng(0)
    hosts = np.array([f"host-{number}" for number in range(10)])
    for first in range(0, points, STEP):
        count = min(STEP, points - first)
        numbers = np.arange(first, first + count)
        columns = {"host": hosts[numbers % 10], "v": np.round(draw.normal(size=count), 6), "n": numbers}
        yield pd.DataFrame(columns, index=pd.to_datetime(numbers * 1_000_000, utc=True).as_unit("ns"))


def write(client: InfluxDBClient, points: int) -> int:
    """Write all points; return how many the server stored."""
    with client.writer(max_buffer_bytes=16 * MIB) as writer:
        for frame in frames(points):
            writer.write(frame, "m", tag_columns=["host"])
    return writer.stats.written


def read(client: InfluxDBClient) -> int:
    """Read all points as streamed frames; return how many came, by the sum of their numbers."""
    total = rows = 0
    for frame in client.query_data_frame_stream("SELECT n, v FROM m", chunk_size=10_000):
        rows += len(frame)
        total += int(frame["n"].sum())
    return rows if total == rows * (rows - 1) // 2 else -1


def measured(what: str, done: dict[str, float]) -> float:
    """Show one half; return by how many MiB memory grew."""
    grown = (done["peak"] - done["base"]) / MIB
    print(
        f"{what}: {done['count']:,.0f} points, {done['count'] / done['wall']:,.0f} a second, "
        f"{done['cpu'] / done['count'] * 1e6:.2f} µs CPU each, "
        f"memory +{grown:.1f} MiB above {done['base'] / MIB:.0f} MiB",
        flush=True,
    )
    return grown


def main() -> int:
    """Write, read, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--server", required=True, help="address of an InfluxDB; `bench_volume` is made and dropped there"
    )
    parser.add_argument("--points", type=int, default=10_000_000)
    parser.add_argument("--limit-mib", type=float, default=64.0)
    options = parser.parse_args()
    with InfluxDBClient(options.server, database=DATABASE, timeout=600) as client:
        client.drop_database()
        client.create_database()
        try:
            write(client, min(options.points, 10_000))  # everything is imported and connected now
            read(client)
            client.drop_measurement("m")
            began = time.perf_counter()
            wrote = child.measure(lambda: write(client, options.points))
            back = child.measure(lambda: read(client))
        finally:
            client.drop_database()
    grown = max(measured("written", wrote), measured("read", back))
    print(f"{time.perf_counter() - began:.0f} s in all")
    return int(wrote["count"] != options.points or back["count"] != options.points or grown > options.limit_mib)


if __name__ == "__main__":
    sys.exit(main())
