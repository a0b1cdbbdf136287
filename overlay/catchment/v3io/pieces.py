"""Data to upload that has no length: pipes, text files, iterables."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TextIO, cast

from catchment.core.errors import UnsafeInputError
from catchment.core.parts import MiB
from catchment.core.sources import AsyncUploadData


def has_length(data: AsyncUploadData) -> bool:
    """Tell whether data can be measured and sent again; pipes, text files, iterables and the like cannot."""
    if isinstance(data, (bytes, bytearray, memoryview, str)):
        return True
    if isinstance(data, os.PathLike):
        path = Path(data)
        return path.is_file() or not path.exists()  # what is missing is an error when it is opened
    return hasattr(data, "read") and not _is_text(data) and bool(cast("IO[bytes]", data).seekable())


def stream_of(data: AsyncUploadData) -> object:
    """
    Return data without a length as a body: a file of bytes, or pieces that are read as they are asked for.

    Raises:
        UnsafeInputError: It is no data.
    """
    if isinstance(data, os.PathLike):
        return _of_pipe(Path(data))
    if hasattr(data, "read"):
        return _encoded(cast("TextIO", data)) if _is_text(data) else data
    if hasattr(data, "__iter__") or hasattr(data, "__aiter__"):
        return data
    raise UnsafeInputError(f"a {type(data).__name__} cannot be uploaded; give bytes, text, a path or a file")


def _is_text(file: object) -> bool:
    return isinstance(cast("object", cast("IO[bytes]", file).read(0)), str)


def _of_pipe(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(MiB), b"")


def _encoded(file: TextIO) -> Iterator[bytes]:
    return (piece.encode() for piece in iter(lambda: file.read(MiB), ""))
