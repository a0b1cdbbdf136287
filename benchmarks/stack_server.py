"""Serve a local stack that counts its requests, until standard input ends.

A process of its own, so that the server's work is nobody's CPU. Says its environment as a JSON line, then answers every
line with the number of requests so far.
"""

from __future__ import annotations

import argparse
import json
import sys

from catchment.local import Stack
from catchment.local.delivery import Delivery
from catchment.local.http import Request
from catchment.local.lakefs.options import LakeFSOptions


class CountingStack(Stack):
    """A stack that knows how many requests it was sent."""

    requests = 0

    def respond(self, request: Request) -> Delivery:
        """Count, and answer."""
        self.requests += 1
        return super().respond(request)


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presign", action="store_true", help="hand out presigned URLs")
    options = parser.parse_args()
    with CountingStack(lakefs=LakeFSOptions(pre_sign_support=options.presign)) as stack, stack.serve() as running:
        print(json.dumps(running.environment), flush=True)
        for _ in sys.stdin:
            print(json.dumps({"requests": stack.requests}), flush=True)


if __name__ == "__main__":
    main()
