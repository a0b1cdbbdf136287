"""Every escaping case: what a real 1.6.7 did with 200 points and 118 lines, asked of each server again by our client."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from catchment.core.errors import DecodeError, UnsafeInputError
from catchment.influxdb import InfluxDBClient
from catchment.influxdb._sync import writing
from catchment.influxdb.errors import HandlerCrashedError, InfluxDBError
from catchment.influxdb.lines import Chunk
from catchment.influxdb.sending import Target

CASES = json.loads((Path(__file__).parents[2] / "data" / "influx_escaping_cases.json").read_text(encoding="utf-8"))
ALL_POINTS = "SELECT * FROM /(?s).*/ GROUP BY *"


def _shortened(case: dict[str, Any]) -> bool:
    text = json.dumps(case)
    return "chars)" in text or '"repeat"' in text or re.search(r"<. x \d+>", text) is not None


def _lines() -> list[Any]:
    """Return every line that the file has whole, with what came of it."""
    found = [
        pytest.param(case, id=case["id"]) for case in CASES["structured"] + CASES["raw_lines"] if not _shortened(case)
    ]
    for case in CASES["structured"]:
        for name, other in case.get("other_encoders", {}).items():
            if not _shortened(case) and not _shortened(other):
                found.append(pytest.param(other, id=f"{case['id']}-{name}"))
    return found


def _rebuilt(value: Any) -> Any:
    """Undo the file's notation for long strings."""
    if isinstance(value, dict) and set(value) == {"repeat", "count"}:
        return value["repeat"] * value["count"]
    if isinstance(value, str) and (match := re.fullmatch(r"<(.) x (\d+)>", value)):
        return match[1] * int(match[2])
    return value


def _plain(point: dict[str, Any]) -> dict[str, Any]:
    """Return a point of the file as our client takes and gives it; bytes that are no UTF-8 come as U+FFFD."""

    def text(value: Any) -> Any:
        value = _rebuilt(value)
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace") if isinstance(value, str) else value

    fields = {
        text(key): float(field["value"]) if field["type"] == "float" else text(field["value"])
        for key, field in point["fields"].items()
    }
    tags = {text(key): text(value) for key, value in point["tags"].items()}
    return {"measurement": text(point["measurement"]), "tags": tags, "fields": fields, "time": point["time"]}


def _stored(client: InfluxDBClient) -> list[dict[str, Any]]:
    """Return all points of the database."""
    points: list[dict[str, Any]] = []
    for series in client.query(ALL_POINTS)["results"][0].get("series", []):
        for row in series["values"]:
            cells = dict(zip(series["columns"], row, strict=True))
            time = cells.pop("time")
            fields = {name: value for name, value in cells.items() if value is not None}
            tags = {name: value for name, value in series.get("tags", {}).items() if value}
            points.append({"measurement": series["name"], "tags": tags, "fields": fields, "time": time})
    return points


def _comparable(points: list[dict[str, Any]], *, times: bool) -> list[str]:
    """Return points in one order, floats told from integers."""
    return sorted(
        repr(
            (
                point["measurement"],
                sorted(point["tags"].items()),
                sorted(point["fields"].items()),
                point["time"] if times else 0,
            )
        )
        for point in points
    )


@pytest.mark.parametrize("case", _lines())
def test_lines_have_the_status_the_error_and_the_points_of_the_real_server(
    client: InfluxDBClient, case: dict[str, Any]
) -> None:
    """Also what it silently alters or loses: those who write their own lines meet it."""
    body = case["line"].encode("utf-8", "surrogateescape")
    status, said = 204, None
    try:
        writing.send(client.api, Chunk(body, body.count(b"\n") + 1, False), Target(client.db or ""))
    except InfluxDBError as error:
        status, said = error.status, error.message
    assert status == case["status"]
    if case.get("error") and status == 400:
        assert said == case["error"].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if status == 204 and b"\xff" in body:
        with pytest.raises(DecodeError, match="not UTF-8"):  # others may have stored it; it is not guessed at
            _stored(client)
    elif case.get("readback") is not None:
        wanted = [_plain(point) | {"time": point["time"]} for point in case["readback"]]
        times = all(point["time"] != "server" for point in wanted)
        assert _comparable(_stored(client), times=times) == _comparable(wanted, times=times)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES["structured"]])
def test_points_come_back_as_they_were_or_are_refused_before_they_are_sent(
    client: InfluxDBClient, case: dict[str, Any]
) -> None:
    """There is no third way, but for a server that crashes and says so."""
    point = _plain(case["point"])
    try:
        client.write(point, strict=True)
    except HandlerCrashedError:
        assert case["status"] == 500  # exactly 100 tags, before 1.8
        return
    except UnsafeInputError:
        assert case["sdk_action"] in {"raise", "omit_field", "write_as_integer"}
        assert _stored(client) == []
        return
    assert case["sdk_action"] != "raise"
    point["tags"] = {name: value for name, value in point["tags"].items() if value}
    point["fields"] = {
        name: value for name, value in point["fields"].items() if value == value and value not in (1e999, -1e999)
    }
    assert _comparable(_stored(client), times=True) == _comparable([point], times=True)
