"""Every line of the escaping cases has the outcome that was seen on a real server."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

import msgpack
import pytest

from tests.local.influxdb.sides import LocalSide

CASES = Path(__file__).parents[2] / "data" / "influx_escaping_cases.json"


def load() -> list[Any]:
    """Return cases as (id, line, status, error, readback), structured and raw, other encoders' lines too."""
    document = json.loads(CASES.read_text(encoding="utf-8"))
    found = []
    for case in document["structured"] + document["raw_lines"]:
        if "chars)" in json.dumps(case) or "repeat" in json.dumps(case):
            continue
        found.append(pytest.param(case["line"], case, id=case["id"]))
        for name, other in case.get("other_encoders", {}).items():
            found.append(pytest.param(other["line"], other, id=f"{case['id']}-{name}"))
    return found


def _time(code: int, data: bytes) -> int:
    assert code == 5
    seconds, rest = struct.unpack(">qi", data)
    return seconds * 1_000_000_000 + rest


def readback(side: LocalSide) -> list[dict[str, Any]]:
    """Return all points of the database the way the cases have them."""
    query = {"q": "SELECT * FROM /(?s).*/ GROUP BY *", "db": "case", "accept": "application/x-msgpack"}
    body = side.query(query).body
    document = msgpack.unpackb(body, raw=False, ext_hook=_time, unicode_errors="surrogateescape")
    points = []
    for series in document["results"][0].get("series", []):
        for values in series["values"]:
            row = dict(zip(series["columns"], values, strict=True))
            time = row.pop("time")
            fields = {name: value for name, value in row.items() if value is not None}
            tags = {name: value for name, value in series.get("tags", {}).items() if value}
            points.append({"measurement": series["name"], "tags": tags, "fields": fields, "time": time})
    return points


def plain(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the points of a case with plain values; a time of the server's clock is left out."""
    out = []
    for point in points:
        fields = {name: _value(each) for name, each in point["fields"].items()}
        out.append({**point, "fields": fields})
    return out


def _value(field: Any) -> Any:
    value = field["value"]
    return float(value) if field["type"] == "float" else value


def same(left: list[dict[str, Any]], right: list[dict[str, Any]]) -> bool:
    """Compare points in any order; the word `server` stands for any time."""

    def key(point: dict[str, Any]) -> str:
        fields = {name: [type(value).__name__, value] for name, value in sorted(point["fields"].items())}
        return repr((point["measurement"], sorted(point["tags"].items()), fields))

    if len(left) != len(right):
        return False
    for one, other in zip(sorted(left, key=key), sorted(right, key=key), strict=True):
        if key(one) != key(other) or (other["time"] != "server" and one["time"] != other["time"]):
            return False
        for value in one["fields"].values():
            assert not (isinstance(value, float) and math.isnan(value))
    return True


@pytest.mark.parametrize(("line", "case"), load())
def test_line(side, line, case):
    """Status, error text and what can be read back are the real server's."""
    side.query({"q": "create database case", "db": "case"})
    answered = side.write(line, db="case")
    assert answered.status == case["status"]
    if case.get("error"):
        assert json.loads(answered.body)["error"] == case["error"]
    if case.get("readback") is not None:
        assert same(readback(side), plain(case["readback"]))
