"""lakeFS beside the official `lakefs` package: which cases there are, and what they must come to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping

import lakefs_large
from harness import Sample, Turn, interleave, interleaved_imports, median, official_python
from lakefs_stand import MIB, Server, Sides, Sizes, sides
from report import Row, Section, duration

VARIABLE = "CATCHMENT_OFFICIAL_LAKEFS"


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
    title = f"Large objects, {sizes.large // MIB} MiB: peak memory above the base; client CPU seconds a GiB"
    yield Section(title, name, list(lakefs_large.rows(python, sizes)), lakefs_large.LARGE)


LISTING = (
    "Answers are the local stack's own bytes, repeated from memory by a bare socket server, so that the server is not "
    "what is measured. The first line is what both packages do unasked: catchment asks for 1000 objects a request, the "
    "official package for 100."
)


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
