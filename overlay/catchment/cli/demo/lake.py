"""Chapter one: a year of flights goes into a lakeFS repository, is corrected on a branch, merged, and read back."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter

from catchment import lakefs
from catchment.cli.demo.data import TABLES, Flights
from catchment.cli.demo.telling import Story

_ROWS = 336_776
_CANCELLED = 8_255


def client(profile: str | None) -> lakefs.Client:
    """Return a client of the profile's lakeFS, or of a local one that lives as long as it."""
    if profile is not None:
        return lakefs.Client(profile=profile)
    from catchment.local import Stack

    return lakefs.Client(local=Stack())


def tell(story: Story, flights: Flights, client: lakefs.Client, namespace: str) -> None:
    """Tell the chapter."""
    story.chapter("lakeFS: a year of flights, versioned")
    name = f"nycflights13-{uuid.uuid4().hex[:8]}"
    repo = lakefs.repository(name, client=client).create(storage_namespace=f"{namespace}/{name}")
    main = repo.branch("main")
    story.say(f"Created the repository {repo.id}.")

    digests = _load(story, flights, main)
    loaded = main.head.id
    story.check("rows on main", _rows(main), _ROWS)

    fix = _correct(story, repo, main)
    changes = [(change.type, change.path) for change in main.diff(fix)]
    story.say("What merging the branch would change:")
    for kind, path in changes:
        story.say(f"  {kind:<8} {path}")
    story.check("changes", Counter(kind for kind, _ in changes), Counter({"changed": 12, "added": 1}))

    merged = fix.merge_into(main, message="Take cancelled flights out")
    story.say(f"Merged as {merged[:12]}.")
    story.check("rows on main after the merge", _rows(main), _ROWS - _CANCELLED)

    before = repo.commit(loaded)
    story.check(
        "objects read back by commit, byte for byte",
        sum(hashlib.sha256(before.download(path)).hexdigest() == digest for path, digest in digests.items()),
        len(digests),
    )
    with repo.commit(merged).open("summary.json", "r") as file:
        story.check("cancelled flights in the summary", json.load(file)["cancelled"], _CANCELLED)
    story.check("commits", [commit.message for commit in main.log(max_amount=1)], ["Take cancelled flights out"])


def _load(story: Story, flights: Flights, main: lakefs.Branch) -> dict[str, str]:
    """Upload everything inside one transaction; return path to SHA-256 of what was sent."""
    digests: dict[str, str] = {}
    size = 0
    with main.transaction(commit_message="Load nycflights13") as tx:
        for table in TABLES:
            info = tx.upload(flights.table(table), f"tables/{table}.csv", content_type="text/csv")
            digests[info.path] = hashlib.sha256(flights.table(table).read_bytes()).hexdigest()
            size += info.size_bytes or 0
        for month, data in flights.months():
            info = tx.upload(
                data, f"flights/2013-{month:02}.csv", content_type="text/csv", metadata={"month": str(month)}
            )
            digests[info.path] = hashlib.sha256(data).hexdigest()
            size += len(data)
    story.say(f"Uploaded {len(digests)} files, {size / 1e6:.1f} MB, inside a transaction.")
    return digests


def _correct(story: Story, repo: lakefs.Repository, main: lakefs.Branch) -> lakefs.Branch:
    """Take flights that never left out of every month, on a branch."""
    fix = repo.branch("no-cancelled-flights").create(main)
    cancelled = 0
    for item in main.list_objects(prefix="flights/"):
        header, *rows = main.download(item.path).splitlines(keepends=True)
        kept = [row for row in rows if row.split(b",", 4)[3] != b"NA"]
        cancelled += len(rows) - len(kept)
        fix.upload(header + b"".join(kept), item.path, content_type="text/csv")
    with fix.open("summary.json", "w") as file:
        json.dump({"cancelled": cancelled}, file)
    fix.commit("Take cancelled flights out", metadata={"cancelled": str(cancelled)})
    story.say(f"Took {cancelled} cancelled flights out on the branch {fix.id}.")
    return fix


def _rows(ref: lakefs.Reference) -> int:
    """Count the departures that a reference holds."""
    return sum(ref.download(item.path).count(b"\n") - 1 for item in ref.objects(prefix="flights/"))
