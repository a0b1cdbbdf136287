"""What lakeFS's calls return besides objects and references: plain values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from catchment.core import lazy

if TYPE_CHECKING:
    from catchment_api.lakefs.models import ImportStatus as ImportStatus
    from catchment_api.lakefs.models import ObjectError as ObjectError

__all__ = ["Change", "ImportStatus", "MergeBase", "ObjectError", "RepositoryProperties", "instant"]


class Change(NamedTuple):
    """
    One difference between two references, or between a branch's head and its uncommitted state.

    Attributes:
        type: What the change does; `conflict` only where a merge was previewed.
        path: Object path, or a prefix ending in the delimiter.
        path_type: Which of the two.
        size_bytes: Size of the object, where the server tells it.
    """

    type: Literal["added", "removed", "changed", "conflict", "prefix_changed"]
    path: str
    path_type: Literal["common_prefix", "object"]
    size_bytes: int | None = None


class RepositoryProperties(NamedTuple):
    """
    What a repository was made with.

    Attributes:
        id: Repository id.
        creation_date: Unix seconds.
        default_branch: Branch that readers get when they name none.
        storage_namespace: Where its objects lie in the object store.
        storage_id: Which of several stores; `None` on a server with one.
        read_only: Whether writes need `force`.
    """

    id: str
    creation_date: int
    default_branch: str
    storage_namespace: str
    storage_id: str | None = None
    read_only: bool | None = None


class MergeBase(NamedTuple):
    """
    The commits that a merge would compare.

    Attributes:
        source_commit_id: Head of the source.
        destination_commit_id: Head of the destination.
        base_commit_id: Their newest common ancestor.
    """

    source_commit_id: str
    destination_commit_id: str
    base_commit_id: str


def instant(seconds: int) -> datetime:
    """Turn lakeFS's unix seconds into an aware UTC instant."""
    return datetime.fromtimestamp(seconds, UTC)


if not TYPE_CHECKING:  # generated models bring attrs along, which most of the package does without
    __getattr__, __dir__ = lazy.exports(
        __name__, dict.fromkeys(("ImportStatus", "ObjectError"), "catchment_api.lakefs.models")
    )
