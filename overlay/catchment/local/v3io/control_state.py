"""Hold what the dashboard of a local V3IO knows beside its tenant: users, sessions, keys, jobs, manifests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from catchment.local.v3io.tenant import Tenant

Attributes = dict[str, Any]
Plane = Literal["control", "data"]

SECURITY_ADMIN = "Security Admin"
POLICIES = [SECURITY_ADMIN, "Data", "Application Admin", "Function Admin"]
FIRST_UID = 1000
MANIFEST = 1

_STEPS = {"created": "in_progress", "in_progress": "completed"}


@dataclass(slots=True)
class User:
    """One user; a password is the tenant's."""

    id: str
    uid: int
    attributes: Attributes

    @property
    def name(self) -> str:
        """What the user logs in with."""
        return str(self.attributes["username"])

    def shown(self) -> Attributes:
        """Return the attributes as answers hold them."""
        return {**self.attributes, "uid": self.uid}


@dataclass(slots=True)
class Job:
    """
    Work that takes a while: each look at it takes it one step further.

    Attributes:
        failure: What it will fail with; empty where it will not.
    """

    id: str
    kind: str
    created_at: str
    failure: str = ""
    state: str = "created"
    result: str = ""

    @property
    def done(self) -> bool:
        """Whether it has come to its end."""
        return self.state not in _STEPS

    def step(self) -> None:
        """Go one step further."""
        if self.done:
            return
        self.state = _STEPS[self.state]
        if self.state == "completed":
            self.state = "failed" if self.failure else "completed"
            self.result = self.failure or '{"status": 200}'

    def shown(self) -> Attributes:
        """Return the attributes as answers hold them."""
        return {"kind": self.kind, "state": self.state, "result": self.result, "created_at": self.created_at}


@dataclass(slots=True)
class Records:
    """Everything that is dumped."""

    users: dict[str, User] = field(default_factory=dict[str, User])
    sessions: dict[str, str] = field(default_factory=dict[str, str])
    """User by session."""
    control_keys: dict[str, str] = field(default_factory=dict[str, str])
    """User by access key of the control plane; those of the data plane are the tenant's."""
    key_ends: dict[str, float] = field(default_factory=dict[str, float])
    jobs: dict[str, Job] = field(default_factory=dict[str, Job])
    cluster_info: dict[str, Attributes] = field(default_factory=dict[str, Attributes])
    manifest: Attributes = field(default_factory=dict[str, Any])
    made: int = 0
    """How many ids were given out."""


class Dashboard:
    """
    The control plane of one tenant. Calls must be serialised by the caller.

    Args:
        tenant: Whose containers, passwords and keys it looks after.
        clock: Gives the seconds since the epoch.
    """

    def __init__(self, tenant: Tenant, clock: Callable[[], float]) -> None:
        self.tenant = tenant
        self._clock = clock
        self.records = Records()
        self.next_failure = ""
        self._first_user(tenant.options.username)

    def _first_user(self, name: str) -> None:
        self.add_user({"username": name, "enabled": True, "assigned_policies": list(POLICIES)})
        self.records.manifest = {
            "app_services": [],
            "cluster_name": "default-cluster",
            "last_modification_job": "",
            "running_modification_job": "",
            "state": "ready",
            "tenant_name": "default",
        }

    # Time and names

    def now(self) -> float:
        """Return the seconds since the epoch."""
        return self._clock()

    def stamp(self) -> str:
        """Return the time as answers hold it."""
        return datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="microseconds")

    def new_id(self, kind: str) -> str:
        """Return an id that nothing else has."""
        self.records.made += 1
        return self.tenant.derive(f"{kind} {self.records.made}")

    # Users

    def add_user(self, attributes: Attributes) -> User:
        """Add a user; the attributes hold no password."""
        uid = attributes.pop("uid", None) or FIRST_UID + len(self.records.users)
        user = User(self.new_id("user"), uid, {**attributes, "created_at": self.stamp(), "updated_at": self.stamp()})
        self.records.users[user.id] = user
        return user

    def user_named(self, name: str) -> User | None:
        """Return a user by name."""
        return next((each for each in self.records.users.values() if each.name == name), None)

    def remove_user(self, user: User) -> None:
        """Remove a user, and with it whatever lets it in."""
        del self.records.users[user.id]
        self.tenant.passwords.pop(user.name, None)
        for opened in (self.records.sessions, self.records.control_keys, self.tenant.keys):
            for each in [key for key, name in opened.items() if name == user.name]:
                del opened[each]

    # Who may come in

    def open_session(self, user: User) -> str:
        """Open a session and return its id."""
        session = self.new_id("session")
        self.records.sessions[session] = user.name
        return session

    def user_of(self, sid: str) -> User | None:
        """Return who comes with this session or access key."""
        if self.records.key_ends.get(sid, self.now() + 1) <= self.now():
            return None
        name = self.records.sessions.get(sid) or self.records.control_keys.get(sid)
        if name is None and sid == self.tenant.access_key:
            name = self.tenant.keys.get(sid)  # the first user's key opens both halves
        return None if name is None else self.user_named(name)

    def add_key(self, user: User, plane: Plane, ends: float | None) -> str:
        """Make an access key, which is good at once."""
        key = self.new_id("key")
        (self.records.control_keys if plane == "control" else self.tenant.keys)[key] = user.name
        if ends is not None:
            self.records.key_ends[key] = self.tenant.key_ends[key] = ends
        return key

    def remove_key(self, key: str) -> bool:
        """Remove an access key, and say whether there was one."""
        self.records.key_ends.pop(key, None)
        self.tenant.key_ends.pop(key, None)
        found = [held for held in (self.records.control_keys, self.tenant.keys) if held.pop(key, None) is not None]
        return bool(found)

    # Jobs

    def add_job(self, kind: str) -> Job:
        """Start a job."""
        job = Job(self.new_id("job"), kind, self.stamp(), self.next_failure)
        self.next_failure = ""
        self.records.jobs[job.id] = job
        return job

    def look_at(self, job: Job) -> None:
        """Take a job one step further, and the manifest with it."""
        job.step()
        manifest = self.records.manifest
        if job.done and manifest["running_modification_job"] == job.id:
            manifest |= {"running_modification_job": "", "state": "error" if job.failure else "ready"}

    # Snapshots

    def dump(self) -> dict[str, object]:
        """Return the state as JSON values."""
        return asdict(self.records)

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take over a state that was dumped; the tenant's was taken over before."""
        records = Records(**saved)
        records.users = {name: User(**each) for name, each in saved["users"].items()}
        records.jobs = {name: Job(**each) for name, each in saved["jobs"].items()}
        self.records = records
        self.tenant.key_ends.update(self.records.key_ends)
