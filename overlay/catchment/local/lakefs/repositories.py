"""Hold one repository: its refs, commits, rules, and how a reference resolves in it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from catchment.local.lakefs.commits import Commit, CommitGraph
from catchment.local.lakefs.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, PreconditionError
from catchment.local.lakefs.imports import ImportJob
from catchment.local.lakefs.pulls import PullRequest
from catchment.local.lakefs.refs import RefExpression, check_branch_name, check_tag_name, parse_ref
from catchment.local.lakefs.trees import BranchView, Entry, Staging, Tree, View

_FULL_ID = re.compile(r"[0-9a-f]{64}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{1,64}", re.ASCII)


@dataclass(slots=True)
class Branch:
    """A head commit and what is staged on top of it."""

    name: str
    commit_id: str
    hidden: bool = False
    staging: Staging = field(default_factory=Staging)


@dataclass(frozen=True, slots=True)
class Resolved:
    """Where a reference leads; `branch` only when it names one and shows staged data."""

    commit: Commit
    branch: Branch | None = None
    explicit_staging: bool = False

    @property
    def view(self) -> View:
        """What a reader sees there."""
        return BranchView(self.commit.tree, self.branch.staging) if self.branch else self.commit.tree


@dataclass(slots=True)
class Repository:
    """All state of one repository. Dates are in Unix seconds."""

    id: str
    storage_namespace: str
    default_branch: str
    creation_date: int
    empty_tree: Tree
    read_only: bool = False
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    commits: CommitGraph = field(default_factory=CommitGraph)
    branches: dict[str, Branch] = field(default_factory=dict[str, Branch])
    tags: dict[str, str] = field(default_factory=dict[str, str])
    protection: list[str] = field(default_factory=list[str])
    imports: dict[str, ImportJob] = field(default_factory=dict[str, ImportJob])
    pulls: dict[str, PullRequest] = field(default_factory=dict[str, PullRequest])
    gc_rules: dict[str, object] | None = None

    # Refs

    def branch(self, name: str) -> Branch:
        """Return a branch, or refuse with 404."""
        found = self.branches.get(name)
        if found is None:
            raise NotFoundError(f"branch {name!r} not found")
        return found

    def head(self, name: str) -> Commit:
        """Return the head commit of a branch."""
        return self.commits[self.branch(name).commit_id]

    def resolve(self, text: str) -> Resolved:
        """Find what a reference expression means, for reading."""
        expression = parse_ref(text)
        found = self._resolve_base(expression.base)
        if expression.view:
            return _with_view(found, expression, text)
        if not expression.steps:
            return found
        commit = found.commit
        for kind, number in expression.steps:
            commit = self._step(commit, kind, number, text)
        return Resolved(commit)

    def commit_at(self, text: str) -> Commit:
        """Find the commit that a reference means; staged data cannot be meant."""
        found = self.resolve(text)
        if found.explicit_staging:
            raise InvalidError(f"invalid ref: {text!r}: a commit is needed, not staged data")
        return found.commit

    def _resolve_base(self, name: str) -> Resolved:
        if _FULL_ID.fullmatch(name) and name in self.commits:
            return Resolved(self.commits[name])
        if name in self.branches:
            branch = self.branches[name]
            return Resolved(self.commits[branch.commit_id], branch)
        if name in self.tags:
            return Resolved(self.commits[self.tags[name]])
        commit = self.commits.by_prefix(name) if _HEX.fullmatch(name) else None
        if commit is None:
            raise NotFoundError(f"reference {name!r}: not found")
        return Resolved(commit)

    def _step(self, commit: Commit, kind: str, number: int, text: str) -> Commit:
        if kind == "^":
            return commit if number == 0 else self.commits.parent(commit, number)
        for _ in range(number):
            if not commit.parents:
                raise NotFoundError(f"reference {text!r}: not found")
            commit = self.commits[commit.parents[0]]
        return commit

    def create_branch(self, name: str, source: str, *, hidden: bool) -> Branch:
        """Add a branch at the commit that `source` means."""
        check_branch_name(name)
        if name in self.branches:
            raise ConflictError(f"branch {name!r}: branch already exists: not unique")
        commit = self.commit_at(source)
        self.branches[name] = Branch(name, commit.id, hidden)
        return self.branches[name]

    def delete_branch(self, name: str) -> None:
        """Remove a branch with everything staged on it."""
        self.branch(name)
        if name == self.default_branch:
            raise ForbiddenError("cannot delete repository default branch")
        del self.branches[name]

    def tag(self, name: str) -> str:
        """Return the commit id of a tag, or refuse with 404."""
        found = self.tags.get(name)
        if found is None:
            raise NotFoundError(f"tag {name!r} not found")
        return found

    def create_tag(self, name: str, ref: str) -> str:
        """Add a tag and return its commit id."""
        check_tag_name(name)
        if name in self.tags:
            raise ConflictError(f"tag {name!r}: tag already exists: not unique")
        self.tags[name] = self.commit_at(ref).id
        return self.tags[name]

    # Rules

    def check_writable(self, *, force: bool = False) -> None:
        """Refuse a write to a read-only repository unless forced."""
        if self.read_only and not force:
            raise ForbiddenError("cannot write to read-only repository: read-only repository")

    def is_protected(self, branch: str) -> bool:
        """Tell whether a rule covers the branch."""
        return any(fnmatchcase(branch, pattern) for pattern in self.protection)

    def check_stageable(self, branch: str) -> None:
        """Refuse to stage on a protected branch."""
        if self.is_protected(branch):
            raise ForbiddenError("cannot write to protected branch")

    def check_committable(self, branch: str) -> None:
        """Refuse to commit on a protected branch; merging into it is allowed."""
        if self.is_protected(branch):
            raise ForbiddenError("cannot commit to protected branch")

    @property
    def protection_etag(self) -> str:
        """What `If-Match` of a rule change is compared with."""
        return hashlib.sha256(json.dumps(self.protection).encode()).hexdigest()[:32]

    def set_protection(self, patterns: list[str], if_match: str | None) -> None:
        """Replace the protection rules, if they are still the ones the caller has seen."""
        if if_match is not None and if_match.strip('"') != self.protection_etag:
            raise PreconditionError("precondition failed: branch protection rules changed")
        if len(set(patterns)) != len(patterns):
            raise InvalidError("duplicate branch protection pattern")
        self.protection = list(patterns)

    # Staging

    def stage(self, branch: Branch, path: str, entry: Entry | None) -> bool:
        """Stage an object or, with None, its removal; tell whether the branch now reads differently."""
        tree = self.commits[branch.commit_id].tree
        before = BranchView(tree, branch.staging).get(path)
        if entry is None and before is None:
            return False
        if entry is None and tree.get(path) is None:
            branch.staging.drop(path)
        else:
            branch.staging.set(path, entry)
        return True

    def uncommitted(self, branch: Branch) -> dict[str, Entry | None]:
        """Return the staged changes that really differ from the head commit."""
        tree = self.commits[branch.commit_id].tree
        return {path: entry for path, entry in branch.staging.changes.items() if _differs(tree.get(path), entry)}

    def check_clean(self, branch: Branch) -> None:
        """Refuse an operation that needs a branch without uncommitted changes."""
        if self.uncommitted(branch):
            raise InvalidError("uncommitted changes (dirty branch)")


def _differs(before: Entry | None, after: Entry | None) -> bool:
    if before is None or after is None:
        return before is not after
    return before.identity != after.identity


def _with_view(found: Resolved, expression: RefExpression, text: str) -> Resolved:
    if found.branch is None:
        raise InvalidError(f"invalid ref: {text!r}: {expression.view} is allowed on a branch only")
    return Resolved(found.commit) if expression.view == "@" else Resolved(found.commit, found.branch, True)


def string_map(value: Mapping[str, str] | None) -> dict[str, str]:
    """Return a private copy of optional metadata."""
    return dict(value or {})
