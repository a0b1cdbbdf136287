"""Objects as files of the standard library. The twin beside it is written by hand too, because `io` cannot wait.

A raw stream below `io.BufferedWriter` and `io.TextIOWrapper`, as reading has it in the core: what takes files takes
these as they are.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias, cast

from catchment.core._sync import files
from catchment.core.sources import Source, Spool
from catchment.lakefs._sync.ranges import ObjectRanges

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

Commit: TypeAlias = Callable[[Source, bool | None, str | None, Mapping[str, str]], None]
"""Uploads what a writer collected: source, pre_sign, content type, user metadata."""

_BUFFER = 64 * 1024


class ObjectReader:
    """
    What both kinds of readers add to the standard library's.

    Attributes:
        pre_sign: Whether bytes come from a presigned URL; `None` until the first read has decided.
    """

    _lakefs: ObjectRanges

    @property
    def pre_sign(self) -> bool | None:
        """Whether bytes come from a presigned URL."""
        return self._lakefs.pre_sign


class BytesReader(ObjectReader, files.BytesReader):
    """An object open for bytes."""

    def __init__(self, ranges: ObjectRanges, name: str) -> None:
        super().__init__(ranges, name)
        self._lakefs = ranges


class TextReader(ObjectReader, files.TextReader):
    """An object open for text; characters are decoded across windows, so none is ever split."""

    def __init__(self, ranges: ObjectRanges, name: str, encoding: str, errors: str) -> None:
        super().__init__(ranges, name, encoding, errors)
        self._lakefs = ranges


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
    if mode == "r":
        return TextReader(ranges, name, encoding or "utf-8", errors or "strict")
    return BytesReader(ranges, name)


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
