"""Change a table on a branch, look at the difference, merge it."""

from __future__ import annotations

import pandas as pd
from catchment import lakefs
from catchment.local import Stack

PATH = "flights/2013.csv"


def read(ref: lakefs.Reference) -> pd.DataFrame:
    """Return the table as a reference has it."""
    with ref.open(PATH, "rb") as file:
        return pd.read_csv(file)


def write(branch: lakefs.Branch, table: pd.DataFrame) -> None:
    """Write the table; it appears when the file is closed."""
    with branch.open(PATH, "w", content_type="text/csv") as file:
        table.to_csv(file, index=False)


def main() -> None:
    """Take cancelled flights out."""
    with Stack() as stack, lakefs.Client(local=stack) as client:
        repo = lakefs.repository("tables", client).create("s3://bucket/tables")
        trunk = repo.branch("main")
        write(trunk, pd.DataFrame({"origin": ["JFK", "LGA", "EWR"], "delay": [3.0, None, 7.0]}))
        before = trunk.commit("As it came")

        fix = repo.branch("no-cancelled").create(trunk)
        write(fix, read(fix).dropna())
        fix.commit("Take cancelled flights out")
        print([(change.type, change.path) for change in trunk.diff(fix)])
        fix.merge_into(trunk)

        print("before:", len(read(before)), "rows; now:", len(read(trunk)), "rows")


if __name__ == "__main__":
    main()
