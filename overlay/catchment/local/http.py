"""Hold the message types of the local stack: what comes in, what goes out, and what a caller sees."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from catchment.local.bodies import Blob, MemoryBlob

Headers = list[tuple[str, str]]
Door = Literal["process", "socket"]

PIECE_BYTES = 64 * 1024


def find_header(headers: Sequence[tuple[str, str]], name: str) -> str | None:
    """Return the first value of a header, whatever its case, or None."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class Request:
    """
    One request as the services see it: the target still escaped, the body already complete.

    Attributes:
        face: Which part of the stack it reached: `lakefs`, or `objects` for presigned URLs.
        object_origin: Where presigned URLs must point for whoever sent this.
    """

    method: str
    scheme: str
    host: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: Blob
    face: str = "lakefs"
    door: Door = "process"
    object_origin: str = "http://objects.catchment.local"

    @classmethod
    def from_url(cls, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> Request:
        """
        Build a request from an absolute URL.

        Raises:
            ValueError: The URL has no scheme or no host.
        """
        parts = urlsplit(url)
        if not parts.scheme or not parts.netloc:
            message = "url must be absolute, as in http://lakefs.catchment.local/api/v1/healthcheck"
            raise ValueError(message)
        return cls(
            method=method.upper(),
            scheme=parts.scheme,
            host=parts.netloc.rpartition("@")[2],
            path=parts.path or "/",
            query=parts.query,
            headers=headers,
            body=MemoryBlob(body),
        )

    def header(self, name: str) -> str | None:
        """Return the first value of a header, or None."""
        return find_header(self.headers, name)


@dataclass(frozen=True, slots=True)
class BlobRange:
    """Bytes `start` to `stop` (exclusive) of a stored blob, read only when they are sent."""

    blob: Blob
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes in pieces that fit a socket buffer."""
        return self.blob.pieces(self.start, self.stop, PIECE_BYTES)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer, as `handle` returns it."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the first value of a header, whatever its case, or None."""
        return find_header(self.headers, name)

    def json(self) -> object:
        """Decode the body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer before it is sent; a large body stays where it is stored."""

    status: int
    headers: Headers = field(default_factory=list[tuple[str, str]])
    body: bytes | BlobRange = b""

    def pieces(self) -> Iterator[bytes]:
        """Yield the body in pieces."""
        if isinstance(self.body, BlobRange):
            yield from self.body.pieces()
        elif self.body:
            yield self.body

    def whole(self) -> bytes:
        """Return the body as one bytes object."""
        if isinstance(self.body, bytes):
            return self.body
        return self.body.blob.read(self.body.start, self.body.stop)

    def with_headers(self, *more: tuple[str, str]) -> Answer:
        """Return a copy with headers appended."""
        return Answer(self.status, [*self.headers, *more], self.body)


def json_answer(status: int, value: object, *headers: tuple[str, str]) -> Answer:
    """Return an answer with a JSON body."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    return Answer(status, [("Content-Type", "application/json"), *headers], body)


def text_answer(status: int, text: str, content_type: str = "text/plain; charset=utf-8") -> Answer:
    """Return an answer with a text body."""
    return Answer(status, [("Content-Type", content_type)], text.encode())
