"""Local files that downloads go to."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Self


class LocalTarget:
    """
    A file that appears under its name only when it is complete.

    Until then the bytes are in a temporary file beside it; if anything fails that one is removed and an older file of
    the name stays as it was.

    Args:
        path: The file; its folder must exist.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._temporary: Path | None = None
        self._file: IO[bytes] | None = None
        self._written = 0

    def __enter__(self) -> Self:
        handle, name = tempfile.mkstemp(prefix=f".{self._path.name}.", dir=self._path.parent)
        self._temporary = Path(name)
        self._file = os.fdopen(handle, "wb")
        return self

    def write(self, piece: bytes) -> None:
        """Add bytes."""
        if self._file is not None:
            self._written += self._file.write(piece)

    def complete(self) -> int:
        """Give the file its name and return its size in bytes."""
        if self._file is not None and self._temporary is not None:
            self._file.close()
            mask = os.umask(0)
            os.umask(mask)
            self._temporary.chmod(0o666 & ~mask)  # mkstemp's 0600 is for secrets, not for downloads
            self._temporary.replace(self._path)
            self._temporary = None
        return self._written

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)
