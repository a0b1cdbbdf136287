"""Hold the state of one lakeFS server: repositories, users, and what it needs to make more of them."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass

from catchment.local.lakefs.commits import Commit
from catchment.local.lakefs.errors import ConflictError, InvalidError, NotFoundError
from catchment.local.lakefs.history import CommitText, Signature, append
from catchment.local.lakefs.options import LakeFSOptions
from catchment.local.lakefs.refs import check_branch_name, check_repository_name
from catchment.local.lakefs.repositories import Branch, Repository
from catchment.local.lakefs.trees import Entry, Forest, Tree
from catchment.local.lakefs.users import Users
from catchment.local.presign import Signer
from catchment.local.store import ObjectStore

STAGING_SECONDS = 24 * 3600
SAMPLES = {
    "README.md": (b"# Sample data\n\nThree small objects to look around with.\n", "text/markdown"),
    "data/planes.csv": (b"tailnum,year,seats\nN10156,2004,55\nN102UW,1998,182\n", "text/csv"),
    "data/weather.csv": (b"origin,hour,temp\nEWR,1,39.02\nEWR,2,39.02\n", "text/csv"),
}
_STAGED = re.compile(r"data/[0-9a-z]+,(\d+)-([0-9a-f]{32})", re.ASCII)


@dataclass(slots=True)
class RefsTask:
    """A dump or restore of refs; `ids` are the branches, tags and commits metaranges."""

    id: str
    kind: str
    repository: str
    updated: float
    ids: tuple[str, str, str]
    polls: int = 0


@dataclass(frozen=True, slots=True)
class RefsDump:
    """What a dump keeps: enough to bring back branches, tags and commits."""

    branches: dict[str, tuple[str, bool]]
    tags: dict[str, str]
    commits: tuple[Commit, ...]


class Installation:
    """All state of one server. Not thread-safe: whoever serves it serialises the calls."""

    def __init__(
        self, options: LakeFSOptions, *, store: ObjectStore, signer: Signer, clock: Callable[[], float], seed: int
    ) -> None:
        self.options = options
        self.store = store
        self.signer = signer
        self.clock = clock
        self.seed = seed
        self.counter = 0
        self.forest = Forest()
        self.repositories: dict[str, Repository] = {}
        self.used_namespaces: list[str] = []
        self.tasks: dict[str, RefsTask] = {}
        self.dumps: dict[tuple[str, str, str], RefsDump] = {}
        self.installation_id = self.derive("installation")[:32]
        self.users = Users(self.derive("token"))
        self.access_key_id = options.access_key_id or f"AKIAJ{self.derive('access key')[:15].upper()}Q"
        self.secret_access_key = options.secret_access_key or self.derive("secret key")[:40]
        if options.initialized:
            self.users.add(options.user, self.now)
            self.users.add_credentials(options.user, self.access_key_id, self.secret_access_key, self.now)

    @property
    def now(self) -> int:
        """The time in Unix seconds."""
        return int(self.clock())

    def derive(self, label: str) -> str:
        """Return 64 hex digits that depend on the seed and a label only."""
        return hashlib.sha256(f"{self.seed}:{label}".encode()).hexdigest()

    def new_id(self) -> str:
        """Return a fresh id: the same ones in the same order for the same seed."""
        self.counter += 1
        return self.derive(f"id {self.counter}")[:20]

    # Repositories

    def repository(self, name: str) -> Repository:
        """Return a repository, or refuse with 404."""
        found = self.repositories.get(name)
        if found is None:
            raise NotFoundError(f"repository {name!r} not found: not found")
        return found

    def create_repository(
        self, name: str, namespace: str, default_branch: str, by: Signature, *, read_only: bool, bare: bool
    ) -> Repository:
        """Add a repository with its first, empty commit; a bare one has neither commit nor branch."""
        check_repository_name(name)
        check_branch_name(default_branch)
        if name in self.repositories:
            raise ConflictError(f"error creating repository: repository {name!r}: not unique")
        self._take_namespace(namespace)
        empty = Tree.empty(self.forest)
        repository = Repository(name, namespace, default_branch, by.date, empty, read_only)
        if not bare:
            first = append(repository, (), empty, CommitText("Repository created"), by)
            repository.branches[default_branch] = Branch(default_branch, first.id)
        self.repositories[name] = repository
        return repository

    def _take_namespace(self, namespace: str) -> None:
        scheme = f"{self.options.blockstore_type}://"
        if not namespace.startswith(scheme):
            raise InvalidError(
                f"failed to create repository: storage namespace {namespace!r} must start with {scheme}: "
                "invalid storage type"
            )
        if len(namespace) == len(scheme):
            raise InvalidError("failed to create repository: storage namespace is empty: invalid namespace")
        clean = namespace.rstrip("/") + "/"
        if any(clean.startswith(used) or used.startswith(clean) for used in self.used_namespaces):
            raise InvalidError(f"failed to create repository: storage namespace {namespace!r} is already in use")
        self.used_namespaces.append(clean)

    def add_samples(self, repository: Repository, by: Signature) -> None:
        """Commit the sample objects and protect the default branch."""
        branch = repository.branch(repository.default_branch)
        head = repository.commits[branch.commit_id]
        changes = {path: self._sample(repository, data, kind) for path, (data, kind) in SAMPLES.items()}
        text = CommitText("Add sample data", {"sample": "true"})
        branch.commit_id = append(repository, (head.id,), head.tree.apply(changes), text, by).id
        repository.protection.append(repository.default_branch)

    def _sample(self, repository: Repository, data: bytes, content_type: str) -> Entry:
        address = self.new_address(repository)
        self.store.put(address, data, content_type)
        checksum = hashlib.md5(data, usedforsecurity=False).hexdigest()
        return Entry(address, len(data), checksum, content_type, self.now)

    # Addresses

    def new_address(self, repository: Repository) -> str:
        """Return a fresh physical address in the repository's namespace."""
        return f"{repository.storage_namespace.rstrip('/')}/data/{self.new_id()}"

    def new_staging_address(self, repository: Repository, branch: str, path: str) -> str:
        """Return a fresh address that may be linked to this branch and path only, for 24 hours."""
        unique, issued = self.new_id(), self.now
        signature = self._sign_staging(repository.id, branch, path, unique, issued)
        return f"{repository.storage_namespace.rstrip('/')}/data/{unique},{issued}-{signature}"

    def check_staging_address(self, repository: Repository, branch: str, path: str, address: str) -> None:
        """Refuse an address in the namespace that was not made for this branch and path, or is too old."""
        relative = self.relative_address(repository, address)
        match = _STAGED.fullmatch(relative)
        if match is None:
            raise InvalidError("physical address is not valid: linking error: address is not signed")
        unique = relative[len("data/") :].partition(",")[0]
        expected = self._sign_staging(repository.id, branch, path, unique, int(match[1]))
        if not hmac.compare_digest(expected, match[2]):
            raise InvalidError("physical address is not valid: linking error: address is signed for another object")
        if self.clock() >= int(match[1]) + STAGING_SECONDS:
            raise InvalidError("physical address is not valid: linking error: address token expired")

    def in_namespace(self, repository: Repository, address: str) -> bool:
        """Tell whether an address lies in the repository's own namespace."""
        return address.startswith(repository.storage_namespace.rstrip("/") + "/")

    def relative_address(self, repository: Repository, address: str) -> str:
        """Return an address of the repository's namespace without that namespace."""
        return address.removeprefix(repository.storage_namespace.rstrip("/") + "/")

    def full_address(self, repository: Repository, address: str) -> str:
        """Return the full form of an address that may be relative."""
        return address if "://" in address else f"{repository.storage_namespace.rstrip('/')}/{address}"

    def _sign_staging(self, repository: str, branch: str, path: str, unique: str, issued: int) -> str:
        key = self.derive("staging").encode()
        text = "\0".join((repository, branch, path, unique, str(issued)))
        return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]

    def presign(self, method: str, origin: str, address: str, **extra: str) -> str:
        """Return a presigned URL for an address."""
        path = "/" + address.partition("://")[2]
        return self.signer.presign(
            method, origin, path, now=self.clock(), seconds=self.options.presign_seconds, extra=extra
        )
