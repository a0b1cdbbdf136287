"""Request bodies: what can be sent again, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, cast

from catchment.core.errors import UnsafeInputError
from catchment.core.wire import AsyncContent

SMALL = 1024 * 1024
"""Bodies up to this many bytes are answered within the deadline of metadata calls."""


@dataclass(slots=True)
class Body:
    """A request body for as many attempts as its source allows."""

    content: AsyncContent | None
    start: int | None = None
    """Where a seekable file stood at first."""

    @classmethod
    def of(cls, content: AsyncContent | None) -> Body:
        """Look at a source once, before anything is sent.

        Raises:
            UnsafeInputError: A file opened as text, or an object that is no source of bytes.
        """
        if content is None or isinstance(content, (bytes, bytearray, memoryview)):
            return cls(content)
        if isinstance(content, str):
            return cls(content.encode())
        if hasattr(content, "read"):
            source = cast("IO[bytes]", content)
            if isinstance(source.read(0), str):
                raise UnsafeInputError(
                    "the file is open as text, and its bytes would depend on this machine's encoding",
                    hint="open it with mode 'rb'",
                )
            return cls(source, source.tell() if source.seekable() else None)
        if hasattr(content, "__iter__") or hasattr(content, "__aiter__"):
            return cls(content)
        raise UnsafeInputError(
            f"a {type(content).__name__} is no request body; give bytes, a binary file or an iterable"
        )

    @property
    def whole(self) -> bool:
        """Whether the body is in memory."""
        return self.content is None or isinstance(self.content, (bytes, bytearray, memoryview))

    @property
    def small(self) -> bool:
        """Whether the body is in memory and short enough to be no transfer."""
        return self.content is None or (
            isinstance(self.content, (bytes, bytearray, memoryview)) and len(self.content) <= SMALL
        )

    @property
    def replayable(self) -> bool:
        """Whether a second attempt can send the same bytes."""
        return self.whole or self.start is not None

    def rewind(self) -> AsyncContent | None:
        """Return the content as it was at first, ready for another attempt."""
        if self.start is not None:
            cast("IO[bytes]", self.content).seek(self.start)
        return self.content
