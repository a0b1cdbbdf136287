"""Names that come from users or servers, checked before they reach a header or a file system.

Values of headers are checked in `core.headers`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from catchment.core.errors import UnsafeInputError

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
_WINDOWS_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]')
_WINDOWS_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?", re.IGNORECASE)


def check_header_name(name: str, *, what: str = "header name") -> str:
    """
    Return a name that HTTP can carry.

    Args:
        name: Letters, digits and a few signs, at least one.
        what: How messages call it, such as `"metadata key"`.

    Raises:
        UnsafeInputError: Any other character: servers would refuse the request or read another header.
    """
    if not _TOKEN.fullmatch(name):
        raise UnsafeInputError(
            f"{what} {name!r} cannot be sent in a header", hint="use ASCII letters, digits, '-', '_' and '.'"
        )
    return name


def safe_join(target: str | os.PathLike[str], name: str, *, windows: bool = os.name == "nt") -> Path:
    """
    Return where below a folder an object of this name is written.

    Every name leads to a place of its own: what a file system would merge with another (`a//b`, `./a`) is refused, not
    cleaned up. Symbolic links below the folder are followed to see that they stay inside; the file itself may be one,
    because files are written elsewhere and renamed.

    Args:
        target: Folder that nothing is written outside of; need not exist.
        name: Relative, its parts separated by `/`.
        windows: Whether to apply the rules of Windows file names too.

    Raises:
        UnsafeInputError: `..`, an absolute path, a drive letter, a backslash, NUL, an empty part, or a link that leads
            out.
    """
    parts = name.split("/")
    reason = _why_unsafe(name, parts) or (_why_not_windows(parts) if windows else None)
    if reason is not None:
        raise UnsafeInputError(
            f"{name!r} is not written below {os.fspath(target)!r}: {reason}",
            hint="download this object by itself, to a path of your choice",
        )
    root = Path(target).resolve()
    parent = root.joinpath(*parts[:-1])
    if not parent.resolve().is_relative_to(root):
        raise UnsafeInputError(f"{name!r} is not written: a symbolic link in {os.fspath(target)!r} leads out of it")
    return parent / parts[-1]


def _why_unsafe(name: str, parts: list[str]) -> str | None:
    if not name:
        return "the name is empty"
    if "\x00" in name:
        return "it holds NUL"
    if "\\" in name:
        return "it holds a backslash, which separates folders on some systems"
    if re.match(r"[A-Za-z]:", name):
        return "it begins with a drive letter"
    if name.startswith("/"):
        return "it is absolute"
    if any(part in {"", ".", ".."} for part in parts):
        return "it has a part that is empty, '.' or '..'"
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return "it holds a character that this file system cannot store"
    return None


def _why_not_windows(parts: list[str]) -> str | None:
    for part in parts:
        if _WINDOWS_FORBIDDEN.search(part):
            return "it holds a character that Windows forbids"
        if part[-1] in ". ":
            return "Windows drops a dot or blank at the end of a name"
        if _WINDOWS_DEVICE.fullmatch(part):
            return "it is the name of a Windows device"
    return None
