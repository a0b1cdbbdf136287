"""Import objects that already lie in the object store: no bytes move, destinations are replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DIRTY = "uncommitted changes (dirty branch)"
CANCELED = "Canceled"


@dataclass(frozen=True, slots=True)
class ImportSource:
    """One source: every object under a URI (`common_prefix`), or exactly one (`object`)."""

    type: str
    path: str
    destination: str

    def target(self, uri: str) -> str:
        """Return the path that an object of this source gets in the branch."""
        if self.type == "object":
            return self.destination
        rest = uri[len(self.path.rstrip("/")) + 1 :]
        if not self.destination or self.destination.endswith("/"):
            return self.destination + rest
        return f"{self.destination}/{rest}"

    def covers(self, uri: str) -> bool:
        """Tell whether an object in the store belongs to this source."""
        return uri == self.path if self.type == "object" else uri.startswith(self.path.rstrip("/") + "/")


@dataclass(slots=True)
class ImportJob:
    """One import and how far it is. Times are in seconds since the epoch."""

    id: str
    branch: str
    sources: list[ImportSource]
    message: str
    committer: str
    started: float
    updated: float
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    polls: int = 0
    ingested: int = 0
    commit_id: str | None = None
    error: str | None = None

    @property
    def completed(self) -> bool:
        """Whether the commit is made."""
        return self.commit_id is not None

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.completed or self.error is not None


def cleared(paths: Mapping[str, object], sources: list[ImportSource]) -> list[str]:
    """
    Return the paths that an import removes before it adds its own.

    Destinations of both kinds count as plain string prefixes, so importing an object to `a/f1` takes
    `a/f10` along; that is what the server does.
    """
    prefixes = tuple(source.destination for source in sources)
    return [path for path in paths if path.startswith(prefixes)] if prefixes else []
