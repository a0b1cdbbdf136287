"""Objects as files whose methods are awaited. The twin beside it is written by hand on top of `io`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Generic, Self, TypeAlias, TypeVar

from catchment.core._async import files
from catchment.core.errors import ClosedError
from catchment.core.sources import Source, Spool
from catchment.lakefs._async.ranges import ObjectRanges

AnyStr = TypeVar("AnyStr", str, bytes)
Commit: TypeAlias = Callable[[Source, bool | None, str | None, Mapping[str, str]], Awaitable[None]]
"""Uploads what a writer collected: source, pre_sign, content type, user metadata."""


class ObjectReader:
    """
    What both kinds of readers know of lakeFS.

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

    def __init__(self, ranges: ObjectRanges, name: str, mode: str) -> None:
        super().__init__(ranges, name, mode)
        self._lakefs = ranges


class TextReader(ObjectReader, files.TextReader):
    """An object open for text; characters are decoded across windows, so none is ever split."""

    def __init__(self, ranges: ObjectRanges, name: str, encoding: str, errors: str) -> None:
        super().__init__(ranges, name, encoding, errors)
        self._lakefs = ranges


class ObjectWriter(Generic[AnyStr]):
    """
    An object being written: collected here, visible to readers when it is closed, not at all if the block fails.

    Attributes:
        name: Object path.
        mode: `w`, `wb` to create or replace; `x`, `xb` to create only.
        content_type: Settable until closed.
        metadata: User metadata, settable until closed.
        pre_sign: Past the server or through it; `None` as the server's configuration says. Settable until closed.
    """

    def __init__(
        self,
        commit: Commit,
        name: str,
        mode: str,
        *,
        pre_sign: bool | None = None,
        content_type: str | None = None,
        metadata: dict[str, str] | None = None,
        encoding: str = "utf-8",
    ) -> None:
        self.name = name
        self.mode = mode
        self.pre_sign = pre_sign
        self.content_type = content_type
        self.metadata: dict[str, str] = dict(metadata or {})
        self._encoding = encoding
        self._commit = commit
        self._spool: Spool | None = Spool()

    @property
    def closed(self) -> bool:
        """Whether it was closed or discarded."""
        return self._spool is None

    def readable(self) -> bool:
        """It is for writing."""
        return False

    def seekable(self) -> bool:
        """What was written stays where it is."""
        return False

    def writable(self) -> bool:
        """It is for writing."""
        return True

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._open().size

    async def write(self, data: str | bytes) -> int:
        """
        Add text or bytes, as often as wanted; the number of characters or bytes is returned.

        Either goes into either mode, as in lakeFS's own package: text is encoded, bytes are taken as they are.
        """
        piece = data.encode(self._encoding) if isinstance(data, str) else data
        self._open().write(piece)
        return len(data)

    async def flush(self) -> None:
        """Do nothing: an object appears as a whole, at `close`."""
        self._open()

    async def aclose(self) -> None:
        """Upload; when this returns every reader of the branch sees the object. Closing twice is fine."""
        spool, self._spool = self._spool, None
        if spool is None:
            return
        source = spool.source()
        try:
            await self._commit(source, self.pre_sign, self.content_type, self.metadata)
        finally:
            source.close()

    close = aclose

    async def discard(self) -> None:
        """Drop what was written; nothing is uploaded."""
        spool, self._spool = self._spool, None
        if spool is not None:
            spool.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if exc_type is None:
            await self.aclose()
        else:
            await self.discard()

    def _open(self) -> Spool:
        if self._spool is None:
            raise ClosedError(f"{self.name!r} is closed")
        return self._spool


class TextWriter(ObjectWriter[str]):
    """An object open for writing text."""


class BytesWriter(ObjectWriter[bytes]):
    """An object open for writing bytes."""


def new_reader(
    ranges: ObjectRanges, name: str, mode: str, encoding: str | None = None, errors: str | None = None
) -> TextReader | BytesReader:
    """Make the reader that a checked mode asks for."""
    if mode == "r":
        return TextReader(ranges, name, encoding or "utf-8", errors or "strict")
    return BytesReader(ranges, name, mode)


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
    kind = BytesWriter if "b" in mode else TextWriter
    return kind(
        commit,
        name,
        mode,
        pre_sign=pre_sign,
        content_type=content_type,
        metadata=metadata,
        encoding=encoding or "utf-8",
    )
