"""Keep bodies: small ones in memory, large ones in files, so that no upload sits in memory whole."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

MEMORY_LIMIT = 1024 * 1024
COPY_BYTES = 1024 * 1024


class Blob(Protocol):
    """Immutable bytes with their length and MD5."""

    @property
    def size(self) -> int:
        """Length in bytes."""
        ...

    @property
    def md5(self) -> str:
        """MD5 of the whole, in hex."""
        ...

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        """Return the bytes from `start` to `stop`."""
        ...

    def pieces(self, start: int, stop: int, size: int) -> Iterator[bytes]:
        """Yield the bytes from `start` to `stop` in pieces of at most `size`."""
        ...


class MemoryBlob:
    """A blob held in memory."""

    __slots__ = ("_data", "_md5")

    def __init__(self, data: bytes, md5: str | None = None) -> None:
        self._data = data
        self._md5 = md5

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self._data)

    @property
    def md5(self) -> str:
        """MD5 of the whole, in hex; computed on first use."""
        if self._md5 is None:
            self._md5 = hashlib.md5(self._data, usedforsecurity=False).hexdigest()
        return self._md5

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        """Return the bytes from `start` to `stop`."""
        if start == 0 and stop is None:
            return self._data
        return self._data[start:stop]

    def pieces(self, start: int, stop: int, size: int) -> Iterator[bytes]:
        """Yield the bytes from `start` to `stop` in pieces of at most `size`."""
        for position in range(start, stop, size):
            yield self._data[position : min(position + size, stop)]


class FileBlob:
    """A blob in a file of its own."""

    def __init__(self, path: Path, size: int, md5: str, *, temporary: bool) -> None:
        self.path = path
        self._size = size
        self._md5 = md5
        # A temporary file goes with the last reference, so a copy in the store needs no counting.
        self._finalizer = weakref.finalize(self, _unlink, str(path)) if temporary else None

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self._size

    @property
    def md5(self) -> str:
        """MD5 of the whole, in hex."""
        return self._md5

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        """Return the bytes from `start` to `stop`."""
        end = self._size if stop is None else stop
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(max(0, end - start))

    def pieces(self, start: int, stop: int, size: int) -> Iterator[bytes]:
        """Yield the bytes from `start` to `stop` in pieces of at most `size`."""
        with self.path.open("rb") as file:
            file.seek(start)
            left = stop - start
            while left > 0:
                piece = file.read(min(size, left))
                if not piece:
                    return
                left -= len(piece)
                yield piece

    def kept_at(self, path: Path) -> FileBlob:
        """Move the file to a lasting place and return the blob that lives there."""
        if self._finalizer is not None:
            self._finalizer.detach()
        self.path.replace(path)
        return FileBlob(path, self._size, self._md5, temporary=False)


def _unlink(path: str) -> None:
    Path(path).unlink(missing_ok=True)


class Spool:
    """Collects one incoming body: in memory up to a limit, then in a temporary file."""

    def __init__(self, folder: BlobFolder) -> None:
        self._folder = folder
        self._chunks: list[bytes] = []
        self._size = 0
        self._digest = hashlib.md5(usedforsecurity=False)
        self._path: Path | None = None

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self._chunks.append(data)
        self._size += len(data)
        self._digest.update(data)
        if self._path is not None or self._size > MEMORY_LIMIT:
            self._flush()

    def _flush(self) -> None:
        if self._path is None:
            self._path = self._folder.temporary_path()
        with self._path.open("ab") as file:
            file.writelines(self._chunks)
        self._chunks.clear()

    def finish(self) -> Blob:
        """Return what was written as a blob."""
        if self._path is None:
            return MemoryBlob(b"".join(self._chunks), self._digest.hexdigest())
        return FileBlob(self._path, self._size, self._digest.hexdigest(), temporary=True)

    def discard(self) -> None:
        """Drop what was written."""
        self._chunks.clear()
        if self._path is not None:
            self._path.unlink(missing_ok=True)


class BlobFolder:
    """Where bodies live: a temporary folder that goes at close, or a lasting one."""

    def __init__(self, lasting: Path | None = None) -> None:
        self._lasting = lasting
        self._temporary: Path | None = None
        self._count = 0
        if lasting is not None:
            lasting.mkdir(parents=True, exist_ok=True)
            for leftover in lasting.glob("incoming-*"):
                leftover.unlink()

    def temporary_path(self) -> Path:
        """Return the path of a new temporary file."""
        if self._lasting is not None:
            folder = self._lasting
        else:
            if self._temporary is None:
                self._temporary = Path(tempfile.mkdtemp(prefix="catchment-local-"))
            folder = self._temporary
        self._count += 1
        return folder / f"incoming-{os.getpid()}-{self._count}"

    def spool(self) -> Spool:
        """Return a collector for one body."""
        return Spool(self)

    def keep(self, blob: Blob, name: str) -> Blob:
        """Make a blob last as long as this folder does; in a lasting folder it becomes the file `name`."""
        if self._lasting is None:
            return blob
        target = self._lasting / name
        if isinstance(blob, FileBlob):
            return blob if blob.path.parent == self._lasting and blob.path.name == name else blob.kept_at(target)
        partial = self.temporary_path()
        partial.write_bytes(blob.read())
        partial.replace(target)
        return FileBlob(target, blob.size, blob.md5, temporary=False)

    def reopen(self, name: str, size: int, md5: str) -> Blob | None:
        """Return a blob kept by an earlier process, or None when its file is gone."""
        if self._lasting is None or not (self._lasting / name).exists():
            return None
        return FileBlob(self._lasting / name, size, md5, temporary=False)

    def join(self, blobs: Iterable[Blob]) -> Blob:
        """Return one blob with the bytes of several, in order."""
        spool = self.spool()
        for blob in blobs:
            for piece in blob.pieces(0, blob.size, COPY_BYTES):
                spool.write(piece)
        return spool.finish()

    def sweep(self, used: set[str]) -> None:
        """Remove kept files that nothing refers to any more."""
        if self._lasting is not None:
            for path in self._lasting.iterdir():
                if path.name not in used:
                    path.unlink(missing_ok=True)

    def close(self) -> None:
        """Remove the temporary folder; a lasting one stays."""
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary = None
