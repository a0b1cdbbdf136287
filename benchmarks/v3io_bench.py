"""V3IO's data plane beside the official client: CPU of the client's process, in turns, in one run."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import Sample, Side, Talker, Turn, interleave, median, official_python, one_core
from memory import MIB, alone, fill, peak, worst
from report import Row, Section, duration

OFFICIAL = "CATCHMENT_OFFICIAL_V3IO"
PROGRAM = "v3io_calls.py"
LARGE_PROGRAM = "v3io_large.py"
OTHER = "v3io 0.7.2"
CALLS = (
    "The server answers from memory, on the clients' own core. CPU is the client process's; a bare socket's is what "
    "the operating system takes of each call. An item has four attributes when put, two when got, "
    "and every answer is looked at. Official batches have 8 requests in flight by default, ours 64."
)
FLOWS = "Records have sixty bytes and travel a thousand to a request; items have two attributes, a thousand to a page."
MEMORY = (
    "Base is the process after its imports, before its first request. With segments the server answers each of the "
    "eight with the whole table. The official client holds an object whole, and has no call that moves a file."
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """
    How much is measured.

    Args:
        rounds: Measured rounds of each case; medians are shown.
        calls: Small calls a run; enough of them that what is measured is steady, not the first milliseconds of a burst.
        records: Records a run.
        items: Items of the table that is compared.
        scanned: Items of the table whose scan must not grow.
        large: Bytes of the large object.
    """

    rounds: int = 5
    calls: int = 10_000
    records: int = 100_000
    items: int = 50_000
    scanned: int = 1_000_000
    large: int = 512 * MIB

    @classmethod
    def tiny(cls) -> Sizes:
        """Return sizes that show whether everything runs, and nothing else."""
        return cls(rounds=1, calls=40, records=1_000, items=10_000, scanned=60_000, large=9 * MIB)


class Server(Talker):
    """The answering server in a process of its own."""

    def __init__(self, *options: str) -> None:
        super().__init__([sys.executable, "v3io_server.py", *options])
        self.url = f"http://127.0.0.1:{self.hear()['port']}"


def sections(sizes: Sizes) -> Iterator[Section]:
    """Measure everything."""
    python = official_python(OFFICIAL, "v3io.dataplane, aiohttp")
    with one_core(), _sides(python) as sides, Server("--items", str(sizes.items)) as server:
        yield Section("V3IO: calls", OTHER, list(_calls(sides, sizes, server.url)), CALLS)
        yield Section("V3IO: records and scans", OTHER, list(_flows(sides, sizes, server.url)), FLOWS)
    with _sides(python) as sides, Server("--delay", "0.002") as slow:
        title = "V3IO: batches, a server that takes 2 ms"
        yield Section(title, OTHER, list(_batches(sides, sizes, slow.url)))
    title = f"V3IO: peak memory above the base, {sizes.scanned:,} items, {sizes.large // MIB:,} MiB"
    yield Section(title, OTHER, list(_memory(python, sizes)), MEMORY)


@contextmanager
def _sides(python: str) -> Iterator[dict[str, Side]]:
    with Side(sys.executable, PROGRAM, "ours") as ours, Side(python, PROGRAM, "official") as theirs:
        yield {"ours": ours, "theirs": theirs}


def _calls(sides: Mapping[str, Side], sizes: Sizes, url: str) -> Iterator[Row]:
    small: dict[str, object] = {"url": url, "count": sizes.calls}
    for what, case in (
        ("object put", "put_object"),
        ("object got", "get_object"),
        ("item put", "put_item"),
        ("item got", "get_item"),
        ("object put, batch", "batch_put_object"),
        ("item put, batch", "batch_put_item"),
        ("item got, batch", "batch_get_item"),
    ):
        yield _cpu(sides, sizes, what, case, small, 4)
    yield _cpu(sides, sizes, "item got, 16 tasks", "aio_get_item", {**small, "tasks": 16}, 4)
    done = interleave({"ours": Turn(sides["ours"], "bare_socket", small)}, sizes.rounds)
    yield Row("object got by a bare socket, for scale", None, "", None, duration(median(done["ours"], "cpu_each")))


def _batches(sides: Mapping[str, Side], sizes: Sizes, url: str) -> Iterator[Row]:
    for what, case in (("objects put", "batch_put_object"), ("items got", "batch_get_item")):
        done = interleave(_turns(sides, case, {"url": url, "count": sizes.calls}), sizes.rounds)
        mine, other = (median(done[side], "wall_each") for side in ("ours", "theirs"))
        rates = [f"{1 / seconds:,.0f}/s" for seconds in (mine, other)]
        yield Row(what, other / mine, "4x", other / mine >= 4, *rates)


def _flows(sides: Mapping[str, Side], sizes: Sizes, url: str) -> Iterator[Row]:
    records: dict[str, object] = {"url": url, "count": sizes.records}
    yield _cpu(sides, sizes, "records put", "put_records", records, 4)
    yield _cpu(sides, sizes, "records read", "get_records", records, 4)
    yield _cpu(sides, sizes, "items scanned by a cursor", "scan", {"url": url, "count": sizes.items}, None)


def _turns(sides: Mapping[str, Side], case: str, arguments: Mapping[str, object]) -> dict[str, Turn]:
    return {name: Turn(side, case, arguments) for name, side in sides.items()}


def _cpu(
    sides: Mapping[str, Side],
    sizes: Sizes,
    what: str,
    case: str,
    arguments: Mapping[str, object],
    target: float | None,
) -> Row:
    done = interleave(_turns(sides, case, arguments), sizes.rounds)
    mine, other = (median(done[side], "cpu_each") for side in ("ours", "theirs"))
    met = None if target is None else other / mine >= target
    return Row(what, other / mine, "" if target is None else f"{target:g}x", met, duration(mine), duration(other))


def _memory(python: str, sizes: Sizes) -> Iterator[Row]:
    with Server("--items", str(sizes.scanned)) as server:
        where = {"url": server.url, "count": sizes.scanned}
        mine = alone(sys.executable, LARGE_PROGRAM, "scan", **where)
        with Side(python, PROGRAM, "official") as official:
            theirs = official.run("scan", **where)
        yield peak("items scanned", mine, theirs, _cpu_of)
        segments = alone(sys.executable, LARGE_PROGRAM, "scan_segments", **where)
        yield peak("items scanned, 8 segments", segments, None, _cpu_of)
        yield from _large(sizes, server.url)


def _large(sizes: Sizes, url: str) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "source"), Path(folder, "target")
        fill(source, sizes.large)
        runs = min(sizes.rounds, 3)
        for what, case, arguments in (
            ("object uploaded from a file", "upload", {"url": url, "source": str(source)}),
            ("object uploaded from a file, async", "upload_async", {"url": url, "source": str(source)}),
            ("object downloaded to a file", "download", {"url": url, "size": sizes.large, "target": str(target)}),
            ("object downloaded, async", "download_async", {"url": url, "size": sizes.large, "target": str(target)}),
        ):  # fmt: skip
            yield peak(what, worst(runs, sys.executable, LARGE_PROGRAM, case, arguments), None, _cpu_of)
            if case.startswith("download") and target.stat().st_size != sizes.large:
                raise RuntimeError(f"{what}: {target.stat().st_size} bytes came")


def _cpu_of(sample: Sample) -> str:
    return duration(sample.cpu)
