"""What is measured of `catchment.influxdb` against a server."""

from __future__ import annotations

import child
import influx_data
from catchment.influxdb import InfluxDBClient

DATABASE = "bench_ours"


def write_frame(server: str, rows: int) -> child.Action:
    """Write a frame, which the queries then read."""
    client, data = (
        InfluxDBClient(server, database=DATABASE),
        influx_data.frame(rows).replace({"region": {"ap 2": "ap-2"}}),
    )
    return lambda: client.write(data, "m", tag_columns=influx_data.TAGS) and rows


def write_points(server: str, rows: int) -> child.Action:
    """Write mappings."""
    client, data = InfluxDBClient(server, database=DATABASE), influx_data.points(rows, "int")
    return lambda: client.write(data, "p") and rows


def write_one_by_one(server: str, rows: int) -> child.Action:
    """Write mappings one by one through a batching writer."""
    client, data = InfluxDBClient(server, database=DATABASE), influx_data.points(rows, "int")

    def write() -> int:
        with client.writer() as writer:
            for point in data:
                writer.write(point)
        return writer.stats.written

    return write


def query_frame(server: str, rows: int) -> child.Action:
    """Read what `write_frame` wrote."""
    del rows
    client = InfluxDBClient(server, database=DATABASE)
    return lambda: len(client.query_data_frame("SELECT f0, f1, f2, f3, f4, i, msg FROM m"))


if __name__ == "__main__":
    cases = (write_frame, write_points, write_one_by_one, query_frame)
    child.serve({case.__name__: case for case in cases})
