"""Answer V3IO's web API with fixed answers, as fast as a socket can: what is measured is the client.

    python benchmarks/v3io_server.py [--delay SECONDS] [--items COUNT]

Says its port as a JSON line, then serves until standard input ends. A table has as many items as it was told, in pages
of 1000; an object called `large/N` has N bytes; what is written is counted and forgotten.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import re
import sys
import threading
from collections.abc import Iterator

COMMON = (
    b"HTTP/1.1 200 OK\r\nServer: bench\r\nConnection: keep-alive\r\n"
    b"X-v3io-transaction-verifier: __mtime_secs==1563973548 and __mtime_nsecs==495583838\r\n"
)
PAGE = 1000
PIECE = b"\0" * (256 * 1024)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_FUNCTION = re.compile(rb"\r\nx-v3io-function: *(\w+)", re.IGNORECASE)
_RANGE = re.compile(rb"\r\nrange: *bytes=(\d+)-(\d*)", re.IGNORECASE)
_LARGE = re.compile(rb"^(\w+) /\w+/large/(\d+) ")
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_RECORD = b'"Data"'


def whole(body: bytes, kind: bytes = b"application/json", status: bytes | None = None) -> bytes:
    """Return an answer with its head."""
    head = COMMON if status is None else COMMON.replace(b"200 OK", status)
    return head + b"Content-Type: %b\r\nContent-Length: %d\r\n\r\n" % (kind, len(body)) + body


def item(number: int) -> dict[str, object]:
    """Return an item as the wire has it."""
    return {
        "__name": {"S": f"key{number}"},
        "age": {"N": str(number % 90)},
        "feature": {"S": f"feature of number {number}"},
        "pi": {"N": "3.14"},
    }


def scan_page(start: int, total: int) -> bytes:
    """Return one page of a table."""
    stop = min(start + PAGE, total)
    page: dict[str, object] = {"LastItemIncluded": "TRUE" if stop == total else "FALSE", "NumItems": stop - start}
    if stop < total:
        page["NextMarker"] = str(stop)
    page["Items"] = [item(number) for number in range(start, stop)]
    return whole(json.dumps(page, separators=(",", ":")).encode())


def records_page() -> bytes:
    """Return a thousand records."""
    records = [
        {
            "ArrivalTimeSec": 1714550401,
            "ArrivalTimeNSec": number,
            "SequenceNumber": number + 1,
            "PartitionKey": "EWR",
            "Data": base64.b64encode(b"a record of sixty bytes, number %6d, and some more text.." % number).decode(),
        }
        for number in range(PAGE)
    ]
    return whole(
        json.dumps(
            {
                "NextLocation": "AQAAAAEAAAAAAAAAAAAAAA==",
                "MSecBehindLatest": 0,
                "RecordsBehindLatest": 5,
                "Records": records,
            },
            separators=(",", ":"),
        ).encode()
    )


class Answers:
    """What is answered, by function; pages of the table are made once."""

    def __init__(self, items: int) -> None:
        self._items = items
        self._pages: dict[int, bytes] = {}
        self._written: dict[int, bytes] = {}
        self._item = whole(json.dumps({"Item": {k: v for k, v in item(42).items() if k != "__name"}}).encode())
        self._records = records_page()
        self._empty = whole(b"", b"application/octet-stream")
        self._text = whole(b"object-42", b"application/octet-stream")
        self._location = whole(b'{"Location":"AQAAAAAAAAAAAAAAAAAAAA=="}')

    def answer(self, head: bytes, body: bytes) -> bytes:
        """Return the answer to a request whose body is small."""
        found = _FUNCTION.search(head)
        function = found[1] if found else b""
        if function == b"GetItem":
            return self._item
        if function == b"GetItems":
            return self._page(body)
        if function == b"PutRecords":
            return self._put(body.count(_RECORD))
        if function == b"GetRecords":
            return self._records
        if function in {b"SeekShard", b"Seek"}:
            return self._location
        return self._text if head.startswith(b"GET ") else self._empty

    def _page(self, body: bytes) -> bytes:
        start = int(json.loads(body).get("Marker") or 0)
        if self._items > 50 * PAGE:  # many pages are the same one over and over, its marker aside
            return self._far_page(start)
        page = self._pages.get(start)
        if page is None:
            page = self._pages[start] = scan_page(start, self._items)
        return page

    def _far_page(self, start: int) -> bytes:
        if start + PAGE >= self._items:
            return scan_page(start, self._items)
        first = self._pages.get(0)
        if first is None:
            first = self._pages[0] = scan_page(0, 10**9)
        _, _, body = first.partition(b"\r\n\r\n")
        return whole(body.replace(b'"NextMarker":"1000"', b'"NextMarker":"%d"' % (start + PAGE), 1))

    def _put(self, count: int) -> bytes:
        known = self._written.get(count)
        if known is None:
            records = [{"SequenceNumber": number + 1, "ShardId": 0} for number in range(count)]
            known = self._written[count] = whole(json.dumps({"FailedRecordCount": 0, "Records": records}).encode())
        return known


class Service(asyncio.Protocol):
    """One connection. Bodies above a mebibyte, and chunked ones, are counted and not kept."""

    def __init__(self, answers: Answers, delay: float) -> None:
        self._answers = answers
        self._delay = delay
        self._pending = b""
        self._skip = 0
        self._chunked = False
        self._writing: Iterator[bytes] | None = None
        self._transport: asyncio.Transport | None = None
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers go to."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        if self._skip:
            if len(data) < self._skip:
                self._skip -= len(data)
                return
            data, self._skip = data[self._skip :], 0
            self._say(whole(b"", b"application/octet-stream"))
        if self._chunked:
            data = self._past_chunks(data)
        self._pending = data = self._pending + data if self._pending else data
        while (end := data.find(b"\r\n\r\n")) >= 0:
            head = data[:end]
            found = _LENGTH.search(head)
            length = int(found[1]) if found else 0
            rest = data[end + 4 :]
            if length > 1 << 20:
                self._skip = length - len(rest)
                data = b""
                if self._skip <= 0:
                    data, self._skip = rest[length:], 0
                    self._say(whole(b"", b"application/octet-stream"))
                break
            if _CHUNKED.search(head):
                self._chunked, self._pending = True, b""
                data = self._past_chunks(rest)
                continue
            if len(rest) < length:
                break
            data = rest[length:]
            self._answer(head, rest[:length])
        self._pending = data

    def _past_chunks(self, data: bytes) -> bytes:
        """Skip to the last chunk; nothing that is sent here holds its bytes."""
        tail = self._pending + data
        end = tail.find(b"\r\n0\r\n\r\n")
        if end < 0:
            self._pending = tail[-6:]
            return b""
        self._pending, self._chunked = b"", False
        self._say(whole(b"", b"application/octet-stream"))
        return tail[end + 7 :]

    def _answer(self, head: bytes, body: bytes) -> None:
        large = _LARGE.match(head)
        if large is not None and large[1] in {b"GET", b"HEAD"}:
            self._send_large(head, int(large[2]), with_body=large[1] == b"GET")
        elif self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._say, self._answers.answer(head, body))
        else:
            self._say(self._answers.answer(head, body))

    def _say(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)

    def _send_large(self, head: bytes, size: int, *, with_body: bool) -> None:
        wanted = _RANGE.search(head)
        start = int(wanted[1]) if wanted else 0
        stop = min(size, int(wanted[2]) + 1) if wanted and wanted[2] else size
        whole_range = wanted is not None and (not wanted[2] or int(wanted[2]) < size)
        status = b"206 Partial Content" if whole_range else b"200 OK"
        lines = b"Content-Type: application/octet-stream\r\nContent-Length: %d\r\n" % (stop - start)
        if whole_range:
            lines += b"Content-Range: bytes %d-%d/%d\r\n" % (start, stop - 1, size)
        self._say(COMMON.replace(b"200 OK", status) + lines + b"\r\n")
        if with_body:
            self._writing = self._pieces(stop - start)
            self.resume_writing()

    @staticmethod
    def _pieces(left: int) -> Iterator[bytes]:
        while left > 0:
            piece = PIECE if left >= len(PIECE) else PIECE[:left]
            left -= len(piece)
            yield piece

    def pause_writing(self) -> None:
        """Stop until the client has read."""
        self._paused = True

    def resume_writing(self) -> None:
        """Go on with what is being sent."""
        self._paused = False
        while self._writing is not None and not self._paused:
            piece = next(self._writing, None)
            if piece is None:
                self._writing = None
            else:
                self._say(piece)


async def serve(items: int, delay: float) -> None:
    """Serve from an event loop until cancelled."""
    answers = Answers(items)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Service(answers, delay), "127.0.0.1", 0, backlog=512)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await server.serve_forever()


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each small answer")
    parser.add_argument("--items", type=int, default=10_000, help="items of the table")
    options = parser.parse_args()
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    asyncio.run(serve(options.items, options.delay))


if __name__ == "__main__":
    main()
