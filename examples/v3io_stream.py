"""A stream of V3IO: records of one key stay in order, and a group of two consumers shares the shards."""

from __future__ import annotations

from collections import Counter

from catchment import v3io
from catchment.local import Stack

AIRPORTS = ("EWR", "JFK", "LGA")


def main() -> None:
    """Put 300 departures, and have two consumers count them."""
    with Stack() as stack, v3io.dataplane.Client(local=stack) as client:
        client.stream.create("users", "departures", shard_count=8)
        departures = ({"data": f"{at} {number}", "partition_key": at} for number in range(100) for at in AIRPORTS)
        print(f"{client.stream.put_all('users', 'departures', departures).count} records put")

        group = client.stream.consumer_group("users", "departures", "boards", max_replicas=2)
        counts: Counter[str] = Counter()
        # Each would be a process of its own; here they take turns.
        with group.member("one") as one, group.member("two") as two:
            for member in (one, two):
                last: dict[str, int] = {}
                for record in member.records(idle=0.3):  # `for record in member` would go on for ever
                    airport, number = record.data.decode().split()
                    assert int(number) > last.get(airport, -1), "one key is one shard, in order"
                    last[airport] = int(number)
                    counts[airport] += 1
        print(dict(sorted(counts.items())), "behind:", sum(group.lag().values()))


if __name__ == "__main__":
    main()
