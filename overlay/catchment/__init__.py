"""One typed client for a team's data platforms: lakeFS and InfluxDB 1.x today.

Import the platform you need, `from catchment import lakefs`; nothing else is loaded.
"""

from __future__ import annotations

__version__ = "0.1.0"

__all__ = ["__version__"]
