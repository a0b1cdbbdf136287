"""Laws of the local V3IO, whatever comes in whatever order."""

from __future__ import annotations

import base64
import tempfile
from urllib.parse import quote
from xml.etree import ElementTree as ET

from catchment.local import Stack, V3IOOptions
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.local.v3io.conftest import Clock, Web

NAMES = st.sampled_from(["a", "b", "a.1", "a.2", "ü", "x y"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(tuple)
DATA = st.binary(max_size=8)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), PATHS, DATA),
        st.tuples(st.just("append"), PATHS, DATA),
        st.tuples(st.just("item"), PATHS, st.integers(0, 9)),
        st.tuples(st.just("add"), PATHS, st.integers(1, 9)),
        st.tuples(st.just("delete"), PATHS, st.none()),
    ),
    max_size=25,
)


class Model:
    """What a container should hold: data and number by path, and the directories."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, ...], tuple[bytes, int | None]] = {}
        self.directories: set[tuple[str, ...]] = set()

    def apply(self, kind: str, path: tuple[str, ...], value) -> bool:
        """Carry a step out; tell whether it should succeed."""
        data, number = self.files.get(path, (b"", None))
        if kind == "delete":
            return self._delete(path)
        if kind == "add" and number is None:
            return False
        changed = {"put": (value, number), "append": (data + value if kind == "append" else b"", number)}
        changed |= {"item": (data, value), "add": (data, (number or 0) + value if kind == "add" else None)}
        self.files[path] = changed[kind]
        self.directories.update(path[:end] for end in range(1, len(path)))
        return True

    def _delete(self, path: tuple[str, ...]) -> bool:
        if path in self.files:
            del self.files[path]
            return True
        inside = [each for each in (*self.files, *self.directories) if each[: len(path)] == path and each != path]
        if path not in self.directories or inside:
            return False
        self.directories.discard(path)
        return True


def url(path):
    """Return the target of a path."""
    return "/users/" + "/".join(map(quote, path))


def carry_out(web: Web, kind: str, path: tuple[str, ...], value) -> int:
    """Send a step and return its status."""
    match kind:
        case "put" | "append":
            headers = [("Range", "-1")] if kind == "append" else []
            return web.send("PUT", url(path), value, *headers).status
        case "item":
            return web.ask("PutItem", url(path), {"Item": {"n": {"N": str(value)}}}).status
        case "add":
            return web.ask("UpdateItem", url(path), {"UpdateExpression": f"n = n + {value}"}).status
        case _:
            return web.send("DELETE", url(path)).status


def found(web: Web, path: tuple[str, ...] = ()) -> tuple[dict, set]:
    """Return files and directories as listings and answers tell them."""
    files, directories, marker = {}, set(), ""
    while True:
        prefix, after = quote("/".join(path)), quote(marker)
        page = ET.fromstring(web.send("GET", f"/users?prefix={prefix}&max-keys=2&marker={after}").body)
        for key in page.findall("Contents/Key"):
            parts = tuple((key.text or "").split("/"))
            files[parts] = web.get(url(parts)), web.item(url(parts)).get("n")
        for each in page.findall("CommonPrefixes/Prefix"):
            parts = tuple((each.text or "").strip("/").split("/"))
            below = found(web, parts)
            directories |= {parts} | below[1]
            files |= below[0]
        marker = page.findtext("NextMarker") or ""
        if page.findtext("IsTruncated") == "false":
            return files, directories


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_a_container_is_its_model(steps):
    """After any steps listings and reads tell what a model holds, in a stack that was started again too."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(folder, clock=Clock())
        web, model = Web(stack, Clock()), Model()
        for step in steps:
            wanted = model.apply(*step)
            status = carry_out(web, *step)
            assert (status < 300) == wanted, (step, status)
        assert found(web) == (model.files, model.directories)
        stack.close()
        with Stack(folder, clock=Clock()) as again:
            assert found(Web(again, Clock())) == (model.files, model.directories)


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.text("abz.", min_size=1, max_size=4).filter(lambda name: name not in {".", ".."}), max_size=30),
    st.integers(1, 5),
    st.sampled_from([1, 7, 64, 1024]),
    st.integers(1, 9),
)
def test_scans_lose_nothing(names, limit, slices, total):
    """Whole, by segment, and by sharding key: each item once, whatever the pages."""
    with Stack(v3io=V3IOOptions(slices_per_page=slices), clock=Clock()) as stack:
        web = Web(stack, Clock())
        web.put("/users/t/", b"")
        for name in names:
            web.put_item(f"/users/t/{name}", n=1)
        assert sorted(web.names("/users/t/", Limit=limit)) == sorted(names)
        parts = [web.names("/users/t/", Segment=segment, TotalSegment=total) for segment in range(total)]
        assert sorted(name for part in parts for name in part) == sorted(names)
        keys = {name.partition(".")[0] for name in names}
        by_key = {key: web.names("/users/t/", ShardingKey=key) for key in keys}
        assert by_key == {key: sorted(name for name in names if name.partition(".")[0] == key) for key in keys}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3000), st.integers(0, 5)), max_size=12), st.integers(1, 4))
def test_shards_are_their_model(steps, limit):
    """After any writes and waits, reading from the start gives in order what retention left; numbers have no gaps."""
    clock = Clock()
    with Stack(clock=clock) as stack:
        web = Web(stack, clock)
        web.ok("CreateStream", "/users/s", {"ShardCount": 3, "RetentionPeriodHours": 1})
        model: dict[int, list[tuple[float, int]]] = {0: [], 1: [], 2: []}
        for shard, seconds, count in steps:
            clock.now += seconds
            records = [
                {"Data": base64.b64encode(bytes([number])).decode(), "ShardId": shard} for number in range(count)
            ]
            told = web.ok("PutRecords", "/users/s", {"Records": records})["Records"]
            first = len(model[shard]) + 1
            assert [each["SequenceNumber"] for each in told] == list(range(first, first + count))
            model[shard] += [(clock.now, number) for number in range(count)]
        for shard, records in model.items():
            kept = [
                (number + 1, value) for number, (arrived, value) in enumerate(records) if arrived >= clock.now - 3600
            ]
            assert read_all(web, shard, limit, known=bool(records)) == kept


def read_all(web: Web, shard: int, limit: int, *, known: bool) -> list[tuple[int, int]]:
    """Return sequence number and value of all records of a shard."""
    sought = web.ask("SeekShard", f"/users/s/{shard}", {"Type": "EARLIEST"})
    assert sought.status == (200 if known else 404)
    if not known:
        return []
    location, found = sought.json()["Location"], []
    while True:
        page = web.ok("GetRecords", f"/users/s/{shard}", {"Location": location, "Limit": limit})
        found += [(each["SequenceNumber"], base64.b64decode(each["Data"])[0]) for each in page["Records"]]
        if not page["Records"]:
            assert page["RecordsBehindLatest"] == 0
            return found
        location = page["NextLocation"]
