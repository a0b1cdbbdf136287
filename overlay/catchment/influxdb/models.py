"""What the management calls return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from catchment.influxdb.values import FieldType


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """
    How long a database keeps points.

    Attributes:
        name: Of the policy.
        duration: Age at which points go; `None` keeps them for ever.
        shard_duration: Time that one shard covers.
        replication: Copies in a cluster.
        default: Whether writes and queries that name no policy use it.
    """

    name: str
    duration: timedelta | None
    shard_duration: timedelta | None
    replication: int
    default: bool


@dataclass(frozen=True, slots=True)
class FieldKey:
    """A field of a measurement; listed twice where two shards hold two types of it."""

    measurement: str
    name: str
    type: FieldType | Literal["unsigned"]


@dataclass(frozen=True, slots=True)
class User:
    """A user of the server."""

    name: str
    admin: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """What a user may do with a database: `READ`, `WRITE`, `ALL PRIVILEGES` or `NO PRIVILEGES`."""

    database: str
    privilege: str


@dataclass(frozen=True, slots=True)
class ContinuousQuery:
    """A query that the server runs by itself."""

    database: str
    name: str
    query: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where the server sends copies of what is written."""

    database: str
    retention_policy: str
    name: str
    mode: str
    destinations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunningQuery:
    """A query that runs now; `duration` is how long it has been running."""

    id: int
    query: str
    database: str
    duration: timedelta
    status: str


@dataclass(frozen=True, slots=True)
class Shard:
    """A file of points; times as the server writes them."""

    id: int
    database: str
    retention_policy: str
    shard_group: int
    start_time: str
    end_time: str
    expiry_time: str
    owners: str


@dataclass(frozen=True, slots=True)
class ShardGroup:
    """Shards of one stretch of time."""

    id: int
    database: str
    retention_policy: str
    start_time: str
    end_time: str
    expiry_time: str


@dataclass(frozen=True, slots=True)
class Health:
    """
    Whether the server is ready.

    Attributes:
        status: `"pass"` or `"fail"`.
        version: As the server words it.
        message: In words.
    """

    status: str
    version: str | None
    message: str | None

    @property
    def ready(self) -> bool:
        """Whether it takes queries and writes."""
        return self.status == "pass"
