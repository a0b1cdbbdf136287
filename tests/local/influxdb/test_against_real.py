"""
The local server and a real InfluxDB 1.6.7 answer alike: bodies, statuses, content types.

What the real one answered is kept in `answers.json`, so that these tests need no server. With the environment variable
CATCHMENT_CONFORMANCE_INFLUXDB (endpoint of a server without databases), a real one is asked again, and
`CATCHMENT_RECORD=1` writes its answers down anew.
"""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

import pytest

from tests.local.influxdb.sides import (
    DATABASE,
    FOLDER,
    LocalSide,
    RealSide,
    Side,
    all_queries,
    comparable,
    prepare,
    sequences,
)

ENDPOINT = os.environ.get("CATCHMENT_CONFORMANCE_INFLUXDB", "")
ANSWERS = FOLDER / "answers.json"


def shown(side: Side, step: Any) -> list[Any]:
    """Return what a side answers, as JSON values."""
    status, content_type, body = comparable(side.step(step), step)
    return [status, content_type, body.hex() if isinstance(body, bytes) else body]


def record(side: Side) -> dict[str, list[Any]]:
    """Return all answers of a side."""
    prepare(side)
    answers = {name: shown(side, query) for name, query in all_queries()}
    side.query(f"drop database {DATABASE}")
    for name, steps in sequences().items():
        answers.update({f"{name}-{number}": shown(side, step) for number, step in enumerate(steps)})
    return answers


@cache
def expected() -> dict[str, list[Any]]:
    """Return the answers of the real server: asked now, or kept."""
    if not ENDPOINT:
        return json.loads(ANSWERS.read_text(encoding="utf-8"))
    real = RealSide(ENDPOINT)
    databases = json.loads(real.query("show databases").body)["results"][0]["series"][0]
    if databases.get("values"):
        pytest.fail(f"give a server without databases (and with [monitor] store-enabled = false): {databases}")
    answers = record(real)
    if os.environ.get("CATCHMENT_RECORD"):
        text = json.dumps(answers, ensure_ascii=False, indent=0)
        ANSWERS.write_text(text + "\n", encoding="utf-8")
    return answers


@pytest.fixture(scope="module")
def local() -> Any:
    """Return all answers of the local server."""
    from catchment.local import Stack

    with Stack() as stack:
        yield record(LocalSide(stack))


@pytest.mark.conformance
@pytest.mark.parametrize(("name", "query"), [pytest.param(*each, id=each[0]) for each in all_queries()])
def test_query(local, name, query):
    """A query of the catalogue is answered as by the real server."""
    assert local[name] == expected()[name], query


STEPS = [
    pytest.param(f"{name}-{number}", step, id=f"{name}-{number}")
    for name, steps in sequences().items()
    for number, step in enumerate(steps)
]


@pytest.mark.conformance
@pytest.mark.parametrize(("name", "step"), STEPS)
def test_step(local, name, step):
    """A step of a sequence of changes is answered as by the real server."""
    assert local[name] == expected()[name], step
