"""The cursor, by the path and name from which the platform's own package has it imported."""

from __future__ import annotations

from catchment.v3io._sync.cursor import ItemsCursor as Cursor

__all__ = ["Cursor"]
