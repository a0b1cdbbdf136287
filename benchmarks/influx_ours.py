"""What is measured of `catchment.influxdb`'s encoders. `--plain` hides the optional faster packages."""

from __future__ import annotations

import sys

if "--plain" in sys.argv:
    sys.modules["orjson"] = sys.modules["pyarrow"] = None  # type: ignore[assignment]

import child
import influx_data
from catchment.influxdb import lines


def encode_frame(rows: int, nulls: float, escapes: bool) -> child.Action:
    """Encode a frame."""
    data = influx_data.frame(rows, nulls=nulls, escapes=escapes)
    return lambda: sum(c.lines for c in lines.encode(data, measurement="m", tag_columns=influx_data.TAGS))


def encode_points(rows: int, times: str) -> child.Action:
    """Encode mappings."""
    data = influx_data.points(rows, times)
    return lambda: sum(chunk.lines for chunk in lines.encode(data))


if __name__ == "__main__":
    child.serve({"encode_frame": encode_frame, "encode_points": encode_points})
