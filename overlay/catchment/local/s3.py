"""Serve presigned object URLs the way an S3-compatible store does: XML errors, no second authentication."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate
from urllib.parse import unquote
from xml.sax.saxutils import escape

from catchment.local.http import Answer, BlobRange, Request
from catchment.local.presign import SignatureRefusedError, Signer
from catchment.local.ranges import MalformedRangeError, UnsatisfiableRangeError, parse_range
from catchment.local.store import ObjectStore, StoredObject

MAX_PART = 10_000
OPERATIONS = frozenset({"getObject", "headObject", "putObject", "uploadPart", "unknown"})


class _RefusedError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


Record = Callable[[str, dict[str, object]], None]


class ObjectEndpoint:
    """Answers `GET`, `HEAD` and `PUT` on `/bucket/key` with a signed query."""

    def __init__(self, store: ObjectStore, signer: Signer, clock: Callable[[], float]) -> None:
        self._store = store
        self._signer = signer
        self._clock = clock

    def operation(self, request: Request) -> str:
        """Name what a request asks for, for fault plans and the ledger."""
        if request.method == "PUT":
            return "uploadPart" if "uploadId=" in request.query else "putObject"
        return {"GET": "getObject", "HEAD": "headObject"}.get(request.method, "unknown")

    def answer(self, request: Request, record: Record) -> Answer:
        """Answer one request; `record` is called when something was stored."""
        try:
            return self._answer(request, record)
        except SignatureRefusedError as error:
            return _error(403, error.code, error.message)
        except _RefusedError as error:
            return _error(error.status, error.code, error.message)

    def _answer(self, request: Request, record: Record) -> Answer:
        if request.header("authorization") is not None:
            message = "Only one auth mechanism allowed: X-Amz-Algorithm in the query, or the Authorization header"
            raise _RefusedError(400, "InvalidArgument", message)
        query = self._signer.check(request.method, request.host, request.path, request.query, self._clock())
        uri = "s3:/" + unquote(request.path)
        if request.method == "PUT":
            return self._put(request, query, uri, record)
        if request.method in ("GET", "HEAD"):
            return self._get(request, uri)
        raise _RefusedError(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")

    def _put(self, request: Request, query: dict[str, str], uri: str, record: Record) -> Answer:
        _check_length(request)
        if "uploadId" in query:
            stored = self._put_part(request, query, uri)
            record("uploadPart", {"uri": uri, "part": int(query["partNumber"]), "size": stored.blob.size})
        else:
            content_type = request.header("content-type") or "application/octet-stream"
            stored = self._store.save(uri, request.body, content_type)
            record("putObject", {"uri": uri, "size": stored.blob.size})
        return Answer(200, [("ETag", f'"{stored.etag}"')])

    def _put_part(self, request: Request, query: dict[str, str], uri: str) -> StoredObject:
        number = int(query["partNumber"])
        if not 1 <= number <= MAX_PART:
            raise _RefusedError(400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
        try:
            return self._store.put_part(query["uploadId"], uri, number, request.body)
        except KeyError:
            raise _RefusedError(404, "NoSuchUpload", "The specified multipart upload does not exist.") from None

    def _get(self, request: Request, uri: str) -> Answer:
        stored = self._store.find(uri)
        if stored is None:
            raise _RefusedError(404, "NoSuchKey", "The specified key does not exist.")
        if (expected := request.header("if-match")) is not None and expected.strip('"') != stored.etag:
            raise _RefusedError(412, "PreconditionFailed", "At least one of the preconditions did not hold")
        size = stored.blob.size
        headers = [
            ("ETag", f'"{stored.etag}"'),
            ("Last-Modified", formatdate(stored.mtime, usegmt=True)),
            ("Accept-Ranges", "bytes"),
            ("Content-Type", stored.content_type),
            ("Content-Disposition", "attachment"),
        ]
        wanted = request.header("range")
        if wanted is None:
            return Answer(200, headers, BlobRange(stored.blob, 0, size))
        return _ranged(stored, wanted, headers)


def _ranged(stored: StoredObject, wanted: str, headers: list[tuple[str, str]]) -> Answer:
    size = stored.blob.size
    try:
        start, stop = parse_range(wanted, size)
    except UnsatisfiableRangeError:
        answer = _error(416, "InvalidRange", "The requested range is not satisfiable")
        return answer.with_headers(("Content-Range", f"bytes */{size}"))
    except MalformedRangeError:
        # S3 ignores a range that it cannot read.
        return Answer(200, headers, BlobRange(stored.blob, 0, size))
    found = ("Content-Range", f"bytes {start}-{stop - 1}/{size}")
    return Answer(206, [*headers, found], BlobRange(stored.blob, start, stop))


def _check_length(request: Request) -> None:
    if request.header("transfer-encoding") is not None:
        message = "A header you provided implies functionality that is not implemented: Transfer-Encoding"
        raise _RefusedError(501, "NotImplemented", message)
    length = request.header("content-length")
    if length is None:
        raise _RefusedError(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
    if length != str(request.body.size):
        raise _RefusedError(400, "IncompleteBody", "The body is not as long as Content-Length says")


def _error(status: int, code: str, message: str) -> Answer:
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{escape(code)}</Code>'
        f"<Message>{escape(message)}</Message></Error>"
    )
    return Answer(status, [("Content-Type", "application/xml")], text.encode())
