"""InfluxDB, awaited: written by hand; `_sync` holds the generated twin."""
