"""Hold the namespace of a container: directories, and files that carry data, attributes and records alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from catchment.local.v3io.content import Content
from catchment.local.v3io.shards import Shard
from catchment.local.v3io.slices import SliceIndex
from catchment.local.v3io.values import Value

SECOND = 1_000_000_000
FILE_MODE = 0o100664
DIRECTORY_MODE = 0o40775
SHARD_TYPE = 3


@dataclass(slots=True)
class Facts:
    """What every entry has; times in nanoseconds since the epoch."""

    inode: int
    created: int
    modified: int
    accessed: int
    mode: int = FILE_MODE
    uid: int = 1000
    gid: int = 1000

    def touch(self, now: int) -> None:
        """Note a change."""
        self.modified = self.accessed = now


@dataclass(slots=True)
class File:
    """An object, an item, a shard, or all at once."""

    facts: Facts
    content: Content = field(default_factory=Content)
    attributes: dict[str, Value] = field(default_factory=dict[str, Value])
    shard: Shard | None = None


@dataclass(slots=True)
class Stream:
    """What makes a directory a stream; `turn` is the shard of the next record without a shard and a key."""

    shard_count: int
    retention_hours: int
    turn: int = 0


class Directory:
    """A directory; a file and a directory in it may have the same name."""

    __slots__ = ("_index", "_listed", "_subdirectories", "facts", "files", "stream")

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.stream: Stream | None = None
        self.files: dict[str, File] = {}
        self._subdirectories: dict[str, Directory] = {}
        self._index: SliceIndex | None = None
        self._listed: list[tuple[str, bool]] | None = None

    @property
    def directories(self) -> dict[str, Directory]:
        """The directories in it, by name; change them by `add` and `remove` only."""
        return self._subdirectories

    @property
    def empty(self) -> bool:
        """Whether nothing is in it."""
        return not self.files and not self._subdirectories

    @property
    def index(self) -> SliceIndex:
        """Its files by slice; kept from the first scan on."""
        if self._index is None:
            self._index = SliceIndex(self.files)
        return self._index

    @property
    def listed(self) -> list[tuple[str, bool]]:
        """Its names in order, each with whether it is a directory."""
        if self._listed is None:
            names = [(name, False) for name in self.files]
            self._listed = sorted(names + [(name, True) for name in self._subdirectories])
        return self._listed

    def add_file(self, name: str, file: File) -> None:
        """Add a file under a name that no other file has."""
        self.files[name] = file
        self._listed = None
        if self._index is not None:
            self._index.add(name)

    def remove_file(self, name: str) -> None:
        """Remove a file."""
        del self.files[name]
        self._listed = None
        if self._index is not None:
            self._index.discard(name)

    def add_directory(self, name: str, directory: Directory) -> None:
        """Add a directory under a name that no other directory has."""
        self._subdirectories[name] = directory
        self._listed = None

    def remove_directory(self, name: str) -> None:
        """Remove a directory."""
        del self._subdirectories[name]
        self._listed = None

    def walk(self) -> Iterator[tuple[tuple[str, ...], Directory]]:
        """Yield this directory and all below it with their paths, parents first, in order."""
        waiting: list[tuple[tuple[str, ...], Directory]] = [((), self)]
        while waiting:
            parts, directory = waiting.pop()
            yield parts, directory
            below = sorted(directory.directories.items(), reverse=True)
            waiting.extend(((*parts, name), each) for name, each in below)


NAME = "__name"

_READERS: dict[str, Callable[[File], int | None]] = {
    "__size": lambda file: file.content.size,
    "__mode": lambda file: file.facts.mode,
    "__uid": lambda file: file.facts.uid,
    "__gid": lambda file: file.facts.gid,
    "__atime_secs": lambda file: file.facts.accessed // SECOND,
    "__atime_nsecs": lambda file: file.facts.accessed % SECOND,
    "__mtime_secs": lambda file: file.facts.modified // SECOND,
    "__mtime_nsecs": lambda file: file.facts.modified % SECOND,
    "__ctime_secs": lambda file: file.facts.created // SECOND,
    "__ctime_nsecs": lambda file: file.facts.created % SECOND,
    "__obj_type": lambda file: 1 if file.shard is None else SHARD_TYPE,
    "__collection_id": lambda _: 0,
    "__last_sequence_num": lambda file: None if file.shard is None else file.shard.last_sequence,
    "__inode_number": lambda file: file.facts.inode,
}

SYSTEM_ATTRIBUTES = frozenset({NAME, *_READERS})
"""The attributes that the server keeps itself."""


def system_value(attribute: str, name: str, file: File) -> Value | None:
    """Return one of these attributes of a file called `name`; None where the file has none."""
    if attribute == NAME:
        return name
    return _READERS[attribute](file)


def verifier(facts: Facts) -> str:
    """Return the condition that holds until the next change of an entry."""
    seconds, nanoseconds = divmod(facts.modified, SECOND)
    return f"__mtime_secs=={seconds} and __mtime_nsecs=={nanoseconds}"
