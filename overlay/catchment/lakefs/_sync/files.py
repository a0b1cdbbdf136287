"""Objects as files of the standard library. The twin beside it is written by hand too, because `io` cannot wait.

A raw stream below `io.BufferedReader`, `io.BufferedWriter` and `io.TextIOWrapper`: buffering, lines, seeking and
incremental decoding are then the standard library's, and pandas, PIL and the like take these files as they are.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias, cast

from catchment.core.errors import UnsafeInputError
from catchment.core.sources import Source, Spool
from catchment.lakefs._sync.ranges import ObjectRanges

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

Commit: TypeAlias = Callable[[Source, bool | None, str | None, Mapping[str, str]], None]
"""Uploads what a writer collected: source, pre_sign, content type, user metadata."""

_BUFFER = 64 * 1024
_LARGEST = 8 * 1024 * 1024


class RawReader(io.RawIOBase):
    """An object's bytes by offset; fetches a window ahead that grows while reading goes on in order."""

    def __init__(self, ranges: ObjectRanges, name: str) -> None:
        self.name = name
        self.mode = "rb"
        self.ranges = ranges
        self._position = 0
        self._held = memoryview(b"")
        self._window = _BUFFER

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def seekable(self) -> bool:
        """Any byte can be reached."""
        return True

    def tell(self) -> int:
        """Return the offset of the next byte."""
        self._check_open()
        return self._position

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill the buffer as far as one window goes."""
        self._check_open()
        target = memoryview(buffer).cast("B")
        if not self._held and len(target):
            self._fetch(len(target))
        count = min(len(target), len(self._held))
        target[:count] = self._held[:count]
        self._held = self._held[count:]
        self._position += count
        return count

    def readall(self) -> bytes:
        """Return the rest; several windows travel at once."""
        self._check_open()
        held, self._held = bytes(self._held), memoryview(b"")
        data = held + self.ranges.read_all(self._position + len(held))
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a byte; behind the end is fine, and reads nothing there."""
        self._check_open()
        if whence == os.SEEK_CUR:
            offset += self._position
        elif whence == os.SEEK_END:
            offset += self._size()
        elif whence != os.SEEK_SET:
            raise UnsafeInputError(f"whence {whence!r} is none of SEEK_SET, SEEK_CUR and SEEK_END")
        if offset < 0:
            raise UnsafeInputError(f"{offset} lies before the start of the object")
        step = offset - self._position
        inside = 0 <= step <= len(self._held)
        self._held = self._held[step:] if inside else memoryview(b"")
        self._window = self._window if inside else _BUFFER
        self._position = offset
        return offset

    def _fetch(self, wanted: int) -> None:
        self._held = memoryview(self.ranges.read_at(self._position, max(wanted, self._window)))
        self._window = min(self._window * 2, _LARGEST)

    def _size(self) -> int:
        if self.ranges.size is None:
            self._fetch(1)
        return self.ranges.size or 0

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError(f"{self.name!r} is closed")


class ObjectReader:
    """
    What both kinds of readers add to the standard library's.

    Attributes:
        pre_sign: Whether bytes come from a presigned URL; `None` until the first read has decided.
    """

    _ranges: ObjectRanges

    @property
    def pre_sign(self) -> bool | None:
        """Whether bytes come from a presigned URL."""
        return self._ranges.pre_sign


class BytesReader(ObjectReader, io.BufferedReader):
    """An object open for bytes."""

    def __init__(self, raw: RawReader) -> None:
        super().__init__(raw, _BUFFER)
        self._ranges = raw.ranges

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes, all that is left for `None` or a negative number."""
        return super().read(-1 if size is None else size)


class TextReader(ObjectReader, io.TextIOWrapper):
    """An object open for text; characters are decoded across windows, so none is ever split."""

    def __init__(self, raw: RawReader, encoding: str, errors: str | None) -> None:
        super().__init__(io.BufferedReader(raw, _BUFFER), encoding=encoding, errors=errors, newline="")
        self._ranges = raw.ranges

    @property
    def mode(self) -> str:
        """`"r"`."""
        return "r"


class RawWriter(io.RawIOBase):
    """Collects what is written; uploads it when closed, unless it was discarded."""

    def __init__(
        self,
        commit: Commit,
        name: str,
        mode: str,
        *,
        pre_sign: bool | None,
        content_type: str | None,
        metadata: dict[str, str] | None,
    ) -> None:
        self.name = name
        self.mode = mode
        self.pre_sign = pre_sign
        self.content_type = content_type
        self.metadata: dict[str, str] = dict(metadata or {})
        self._commit = commit
        self._spool: Spool | None = Spool()

    def writable(self) -> bool:
        """It is for writing."""
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        """Add bytes."""
        piece = bytes(memoryview(data))
        if self._spool is None:
            return len(piece)  # discarded, and a buffer above is being emptied; closed files never get here
        return self._spool.write(piece)

    def tell(self) -> int:
        """Return how many bytes were written."""
        return 0 if self._spool is None else self._spool.size

    def discard(self) -> None:
        """Drop what was written; `close` then uploads nothing."""
        spool, self._spool = self._spool, None
        if spool is not None:
            spool.close()

    def close(self) -> None:
        """Upload; closing twice is fine."""
        spool, self._spool = self._spool, None
        try:
            if spool is not None:
                source = spool.source()
                try:
                    self._commit(source, self.pre_sign, self.content_type, self.metadata)
                finally:
                    source.close()
        finally:
            super().close()


class ObjectWriter:
    """What both kinds of writers add to the standard library's."""

    _raw: RawWriter

    @property
    def pre_sign(self) -> bool | None:
        """Past the server or through it; `None` as the server's configuration says. Settable until closed."""
        return self._raw.pre_sign

    @pre_sign.setter
    def pre_sign(self, value: bool | None) -> None:
        self._raw.pre_sign = value

    @property
    def content_type(self) -> str | None:
        """Media type. Settable until closed."""
        return self._raw.content_type

    @content_type.setter
    def content_type(self, value: str | None) -> None:
        self._raw.content_type = value

    @property
    def metadata(self) -> dict[str, str]:
        """User metadata. Settable until closed."""
        return self._raw.metadata

    @metadata.setter
    def metadata(self, value: Mapping[str, str]) -> None:
        self._raw.metadata = dict(value)

    def discard(self) -> None:
        """Drop what was written and close; nothing is uploaded."""
        self._raw.discard()
        self.close()

    def close(self) -> None:
        """Upload; when this returns every reader of the branch sees the object. Closing twice is fine."""
        super().close()  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if exc_type is None:
            self.close()
        else:
            self.discard()

    def __del__(self) -> None:
        # The standard library would flush here. An object must appear because somebody closed it, not because
        # the collector came by after an exception.
        raw = getattr(self, "_raw", None)
        if raw is not None and not raw.closed:
            raw.discard()
            warnings.warn(
                f"{raw.name!r} was never closed, so nothing was uploaded; use `with`", ResourceWarning, stacklevel=2
            )


class BytesWriter(ObjectWriter, io.BufferedWriter):  # type: ignore[misc]
    """An object open for writing bytes."""

    def __init__(self, raw: RawWriter) -> None:
        super().__init__(raw, _BUFFER)
        self._raw = raw  # type: ignore[misc]

    def write(self, data: ReadableBuffer | str, /) -> int:
        """Add bytes; text, which lakeFS's own package takes here too, is stored as UTF-8."""
        return super().write(data.encode() if isinstance(data, str) else data)


class TextWriter(ObjectWriter, io.TextIOWrapper):
    """An object open for writing text."""

    def __init__(self, raw: RawWriter, encoding: str) -> None:
        super().__init__(io.BufferedWriter(raw, _BUFFER), encoding=encoding, newline="")
        self._raw = raw

    def write(self, data: str | ReadableBuffer, /) -> int:
        """Add text; bytes, which lakeFS's own package takes here too, are stored as they are."""
        if isinstance(data, str):
            return super().write(data)
        self.flush()  # text that was written before them stays before them
        return cast("io.BufferedWriter", self.buffer).write(data)

    @property
    def mode(self) -> str:
        """`"w"` or `"x"`."""
        return self._raw.mode


def new_reader(
    ranges: ObjectRanges, name: str, mode: str, encoding: str | None = None, errors: str | None = None
) -> TextReader | BytesReader:
    """Make the reader that a checked mode asks for."""
    raw = RawReader(ranges, name)
    return TextReader(raw, encoding or "utf-8", errors) if mode == "r" else BytesReader(raw)


def new_writer(
    commit: Commit,
    name: str,
    mode: str,
    *,
    pre_sign: bool | None = None,
    content_type: str | None = None,
    metadata: dict[str, str] | None = None,
    encoding: str | None = None,
) -> TextWriter | BytesWriter:
    """Make the writer that a checked mode asks for."""
    raw = RawWriter(commit, name, mode, pre_sign=pre_sign, content_type=content_type, metadata=metadata)
    return BytesWriter(raw) if "b" in mode else TextWriter(raw, encoding or "utf-8")
