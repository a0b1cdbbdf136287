"""Content codings undone in bounded steps: gzip and deflate, checked to their ends. No I/O."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

from catchment.core import neterrors

STEP = 1024 * 1024
"""Bytes that one step puts out at most: a bomb is noticed a step after the limit, not after gigabytes."""
_MAX_CODINGS = 3
# Prometheus' remote read labels its answers `snappy` unasked; its readers expect the compressed block.
_LEFT_ALONE = {"", "identity", "snappy"}


class _Coding(Protocol):
    def feed(self, data: bytes) -> Iterator[bytes]: ...

    def finish(self) -> None: ...


class BodyDecoder:
    """
    Undoes the codings of one body.

    Args:
        codings: Value of `Content-Encoding`.
        label: Who sent it, for messages.
        status: Of the answer, for errors.

    Raises:
        DecodeError: A coding that nobody asked for.
    """

    def __init__(self, codings: str, *, label: str, status: int | None = None) -> None:
        names = [name.strip().lower() for name in codings.split(",") if name.strip().lower() not in _LEFT_ALONE]
        if len(names) > _MAX_CODINGS:
            raise neterrors.garbled(label, f"{len(names)} content codings on top of each other", status=status)
        self._label = label
        self._status = status
        # The last one named was applied last, so it is undone first.
        self._stages = [self._stage(name) for name in reversed(names)]

    def _stage(self, name: str) -> _Coding:
        if name in {"gzip", "x-gzip"}:
            return _Gzip()
        if name == "deflate":
            return _Deflate()
        raise neterrors.garbled(self._label, f"its content coding {name[:40]!r} is not supported", status=self._status)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """
        Yield what the next bytes of the body unpack to, in pieces of at most `STEP` bytes.

        Raises:
            DecodeError: The bytes are not in the coding, or their checksum is wrong.
        """
        try:
            yield from self._through(data, 0)
        except (zlib.error, _CodingError) as exc:
            raise neterrors.garbled(self._label, f"bad compressed data: {_worded(exc)}", status=self._status) from None

    def _through(self, data: bytes, stage: int) -> Iterator[bytes]:
        if stage == len(self._stages):
            if data:
                yield data
            return
        for piece in self._stages[stage].feed(data):
            yield from self._through(piece, stage + 1)

    def finish(self) -> None:
        """
        Demand that the coded data have come to their end.

        Raises:
            TruncatedBodyError: They have not, though the body has.
        """
        try:
            for stage in self._stages:
                stage.finish()
        except _CodingError as exc:
            raise neterrors.truncated(self._label, str(exc), status=self._status) from None


def decode_whole(data: bytes, codings: str, limit: int, *, label: str, status: int | None = None) -> bytes:
    """
    Undo the codings of a whole body.

    Args:
        data: The body as it came.
        codings: Value of `Content-Encoding`.
        limit: Bytes that it may unpack to.
        label: Who sent it, for messages.
        status: Of the answer, for errors.

    Raises:
        TruncatedBodyError: The coded data lack their end.
        DecodeError: They are not in the coding that they claim.
        ResponseTooLargeError: They unpack to more than `limit` bytes.
    """
    decoder = BodyDecoder(codings, label=label, status=status)
    pieces: list[bytes] = []
    size = 0
    for piece in decoder.feed(data):
        size += len(piece)
        if size > limit:
            raise neterrors.too_large(label, limit, status=status)
        pieces.append(piece)
    decoder.finish()
    return b"".join(pieces)


class _Decompressor(Protocol):
    """What `zlib.decompressobj` makes; the standard library gives its type no public name."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    @property
    def unconsumed_tail(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _CodingError(Exception):
    """What a coding finds wrong; becomes one of the package's errors where the sender's name is known."""


def _worded(exc: Exception) -> str:
    # zlib words it as "Error -3 while decompressing data: incorrect data check".
    return str(exc).rpartition(": ")[2]


class _Gzip:
    """Members one after the other, each to its checksum; zeros may fill the end, as tapes have it."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)
        self._fed = False
        self._padding = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._padding or (self._member.eof and data[0] == 0):
                if data.strip(b"\0"):
                    raise _CodingError("bytes follow the end of the gzip stream")
                self._padding = True
                return
            if self._member.eof:
                self._member = zlib.decompressobj(31)
            self._fed = True
            yield from _steps(self._member, data)
            data = self._member.unused_data

    def finish(self) -> None:
        if not self._fed or not self._member.eof:
            raise _CodingError("the gzip stream lacks its end")


class _Deflate:
    """zlib's format, as the standard says, or the bare one, as some servers send it."""

    def __init__(self) -> None:
        self._stream: _Decompressor | None = None
        self._start = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._stream is None:
            data = self._start = self._start + data
            if len(data) < 2:
                return
            self._stream = zlib.decompressobj(15 if _is_zlib(data) else -15)
        if self._stream.eof and data:
            raise _CodingError("bytes follow the end of the deflate stream")
        yield from _steps(self._stream, data)
        if self._stream.unused_data:
            raise _CodingError("bytes follow the end of the deflate stream")

    def finish(self) -> None:
        if self._stream is None or not self._stream.eof:
            raise _CodingError("the deflate stream lacks its end")


def _is_zlib(data: bytes) -> bool:
    return data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0


def _steps(stream: _Decompressor, data: bytes) -> Iterator[bytes]:
    while True:
        piece = stream.decompress(data, STEP)
        if piece:
            yield piece
        data = stream.unconsumed_tail
        if stream.eof or (not data and len(piece) < STEP):
            return
