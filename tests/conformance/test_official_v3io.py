"""V3IO's own package against the local stack, and beside ours: what the one writes the other reads."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from catchment import v3io
from catchment.local import Stack, V3IOOptions
from catchment.local.server import Running

from tests.conformance.test_official import run

OFFICIAL = "CATCHMENT_OFFICIAL_V3IO"
ATTRIBUTES: dict[str, Any] = {
    "text": 'snow ☃ "quoted" \\ \n',
    "int": -(2**62),
    "float": 0.1,
    "tiny": 1.5e-300,
    "whole": 125.0,
    "yes": True,
    "blob": bytes(range(256)),
    "ints": [1, -2, 3],
    "floats": [1.5, -2.25],
    "when": dt.datetime(2024, 5, 1, 8, 0, 0, 250_000, tzinfo=dt.UTC),
}


@pytest.fixture(scope="session")
def official_v3io() -> str:
    """The interpreter of an environment that has V3IO's own package."""
    python = os.environ.get(OFFICIAL, "")
    if not python and not os.environ.get("CI"):
        pytest.skip(f"{OFFICIAL} names no interpreter with the `v3io` package; `nox -s conformance` makes one")
    assert Path(python).is_file(), f"{OFFICIAL}={python!r} is no interpreter"
    return python


@pytest.fixture
def running() -> Iterator[Running]:
    """A stack on a loopback port."""
    with Stack() as stack, stack.serve(only=["v3io"]) as served:
        yield served


@pytest.fixture
def ours(running: Running) -> Iterator[v3io.Client]:
    """Our client of that stack."""
    place = running.environment
    with v3io.Client(endpoint=place["V3IO_API"], access_key=place["V3IO_ACCESS_KEY"]) as client:
        yield client


@pytest.mark.parametrize("kept", [False, True], ids=["in memory", "in a folder"])
def test_the_local_stack_passes_for_v3io(official_v3io: str, tmp_path: Path, kept: bool) -> None:
    """A working day of the official package goes through; its cursors end at empty pages, so there are none."""
    options = V3IOOptions(slices_per_page=1024)
    with Stack(tmp_path if kept else None, v3io=options) as stack, stack.serve(only=["v3io"]) as served:
        report = run(official_v3io, served, "official_v3io_workflow.py", "bigdata", "a/day")
    assert report["failed"] == {}
    assert len(report["passed"]) >= 31


def test_ours_reads_what_theirs_wrote(official_v3io: str, running: Running, ours: v3io.Client) -> None:
    """Objects, attributes of every kind, descriptions of tables, records."""
    run(official_v3io, running, "official_v3io_side.py", "write", "users", "theirs")
    listed = ours.container.list("users", "theirs").output
    assert [each.key for each in listed.contents] == ["theirs/log"]
    assert [each.prefix for each in listed.common_prefixes] == ["theirs/a b/", "theirs/stream/", "theirs/table/"]
    assert ours.object.get("users", "theirs/a b/#ü%.bin").body == bytes(range(256))
    assert ours.object.get("users", "theirs/log").body == b"one,two"
    assert ours.kv.get("users", "theirs/table", "key.1").output.item == ATTRIBUTES
    assert ours.object.get("users", "theirs/table/.#schema").body.startswith(b'{"hashingBucketNum":0,"key":"k",')
    described = ours.stream.describe("users", "theirs/stream").output
    assert (described.shard_count, described.retention_period_hours) == (3, 5)
    location = ours.stream.seek("users", "theirs/stream", 2, "EARLIEST").output.location
    records = ours.stream.get_records("users", "theirs/stream", 2, location).output.records
    assert [each.data for each in records] == [b"\x00\xff", "ü".encode()]
    assert (records[0].client_info, records[1].partition_key) == (b"info", "k")


def test_theirs_reads_what_ours_wrote(official_v3io: str, running: Running, ours: v3io.Client) -> None:
    """The same, the other way."""
    ours.object.put("users", "ours/a b/#ü%.bin", body=bytes(range(256)))
    ours.object.put("users", "ours/log", body="one,")
    ours.object.put("users", "ours/log", body="two", append=True)
    ours.kv.put("users", "ours/table", "key.1", ATTRIBUTES)
    fields = [{"name": "k", "type": "string", "nullable": True}]
    ours.kv.create_schema("users", "ours/table/", key="k", fields=fields)
    ours.stream.create("users", "ours/stream", shard_count=3, retention_period_hours=5)
    records = [
        {"shard_id": 2, "data": b"\x00\xff", "client_info": b"info"},
        {"shard_id": 2, "data": "ü", "partition_key": "k"},
    ]
    ours.stream.put_records("users", "ours/stream", records)

    told = run(official_v3io, running, "official_v3io_side.py", "read", "users", "ours")
    assert told["entries"] == ["ours/log", "ours/a b/", "ours/stream/", "ours/table/"]
    assert (told["object"], told["log"]) == (bytes(range(256)).hex(), "one,two")
    assert told["item"] == {
        **{name: [type(value).__name__, value] for name, value in ATTRIBUTES.items()},
        "blob": ["bytes", bytes(range(256)).hex()],
        "when": ["datetime", "2024-05-01T08:00:00.250000+00:00"],
        "whole": ["int", 125],  # what the wire makes of doubles without a fraction
    }
    assert told["schema"] == {"hashingBucketNum": 0, "key": "k", "fields": fields}
    assert told["stream"] == [3, 5]
    assert told["records"] == [[1, "00ff", "info", None], [2, "c3bc", None, "k"]]
