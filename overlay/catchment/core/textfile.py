"""Configuration files: read whole, within bounds, with errors that name the file.

They hold secrets, and some tools print the local variables of every frame of a traceback. So their text is handed on as
a `Secret`, and no frame that raises holds it in clear.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from catchment.core.errors import ConfigError
from catchment.core.secret import Secret

MAX_BYTES = 1024 * 1024


def read_text(path: str | os.PathLike[str]) -> Secret | None:
    """
    Read a small UTF-8 file.

    Args:
        path: File of at most 1 MiB; a byte order mark is dropped.

    Returns:
        Its text; `None` where there is no such file.

    Raises:
        ConfigError: It is bigger, a folder or device, not readable, or no UTF-8.
    """
    name = os.fspath(path)
    try:
        with Path(path).open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ConfigError(f"{name}: is no regular file")
            data = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as exc:
        raise ConfigError(f"{name}: cannot be read: {exc.strerror or type(exc).__name__}") from exc
    except ValueError as exc:  # a NUL in the path
        raise ConfigError(f"{name!r} is no path: {exc}") from exc
    size = len(data)
    try:
        if size <= MAX_BYTES:
            return Secret(data.decode("utf-8-sig"))
        problem = "is bigger than 1 MiB, which no configuration is"
    except UnicodeDecodeError as exc:
        problem = f"is no UTF-8 (byte {exc.start})"
    del data
    raise ConfigError(f"{name}: {problem}")


def is_exposed(path: str | os.PathLike[str]) -> bool:
    """Say whether other users of this machine may read a file; unknown (Windows, no such file) counts as no."""
    if os.name == "nt":
        return False
    try:
        return bool(Path(path).stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:
        return False
