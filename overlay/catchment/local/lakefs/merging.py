"""Compare and merge trees three ways: what did one side change since the base, and does the other side clash."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from catchment.local.lakefs.errors import InvalidError, MergeConflictError
from catchment.local.lakefs.trees import Entry, Tree, same

ChangeType = Literal["added", "removed", "changed", "conflict"]
STRATEGIES = ("source-wins", "dest-wins")


@dataclass(frozen=True, slots=True)
class Change:
    """One differing path: `left` before, `right` after; None is absence."""

    type: ChangeType
    path: str
    left: Entry | None
    right: Entry | None


def change_type(left: Entry | None, right: Entry | None) -> ChangeType:
    """Return how `right` differs from `left`, which must not be equal."""
    if left is None:
        return "added"
    return "removed" if right is None else "changed"


def change_of(path: str, left: Entry | None, right: Entry | None) -> Change:
    """Return the change of one path whose versions differ."""
    return Change(change_type(left, right), path, left, right)


def scan_changes(changes: list[Change], start: str) -> Iterator[tuple[str, Change]]:
    """Yield changes that are sorted by path, from the first one at or after `start`."""
    for index in range(bisect_left(changes, start, key=lambda change: change.path), len(changes)):
        yield changes[index].path, changes[index]


def two_dot(left: Tree, right: Tree) -> list[Change]:
    """Return what turns `left` into `right`, by path."""
    return [
        change_of(path, before, after)
        for path in _candidates(left, right)
        if not same(before := left.get(path), after := right.get(path))
    ]


def three_dot(base: Tree, left: Tree, right: Tree) -> list[Change]:
    """Return what merging `right` into `left` would change, clashes included as conflicts, by path."""
    return list(_compare(base, left, right))


def _compare(base: Tree, left: Tree, right: Tree) -> Iterator[Change]:
    for change in two_dot(base, right):
        mine = left.get(change.path)
        if same(mine, change.right):
            continue
        clash = not same(mine, change.left)
        yield Change("conflict" if clash else change_type(mine, change.right), change.path, mine, change.right)


def merged(base: Tree, destination: Tree, source: Tree, strategy: str | None = None) -> Tree:
    """
    Return the destination with the source's changes since the base.

    Args:
        base: The common ancestor.
        destination: What is merged into.
        source: What is merged.
        strategy: Who wins where both changed: `source-wins`, `dest-wins`, or None to refuse.

    Raises:
        InvalidError: No such strategy.
        MergeConflictError: Both changed the same path and no strategy was given.
    """
    if strategy is not None and strategy not in STRATEGIES:
        raise InvalidError(f"invalid merge strategy: {strategy!r}")
    changes: dict[str, Entry | None] = {}
    for change in _compare(base, destination, source):
        if change.type == "conflict":
            if strategy is None:
                raise MergeConflictError("conflict found")
            if strategy == "dest-wins":
                continue
        changes[change.path] = change.right
    return destination.apply(changes)


def _candidates(left: Tree, right: Tree) -> list[str]:
    """Return, sorted, every path that may differ: the changes since the nearest common origin."""
    seen: dict[int, None] = {}
    node: Tree | None = left
    while node is not None:
        seen[id(node)] = None
        node = node.origin
    node, shared = right, None
    while node is not None:
        if id(node) in seen:
            shared = node
            break
        node = node.origin
    return sorted({*_changed_since(left, shared), *_changed_since(right, shared)})


def _changed_since(tree: Tree, stop: Tree | None) -> Iterator[str]:
    node: Tree | None = tree
    while node is not None and node is not stop:
        yield from node.changes
        node = node.origin
