"""Hold commits and their graph: ids, ancestors, merge base, history."""

from __future__ import annotations

import hashlib
import heapq
import json
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from catchment.local.lakefs.errors import InvalidError, NotFoundError
from catchment.local.lakefs.trees import Tree


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit. `date` is in Unix seconds; `parents` has the destination of a merge first."""

    id: str
    parents: tuple[str, ...]
    committer: str
    message: str
    date: int
    tree: Tree
    generation: int
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    version: int = 1


def commit_id(
    parents: tuple[str, ...], committer: str, message: str, date: int, tree_id: str, metadata: Mapping[str, str]
) -> str:
    """Return the 64 hex digits that name a commit; equal content has an equal name."""
    content = [list(parents), committer, message, date, tree_id, dict(sorted(metadata.items()))]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


class CommitGraph:
    """All commits of a repository."""

    def __init__(self) -> None:
        self._commits: dict[str, Commit] = {}
        self._ids: list[str] = []

    def __len__(self) -> int:
        return len(self._commits)

    def __iter__(self) -> Iterator[Commit]:
        return iter(self._commits.values())

    def __contains__(self, commit: object) -> bool:
        return commit in self._commits

    def __getitem__(self, commit: str) -> Commit:
        return self._commits[commit]

    def add(self, commit: Commit) -> None:
        """Add a commit; its parents must be there already."""
        if commit.id not in self._commits:
            self._commits[commit.id] = commit
            insort(self._ids, commit.id)

    def next_generation(self, parents: tuple[str, ...]) -> int:
        """Return the generation of a commit with these parents; a first commit has 1."""
        return 1 + max((self._commits[parent].generation for parent in parents), default=0)

    def by_prefix(self, prefix: str) -> Commit | None:
        """
        Return the one commit whose id starts so, or None.

        Raises:
            NotFoundError: More than one does.
        """
        position = bisect_left(self._ids, prefix)
        found = [name for name in self._ids[position : position + 2] if name.startswith(prefix)]
        if len(found) > 1:
            raise NotFoundError(f"{prefix}: reference is ambiguous: not found")
        return self._commits[found[0]] if found else None

    def ancestors(self, start: str) -> set[str]:
        """Return the ids of a commit and everything before it."""
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            current = waiting.pop()
            if current not in seen:
                seen.add(current)
                waiting.extend(self._commits[current].parents)
        return seen

    def history(self, start: str, *, first_parent: bool = False) -> Iterator[Commit]:
        """Yield a commit and its ancestors, newest first; a commit never comes after its parent."""
        queue = [_newest_first(self._commits[start])]
        seen = {start}
        while queue:
            commit = self._commits[heapq.heappop(queue)[2]]
            yield commit
            for parent in commit.parents[:1] if first_parent else commit.parents:
                if parent not in seen:
                    seen.add(parent)
                    heapq.heappush(queue, _newest_first(self._commits[parent]))

    def merge_base(self, left: str, right: str) -> Commit:
        """
        Return the best common ancestor.

        Raises:
            InvalidError: The two have no ancestor in common.
        """
        shared = self.ancestors(left) & self.ancestors(right)
        if not shared:
            raise InvalidError("no merge base")
        return min((self._commits[name] for name in shared), key=lambda each: (-each.generation, -each.date, each.id))

    def parent(self, commit: Commit, number: int) -> Commit:
        """
        Return the n-th parent, from 1.

        Raises:
            InvalidError: The commit has no such parent.
        """
        if not 1 <= number <= len(commit.parents):
            raise InvalidError(f"invalid parent number {number} for commit {commit.id}: parent number out of range")
        return self._commits[commit.parents[number - 1]]


def _newest_first(commit: Commit) -> tuple[int, int, str]:
    return (-commit.date, -commit.generation, commit.id)
