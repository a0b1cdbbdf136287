"""The same encodings by the packages that exist: `aioinflux` and `influxdb-client`, by the case's suffix."""

from __future__ import annotations

import child
import influx_data
import numpy as np

if not hasattr(np, "float"):
    np.float = float  # type: ignore[attr-defined]  # aioinflux 0.9 asks for it

from aioinflux.serialization import dataframe, serialize
from influxdb_client import Point
from influxdb_client.client.write.dataframe_serializer import data_frame_to_list_of_points
from influxdb_client.client.write_api import PointSettings


def encode_frame(rows: int, nulls: float, escapes: bool) -> child.Action:
    """Encode a frame by aioinflux."""
    data = influx_data.frame(rows, nulls=nulls, escapes=escapes)
    return lambda: len(dataframe.serialize(data, "m", influx_data.TAGS)) and rows


def encode_points(rows: int, times: str) -> child.Action:
    """Encode mappings by aioinflux."""
    data = influx_data.points(rows, times)
    return lambda: len(serialize(data)) and rows


def client_frame(rows: int, nulls: float, escapes: bool) -> child.Action:
    """Encode a frame by influxdb-client."""
    data = influx_data.frame(rows, nulls=nulls, escapes=escapes)
    options = {"data_frame_measurement_name": "m", "data_frame_tag_columns": influx_data.TAGS}
    return lambda: len("\n".join(data_frame_to_list_of_points(data, PointSettings(), **options))) and rows


def client_points(rows: int, times: str) -> child.Action:
    """Encode mappings by influxdb-client."""
    data = influx_data.points(rows, times)
    return lambda: len("\n".join(Point.from_dict(point).to_line_protocol() for point in data)) and rows


if __name__ == "__main__":
    child.serve(
        {
            "encode_frame": encode_frame,
            "encode_points": encode_points,
            "client_frame": client_frame,
            "client_points": client_points,
        }
    )
