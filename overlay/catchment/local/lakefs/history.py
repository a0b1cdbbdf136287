"""Make commits: commit, merge, revert, cherry-pick; and move or clean branches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from catchment.local.lakefs.commits import Commit, commit_id
from catchment.local.lakefs.errors import ConflictError, InvalidError, MergeConflictError, NotFoundError
from catchment.local.lakefs.merging import merged
from catchment.local.lakefs.repositories import Branch, Repository
from catchment.local.lakefs.trees import Tree

STRATEGY_KEY = ".lakefs.merge.strategy"
ResetType = Literal["object", "common_prefix", "reset"]


@dataclass(frozen=True, slots=True)
class Signature:
    """Who makes a commit, and when (Unix seconds)."""

    committer: str
    date: int


@dataclass(frozen=True, slots=True)
class CommitText:
    """What a commit says."""

    message: str
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])

    def overridden(self, message: str | None, metadata: Mapping[str, str] | None) -> CommitText:
        """Return the text with a caller's own message or metadata in place; metadata is replaced whole."""
        return CommitText(message or self.message, self.metadata if metadata is None else metadata)


def append(repository: Repository, parents: tuple[str, ...], tree: Tree, text: CommitText, by: Signature) -> Commit:
    """Add a commit to the graph, on no branch yet."""
    commit = Commit(
        id=commit_id(parents, by.committer, text.message, by.date, tree.id, text.metadata),
        parents=parents,
        committer=by.committer,
        message=text.message,
        date=by.date,
        tree=tree,
        generation=repository.commits.next_generation(parents),
        metadata=dict(text.metadata),
    )
    repository.commits.add(commit)
    return repository.commits[commit.id]


def commit_staged(
    repository: Repository, branch: Branch, text: CommitText, by: Signature, *, allow_empty: bool = False
) -> Commit:
    """Turn what is staged into a commit."""
    repository.check_committable(branch.name)
    changes = repository.uncommitted(branch)
    if not changes and not allow_empty:
        raise InvalidError("commit: no changes")
    tree = repository.commits[branch.commit_id].tree.apply(changes)
    commit = append(repository, (branch.commit_id,), tree, text, by)
    branch.commit_id = commit.id
    branch.staging.clear()
    return commit


def commit_metarange(repository: Repository, branch: Branch, metarange: str, text: CommitText, by: Signature) -> Commit:
    """Commit a tree that the repository already has."""
    repository.check_committable(branch.name)
    repository.check_clean(branch)
    tree = next((commit.tree for commit in repository.commits if commit.tree.id == metarange), None)
    if tree is None:
        raise NotFoundError(f"metarange {metarange!r} not found")
    commit = append(repository, (branch.commit_id,), tree, text, by)
    branch.commit_id = commit.id
    return commit


@dataclass(frozen=True, slots=True)
class MergeOptions:
    """How a merge settles clashes and what it leaves behind."""

    strategy: str | None = None
    allow_empty: bool = False
    squash: bool = False


def merge(
    repository: Repository, source: str, destination: Branch, text: CommitText, by: Signature, options: MergeOptions
) -> Commit:
    """
    Merge the committed state of `source` into a branch.

    Raises:
        InvalidError: The destination has uncommitted changes, or the source adds nothing.
        MergeConflictError: Both sides changed the same path and no strategy was given.
    """
    commit = repository.commit_at(source)
    repository.check_clean(destination)
    base = repository.commits.merge_base(commit.id, destination.commit_id)
    head = repository.commits[destination.commit_id]
    tree = merged(base.tree, head.tree, commit.tree, options.strategy)
    if base.tree.id == commit.tree.id and not options.allow_empty:
        raise InvalidError("no changes")
    metadata = {**text.metadata, STRATEGY_KEY: options.strategy or "default"}
    parents = (head.id,) if options.squash else (head.id, commit.id)
    result = append(repository, parents, tree, CommitText(text.message, metadata), by)
    destination.commit_id = result.id
    destination.staging.clear()
    return result


def revert(
    repository: Repository,
    branch: Branch,
    commit: Commit,
    parent: int,
    text: CommitText,
    by: Signature,
    *,
    allow_empty: bool = False,
) -> Commit:
    """Undo one commit on a branch; a merge commit needs the parent to go back to, from 1."""
    repository.check_committable(branch.name)
    repository.check_clean(branch)
    if len(commit.parents) > 1 and parent <= 0:
        raise ConflictError("revert: merge commit - parent number required")
    before = _parent_tree(repository, commit, parent)
    return _replay(repository, branch, commit.tree, before, text, by, allow_empty=allow_empty)


def cherry_pick(
    repository: Repository, branch: Branch, commit: Commit, parent: int | None, text: CommitText, by: Signature
) -> Commit:
    """Apply one commit's changes to a branch; a merge commit needs the parent to compare with, from 1."""
    repository.check_committable(branch.name)
    repository.check_clean(branch)
    if len(commit.parents) > 1 and (parent is None or parent <= 0):
        raise InvalidError("cherry-pick: merge commit - parent number required")
    before = _parent_tree(repository, commit, parent or 0)
    return _replay(repository, branch, before, commit.tree, text, by)


def _parent_tree(repository: Repository, commit: Commit, number: int) -> Tree:
    if not commit.parents and number == 0:
        return repository.empty_tree
    return repository.commits.parent(commit, number or 1).tree


def _replay(
    repository: Repository,
    branch: Branch,
    before: Tree,
    after: Tree,
    text: CommitText,
    by: Signature,
    *,
    allow_empty: bool = False,
) -> Commit:
    """Carry the change from `before` to `after` over to the head of a branch."""
    head = repository.commits[branch.commit_id]
    try:
        tree = merged(before, head.tree, after)
    except MergeConflictError as error:
        raise ConflictError("update branch: conflict found") from error
    if tree.id == head.tree.id and not allow_empty:
        raise InvalidError("no changes")
    commit = append(repository, (head.id,), tree, text, by)
    branch.commit_id = commit.id
    branch.staging.clear()
    return commit


def reset(repository: Repository, branch: Branch, kind: str, path: str) -> int:
    """Drop staged changes of a branch, one object or everything under a prefix; return how many."""
    repository.check_stageable(branch.name)
    if kind == "reset":
        count = len(branch.staging)
        branch.staging.clear()
        return count
    if kind not in ("object", "common_prefix"):
        raise InvalidError(f"reset type {kind!r} is not object, common_prefix or reset")
    chosen = [name for name in branch.staging.changes if (name == path if kind == "object" else name.startswith(path))]
    for name in chosen:
        branch.staging.drop(name)
    return len(chosen)


def hard_reset(repository: Repository, branch: Branch, ref: str) -> None:
    """Move a branch to another commit and drop what is staged."""
    branch.commit_id = repository.commit_at(ref).id
    branch.staging.clear()
