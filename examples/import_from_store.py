"""Take objects over that lie in the object store already; no byte is moved."""

from __future__ import annotations

from datetime import timedelta

from catchment import lakefs
from catchment.local import LakeFSOptions, Stack


def main() -> None:
    """Import a folder, watched."""
    with Stack(lakefs=LakeFSOptions(import_polls=3)) as stack, lakefs.Client(local=stack) as client:
        for month in range(1, 13):
            stack.store.put(f"s3://lake/raw/2013/{month:02}.csv", b"origin,delay\n")

        main_branch = lakefs.repository("imports", client).create("s3://bucket/imports").branch("main")
        result = main_branch.import_from("s3://lake/raw/2013/", "flights/2013/", "Take 2013 over").run(
            poll_interval=timedelta(milliseconds=20),
            progress=lambda status: print("done" if status.completed else "under way"),
        )
        print(f"{result.ingested_objects} objects, commit {result.commit.id[:8]}: {result.commit.message}")
        print(main_branch.objects(max_amount=1).to_list())


if __name__ == "__main__":
    main()
