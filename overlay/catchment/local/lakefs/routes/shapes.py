"""Turn state into the JSON that the API answers."""

from __future__ import annotations

from datetime import UTC, datetime

from catchment.local.lakefs.commits import Commit
from catchment.local.lakefs.listing import Group
from catchment.local.lakefs.merging import Change
from catchment.local.lakefs.repositories import Repository
from catchment.local.lakefs.trees import Entry


def moment(seconds: float) -> str:
    """Return a time as RFC 3339, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def repository_json(repository: Repository) -> dict[str, object]:
    """Return a `Repository`."""
    return {
        "id": repository.id,
        "creation_date": repository.creation_date,
        "default_branch": repository.default_branch,
        "storage_namespace": repository.storage_namespace,
        "storage_id": "",
        "read_only": repository.read_only,
    }


def ref_json(name: str, commit_id: str) -> dict[str, object]:
    """Return a `Ref`."""
    return {"id": name, "commit_id": commit_id}


def commit_json(commit: Commit) -> dict[str, object]:
    """Return a `Commit`."""
    return {
        "id": commit.id,
        "parents": list(commit.parents),
        "committer": commit.committer,
        "message": commit.message,
        "creation_date": commit.date,
        "meta_range_id": commit.tree.id,
        "metadata": dict(commit.metadata),
        "generation": commit.generation,
        "version": commit.version,
    }


def object_json(path: str, entry: Entry, *, user_metadata: bool = True) -> dict[str, object]:
    """Return an `ObjectStats` with the plain address."""
    stats: dict[str, object] = {
        "path": path,
        "path_type": "object",
        "physical_address": entry.address,
        "checksum": entry.checksum,
        "size_bytes": entry.size,
        "mtime": entry.mtime,
        "content_type": entry.content_type,
    }
    if user_metadata:
        stats["metadata"] = dict(entry.metadata)
    return stats


def prefix_json(group: Group) -> dict[str, object]:
    """Return the `ObjectStats` of a common prefix."""
    return {"path": group.path, "path_type": "common_prefix", "physical_address": "", "checksum": "", "mtime": 0}


def change_json(path: str, change: Change | Group, *, right_stats: bool = False) -> dict[str, object]:
    """Return a `Diff`."""
    if isinstance(change, Group):
        return {"type": "prefix_changed", "path": path, "path_type": "common_prefix"}
    shown = change.right or change.left
    diff: dict[str, object] = {"type": change.type, "path": path, "path_type": "object"}
    if shown is not None:
        diff["size_bytes"] = shown.size
    if right_stats and change.right is not None:
        right = change.right
        diff["right"] = {
            "checksum": right.checksum,
            "mtime": right.mtime,
            "content_type": right.content_type,
            "metadata": dict(right.metadata),
        }
    return diff
