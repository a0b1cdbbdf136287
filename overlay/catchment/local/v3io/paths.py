"""Read request targets, and walk to what they name."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from catchment.local.v3io import limits
from catchment.local.v3io.errors import invalid, no_entry
from catchment.local.v3io.nodes import Directory, File
from catchment.local.v3io.tenant import Container, Tenant
from catchment.local.v3io.values import encoded

_ESCAPED_SLASH = re.compile("%2f", re.IGNORECASE)
# What no XML can carry: a listing could not tell of it.
_UNLISTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Target(NamedTuple):
    """What a path names: no container for the root; `slash` tells whether it ended in one."""

    container: str
    parts: tuple[str, ...]
    slash: bool

    @property
    def path(self) -> str:
        """The path inside the container."""
        return "/".join(self.parts)


@lru_cache(maxsize=4096)
def read_target(path: str, strict: bool) -> Target:
    """
    Return what an escaped path names; doubled slashes count once.

    Raises:
        RefusalError: It is not UTF-8, or `strict` and a slash is escaped.
    """
    if strict and _ESCAPED_SLASH.search(path):
        raise invalid("the path has an escaped slash (%2F), which the real server may take for another path")
    try:
        plain = unquote_to_bytes(path.encode("utf-8", "surrogateescape")).decode("utf-8")
    except UnicodeDecodeError:
        raise invalid("the path is not UTF-8") from None
    container, _, inside = plain.lstrip("/").partition("/")
    return Target(container, split_path(inside), plain.endswith("/"))


def split_path(path: str) -> tuple[str, ...]:
    """
    Return the names in a path.

    Raises:
        RefusalError: No entry can have such a name or path.
    """
    parts = tuple(part for part in path.split("/") if part)
    for part in parts:
        check_name(part)
    if len(path.encode("utf-8", "surrogatepass")) > limits.PATH_BYTES:
        raise invalid(f"the path is longer than {limits.PATH_BYTES} bytes")
    return parts


def check_name(name: str) -> None:
    """
    Refuse what no entry can be called.

    Raises:
        RefusalError: It is one of these.
    """
    if (len(name) if name.isascii() else len(encoded("a name", name))) > limits.NAME_BYTES:
        raise invalid(f"a name is longer than {limits.NAME_BYTES} bytes")
    if name in {".", ".."} or _UNLISTABLE.search(name):
        raise invalid(f"no name for an entry: {name!r}")


# Walking


def find_directory(container: Container, parts: tuple[str, ...]) -> Directory | None:
    """Return a directory, or None."""
    place = container.root
    for part in parts:
        below = place.directories.get(part)
        if below is None:
            return None
        place = below
    return place


def find_file(container: Container, parts: tuple[str, ...]) -> File | None:
    """Return a file, or None."""
    if not parts:
        return None
    place = find_directory(container, parts[:-1])
    return None if place is None else place.files.get(parts[-1])


def needed_file(container: Container, parts: tuple[str, ...]) -> File:
    """
    Return a file.

    Raises:
        RefusalError: There is none.
    """
    found = find_file(container, parts)
    if found is None:
        raise no_entry()
    return found


def needed_directory(container: Container, parts: tuple[str, ...]) -> Directory:
    """
    Return a directory.

    Raises:
        RefusalError: There is none.
    """
    found = find_directory(container, parts)
    if found is None:
        raise no_entry()
    return found


def made_directory(tenant: Tenant, container: Container, parts: tuple[str, ...]) -> Directory:
    """Return a directory, made with its parents where it is not there."""
    place = container.root
    for part in parts:
        below = place.directories.get(part)
        if below is None:
            below = tenant.new_directory()
            place.add_directory(part, below)
            place.facts.touch(below.facts.modified)
        place = below
    return place


def made_file(tenant: Tenant, container: Container, parts: tuple[str, ...]) -> File:
    """Return a file whose change is noted, made with its parents where it is not there."""
    place = made_directory(tenant, container, parts[:-1])
    now = tenant.tick()
    found = place.files.get(parts[-1])
    if found is None:
        found = tenant.new_file(now)
        place.add_file(parts[-1], found)
        place.facts.touch(now)
    else:
        found.facts.touch(now)
    return found
