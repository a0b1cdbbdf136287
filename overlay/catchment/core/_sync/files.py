"""Objects as files of the standard library. The twin beside it is written by hand too, because `io` cannot wait.

A raw stream below `io.BufferedReader` and `io.TextIOWrapper`: buffering, lines, seeking and incremental decoding are
then the standard library's, and pandas, PIL and the like take these files as they are.
"""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Protocol

from catchment.core.errors import UnsafeInputError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BUFFER = 64 * 1024
_LARGEST = 8 * 1024 * 1024


class Ranges(Protocol):
    """The bytes of one object, by offset."""

    @property
    def size(self) -> int | None:
        """Bytes of the object; `None` until the first window has arrived."""
        ...

    def read_at(self, start: int, count: int) -> bytes:
        """Return up to `count` bytes from `start` on; fewer only at the end of the object."""
        ...

    def read_all(self, start: int = 0) -> bytes:
        """Return everything from `start` on."""
        ...


class RawReader(io.RawIOBase):
    """An object's bytes by offset; fetches a window ahead that grows while reading goes on in order."""

    def __init__(self, ranges: Ranges, name: str, mode: str = "rb") -> None:
        self.name = name
        self.mode = mode
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


class BytesReader(io.BufferedReader):
    """An object open for bytes."""

    def __init__(self, ranges: Ranges, name: str, mode: str = "rb") -> None:
        super().__init__(RawReader(ranges, name, mode), _BUFFER)

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes, all that is left for `None` or a negative number."""
        return super().read(-1 if size is None else size)


class TextReader(io.TextIOWrapper):
    """An object open for text; characters are decoded across windows, so none is ever split."""

    def __init__(self, ranges: Ranges, name: str, encoding: str, errors: str) -> None:
        super().__init__(
            io.BufferedReader(RawReader(ranges, name), _BUFFER), encoding=encoding, errors=errors, newline=""
        )

    @property
    def mode(self) -> str:
        """`"r"`."""
        return "r"
