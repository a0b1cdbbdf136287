"""lakeFS beside the official `lakefs` package: which cases there are, and what they must come to."""

from __future__ import annotations

import filecmp
import random
import subprocess
import sys
import tempfile
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import Sample, Side, Talker, Turn, interleave, interleaved_imports, median, official_python
from report import Row, Section, duration

VARIABLE = "CATCHMENT_OFFICIAL_LAKEFS"
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Sizes:
    """
    How much is measured.

    Args:
        rounds: Measured rounds of each case; medians are shown.
        objects: In the listing.
        small: Small objects a run.
        merges: Round trips of branch, commit and merge a run.
        large: Bytes of the large object.
    """

    rounds: int = 7
    objects: int = 20_000
    small: int = 200
    merges: int = 10
    large: int = 512 * MIB

    @classmethod
    def tiny(cls) -> Sizes:
        """Return sizes that show whether everything runs, and nothing else."""
        return cls(rounds=1, objects=30, small=3, merges=1, large=MIB)


class Server(Talker):
    """A local platform in a process of its own."""

    def __init__(self, *command: str) -> None:
        super().__init__([sys.executable, *command])
        said = self.hear()
        self.access = {
            "host": said["LAKECTL_SERVER_ENDPOINT_URL"],
            "key": said["LAKECTL_CREDENTIALS_ACCESS_KEY_ID"],
            "secret": said["LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY"],
        }

    def requests(self) -> int:
        """Return how many requests it was sent so far."""
        return int(self.ask("requests")["requests"])

    def get(self, target: str) -> bytes:
        """Fetch something below the API."""
        pair = b64encode(f"{self.access['key']}:{self.access['secret']}".encode()).decode()
        asked = urllib.request.Request(
            f"{self.access['host']}/api/v1{target}", headers={"Authorization": f"Basic {pair}"}
        )
        with urllib.request.urlopen(asked) as answer:
            return answer.read()


@dataclass(frozen=True, slots=True)
class Sides:
    """The processes that are compared."""

    fast: Side
    plain: Side
    official: Side

    def turns(self, case: str, **arguments: object) -> dict[str, Turn]:
        """Return a turn for each side that does the same."""
        sides = {"fast": self.fast, "plain": self.plain, "official": self.official}
        return {name: Turn(side, case, arguments) for name, side in sides.items()}


@contextmanager
def sides(python: str) -> Iterator[Sides]:
    """Start the sides: ours with and without the faster JSON reader, and the official package."""
    with (
        Side(sys.executable, "lakefs_ours.py") as fast,
        Side(sys.executable, "lakefs_ours.py", "--plain") as plain,
        Side(python, "lakefs_official.py") as official,
    ):
        yield Sides(fast, plain, official)


def sections(sizes: Sizes) -> Iterator[Section]:
    """Measure everything; yield tables as they are done."""
    python = official_python(VARIABLE, "lakefs")
    code = "from importlib.metadata import version; print(version('lakefs'))"
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    name = f"lakefs {found}"
    with sides(python) as compared:
        yield Section("Import, fresh processes", name, list(imports(python, sizes)))
        yield Section("Listing", name, list(listing(compared, sizes)), LISTING)
        for title, options in (("through the server", ()), ("presigned", ("--presign",))):
            with Server("stack_server.py", *options) as server:
                rows = list(small(compared, server, sizes, presigned=bool(options)))
                yield Section(f"Small objects, {title}", name, rows)
        with Server("stack_server.py") as server:
            yield Section("Branch, write, commit, merge, delete", name, list(merging(compared, server, sizes)))
    yield Section("Large objects: peak memory above the base", name, list(large(python, sizes)), LARGE)


LISTING = (
    "Answers are the local stack's own bytes, repeated from memory by a bare socket server, so that the server is not "
    "what is measured. The first line is what both packages do unasked: catchment asks for 1000 objects a request, the "
    "official package for 100."
)
LARGE = "Base is the process after its imports, before its first request. The server is the local stack, in a process of its own."


def imports(python: str, sizes: Sizes) -> Iterator[Row]:
    """Time imports in fresh processes."""
    took = interleaved_imports(
        {
            "httpx": (sys.executable, "import httpx"),
            "package": (sys.executable, "import catchment.lakefs"),
            "class": (sys.executable, "from catchment.lakefs import Repository"),
            "aio": (sys.executable, "from catchment.lakefs.aio import Repository"),
            "official": (python, "from lakefs import Repository"),
        },
        sizes.rounds,
    )
    for name, statement in (
        ("package", "import catchment.lakefs"),
        ("class", "from catchment.lakefs import Repository"),
        ("aio", "from catchment.lakefs.aio import Repository"),
    ):
        share = took[name] / took["httpx"]
        yield Row(
            f"`{statement}` ({share:.2f} of `import httpx`)",
            took["official"] / took[name],
            "at most 2.5 of httpx",
            share <= 2.5,
            duration(took[name]),
            duration(took["official"]),
        )
    yield Row("`import httpx` alone, for scale", None, "", None, duration(took["httpx"]))


def listing(compared: Sides, sizes: Sizes) -> Iterator[Row]:
    """Time listings over a socket, and the making of objects out of one page."""
    with Server("replay_server.py", "--objects", str(sizes.objects)) as server:
        turns = compared.turns("list_objects", server=server.access)
        turns["thousand"] = Turn(compared.official, "list_objects", {"server": server.access, "page": 1000})
        done = interleave(turns, sizes.rounds)
        body = server.get("/repositories/listing/refs/main/objects/ls?amount=1000").decode()
    _complete(done, sizes.objects)
    for what, ours, theirs, target in (
        ("objects listed, as users write it", "plain", "official", 8),
        ("the same, `catchment[fast]`", "fast", "official", 15),
        ("objects listed, official with `amount=1000`", "plain", "thousand", None),
        ("the same, `catchment[fast]`", "fast", "thousand", None),
    ):
        yield _rate(what, done[ours], done[theirs], target)
    parsed = interleave(compared.turns("parse", body=body), 3 * sizes.rounds)
    yield _rate("one page of bytes made objects", parsed["plain"], parsed["official"], None)
    yield _rate("the same, `catchment[fast]`", parsed["fast"], parsed["official"], None)


def _complete(done: Mapping[str, list[Sample]], count: int) -> None:
    for name, samples in done.items():
        for sample in samples:
            if sample.count != count:
                raise RuntimeError(f"{name} did {sample.count:.0f} of {count} things")


def _rate(what: str, ours: list[Sample], theirs: list[Sample], target: float | None) -> Row:
    mine, other = median(ours, "wall_each"), median(theirs, "wall_each")
    budget = "" if target is None else f"{target}x"
    met = None if target is None else other / mine >= target
    return Row(what, other / mine, budget, met, f"{1 / mine:,.0f}/s", f"{1 / other:,.0f}/s")


def small(compared: Sides, server: Server, sizes: Sizes, *, presigned: bool) -> Iterator[Row]:
    """Write and read objects of 1 KiB: requests, CPU of the client, time."""
    compared.plain.run("create", server=server.access, repository="small")
    for case, requests in (("write_small", 3 if presigned else 1), ("read_small", 2 if presigned else 1)):
        arguments = {"server": server.access, "repository": "small", "count": sizes.small}
        done = interleave(compared.turns(case, **arguments), sizes.rounds)
        _complete(done, sizes.small)
        what = case.partition("_")[0]
        counted = {
            name: _requests(server, turn) / sizes.small for name, turn in compared.turns(case, **arguments).items()
        }
        sent = counted["plain"]
        yield Row(
            f"{what} 1 KiB: requests each",
            counted["official"] / sent,
            f"{requests}",
            sent == requests,
            f"{sent:g}",
            f"{counted['official']:g}",
        )
        yield _cost(f"{what} 1 KiB: client CPU each", done["plain"], done["official"], "cpu_each", 4)
        yield _cost(f"{what} 1 KiB: time each", done["plain"], done["official"], "wall_each", None)
    many = {"server": server.access, "repository": "small", "count": sizes.small, "at_once": 16}
    turns = compared.turns("read_many", **many)
    done = interleave({name: turns[name] for name in ("plain", "official")}, sizes.rounds)
    _complete(done, sizes.small)
    what = "read 1 KiB, 16 at once (tasks; threads): "
    yield _cost(f"{what}client CPU each", done["plain"], done["official"], "cpu_each", None)
    yield _cost(f"{what}time each", done["plain"], done["official"], "wall_each", None)


def _requests(server: Server, turn: Turn) -> int:
    before = server.requests()
    turn.side.run(turn.case, **turn.arguments)
    return server.requests() - before


def _cost(what: str, ours: list[Sample], theirs: list[Sample], figure: str, target: float | None) -> Row:
    mine, other = median(ours, figure), median(theirs, figure)
    budget = "" if target is None else f"{target}x"
    met = None if target is None else other / mine >= target
    return Row(what, other / mine, budget, met, duration(mine), duration(other))


def merging(compared: Sides, server: Server, sizes: Sizes) -> Iterator[Row]:
    """Go round: branch off, write, commit, merge, delete the branch."""
    compared.plain.run("create", server=server.access, repository="merge")
    where = {"server": server.access, "repository": "merge", "count": sizes.merges}
    samples: dict[str, list[Sample]] = {"plain": [], "official": []}
    counted: dict[str, float] = {}
    for number in range(sizes.rounds + 1):
        for name, side in (("plain", compared.plain), ("official", compared.official)):
            before = server.requests()
            sample = side.run("commit_merge", name=f"{name}-{number}", **where)
            counted[name] = (server.requests() - before) / sizes.merges
            samples[name] += [sample] if number else []
    _complete(samples, sizes.merges)
    ratio = counted["official"] / counted["plain"]
    yield Row("requests a round", ratio, "", None, f"{counted['plain']:g}", f"{counted['official']:g}")
    yield _cost("client CPU a round", samples["plain"], samples["official"], "cpu_each", None)
    yield _cost("time a round", samples["plain"], samples["official"], "wall_each", None)


def large(python: str, sizes: Sizes) -> Iterator[Row]:
    """Move one large object up and down, in a fresh process each time."""
    with tempfile.TemporaryDirectory() as folder, Server("stack_server.py", "--presign") as server:
        source, target = Path(folder, "source"), str(Path(folder, "target"))
        fill(source, sizes.large)
        where = {"server": server.access, "repository": "large"}
        alone(sys.executable, "lakefs_ours.py", "create", **where)
        up = {**where, "source": str(source)}
        down = {**where, "target": target}
        for what, case, arguments, official in (
            ("write 1 MiB at a time", "write_loop", {**where, "size": sizes.large}, True),
            ("upload a file, through the server", "upload_file", {**up, "pre_sign": False, "force": False}, False),
            ("upload a file, presigned, one piece", "upload_file", {**up, "pre_sign": True, "force": True}, False),
            ("upload a file, presigned, in parts", "upload_file", {**up, "pre_sign": True, "force": False}, False),
            ("download to a file, through the server", "download_file", {**down, "pre_sign": False}, False),
            ("download to a file, presigned", "download_file", {**down, "pre_sign": True}, False),
            ("read 1 MiB at a time, through the server", "read_loop", {**where, "pre_sign": False}, True),
            ("read 1 MiB at a time, presigned", "read_loop", {**where, "pre_sign": True}, True),
        ):  # fmt: skip
            mine = alone(sys.executable, "lakefs_ours.py", case, **arguments)
            theirs = alone(python, "lakefs_official.py", case, **arguments) if official else None
            if case == "download_file" and not filecmp.cmp(source, target, shallow=False):
                raise RuntimeError(f"{what}: the file that came differs")
            yield _peak(what, mine, theirs)


def fill(source: Path, size: int) -> None:
    """Write a file that does not compress and repeats only every MiB."""
    piece = random.Random(0).randbytes(MIB)
    with source.open("wb") as file:
        for number in range(size // MIB):
            file.write(number.to_bytes(8, "big") + piece[8:])


def alone(python: str, program: str, case: str, **arguments: object) -> Sample:
    """Run a case once in a process of its own."""
    with Side(python, program) as side:
        return side.run(case, **arguments)


def _peak(what: str, mine: Sample, theirs: Sample | None) -> Row:
    above = mine.peak - mine.base
    other = None if theirs is None else max(theirs.peak - theirs.base, 1)
    return Row(
        what,
        None if other is None else other / max(above, 1),
        "64 MiB",
        above <= 64 * MIB,
        _carried(mine),
        "" if theirs is None else _carried(theirs),
    )


def _carried(sample: Sample) -> str:
    return f"{(sample.peak - sample.base) / MIB:.1f} MiB ({sample.count / MIB / sample.wall:,.0f} MiB/s)"
