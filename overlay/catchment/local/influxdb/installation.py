"""Hold the state of one local InfluxDB server, and what its statements work with."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from catchment.local.influxdb.meta import Database, Meta, Policy, ShardGroup, Subscription, User
from catchment.local.influxdb.options import InfluxDBOptions
from catchment.local.influxdb.storage import Shard
from catchment.local.influxdb.times import from_seconds

Record = Callable[[str, dict[str, object]], None]


class Installation:
    """
    One server.

    Args:
        options: Which server to play.
        clock: Gives the seconds since the epoch.
        seed: Decides what `sample()` picks.
    """

    def __init__(self, options: InfluxDBOptions, clock: Callable[[], float], seed: int) -> None:
        self.options = options
        self.meta = Meta()
        self.statistics: Counter[str] = Counter()
        self.queries = 0
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 - picks samples, no secrets
        self.started = self.now()
        for name in options.databases:
            self.meta.create_database(name)
        if options.username is not None and options.password is not None:
            self.meta.create_user(options.username, options.password, admin=True)

    def now(self) -> int:
        """Return the time in nanoseconds."""
        return from_seconds(self._clock())

    def pick(self, below: int) -> int:
        """Return a number below another, by chance."""
        return self._random.randrange(below)

    def dump(self) -> dict[str, object]:
        """Return the state as JSON values."""
        return {
            "databases": [_dump_database(each) for each in self.meta.databases.values()],
            "users": [[each.name, each.digest, each.admin, each.privileges] for each in self.meta.users.values()],
            "last": [self.meta.last_shard, self.meta.last_group],
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take over a state that was dumped."""
        meta = Meta()
        meta.last_shard, meta.last_group = saved["last"]
        for each in saved["databases"]:
            database = _restored_database(each)
            meta.databases[database.name] = database
        for name, digest, admin, privileges in saved["users"]:
            meta.users[name] = User(name, digest, admin, dict(privileges))
        self.meta = meta


def _dump_database(database: Database) -> dict[str, object]:
    policies = [
        {
            "name": each.name,
            "durations": [each.duration, each.shard_duration, each.replication],
            "groups": [[group.number, group.shard.dump()] for group in each.groups],
            "subscriptions": [[sub.name, sub.mode, sub.destinations] for sub in each.subscriptions],
        }
        for each in database.policies.values()
    ]
    return {
        "name": database.name,
        "default": database.default,
        "queries": database.queries,
        "series": database.index.dump(),
        "policies": policies,
    }


def _restored_database(saved: Mapping[str, Any]) -> Database:
    database = Database(saved["name"], saved["default"], queries=dict(saved["queries"]))
    for name, tags in saved["series"]:
        database.index.add(name, tags)
    for each in saved["policies"]:
        policy = Policy(each["name"], *each["durations"])
        policy.groups = [ShardGroup(number, Shard.restore(shard)) for number, shard in each["groups"]]
        policy.subscriptions = [Subscription(*sub) for sub in each["subscriptions"]]
        database.policies[policy.name] = policy
    return database
