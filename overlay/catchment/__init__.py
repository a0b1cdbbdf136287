"""One typed client for five data platforms: lakeFS, InfluxDB 1.x, V3IO, Infino and Comotion Dash.

Import the platform you need, `from catchment import lakefs`; nothing else is loaded.
"""

from __future__ import annotations

__version__ = "0.1.0"

__all__ = ["__version__"]
