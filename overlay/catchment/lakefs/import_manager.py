"""Imports, under the module name of lakeFS's own package."""

from catchment.lakefs._sync.imports import ImportManager as ImportManager
from catchment.lakefs._sync.imports import ImportResult as ImportResult
from catchment.lakefs.models import ImportStatus as ImportStatus

__all__ = ["ImportManager", "ImportResult", "ImportStatus"]
