"""All workflows, of every platform."""

from __future__ import annotations

from tests.faults._async import influxdb_work, lakefs_work, v3io_items, v3io_objects, v3io_streams

WORKFLOWS = (
    *lakefs_work.WORKFLOWS,
    *v3io_objects.WORKFLOWS,
    *v3io_items.WORKFLOWS,
    *v3io_streams.WORKFLOWS,
    *influxdb_work.WORKFLOWS,
)
