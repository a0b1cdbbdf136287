"""What calls on many things return and raise."""

from __future__ import annotations

from dataclasses import dataclass, field

from catchment.core.errors import BulkError
from catchment.v3io.errors import V3IOError


@dataclass(slots=True)
class DeletedTree:
    """
    What a deletion of a tree did.

    Attributes:
        files: Objects, items and shards deleted.
        directories: Folders deleted.
    """

    files: int = 0
    directories: int = 0


class DeleteTreeError(BulkError, V3IOError):
    """Some of what is in a folder was not deleted.

    Attributes:
        failed: Path to its error.
        succeeded: Empty: a tree may have more paths than memory should hold. `deleted` counts them.
        deleted: What was deleted.
    """

    deleted: DeletedTree


class WriteFrameError(BulkError, V3IOError):
    """Some rows of a table were not written.

    Attributes:
        failed: Key to its error; that of the first row which cannot be sent at all is under an empty key.
        succeeded: Empty: a table may have more keys than memory should hold. `written` counts them.
        written: Items that were written.
    """

    written: int = 0


@dataclass(slots=True)
class PutAllOutput:
    """
    What `put_all` wrote.

    Attributes:
        count: Records.
        positions: Shard to the sequence number of the last record written there.
    """

    count: int = 0
    positions: dict[int, int] = field(default_factory=dict[int, int])
