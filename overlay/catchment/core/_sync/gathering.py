"""Sources that need no waiting; the hand-written twin of `_async/gathering.py`."""

from __future__ import annotations

from catchment.core.sources import Source, UploadData


def gather(data: UploadData) -> Source:
    """Make a source of any upload data."""
    return Source.of(data)
