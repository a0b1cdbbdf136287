"""Keep what a server knows about its databases, policies, users and standing queries."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from catchment.local.influxdb.durations import DAY, HOUR
from catchment.local.influxdb.errors import InfluxError, database_not_found, policy_not_found
from catchment.local.influxdb.storage import Index, Shard
from catchment.local.influxdb.times import MAX_TIME

LONGEST_NAME = 255
# Go counts from the year 1 when it cuts times to a multiple of a duration.
_YEAR_ONE = -62135596800 * 1_000_000_000


@dataclass(slots=True)
class Subscription:
    """Where a server would forward points to; here they are only listed."""

    name: str
    mode: str
    destinations: list[str]


@dataclass(slots=True)
class ShardGroup:
    """A stretch of time of a policy; a group has one shard."""

    number: int
    shard: Shard


@dataclass(slots=True)
class Policy:
    """A retention policy; durations in nanoseconds, 0 is for ever."""

    name: str
    duration: int = 0
    shard_duration: int = 7 * DAY
    replication: int = 1
    groups: list[ShardGroup] = field(default_factory=list[ShardGroup])
    subscriptions: list[Subscription] = field(default_factory=list[Subscription])

    def group_at(self, time: int) -> ShardGroup | None:
        """Return the group that holds a time."""
        return next((group for group in self.groups if group.shard.start <= time < group.shard.end), None)


@dataclass(slots=True)
class Database:
    """A database with its policies, its standing queries and its index."""

    name: str
    default: str = ""
    policies: dict[str, Policy] = field(default_factory=dict[str, Policy])
    queries: dict[str, str] = field(default_factory=dict[str, str])
    index: Index = field(default_factory=Index)

    def shards(self) -> Iterator[Shard]:
        """Yield all shards, policy by policy."""
        for policy in self.policies.values():
            for group in policy.groups:
                yield group.shard


@dataclass(slots=True)
class User:
    """Somebody who may ask; the password is kept as a salted hash."""

    name: str
    digest: str = field(repr=False)
    admin: bool = False
    privileges: dict[str, str] = field(default_factory=dict[str, str])

    def allows(self, privilege: str, database: str) -> bool:
        """Tell whether the user may `READ` or `WRITE` in a database."""
        return self.admin or self.privileges.get(database) in (privilege, "ALL PRIVILEGES")


def password_digest(name: str, password: str) -> str:
    """Return what is kept of a password."""
    return hashlib.sha256(f"catchment\0{name}\0{password}".encode("utf-8", "surrogateescape")).hexdigest()


def is_valid_name(name: str) -> bool:
    """Tell whether a database or policy may have a name."""
    printable = all(char == " " or unicodedata.category(char)[0] in "LMNPS" for char in name)
    return printable and name not in ("", ".", "..") and "/" not in name and "\\" not in name


def default_shard_duration(duration: int) -> int:
    """Return how long the shards of a policy are when nobody says so."""
    if duration == 0 or duration >= 180 * DAY:
        return 7 * DAY
    return DAY if duration >= 2 * DAY else HOUR


def normal_shard_duration(wanted: int, duration: int) -> int:
    """Return how long the shards of a policy become."""
    if wanted == 0:
        return default_shard_duration(duration)
    return max(wanted, HOUR)


class Meta:
    """All databases and users of one server."""

    def __init__(self) -> None:
        self.databases: dict[str, Database] = {}
        self.users: dict[str, User] = {}
        self.last_shard = 0
        self.last_group = 0

    # Databases

    def database(self, name: str) -> Database:
        """
        Return a database.

        Raises:
            InfluxError: There is none.
        """
        found = self.databases.get(name)
        if found is None:
            raise database_not_found(name)
        return found

    def create_database(self, name: str) -> None:
        """Create a database with a policy that keeps everything; one that exists stays."""
        if not is_valid_name(name):
            message = "invalid name"
            raise InfluxError(message)
        if len(name) > LONGEST_NAME:
            message = "name too long"
            raise InfluxError(message)
        if name not in self.databases:
            made = self.databases[name] = Database(name, "autogen")
            made.policies["autogen"] = Policy("autogen")

    def create_with_policy(
        self, name: str, policy: str, duration: int | None, replication: int | None, shard_duration: int
    ) -> None:
        """Create a database with a policy of its own; one that exists must have just that policy as its default."""
        if not is_valid_name(name) or (policy and not is_valid_name(policy)):
            message = "invalid name"
            raise InfluxError(message)
        _check_duration(duration)
        wanted = Policy(policy or "autogen", duration or 0, 0, 1 if replication is None else replication)
        wanted.shard_duration = normal_shard_duration(shard_duration, wanted.duration)
        found = self.databases.get(name)
        if found is None or not found.policies:
            if 0 < wanted.duration < wanted.shard_duration:
                message = "retention policy duration must be greater than the shard duration"
                raise InfluxError(message)
            found = self.databases[name] = Database(name, wanted.name)
            found.policies[wanted.name] = wanted
            return
        same = found.policies.get(wanted.name)
        matches = same is not None and (
            duration in (None, same.duration)
            and replication in (None, same.replication)
            and normal_shard_duration(shard_duration, same.duration) == same.shard_duration
        )
        if not matches or found.default != wanted.name:
            message = "retention policy conflicts with an existing policy"
            raise InfluxError(message)

    # Policies

    def policy(self, database: str, name: str) -> Policy:
        """
        Return a retention policy; the empty name is the default one.

        Raises:
            InfluxError: The database or the policy is missing.
        """
        found = self.database(database)
        policy = found.policies.get(name or found.default)
        if policy is None:
            raise policy_not_found(name or found.default)
        return policy

    def create_policy(self, database: str, policy: Policy, *, default: bool) -> None:
        """Create a retention policy; one that exists must be the same."""
        if not is_valid_name(policy.name):
            message = "invalid name"
            raise InfluxError(message)
        _check_duration(policy.duration)
        policy.shard_duration = normal_shard_duration(policy.shard_duration, policy.duration)
        if 0 < policy.duration < policy.shard_duration:
            message = "retention policy duration must be greater than the shard duration"
            raise InfluxError(message)
        found = self.database(database)
        same = found.policies.get(policy.name)
        if same is None:
            found.policies[policy.name] = policy
            if default:
                found.default = policy.name
            return
        if (same.duration, same.replication, same.shard_duration) != (
            policy.duration,
            policy.replication,
            policy.shard_duration,
        ):
            message = "retention policy already exists"
            raise InfluxError(message)
        if default and found.default != policy.name:
            message = "retention policy conflicts with an existing policy"
            raise InfluxError(message)

    def alter_policy(
        self,
        database: str,
        name: str,
        duration: int | None,
        replication: int | None,
        shard_duration: int | None,
        *,
        default: bool,
    ) -> None:
        """Change what is given of a retention policy."""
        found = self.database(database)
        policy = found.policies.get(name)
        if policy is None:
            raise policy_not_found(name)
        _check_duration(duration)
        long = policy.duration if duration is None else duration
        short = policy.shard_duration if shard_duration is None else shard_duration
        if (duration is not None or shard_duration is not None) and 0 < long < short:
            message = "retention policy duration must be greater than the shard duration"
            raise InfluxError(message)
        policy.duration = long
        policy.replication = policy.replication if replication is None else replication
        if shard_duration is not None:
            policy.shard_duration = normal_shard_duration(shard_duration, long)
        if default:
            found.default = name

    def group_for(self, policy: Policy, time: int) -> ShardGroup:
        """Return the shard group of a policy that holds a time, made when there is none."""
        found = policy.group_at(time)
        if found is None:
            start = time - (time - _YEAR_ONE) % policy.shard_duration
            self.last_group += 1
            self.last_shard += 1
            shard = Shard(self.last_shard, start, min(start + policy.shard_duration, MAX_TIME + 1))
            found = ShardGroup(self.last_group, shard)
            policy.groups.append(found)
            policy.groups.sort(key=lambda each: (each.shard.end, each.shard.start))
        return found

    # Subscriptions

    def create_subscription(self, database: str, policy: str, made: Subscription) -> None:
        """Note where points of a policy would be forwarded to."""
        for destination in made.destinations:
            parts = urlsplit(destination)
            if parts.scheme not in ("http", "https", "udp") or not parts.hostname or parts.port is None:
                message = f"invalid subscription URL: {destination}"
                raise InfluxError(message)
        found = self.policy(database, policy)
        if any(each.name == made.name for each in found.subscriptions):
            message = "subscription already exists"
            raise InfluxError(message)
        found.subscriptions.append(made)

    def drop_subscription(self, database: str, policy: str, name: str) -> None:
        """Remove a subscription."""
        found = self.policy(database, policy)
        left = [each for each in found.subscriptions if each.name != name]
        if len(left) == len(found.subscriptions):
            message = "subscription not found"
            raise InfluxError(message)
        found.subscriptions = left

    # Users

    def user(self, name: str) -> User:
        """
        Return a user.

        Raises:
            InfluxError: There is none.
        """
        found = self.users.get(name)
        if found is None:
            message = "user not found"
            raise InfluxError(message)
        return found

    def create_user(self, name: str, password: str, *, admin: bool) -> None:
        """Create a user; one that exists must have the same password and rank."""
        if not name:
            message = "username required"
            raise InfluxError(message)
        digest = password_digest(name, password)
        found = self.users.get(name)
        if found is None:
            self.users[name] = User(name, digest, admin)
        elif not hmac.compare_digest(found.digest, digest) or found.admin != admin:
            message = "user already exists"
            raise InfluxError(message)

    def authenticated(self, name: str, password: str) -> User | None:
        """Return the user with this name and password, or None."""
        found = self.users.get(name)
        same = hmac.compare_digest(found.digest if found else "", password_digest(name, password))
        return found if same else None

    def set_privilege(self, name: str, database: str, privilege: str) -> None:
        """Let a user do something in a database; the empty privilege is none."""
        user = self.user(name)
        self.database(database)
        user.privileges[database] = privilege


def _check_duration(duration: int | None) -> None:
    if duration is not None and 0 < duration < HOUR:
        message = "retention policy duration must be at least 1h0m0s"
        raise InfluxError(message)
