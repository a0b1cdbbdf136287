"""Run the working day of lakeFS's own package with this package under its names; prints what the day prints."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

import catchment.lakefs.client
import catchment.lakefs.exceptions
from catchment import lakefs
from catchment.local import Stack

DAY = Path(__file__).resolve().parents[1] / "conformance"


def main() -> int:
    """Serve a stack, put the names in place, and run the day."""
    sys.modules["lakefs"] = lakefs
    sys.modules["lakefs.client"] = catchment.lakefs.client
    sys.modules["lakefs.exceptions"] = catchment.lakefs.exceptions
    sys.modules["lakefs_sdk"] = ModuleType("lakefs_sdk")
    sys.path.insert(0, str(DAY))
    with Stack() as stack, stack.serve() as running:
        os.environ.update(running.environment)
        stack.store.put("s3://demo/source/a.csv", b"a,1\n")
        stack.store.put("s3://demo/source/sub/b.csv", b"b,2\n")
        import official_lakefs_workflow as day

        sys.argv = ["day", "s3://demo/lake", "s3://demo/source/"]
        return int(day.main())


if __name__ == "__main__":
    sys.exit(main())
