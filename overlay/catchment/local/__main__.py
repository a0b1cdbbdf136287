"""Serve a local stack until interrupted: `python -m catchment.local --data folder`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from catchment.local.stack import Stack


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve, print where, and wait for SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m catchment.local", description=__doc__)
    parser.add_argument("--only", action="append", metavar="SERVICE", help="serve this one; may be repeated")
    parser.add_argument("--port", type=int, default=0, help="port of the first service (default: a free one)")
    parser.add_argument("--data", metavar="FOLDER", help="keep the state there (default: in memory)")
    options = parser.parse_args(arguments)
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with Stack(options.data) as stack:
        try:
            running = stack.serve(options.port, options.only)
        except (KeyError, OSError) as error:
            print(f"cannot serve: {error}", file=sys.stderr)
            return 1
        described = {
            "endpoints": running.endpoints,
            "environment": running.environment,
            "admin": running.admin_headers,
            "pid": os.getpid(),
        }
        print(json.dumps(described), flush=True)
        stopped.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
