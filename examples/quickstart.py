"""A repository, a branch, a commit, a merge: on a lakeFS server inside this process."""

from __future__ import annotations

from catchment import lakefs
from catchment.local import Stack


def main() -> None:
    """Tell it."""
    with Stack() as stack, lakefs.Client(local=stack) as client:  # lakefs.Client() speaks to your own server
        repo = lakefs.repository("quickstart", client).create("s3://bucket/quickstart")
        trunk = repo.branch("main")
        trunk.upload("origin,delay\nJFK,3\n", "2013/01.csv", content_type="text/csv")
        trunk.commit("January")

        dev = repo.branch("dev").create(trunk)
        with dev.open("2013/02.csv", "w") as file:
            file.write("origin,delay\nEWR,1\n")
        dev.commit("February", metadata={"source": "example"})
        dev.merge_into(trunk)

        for item in trunk.objects():
            print(f"{item.path}  {item.size_bytes} bytes")
        for commit in trunk.log():
            print(f"{commit.id[:8]}  {commit.message}")


if __name__ == "__main__":
    main()
