"""Objects of any size: read as windows, written whole or in appended pieces, as files and from files."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from typing import IO, Final, Literal, Protocol, cast

from catchment.core._async.doubt import settle
from catchment.core._async.files import BytesReader, TextReader
from catchment.core._async.gathering import gather
from catchment.core._async.streams import pieces_of
from catchment.core._async.windows import AsyncWindows
from catchment.core.errors import (
    IntegrityError,
    NotFoundError,
    OutcomeUnknownError,
    RangeNotSatisfiableError,
    TruncatedBodyError,
    UnsafeInputError,
)
from catchment.core.parts import DEFAULT_PART, MiB, parse_content_range, plan_ranges
from catchment.core.progress import ProgressLike, Reporter, resolve
from catchment.core.sources import AsyncUploadData, Source
from catchment.core.targets import LocalTarget
from catchment.core.wire import AsyncContent
from catchment.v3io._async.sending import send
from catchment.v3io._async.sent import AsyncApi
from catchment.v3io.calls import objects
from catchment.v3io.calls.objects import MAX_OBJECT
from catchment.v3io.limits import check_int
from catchment.v3io.paths import object_target
from catchment.v3io.pieces import has_length, stream_of
from catchment.v3io.response import Response

VERIFIER: Final = "X-v3io-transaction-verifier"
_QUIET: Final = 32 * MiB
"""Bytes up to which nobody needs to see progress that was not asked for."""


class WritableFile(Protocol):
    """What a download can be written to."""

    def write(self, data: bytes, /) -> object:
        """Take bytes."""
        ...


class AsyncObjectRanges(AsyncWindows):
    """
    The bytes of one object, by offset, all of one version: its time of modification is held against every window.

    Args:
        api: Gives the client to ask.
        container: Of the object.
        path: Of the object.
    """

    # Answers are held whole here, so that windows weigh twice: with 3 MiB a download of 5 GiB peaked at 64 MiB.
    window = 2 * MiB

    def __init__(self, api: AsyncApi, container: str, path: str) -> None:
        self.size: int | None = None
        self._api = api
        self._path = path
        self._target = object_target(container, path)
        self._version: str | None = None

    async def read_at(self, start: int, count: int) -> bytes:
        """Return up to `count` bytes from `start` on; fewer only at the end of the object."""
        if self.size is None and start > 0:
            await self._measure()
        if count <= 0 or (self.size is not None and start >= self.size):
            return b""
        try:
            response = await send(self._api(), objects.get(self._target, start, count))
        except RangeNotSatisfiableError:
            await self._measure()
            if self.size:
                raise
            return b""
        self._pin(response)
        body = self._checked(response, start, count)
        if self.size is None:
            await self._measure()
        return body

    def _checked(self, response: Response[None], start: int, count: int) -> bytes:
        """
        Hold a window against what was asked for.

        The platform answers 206 where all of the range is there, and 200 with what there is where it reaches past the
        end. What ignores ranges answers 200, too, and sends everything.
        """
        body = response.body
        if response.status_code == 206:
            told = response.headers.get("Content-Range")
            part, size = (None, None) if told is None else parse_content_range(told)
            if part is not None and part.offset != start:
                raise self._torn(f"bytes from {part.offset} on came instead of those from {start} on")
            self._resized(size)
        elif start == 0:
            self._resized(len(body))
            body = body[:count]
        elif len(body) == self.size:
            body = body[start : start + count]
        expected = count if self.size is None else min(count, self.size - start)
        if len(body) != expected:
            raise TruncatedBodyError(
                f"{len(body)} bytes of {self._path!r} came instead of {expected}", service="v3io", operation="getObject"
            )
        return body

    async def _measure(self) -> None:
        response = await send(self._api(), objects.head(self._target))
        self._pin(response)
        self._resized(size_of(response))

    def _pin(self, response: Response[None]) -> None:
        version = response.headers.get(VERIFIER)
        if version is None:
            return
        if self._version is not None and version != self._version:
            raise self._torn("it was changed while it was being read")
        self._version = version

    def _resized(self, size: int | None) -> None:
        if size is not None and self.size is not None and size != self.size:
            raise self._torn(f"it has {size} bytes now and had {self.size} before")
        self.size = self.size if size is None else size

    def _torn(self, what: str) -> IntegrityError:
        return IntegrityError(
            f"{self._path!r}: {what}",
            service="v3io",
            operation="getObject",
            hint="read it again when nobody writes to it or to its attributes",
        )


def size_of(response: Response[None]) -> int:
    """Return how many bytes a HEAD says that an object has."""
    length = response.headers.get("Content-Length", "")
    if not re.fullmatch(r"[0-9]{1,19}", length):
        raise IntegrityError("the server does not say how large the object is", service="v3io", operation="headObject")
    return int(length)


# -- reading -----------------------------------------------------------------------------------------------------------


async def download(
    api: AsyncApi, container: str, path: str, target: str | os.PathLike[str] | WritableFile, progress: ProgressLike
) -> int:
    """Read an object into a file; `AsyncObjects.download` explains it."""
    ranges = AsyncObjectRanges(api, container, path)
    if isinstance(target, (str, os.PathLike)):
        with LocalTarget(target) as file:
            await _copy(ranges, file, path, progress)
            return file.complete()
    if not hasattr(target, "write"):
        raise UnsafeInputError(f"a {type(target).__name__} cannot be written to; give a path or a file open for bytes")
    return await _copy(ranges, target, path, progress)


async def _copy(ranges: AsyncObjectRanges, target: WritableFile, path: str, progress: ProgressLike) -> int:
    first = await ranges.read_at(0, DEFAULT_PART)
    size = ranges.size or 0
    with resolve(_wanted(progress, size), label=f"download {path}", total=size) as report:
        begun = len(first)
        target.write(first)
        del first  # the largest of all, which nobody needs while the others travel
        report(begun)
        if begun < size:
            async for piece in ranges.pieces(begun):
                target.write(piece)
                report(len(piece))
        return report.done


def open_object(
    api: AsyncApi, container: str, path: str, mode: Literal["r", "rb"], encoding: str | None
) -> TextReader | BytesReader:
    """Return an object as a file; `AsyncObjects.open` explains it."""
    if mode not in ("r", "rb", "rt"):
        raise UnsafeInputError(f"mode {mode!r} is none of 'r' and 'rb'", hint="objects are written by upload()")
    if mode == "rb" and encoding is not None:
        raise UnsafeInputError("encoding goes with mode 'r': bytes have none")
    ranges = AsyncObjectRanges(api, container, path)
    return BytesReader(ranges, path, "rb") if mode == "rb" else TextReader(ranges, path, encoding or "utf-8", "strict")


# -- writing -----------------------------------------------------------------------------------------------------------


async def upload(
    api: AsyncApi,
    container: str,
    path: str,
    data: AsyncUploadData,
    *,
    append: bool = False,
    piece_size: int = DEFAULT_PART,
    progress: ProgressLike = None,
) -> int:
    """Write an object; `AsyncObjects.upload` explains it."""
    check_int(piece_size, "piece_size", 1, MAX_OBJECT)
    target = object_target(container, path)
    if target.endswith("/"):
        raise UnsafeInputError(f"path {path!r} names a folder: leave out the slash at its end")
    writer = _Pieces(api, target, path, append=append)
    if not has_length(data):
        with resolve(_wanted(progress, 0), label=f"upload {path}", total=None) as report:
            return await writer.write(_cut(data, piece_size), report)
    source = await gather(data)
    try:
        with resolve(_wanted(progress, source.size), label=f"upload {path}", total=source.size) as report:
            if append or source.size > MAX_OBJECT:
                return await writer.write(_of_source(source, piece_size), report)
            return await _put_whole(api, target, source, report)
    finally:
        source.close()


async def _put_whole(api: AsyncApi, target: str, source: Source, report: Reporter) -> int:
    """Write in one request; the object is replaced at once, and sending it again does no harm."""
    content = source.whole if source.whole is not None else cast("IO[bytes]", source.view(report))
    plan = objects.put(target, content)
    plan.request.headers = [*plan.request.headers, ("Content-Length", str(source.size))]
    await send(api(), plan)
    if source.whole is not None:
        report(source.size)
    return source.size


class _Pieces:
    """Writes an object piece by piece; whatever was in doubt is settled by its size, since nobody else writes to it."""

    def __init__(self, api: AsyncApi, target: str, path: str, *, append: bool) -> None:
        self._api = api
        self._target = target
        self._path = path
        self._append = append
        self._size = 0

    async def write(self, pieces: AsyncIterator[bytes], report: Reporter) -> int:
        """Write all pieces, and make sure that the object is as long as they are."""
        before = self._size = await self._now() if self._append else 0
        begun = self._append
        async for piece in pieces:
            await (self._add(piece) if begun else send(self._api(), objects.put(self._target, piece)))
            begun = True
            self._size += len(piece)
            report(len(piece))
        if not begun or (self._append and self._size == before):
            await send(self._api(), objects.put(self._target, b"", append=self._append))
        found = await self._now()
        if found != self._size:
            raise IntegrityError(
                f"{self._path!r} has {found} bytes, and {self._size} were written",
                service="v3io",
                operation="appendObject",
                hint="somebody else writes to it; write it again, alone",
            )
        return self._size - before

    async def _add(self, piece: bytes) -> None:
        async def append() -> bool:
            await send(self._api(), objects.put(self._target, piece, append=True))
            return True

        async def look() -> bool | None:
            found = await self._now()
            if found == self._size:
                return None
            if found == self._size + len(piece):
                return True
            raise OutcomeUnknownError(
                f"{self._path!r} has {found} bytes, which is neither before nor behind the piece at {self._size}",
                service="v3io",
                operation="appendObject",
                hint="somebody else writes to it; write it again, alone",
            )

        await settle(append, look, self._api().settings.retry)

    async def _now(self) -> int:
        try:
            return size_of(await send(self._api(), objects.head(self._target)))
        except NotFoundError:
            return 0


async def _of_source(source: Source, size: int) -> AsyncIterator[bytes]:
    for part in plan_ranges(source.size, size):
        yield source.read_at(part.offset, part.size)


async def _cut(data: AsyncUploadData, size: int) -> AsyncIterator[bytes]:
    """Yield a once-only source in pieces of one size; only the last one is shorter."""
    held, length = list[bytes](), 0
    async for piece in pieces_of(cast("AsyncContent", stream_of(data))):
        held.append(piece)
        length += len(piece)
        if length >= size:
            whole = b"".join(held)
            for at in range(0, length - length % size, size):
                yield whole[at : at + size]
            rest = whole[length - length % size :]
            held, length = [rest], len(rest)
    if length:
        yield b"".join(held)


def _wanted(progress: ProgressLike, size: int) -> ProgressLike:
    return False if progress is None and size < _QUIET else progress
