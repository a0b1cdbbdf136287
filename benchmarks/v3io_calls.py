"""What is measured of V3IO's data plane: one program for both packages, because ours takes the official one's calls.

    python benchmarks/v3io_calls.py ours|official

Only the standard library and the package measured.
"""

from __future__ import annotations

import asyncio
import importlib
import socket
import sys
from typing import Any

import child

KEY = "some-access-key"
NAMES = ["age", "feature"]
ATTRIBUTES = {"age": 42, "feature": "mustache", "height": 1.83, "quip": "i can smell fear on you"}
HOMES = {"ours": "catchment.v3io", "official": "v3io"}
home = HOMES[sys.argv[1]] if len(sys.argv) > 1 else HOMES["ours"]
_clients: dict[tuple[str, int | None], Any] = {}


def client(url: str, connections: int | None = None) -> Any:
    """Return a client, the same one for each address: connections stay open between rounds."""
    known = _clients.get((url, connections))
    if known is None:
        options: dict[str, Any] = {} if connections is None else {"max_connections": connections}
        package = importlib.import_module(f"{home}.dataplane")
        known = _clients[url, connections] = package.Client(endpoint=url, access_key=KEY, **options)
    return known


# -- one after the other -----------------------------------------------------------------------------------------------


def put_object(url: str, count: int) -> child.Action:
    """Put small objects."""
    put = client(url).object.put

    def run() -> int:
        for number in range(count):
            put("users", f"/bench/object{number}", body=f"object-{number}")
        return count

    return run


def get_object(url: str, count: int) -> child.Action:
    """Get small objects."""
    get = client(url).object.get

    def run() -> int:
        for number in range(count):
            if get("users", f"/bench/object{number}").body != b"object-42":
                raise RuntimeError("not what the server sent")
        return count

    return run


def put_item(url: str, count: int) -> child.Action:
    """Put items of four attributes."""
    put = client(url).kv.put

    def run() -> int:
        for number in range(count):
            put("users", "table", f"key{number}", ATTRIBUTES)
        return count

    return run


def get_item(url: str, count: int) -> child.Action:
    """Get items, and look at what came."""
    get = client(url).kv.get

    def run() -> int:
        for number in range(count):
            if get("users", "table", f"key{number}", attribute_names=NAMES).output.item["age"] != 42:
                raise RuntimeError("not what the server sent")
        return count

    return run


def bare_socket(url: str, count: int) -> child.Action:
    """Send the bytes of a get over a socket, and look at nothing: what no client can be below."""
    host, port = url.removeprefix("http://").split(":")
    line = f"GET /users/bench/object HTTP/1.1\r\nHost: {host}:{port}\r\nX-v3io-session-key: {KEY}\r\n\r\n".encode()

    def run() -> int:
        with socket.create_connection((host, int(port))) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(count):
                connection.sendall(line)
                connection.recv(65536)
        return count

    return run


# -- batches -----------------------------------------------------------------------------------------------------------


def batch_put_object(url: str, count: int, connections: int | None = None) -> child.Action:
    """Put small objects in one batch."""
    batch = client(url, connections).batch

    def run() -> int:
        for number in range(count):
            batch.object.put("users", f"/bench/object{number}", body=f"object-{number}")
        return len(batch.wait())

    return run


def batch_put_item(url: str, count: int, connections: int | None = None) -> child.Action:
    """Put items in one batch."""
    batch = client(url, connections).batch

    def run() -> int:
        for number in range(count):
            batch.kv.put("users", "table", f"key{number}", ATTRIBUTES)
        return len(batch.wait())

    return run


def batch_get_item(url: str, count: int, connections: int | None = None) -> child.Action:
    """Get items in one batch, and look at what came."""
    batch = client(url, connections).batch

    def run() -> int:
        for number in range(count):
            batch.kv.get("users", "table", f"key{number}", attribute_names=NAMES)
        answers = batch.wait()
        if any(answer.output.item["age"] != 42 for answer in answers):
            raise RuntimeError("not what the server sent")
        return len(answers)

    return run


# -- streams and tables ------------------------------------------------------------------------------------------------


def put_records(url: str, count: int) -> child.Action:
    """Put records of sixty bytes, a thousand at a time."""
    put = client(url).stream.put_records
    records = [
        {"data": f"a record of sixty bytes, number {number:6d}, and some more text..", "partition_key": "EWR"}
        for number in range(1000)
    ]

    def run() -> int:
        for _ in range(count // 1000):
            if put("users", "events", records).output.failed_record_count:
                raise RuntimeError("records failed")
        return count

    return run


def get_records(url: str, count: int) -> child.Action:
    """Read records of sixty bytes, a thousand at a time."""
    stream = client(url).stream
    location = stream.seek("users", "events", 0, "EARLIEST").output.location

    def run() -> int:
        done = 0
        while done < count:
            records = stream.get_records("users", "events", 0, location, limit=1000).output.records
            done += sum(len(record.data) == 60 for record in records)
        return done

    return run


def scan(url: str, count: int) -> child.Action:
    """Walk through a table by a cursor, and keep nothing."""
    kv = client(url).kv

    def run() -> int:
        cursor, done = kv.new_cursor("users", "table", attribute_names=NAMES), 0
        while (item := cursor.next_item()) is not None:
            done += item["age"] >= 0
        if done != count:
            raise RuntimeError(f"{done} items came")
        return done

    return run


# -- awaited -----------------------------------------------------------------------------------------------------------


def aio_get_item(url: str, count: int, tasks: int) -> child.Action:
    """Get items by several tasks of one event loop."""
    aio = importlib.import_module(f"{home}.aio.dataplane")

    async def work() -> int:
        awaited = aio.Client(endpoint=url, access_key=KEY)
        numbers = iter(range(count))

        async def one() -> None:
            for number in numbers:
                answer = await awaited.kv.get("users", "table", f"key{number}", attribute_names=NAMES)
                if answer.output.item["age"] != 42:
                    raise RuntimeError("not what the server sent")

        try:
            await asyncio.gather(*(one() for _ in range(tasks)))
        finally:
            await awaited.close()
        return count

    return lambda: asyncio.run(work())


if __name__ == "__main__":
    cases = (
        put_object, get_object, put_item, get_item, bare_socket, batch_put_object, batch_put_item, batch_get_item,
        put_records, get_records, scan, aio_get_item,
    )  # fmt: skip
    child.serve({case.__name__: case for case in cases})
