"""All workflows, of every platform."""

from __future__ import annotations

from tests.faults._async import lakefs_work

WORKFLOWS = (*lakefs_work.WORKFLOWS,)
