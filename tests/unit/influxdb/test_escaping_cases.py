"""What a real server did with 200 points, held against what is sent for them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import lines

CASES = json.loads((Path(__file__).parents[2] / "data" / "influx_escaping_cases.json").read_text())["structured"]


def _rebuilt(value: Any) -> Any:
    """Undo the file's notation for long strings."""
    if isinstance(value, dict) and set(value) == {"repeat", "count"}:
        return value["repeat"] * value["count"]
    if isinstance(value, str) and (match := re.fullmatch(r"<(.) x (\d+)>", value)):
        return match[1] * int(match[2])
    return value


def _point(case: dict[str, Any]) -> dict[str, Any]:
    point = case["point"]
    fields = {
        _rebuilt(key): float(field["value"]) if field["type"] == "float" else _rebuilt(field["value"])
        for key, field in point["fields"].items()
    }
    tags = {_rebuilt(key): _rebuilt(value) for key, value in point["tags"].items()}
    return {"measurement": _rebuilt(point["measurement"]), "tags": tags, "fields": fields, "time": point["time"]}


def _encoded(point: dict[str, Any], **options: Any) -> bytes:
    return b"".join(chunk.body for chunk in lines.encode(point, **options))


def _of(*actions: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in CASES if case["sdk_action"] in actions]


@pytest.mark.parametrize("case", _of("write"))
def test_what_the_server_stores_as_it_is_is_sent_as_it_was(case: dict[str, Any]) -> None:
    """Each point that came back unchanged is sent by the very line it came by."""
    point = _point(case)
    expected = case["line"]
    if "(" in expected[-20:] and "chars)" in expected:  # the file shortens long lines
        measurement, tags = point["measurement"], "".join(f",{k}={v}" for k, v in point["tags"].items())
        fields = ",".join(f'{k}="{v}"' if isinstance(v, str) else f"{k}={v}" for k, v in point["fields"].items())
        expected = f"{measurement}{tags} {fields} {point['time']}"
    expected = expected.replace("e-07", "e-7")  # the same number
    assert _encoded(point).decode() == expected + "\n"


@pytest.mark.parametrize("case", _of("raise"))
def test_what_the_server_loses_or_alters_is_refused(case: dict[str, Any]) -> None:
    """Nothing is sent of points that would not come back; strict mode also refuses those without a field."""
    with pytest.raises(UnsafeInputError, match=r"^row 0"):
        _encoded(_point(case), strict=True)


@pytest.mark.parametrize("case", _of("omit_field"))
def test_numbers_without_a_text_are_left_out(case: dict[str, Any]) -> None:
    """NaN and infinities are left out, and a point with nothing else is skipped and counted."""
    point, report = _point(case), lines.Report()
    rest = {key: value for key, value in point["fields"].items() if value - value == 0}
    body = _encoded(point, report=report)
    assert body == (b"m w=1.5 1\n" if rest else b"")
    assert report.skipped == (0 if rest else 1)


@pytest.mark.parametrize("case", _of("omit_tag"))
def test_empty_tags_are_left_out(case: dict[str, Any]) -> None:
    """An empty tag is the same as none, and its text would be refused."""
    point = _point(case)
    present = "".join(f",{key}={value}" for key, value in point["tags"].items() if value)
    assert _encoded(point).decode() == f"m{present} v=1.5 1\n"


@pytest.mark.parametrize("case", _of("write_quote_escaped"))
def test_a_quote_behind_a_backslash_is_escaped_in_field_keys(case: dict[str, Any]) -> None:
    """That line alone brings the key back."""
    assert _encoded(_point(case)).decode().rstrip("\n") == case["other_encoders"]["doubled_backslash"]["line"]


@pytest.mark.parametrize("case", _of("write_as_integer"))
def test_unsigned_numbers_are_integers(case: dict[str, Any]) -> None:
    """Released servers have no unsigned fields."""
    assert _encoded(_point(case)) == b"m v=5i 1\n"


def test_no_case_is_left_out() -> None:
    """Every case of the file has one of the actions tested here."""
    known = {"write", "raise", "omit_field", "omit_tag", "write_quote_escaped", "write_as_integer"}
    assert {case["sdk_action"] for case in CASES} == known
    assert len(CASES) == 200
