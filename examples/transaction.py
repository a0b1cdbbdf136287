"""All or nothing: a transaction that ends well, and one that fails half way and says where its work is."""

from __future__ import annotations

from catchment import lakefs
from catchment.lakefs.exceptions import TransactionException
from catchment.local import Stack


def load(branch: lakefs.Branch, rows: list[str]) -> None:
    """Write one object a row, all of them or none."""
    with branch.transaction(commit_message=f"Load {len(rows)} rows") as tx:
        for number, row in enumerate(rows):
            if not row:
                raise ValueError(f"row {number} is empty")
            tx.upload(row, f"rows/{number:03}")


def main() -> None:
    """Load twice, the second time with a bad row."""
    with Stack() as stack, lakefs.Client(local=stack) as client:
        repo = lakefs.repository("transactions", client).create("s3://bucket/transactions")
        branch = repo.branch("main")
        load(branch, ["a", "b", "c"])
        print("loaded:", len(branch.objects().to_list()))
        try:
            load(branch, ["a", "b", "c", "d", "", "f"])
        except TransactionException as error:
            print("refused:", error.__cause__)
            print("main still has:", len(branch.objects().to_list()))
            left = repo.branch(error.branch or "")
            print("written before it failed:", [change.path for change in left.uncommitted()])
            left.delete()


if __name__ == "__main__":
    main()
