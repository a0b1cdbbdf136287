"""Names of containers, folders, items and shards as targets of requests.

A name never leaves its container or its table: slashes are collapsed, `.` and `..` refused, everything else escaped.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from catchment.core.errors import UnsafeInputError
from catchment.core.wire import query_value, raw_path
from catchment.v3io.limits import INT_MAX, MAX_NAME, MAX_PATH, check_int, check_size, container_name, plain_text, utf8

# A name that is its own escaped form, has no room for dot segments and is short enough whatever it is.
_SAFE: Final = r"[A-Za-z0-9_-][A-Za-z0-9_.~-]{0,254}"
_safe_name: Final = re.compile(_SAFE).fullmatch
_safe_path: Final = re.compile(rf"(?:{_SAFE}/)*{_SAFE}").fullmatch
_SAFE_LENGTH: Final = MAX_PATH // 2
"""Below this, container and path cannot be too long together."""


def container_target(container: str) -> str:
    """Return `/container`."""
    return f"/{container_name(container)}"


def object_target(container: str, path: str) -> str:
    """
    Return the target of an object or an item by its whole path; a slash at its end names a folder.

    Args:
        container: Its name.
        path: Within the container, with or without a slash before it; doubled slashes count as one.

    Raises:
        UnsafeInputError: The path is empty, too long, or has `.`, `..` or NUL in it.
    """
    if type(path) is str and len(path) < _SAFE_LENGTH:
        bare = path[1:] if path[:1] == "/" else path
        if _safe_path(bare):
            return f"/{container_name(container)}/{bare}"
    return f"/{container_name(container)}/{_escaped(path, empty=False)}"


def directory_target(container: str, path: str) -> str:
    """
    Return the target of a folder, a table or a stream, which ends in a slash.

    Args:
        container: Its name.
        path: Empty or `/` for the container's root.

    Raises:
        UnsafeInputError: The path is too long, or has `.`, `..` or NUL in it.
    """
    try:
        return _folder(container, path)
    except TypeError:  # lists and the like cannot be looked up
        raise UnsafeInputError("container and path must be text") from None


@lru_cache(maxsize=1024)
def _folder(container: str, path: str) -> str:
    escaped = _escaped(path, empty=True)
    prefix = f"/{container_name(container)}/"
    return f"{prefix}{escaped.removesuffix('/')}/" if escaped else prefix


def stream_target(container: str, stream_path: str) -> str:
    """
    Return the target of a stream.

    Raises:
        UnsafeInputError: As for `directory_target`; or the path is empty, which would be the container itself.
    """
    target = directory_target(container, stream_path)
    if target.count("/") == 2:
        raise UnsafeInputError("the stream's path is empty", hint="a container's root cannot be a stream")
    return target


def shard_target(container: str, stream_path: str, shard_id: int) -> str:
    """
    Return the target of one shard of a stream.

    Args:
        container: Its name.
        stream_path: Of the stream.
        shard_id: 0-based; text of digits will do.

    Raises:
        UnsafeInputError: As for `stream_target`; or the shard's number is none.
    """
    number: object = int(shard_id) if isinstance(shard_id, str) and re.fullmatch("[0-9]{1,9}", shard_id) else shard_id
    return f"{stream_target(container, stream_path)}{check_int(number, 'shard_id', 0, INT_MAX)}/"


def item_target(container: str, table_path: str, key: str) -> str:
    """
    Return the target of an item, which is one name within its table.

    Args:
        container: Its name.
        table_path: Folder of the table; empty or `/` for the container's root.
        key: One name, without slashes: an item in a folder below would not be in its table's scans.

    Raises:
        UnsafeInputError: The key is empty, too long or more than a name, or the table's path is bad.
    """
    prefix = directory_target(container, table_path)
    if type(key) is str and _safe_name(key) and len(prefix) < _SAFE_LENGTH:
        return prefix + key
    name = plain_text(key, "the item's key")
    if "/" in name:
        raise UnsafeInputError(
            f"key {name[:80]!r} holds a slash, and would name an item of another table",
            hint="put folders into table_path, or replace the slash",
        )
    escaped = _escaped(name, empty=False)
    _check_length(f"{table_path}/{name}")
    return prefix + escaped


def check_path(path: str) -> None:
    """
    Check a path that travels in a body, as those in addresses are.

    Raises:
        UnsafeInputError: It is too long, or has `.`, `..` or NUL in it.
    """
    _clean(path, empty=True)


def inode_target(container: str, inode: int) -> str:
    """Return the target of an object by the number of its inode."""
    return f"/{container_name(container)}/{check_int(inode, 'inode', 0, 2**64 - 1)}"


def listing_target(
    container: str,
    path: str = "",
    *,
    get_all_attributes: bool | None = None,
    directories_only: bool | None = None,
    limit: int | None = None,
    marker: str | None = None,
) -> str:
    """
    Return the target that lists a folder.

    Args:
        container: Its name.
        path: Folder; empty for the container's root.
        get_all_attributes: Times, modes, owners and inodes too.
        directories_only: No files.
        limit: Entries of one page; 0 only asks whether the folder is there. The server's default is 1000.
        marker: Start after this entry, `next_marker` of the page before.

    Raises:
        UnsafeInputError: As for `directory_target`; or a limit that is no number.
    """
    query = [f"prefix={query_value(_clean(path, empty=True))}"]
    if get_all_attributes:
        query.append("prefix-info=1")
    if directories_only:
        query.append("prefix-only=1")
    if limit is not None:
        query.append(f"max-keys={check_int(limit, 'limit', 0, INT_MAX)}")
    if marker:
        query.append(f"marker={query_value(plain_text(marker, 'marker'))}")
    return f"/{container_name(container)}?{'&'.join(query)}"


def _escaped(path: str, *, empty: bool) -> str:
    return raw_path(_clean(path, empty=empty))


def _clean(path: str, *, empty: bool) -> str:
    text = path if path == "" else plain_text(path, "the path")
    names = [name for name in text.split("/") if name]
    if not names:
        if empty:
            return ""
        raise UnsafeInputError(f"path {path!r} names the container itself", hint="name an object in it")
    for name in names:
        _check_name(name, text)
    _check_length(text)
    return "/".join(names) + ("/" if text.endswith("/") else "")


def _check_name(name: str, path: str) -> None:
    if name in {".", ".."}:
        raise UnsafeInputError(
            f"path {path[:80]!r} holds {name!r}, which servers resolve to another place",
            hint="write the path that is meant",
        )
    if "\0" in name:
        raise UnsafeInputError(f"path {path[:80]!r} holds NUL, which ends names on the server")
    check_size(len(utf8(name, "the path")), MAX_NAME, f"name {name[:40]!r} of the path")


def _check_length(path: str) -> None:
    check_size(len(utf8(path, "the path")), MAX_PATH, f"path {path[:40]!r}")
