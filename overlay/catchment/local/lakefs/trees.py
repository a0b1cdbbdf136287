"""
Hold object listings: immutable trees, staged changes, and the view of a branch that lays one over the other.

A tree remembers only what changed against the tree it came from. Its full, sorted form is built on
demand and kept for the trees used last, so a thousand commits over a hundred thousand objects cost a
thousand small dictionaries, and each page of a listing starts with a bisection.

Keys are compared as Python strings; code point order is the byte order of their UTF-8 form, which is
what the server sorts by.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import merge as merge_sorted
from types import MappingProxyType
from typing import Protocol

KEPT_LISTINGS = 16
_ID_BITS = 256
_NO_METADATA: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One object version.

    Attributes:
        address: Where the bytes are, a full URI.
        relative: Whether the address lies in the repository's own namespace.
        mtime: Unix seconds.
    """

    address: str
    size: int
    checksum: str
    content_type: str
    mtime: int
    metadata: Mapping[str, str] = field(default_factory=lambda: _NO_METADATA)
    relative: bool = True

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two versions the same: neither time nor place."""
        return (self.size, self.checksum, self.content_type, tuple(sorted(self.metadata.items())))


Changes = Mapping[str, Entry | None]


def same(left: Entry | None, right: Entry | None) -> bool:
    """Tell whether two versions count as equal; None is absence."""
    if left is right:
        return True
    return left is not None and right is not None and left.identity == right.identity


class View(Protocol):
    """Whatever objects can be read from and listed."""

    def get(self, path: str) -> Entry | None:
        """Return the object at a path, or None."""
        ...

    def scan(self, start: str) -> Iterator[tuple[str, Entry]]:
        """Yield objects in order, from the first path at or after `start`."""
        ...


@dataclass(frozen=True, slots=True)
class Listing:
    """The full form of a tree."""

    keys: list[str]
    entries: dict[str, Entry]


class Forest:
    """The listings built last, for the trees of one server."""

    def __init__(self, kept: int = KEPT_LISTINGS) -> None:
        self._kept = kept
        self._listings: OrderedDict[int, tuple[Tree, Listing]] = OrderedDict()

    def find(self, tree: Tree) -> Listing | None:
        """Return a kept listing and mark it as used."""
        found = self._listings.get(id(tree))
        if found is None:
            return None
        self._listings.move_to_end(id(tree))
        return found[1]

    def keep(self, tree: Tree, listing: Listing) -> None:
        """Keep a listing, dropping the one unused for longest."""
        self._listings[id(tree)] = (tree, listing)
        if len(self._listings) > self._kept:
            self._listings.popitem(last=False)


class Tree:
    """An immutable mapping of paths to entries."""

    __slots__ = ("_forest", "_number", "changes", "origin")

    def __init__(self, forest: Forest, origin: Tree | None, changes: Changes, number: int) -> None:
        self._forest = forest
        self._number = number
        self.origin = origin
        self.changes = changes

    @classmethod
    def empty(cls, forest: Forest) -> Tree:
        """Return the tree without objects."""
        return cls(forest, None, {}, 0)

    @property
    def id(self) -> str:
        """64 hex digits that depend on the objects only, not on how they came about."""
        return f"{self._number:064x}"

    def get(self, path: str) -> Entry | None:
        """Return the object at a path, or None."""
        return self._listing().entries.get(path)

    def scan(self, start: str) -> Iterator[tuple[str, Entry]]:
        """Yield objects in order, from the first path at or after `start`."""
        listing = self._listing()
        for index in range(bisect_left(listing.keys, start), len(listing.keys)):
            key = listing.keys[index]
            yield key, listing.entries[key]

    def entries(self) -> Mapping[str, Entry]:
        """Return all objects by path."""
        return self._listing().entries

    def apply(self, changes: Changes) -> Tree:
        """Return the tree with objects set and, where the value is None, removed."""
        number = self._number
        kept: dict[str, Entry | None] = {}
        for path, entry in changes.items():
            before = self.get(path)
            if entry is before:
                continue
            kept[path] = entry
            number += _digest(path, entry) - _digest(path, before)
        return Tree(self._forest, self, kept, number % (1 << _ID_BITS)) if kept else self

    def _listing(self) -> Listing:
        found = self._forest.find(self)
        if found is not None:
            return found
        pending: list[Tree] = [self]
        while (origin := pending[-1].origin) is not None and (found := self._forest.find(origin)) is None:
            pending.append(origin)
        entries: dict[str, Entry] = dict(found.entries) if found is not None else {}
        keys: list[str] = list(found.keys) if found is not None else []
        for tree in reversed(pending):
            keys = _changed_keys(keys, entries, tree.changes)
        listing = Listing(keys, entries)
        self._forest.keep(self, listing)
        return listing


def _changed_keys(keys: list[str], entries: dict[str, Entry], changes: Changes) -> list[str]:
    """Apply changes to `entries` in place and return the sorted keys that follow."""
    added = [path for path, entry in changes.items() if entry is not None and path not in entries]
    removed = [path for path, entry in changes.items() if entry is None and path in entries]
    for path, entry in changes.items():
        if entry is None:
            entries.pop(path, None)
        else:
            entries[path] = entry
    if not added and not removed:
        return keys
    if len(added) + len(removed) > 8:
        # One linear sort: the old keys are a sorted run already.
        return sorted([*(key for key in keys if key in entries), *added])
    for path in removed:
        del keys[bisect_left(keys, path)]
    for path in added:
        insort(keys, path)
    return keys


def _digest(path: str, entry: Entry | None) -> int:
    """Return a number for one object; a tree's id is the sum, so a change costs no full pass."""
    if entry is None:
        return 0
    return int.from_bytes(hashlib.sha256(repr((path, entry.identity)).encode("utf-8", "surrogatepass")).digest())


class Staging:
    """Uncommitted changes of a branch: objects set, and tombstones (None) for objects removed."""

    def __init__(self) -> None:
        self._changes: dict[str, Entry | None] = {}
        self._keys: list[str] = []

    def __len__(self) -> int:
        return len(self._changes)

    def __contains__(self, path: object) -> bool:
        return path in self._changes

    @property
    def changes(self) -> Changes:
        """All changes by path."""
        return self._changes

    def get(self, path: str) -> Entry | None:
        """Return the staged object, or None for a tombstone and for no change alike."""
        return self._changes.get(path)

    def set(self, path: str, entry: Entry | None) -> None:
        """Stage one object, or its removal."""
        if path not in self._changes:
            insort(self._keys, path)
        self._changes[path] = entry

    def drop(self, path: str) -> bool:
        """Forget the change to one path; tell whether there was one."""
        if path not in self._changes:
            return False
        del self._changes[path]
        del self._keys[bisect_left(self._keys, path)]
        return True

    def scan(self, start: str) -> Iterator[tuple[str, Entry | None]]:
        """Yield changes in order, from the first path at or after `start`."""
        for index in range(bisect_left(self._keys, start), len(self._keys)):
            key = self._keys[index]
            yield key, self._changes[key]

    def clear(self) -> None:
        """Forget all changes."""
        self._changes = {}
        self._keys = []


class BranchView:
    """What a reader of a branch sees: staged changes over the committed tree."""

    def __init__(self, tree: Tree, staging: Staging) -> None:
        self._tree = tree
        self._staging = staging

    def get(self, path: str) -> Entry | None:
        """Return the object at a path, or None."""
        return self._staging.get(path) if path in self._staging else self._tree.get(path)

    def scan(self, start: str) -> Iterator[tuple[str, Entry]]:
        """Yield objects in order, from the first path at or after `start`."""
        committed = ((path, 1, entry) for path, entry in self._tree.scan(start))
        staged = ((path, 0, entry) for path, entry in self._staging.scan(start))
        last: str | None = None
        for path, _, entry in merge_sorted(staged, committed, key=lambda item: item[:2]):
            if path != last and entry is not None:
                yield path, entry
            last = path
