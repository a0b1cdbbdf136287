"""Many small calls of V3IO at once: a batch sends them side by side, and says of each what became of it."""

from __future__ import annotations

from catchment import v3io
from catchment.local import Stack


def main() -> None:
    """Write 1000 items in a batch, then read some that are there and some that are not."""
    with Stack() as stack, v3io.dataplane.Client(local=stack) as client:
        for number in range(1000):
            client.batch.kv.put("users", "sensors", f"s{number:04}", {"level": number / 10, "on": True})
        print(f"{len(client.batch.wait())} items written, up to {client.max_connections} calls at once")

        batch = client.create_batch()  # independent of client.batch, and of what other threads do
        asked = [batch.kv.get("users", "sensors", f"s{number:04}") for number in (7, 5000, 999, 6000)]
        try:
            batch.wait()
        except v3io.dataplane.BatchError as error:
            for place, why in error.failed.items():
                print(f"call {place}: {type(why).__name__}")
        print([answer.output.item["level"] for answer in asked if answer.ok])


if __name__ == "__main__":
    main()
