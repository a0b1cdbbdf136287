"""Keep the objects behind lakeFS, by URI: what imports read, what presigned URLs reach, what repositories write."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, cast

from catchment.local.bodies import Blob, BlobFolder, MemoryBlob

_URI = re.compile(r"(s3|gs|https?|mem|local|transient)://[^/]+(/.*)?", re.DOTALL)

# One stored object in a snapshot; outside the class, where `list` is a method.
Row = list[Any]


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object: `etag` without quotes, `mtime` in Unix seconds."""

    blob: Blob
    name: str
    etag: str
    content_type: str
    mtime: int


@dataclass(slots=True)
class MultipartUpload:
    """Parts that wait to become the object `uri`."""

    uri: str
    content_type: str
    parts: dict[int, StoredObject] = field(default_factory=dict[int, StoredObject])


class PartError(Exception):
    """A multipart upload cannot be completed; nothing was changed."""


class ObjectStore:
    """
    An object store with URIs such as `s3://bucket/key` for names.

    Safe to use from several threads. `put`, `get`, `list` and `delete` are for tests that seed it;
    the services use the methods that take and return stored objects.
    """

    def __init__(self, folder: BlobFolder, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = RLock()
        self._objects: dict[str, StoredObject] = {}
        self._keys: list[str] = []
        self._uploads: dict[str, MultipartUpload] = {}
        self._count = 0
        self.on_change: Callable[[], None] = lambda: None

    # For tests

    def put(self, uri: str, data: bytes, content_type: str = "application/octet-stream") -> None:
        """
        Store an object, replacing what was there.

        Raises:
            ValueError: `uri` is not of the form `s3://bucket/key`.
        """
        self.save(uri, MemoryBlob(bytes(data)), content_type)

    def get(self, uri: str) -> bytes:
        """
        Return the bytes of an object.

        Raises:
            KeyError: There is none.
        """
        return self._objects[uri].blob.read()

    def list(self, prefix: str = "") -> list[str]:
        """Return the URIs that start with `prefix`, in byte order."""
        with self._lock:
            return [uri for uri, _ in self.scan(prefix)]

    def delete(self, uri: str) -> None:
        """Remove an object; removing a missing one is no error."""
        with self._lock:
            if self._objects.pop(uri, None) is not None:
                del self._keys[bisect_left(self._keys, uri)]
        self.on_change()

    # For the services

    def find(self, uri: str) -> StoredObject | None:
        """Return a stored object, or None."""
        return self._objects.get(uri)

    def save(self, uri: str, blob: Blob, content_type: str, etag: str | None = None) -> StoredObject:
        """Store a blob; its ETag is the MD5 unless another is given."""
        if _URI.fullmatch(uri) is None:
            message = f"not an object URI such as s3://bucket/key: {uri!r}"
            raise ValueError(message)
        stored = self._stored(blob, content_type, etag)
        with self._lock:
            self._insert(uri, stored)
        self.on_change()
        return stored

    def copy(self, source: str, target: str) -> StoredObject:
        """
        Store the bytes of one object under a second name.

        Raises:
            KeyError: There is no such object.
        """
        found = self._objects[source]
        # Immutable bytes may be shared: the copy keeps them when the original is deleted or replaced.
        copied = StoredObject(found.blob, found.name, found.etag, found.content_type, int(self._clock()))
        with self._lock:
            self._insert(target, copied)
        self.on_change()
        return copied

    def scan(self, prefix: str) -> Iterator[tuple[str, StoredObject]]:
        """Return the objects whose URI starts with `prefix`, in byte order, as they are now."""
        with self._lock:
            found: list[tuple[str, StoredObject]] = []
            for index in range(bisect_left(self._keys, prefix), len(self._keys)):
                uri = self._keys[index]
                if not uri.startswith(prefix):
                    break
                found.append((uri, self._objects[uri]))
        return iter(found)

    def _stored(self, blob: Blob, content_type: str, etag: str | None = None) -> StoredObject:
        with self._lock:
            self._count += 1
            name = f"{self._count:012d}-{blob.md5}"
        kept = self._folder.keep(blob, name)
        return StoredObject(kept, name, etag or kept.md5, content_type, int(self._clock()))

    def _insert(self, uri: str, stored: StoredObject) -> None:
        if uri not in self._objects:
            insort(self._keys, uri)
        self._objects[uri] = stored

    # Multipart uploads

    def start_upload(self, upload_id: str, uri: str, content_type: str = "application/octet-stream") -> None:
        """Open a multipart upload."""
        self._uploads[upload_id] = MultipartUpload(uri, content_type)
        self.on_change()

    def upload(self, upload_id: str, uri: str) -> MultipartUpload:
        """
        Return an open upload.

        Raises:
            KeyError: There is none with this id for this object.
        """
        found = self._uploads[upload_id]
        if found.uri != uri:
            raise KeyError(upload_id)
        return found

    def put_part(self, upload_id: str, uri: str, number: int, blob: Blob) -> StoredObject:
        """Store one part, replacing an earlier one of the same number."""
        upload = self.upload(upload_id, uri)
        part = self._stored(blob, upload.content_type)
        with self._lock:
            upload.parts[number] = part
        self.on_change()
        return part

    def complete_upload(
        self, upload_id: str, uri: str, parts: Sequence[tuple[int, str]], minimum_bytes: int, content_type: str | None
    ) -> StoredObject:
        """
        Join the named parts into the object and close the upload.

        Args:
            upload_id: Which upload.
            uri: The object it was opened for.
            parts: Part numbers, ascending, each with the ETag that its PUT answered.
            minimum_bytes: Smallest size of every part but the last.
            content_type: Of the object; None keeps the one given at the start.

        Raises:
            KeyError: No such upload.
            PartError: A part is missing, out of order, different, or too small.
        """
        upload = self.upload(upload_id, uri)
        chosen = _checked_parts(upload, parts, minimum_bytes)
        digest = hashlib.md5(b"".join(bytes.fromhex(part.blob.md5) for part in chosen), usedforsecurity=False)
        joined = self._folder.join(part.blob for part in chosen)
        etag = f"{digest.hexdigest()}-{len(chosen)}"
        stored = self.save(uri, joined, content_type or upload.content_type, etag)
        self._uploads.pop(upload_id, None)
        self.on_change()
        return stored

    def abort_upload(self, upload_id: str, uri: str) -> None:
        """
        Close an upload and drop its parts.

        Raises:
            KeyError: There is no such upload.
        """
        self.upload(upload_id, uri)
        del self._uploads[upload_id]
        self.on_change()

    @property
    def open_uploads(self) -> dict[str, str]:
        """Object URI by upload id, of uploads neither completed nor aborted."""
        return {upload_id: upload.uri for upload_id, upload in self._uploads.items()}

    # Snapshots

    def dump(self) -> dict[str, object]:
        """Return everything but the bytes as JSON values."""
        with self._lock:
            return {
                "count": self._count,
                "objects": {uri: _dumped(stored) for uri, stored in self._objects.items()},
                "uploads": {
                    upload_id: {
                        "uri": upload.uri,
                        "content_type": upload.content_type,
                        "parts": {str(number): _dumped(part) for number, part in upload.parts.items()},
                    }
                    for upload_id, upload in self._uploads.items()
                },
            }

    def names_in_use(self) -> set[str]:
        """Return the names of all blobs that objects and parts refer to."""
        parts = (part for upload in self._uploads.values() for part in upload.parts.values())
        return {stored.name for stored in (*self._objects.values(), *parts)}

    def restore(self, saved: object) -> None:
        """Take over a snapshot that `dump` made; an object whose file is gone is left out."""
        values = cast("dict[str, Any]", saved)
        self._count = values["count"]
        self._objects = self._all_restored(values["objects"])
        self._keys = sorted(self._objects)
        for upload_id, row in values["uploads"].items():
            parts = {int(number): part for number, part in self._all_restored(row["parts"]).items()}
            self._uploads[upload_id] = MultipartUpload(row["uri"], row["content_type"], parts)

    def _all_restored(self, rows: dict[str, Row]) -> dict[str, StoredObject]:
        found = ((name, self._restored(*row)) for name, row in rows.items())
        return {name: stored for name, stored in found if stored is not None}

    def _restored(
        self, name: str, size: int, md5: str, etag: str, content_type: str, mtime: int
    ) -> StoredObject | None:
        blob = self._folder.reopen(name, size, md5)
        return None if blob is None else StoredObject(blob, name, etag, content_type, mtime)

    def clear(self) -> None:
        """Forget all objects and uploads."""
        with self._lock:
            self._objects.clear()
            self._keys.clear()
            self._uploads.clear()


def _dumped(stored: StoredObject) -> list[object]:
    blob = stored.blob
    return [stored.name, blob.size, blob.md5, stored.etag, stored.content_type, stored.mtime]


def _checked_parts(upload: MultipartUpload, parts: Sequence[tuple[int, str]], minimum_bytes: int) -> list[StoredObject]:
    numbers = [number for number, _ in parts]
    if not parts or numbers != sorted(set(numbers)):
        message = "InvalidPartOrder: the list of parts was not in ascending order"
        raise PartError(message)
    chosen: list[StoredObject] = []
    for number, etag in parts:
        part = upload.parts.get(number)
        if part is None or part.etag != etag.strip('" '):
            message = f"InvalidPart: part {number} could not be found, or its entity tag did not match"
            raise PartError(message)
        chosen.append(part)
    for part in chosen[:-1]:
        if part.blob.size < minimum_bytes:
            message = "EntityTooSmall: your proposed upload is smaller than the minimum allowed size"
            raise PartError(message)
    return chosen
