"""Items in a table of V3IO: put, changed where a condition holds, asked for with a filter, read as a frame."""

from __future__ import annotations

import pandas as pd
from catchment import v3io
from catchment.local import Stack
from catchment.v3io.expressions import attr
from catchment.v3io.updates import Update

PLANES = [
    {"tail": "N102UW", "maker": "AIRBUS", "seats": 182, "flights": 0},
    {"tail": "N104UW", "maker": "AIRBUS", "seats": 182, "flights": 0},
    {"tail": "N670US", "maker": "BOEING", "seats": 450, "flights": 0},
    {"tail": "N201AA", "maker": "CESSNA", "seats": 2, "flights": None},
]


def main() -> None:
    """Write a table, change an item, ask."""
    with Stack() as stack, v3io.dataplane.Client(local=stack) as client:  # Client() speaks to your own platform
        written = client.kv.write_frame("users", "planes", pd.DataFrame(PLANES), key="tail")
        print(f"{written} planes written; what is missing in a row is left out of its item")

        flown = Update().add("flights", 1, start=0)
        for _ in range(3):
            client.kv.update("users", "planes", "N670US", expression=flown, condition=attr("seats") > 100)
        try:
            client.kv.update("users", "planes", "N201AA", expression=flown, condition=attr("seats") > 100)
        except v3io.dataplane.ConditionFalseError:
            print("N201AA is too small, and was not changed")

        large = (attr("seats") > 150) & ~attr("maker").starts("CESS")
        for plane in client.kv.items("users", "planes", filter_expression=large, segments=4):
            print(plane["__name"], plane["maker"], plane["flights"])
        frame = client.kv.read_frame("users", "planes", columns=["maker", "seats"])
        print(frame.groupby("maker")["seats"].sum().sort_index().to_dict())


if __name__ == "__main__":
    main()
