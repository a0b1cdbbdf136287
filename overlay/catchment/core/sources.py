"""What can be uploaded, made replayable and of known length before anything is sent."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tempfile
from collections.abc import AsyncIterable, Callable, Iterable
from pathlib import Path
from typing import IO, TextIO, TypeAlias, cast

from catchment.core.errors import UnsafeInputError

UploadData: TypeAlias = bytes | bytearray | memoryview | str | os.PathLike[str] | IO[bytes] | TextIO | Iterable[bytes]
"""Bytes, text (stored as UTF-8), a path to a local file, an open file, or an iterable of byte pieces."""

AsyncUploadData: TypeAlias = UploadData | AsyncIterable[bytes]

SPOOL = 8 * 1024 * 1024
"""Bytes of a source of unknown length that stay in memory; the rest waits in a temporary file."""

_PIECE = 1024 * 1024


class Source:
    """
    Bytes to upload: their length known, sendable again, read in pieces.

    Sources that can be read once only (pipes, text files, iterables) are first written to a temporary file, in memory
    while they are small, so that a lost connection loses nothing.
    """

    def __init__(self, file: IO[bytes], size: int, *, start: int = 0, whole: bytes | None = None, own: bool) -> None:
        self.file = file
        self.size = size
        self.whole = whole
        self._start = start
        self._own = own

    @classmethod
    def of(cls, data: UploadData) -> Source:
        """
        Look at the data and make a source of it.

        Raises:
            OSError: A local file cannot be read.
            UnsafeInputError: Not data.
        """
        if isinstance(data, (bytes, bytearray, memoryview, str)):
            whole = _utf8(data) if isinstance(data, str) else bytes(data)
            return cls(io.BytesIO(whole), len(whole), whole=whole, own=True)
        if isinstance(data, os.PathLike):
            file = Path(data).open("rb")  # noqa: SIM115 - closed by its Source
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):  # a pipe by its name: its size is 0, whatever is in it
                with file:
                    return cls.spooled(iter(lambda: file.read(_PIECE), b""))
            return cls(file, status.st_size, own=True)
        if hasattr(data, "read"):
            return cls._of_file(cast("IO[bytes]", data))
        if hasattr(data, "__iter__"):
            return cls.spooled(cast("Iterable[bytes]", data))
        raise UnsafeInputError(f"a {type(data).__name__} cannot be uploaded; give bytes, text, a path or a file")

    @classmethod
    def _of_file(cls, file: IO[bytes]) -> Source:
        if isinstance(file.read(0), str):
            text = cast("TextIO", file)
            return cls.spooled(_utf8(piece) for piece in iter(lambda: text.read(_PIECE), ""))
        if not file.seekable():
            return cls.spooled(iter(lambda: file.read(_PIECE), b""))
        start = file.tell()
        size = file.seek(0, os.SEEK_END) - start
        file.seek(start)
        return cls(file, size, start=start, own=False)

    @classmethod
    def spooled(cls, pieces: Iterable[bytes]) -> Source:
        """Write a once-only source to a temporary file."""
        spool = Spool()
        try:
            for piece in pieces:
                spool.write(piece)
        except BaseException:
            spool.close()
            raise
        return spool.source()

    def read_at(self, offset: int, count: int) -> bytes:
        """Return `count` bytes from `offset` on; never called by two threads at once."""
        self.file.seek(self._start + offset)
        return self.file.read(count)

    def stream(self, progress: Callable[[int], None] | None = None) -> HashedFile:
        """Return the bytes as a file that hashes and counts what is sent."""
        return HashedFile(self.file, self._start, self.size, progress)

    def view(self, progress: Callable[[int], None] | None = None) -> CountedFile:
        """Return the bytes as a file that counts what is sent."""
        return CountedFile(self.file, self._start, self.size, progress)

    def close(self) -> None:
        """Close what this source opened; a file of the caller's stays open."""
        if self._own:
            self.file.close()


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as exc:
        raise UnsafeInputError(
            f"the text cannot be stored as UTF-8: {exc.reason} at character {exc.start}",
            hint="encode it yourself and upload the bytes",
        ) from None


class Spool:
    """A place to collect bytes: memory first, then a temporary file."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=SPOOL)  # noqa: SIM115 - closed by its Source
        self.size = 0

    def write(self, piece: bytes) -> int:
        """Add bytes; anything else would be sent as something the caller did not mean."""
        if not isinstance(piece, (bytes, bytearray, memoryview)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UnsafeInputError(f"an upload needs pieces of bytes, not {type(piece).__name__}")
        written = self._file.write(piece)
        self.size += written
        return written

    def source(self) -> Source:
        """Hand over what was collected."""
        self._file.seek(0)
        whole = self._file.read() if self.size <= SPOOL else None
        self._file.seek(0)
        return Source(cast("IO[bytes]", self._file), self.size, whole=whole, own=True)

    def close(self) -> None:
        """Drop what was collected."""
        self._file.close()


class CountedFile(io.RawIOBase):
    """
    A view of a file from where it stood, counting what is read; going back to the start begins anew.

    It ends where the file ended when it was opened: what is appended meanwhile belongs to no announced length.
    """

    def __init__(self, file: IO[bytes], start: int, size: int, progress: Callable[[int], None] | None) -> None:
        self._file = file
        self._start = start
        self._size = size
        self._progress = progress
        self._sent = 0
        file.seek(start)

    def read(self, size: int = -1) -> bytes:
        """Read and count."""
        left = self._size - self._sent
        piece = self._file.read(left if size < 0 else min(size, left))
        self._sent += len(piece)
        if self._progress is not None and piece:
            self._progress(len(piece))
        return piece

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go back to the start, which is all that a second attempt needs."""
        if whence != os.SEEK_SET or offset != 0:
            raise io.UnsupportedOperation("a source on its way goes back to its start only")
        self._file.seek(self._start)
        if self._progress is not None and self._sent:
            self._progress(-self._sent)
        self._sent = 0
        return 0

    def tell(self) -> int:
        """Return the position behind the start."""
        return self._file.tell() - self._start

    def seekable(self) -> bool:
        """Sources can be sent again."""
        return True

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def close(self) -> None:
        """Leave the file to its source."""


class HashedFile(CountedFile):
    """Such a view that hashes what is read."""

    def __init__(self, file: IO[bytes], start: int, size: int, progress: Callable[[int], None] | None) -> None:
        super().__init__(file, start, size, progress)
        self._md5 = hashlib.md5(usedforsecurity=False)

    def read(self, size: int = -1) -> bytes:
        """Read, count and hash."""
        piece = super().read(size)
        self._md5.update(piece)
        return piece

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go back to the start."""
        place = super().seek(offset, whence)
        self._md5 = hashlib.md5(usedforsecurity=False)
        return place

    @property
    def md5(self) -> str:
        """Hex MD5 of what was read since the start."""
        return self._md5.hexdigest()
