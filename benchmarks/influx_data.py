"""What InfluxDB's encoders are measured on; every side's interpreter makes the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

TAGS = ["host", "region"]
FIELDS = ["f0", "f1", "f2", "f3", "f4", "i", "msg"]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache
def frame(rows: int, *, nulls: float = 0.0, escapes: bool = False) -> pd.DataFrame:
    """Return rows of two tags, five floats of 2 to 15 decimals, an integer and a short string, a second apart."""
    draw = np.random.default_rng(0)
    hosts, regions = [f"host-{number:03d}" for number in range(100)], ["us-west", "us-east", "eu-1", "ap 2", "sa"]
    words = ["ok", "warn: disk low", "error", "state changed", "timeout after 30s", "x"]
    if escapes:
        hosts[:4], regions[0] = ["h 1", "h,2", "h=3", "h\\4x"], "r=,\\ x"
        words += ['q"uote', "back\\slash", 'both\\"x', "new\nline", "comma, eq=", "", "end\\"]
    columns: dict[str, Any] = {"host": np.array(hosts)[draw.integers(0, 100, rows)]}
    columns["region"] = np.array(regions)[draw.integers(0, 5, rows)]
    for number, decimals in enumerate((2, 3, 6, 15, 15)):
        columns[f"f{number}"] = np.round(draw.normal(size=rows) * 100, decimals)
    columns["i"], columns["msg"] = draw.integers(0, 10**6, rows), np.array(words)[draw.integers(0, len(words), rows)]
    made = pd.DataFrame(columns, index=pd.date_range("2024-01-01", periods=rows, freq="s", tz="UTC").as_unit("ns"))
    if nulls:
        for name in (*FIELDS[:5], "msg"):
            made.loc[draw.random(rows) < nulls, name] = None
    return made


@lru_cache
def points(rows: int, times: str) -> list[dict[str, Any]]:
    """Return the rows of the plain frame as mappings, their times as `int`, `datetime` or `text`."""
    data = frame(rows)
    stamps = [_TIMES[times](stamp) for stamp in data.index.asi8.tolist()]
    records = zip(data[TAGS].to_dict("records"), data[FIELDS].to_dict("records"), stamps, strict=True)
    return [{"measurement": "m", "tags": tags, "fields": fields, "time": time} for tags, fields, time in records]


def _moment(stamp: int) -> datetime:
    return EPOCH + timedelta(microseconds=stamp // 1000)


_TIMES = {"int": int, "datetime": _moment, "text": lambda stamp: _moment(stamp).isoformat()}
