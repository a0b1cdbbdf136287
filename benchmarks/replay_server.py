"""Serve a branch with many objects, each answer made once by the local stack and repeated from memory ever after.

A listing benchmark would otherwise measure the local stack, which is Python too. What is replayed are the stack's very
bytes. Says its environment as a JSON line, then serves until standard input ends, which a thread watches.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import threading
from base64 import b64encode
from collections.abc import Callable

from catchment.local import Stack
from catchment.local.http import Reply

ORIGIN = "http://lakefs.catchment.local"
API = f"{ORIGIN}/api/v1"
NAMESPACE = "s3://benchmark/listing"


class Replay(asyncio.Protocol):
    """One connection: requests without bodies, answered whole."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer
        self._pending = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers go to."""
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._pending += data
        while (end := self._pending.find(b"\r\n\r\n")) >= 0:
            head, self._pending = self._pending[:end], self._pending[end + 4 :]
            if self._transport is not None:
                self._transport.write(self._answer(head))


class Recorder:
    """Answers of a stack by method and target."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._known: dict[bytes, bytes] = {}

    def answer(self, head: bytes) -> bytes:
        """Return the recorded answer, or record it."""
        line = head.partition(b"\r\n")[0]
        known = self._known.get(line)
        if known is None:
            known = self._known[line] = self._ask(head.decode("latin-1"))
        return known

    def _ask(self, head: str) -> bytes:
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ")
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        reply = self._stack.handle(method, ORIGIN + target, headers)
        fields = "".join(f"{name}: {value}\r\n" for name, value in reply.headers)
        return f"HTTP/1.1 {reply.status} Answer\r\n{fields}\r\n".encode("latin-1") + reply.body


def fill(stack: Stack, count: int) -> None:
    """Make repository `listing` and put objects with user metadata on its branch `main`."""
    environment = stack.lakefs.environment
    names = ("LAKECTL_CREDENTIALS_ACCESS_KEY_ID", "LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY")
    who = ("Authorization", "Basic " + b64encode(":".join(environment[name] for name in names).encode()).decode())
    body = json.dumps({"name": "listing", "storage_namespace": NAMESPACE, "default_branch": "main"}).encode()
    _created(stack.handle("POST", f"{API}/repositories", [who, ("Content-Type", "application/json")], body))
    headers = [
        who,
        ("Content-Type", "application/octet-stream"),
        ("x-lakefs-meta-team", "a"),
        ("x-lakefs-meta-stage", "raw"),
    ]
    for number in range(count):
        target = f"{API}/repositories/listing/branches/main/objects?path=datasets/2026/part-{number:06d}.parquet"
        _created(stack.handle("POST", target, headers, b"%d" % number))


def _created(reply: Reply) -> None:
    if reply.status != 201:
        raise RuntimeError(f"the stack answered {reply.status}: {reply.body[:200]!r}")


async def serve(stack: Stack) -> None:
    """Serve from an event loop until cancelled."""
    recorder = Recorder(stack)
    server = await asyncio.get_running_loop().create_server(lambda: Replay(recorder.answer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps(stack.environment_for(f"http://127.0.0.1:{port}")), flush=True)
    await server.serve_forever()


def main() -> None:
    """Fill a stack and serve it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, required=True)
    options = parser.parse_args()
    with Stack() as stack:
        fill(stack, options.objects)
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
        asyncio.run(serve(stack))


if __name__ == "__main__":
    main()
