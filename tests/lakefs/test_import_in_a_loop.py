from __future__ import annotations

import asyncio

from catchment import lakefs
from catchment.testing import no_waiting

from tests.lakefs.doubles import WatchedStack, fill


def test_blocking_import_runs_inside_a_running_loop() -> None:
    """LakeFS's own package calls `asyncio.run` there and fails in notebooks."""

    async def notebook() -> int:
        with no_waiting(), WatchedStack() as stack, lakefs.Client(local=stack) as client:
            main = lakefs.repository("flights", client).create("s3://lake/flights").branch("main")
            fill(stack, ["a", "b"])
            return main.import_from("s3://source/many/", "again/").run().ingested_objects

    assert asyncio.run(notebook()) == 2
