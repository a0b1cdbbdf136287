"""Put, append, get, look at and delete objects and directories."""

from __future__ import annotations

import re
from email.utils import formatdate

from catchment.local.http import Answer, BlobRange
from catchment.local.v3io import limits
from catchment.local.v3io.call import VERIFIER, Call, verified
from catchment.local.v3io.content import Content
from catchment.local.v3io.errors import denied, invalid, no_entry, not_empty, not_permitted, too_large
from catchment.local.v3io.nodes import SECOND, Directory, Facts, File, verifier
from catchment.local.v3io.paths import (
    find_directory,
    find_file,
    made_directory,
    made_file,
    needed_directory,
    needed_file,
)

APPEND = "-1"
# The existing client leaves the dash out when it asks for all from an offset on.
_RANGE = re.compile(r"bytes=(\d+)(?:-(\d*))?|bytes=-(\d+)", re.ASCII)


def put_object(call: Call) -> Answer:
    """Replace an object's data, or make a directory where the path ends in a slash; attributes stay."""
    container, parts = call.container, call.parts
    if call.target.slash or not parts:
        return _make_directory(call)
    _check_size(call.content.size)
    piece = call.tenant.kept(call.content)
    file = made_file(call.tenant, container, parts)
    file.content = Content([piece])
    call.record(parts, size=file.content.size)
    return verified(file.facts)


def append_object(call: Call) -> Answer:
    """Add bytes to an object's end; a missing object is made."""
    container, parts = call.container, call.parts
    if call.target.slash or not parts:
        raise invalid("a directory has no data to append to")
    _check_size(call.content.size)
    piece = call.tenant.kept(call.content)
    file = made_file(call.tenant, container, parts)
    start = file.content.size
    file.content.append(piece)
    call.record(parts, offset=start, size=call.content.size)
    return verified(file.facts)


def _check_size(size: int) -> None:
    if size > limits.OBJECT_BYTES:
        raise too_large(f"{size} bytes, and at most {limits.OBJECT_BYTES} fit one request; append the rest")


def _make_directory(call: Call) -> Answer:
    container, parts = call.container, call.parts
    if call.content.size:
        raise invalid("a directory has no data: the path ends in a slash, and there is a body")
    known = find_directory(container, parts)
    made = made_directory(call.tenant, container, parts)
    if known is None:
        call.record(parts, directory=True)
    return verified(made.facts)


def get_object(call: Call) -> Answer:
    """Return an object's data, or the range of it that is asked for."""
    container = call.container
    if call.target.slash:
        raise no_entry()
    file = needed_file(container, call.parts)
    size = file.content.size
    headers = _headers(file.facts)
    asked = call.headers.get("range")
    if asked is None:
        return Answer(200, headers, BlobRange(file.content, 0, size))
    start, stop = _range(asked, size)
    end = min(stop, size)
    body = BlobRange(file.content, min(start, end), end)
    if stop > size or start >= size:
        # The real server answers 200 when a range reaches past the end; clients see the last piece by that.
        return Answer(200, headers, body)
    return Answer(206, [*headers, ("Content-Range", f"bytes {start}-{end - 1}/{size}")], body)


def _range(header: str, size: int) -> tuple[int, int]:
    match = _RANGE.fullmatch(header.strip())
    if match is None or (match[1] and match[2] and int(match[2]) < int(match[1])):
        raise invalid(f"Range {header!r} is not bytes=<from>-[<to>]")
    if match[3]:
        return max(0, size - int(match[3])), size
    return int(match[1]), int(match[2]) + 1 if match[2] else size


def get_object_by_inode(call: Call) -> Answer:
    """Return the data of the object with an inode number that was created at a certain instant."""
    container = call.container
    try:
        inode = int("/".join(call.parts))
        created = int(call.headers["ctime-sec"]) * SECOND + int(call.headers["ctime-nsec"])
    except (ValueError, KeyError):
        raise invalid("an inode number as path, ctime-sec and ctime-nsec as headers are wanted") from None
    for _, directory in container.root.walk():
        for file in directory.files.values():
            if file.facts.inode == inode and file.facts.created == created:
                return Answer(200, _headers(file.facts), BlobRange(file.content, 0, file.content.size))
    raise no_entry()


def head_object(call: Call) -> Answer:
    """Tell the size of an object; a directory has none."""
    container = call.container
    file = None if call.target.slash else find_file(container, call.parts)
    if file is not None:
        return Answer(200, [*_headers(file.facts), ("Content-Length", str(file.content.size))])
    directory = needed_directory(container, call.parts)
    return Answer(200, [(VERIFIER, verifier(directory.facts)), ("Content-Length", "0")])


def head_container(call: Call) -> Answer:
    """Tell that a container is there."""
    return verified(call.container.root.facts)


def _headers(facts: Facts) -> list[tuple[str, str]]:
    return [
        ("Content-Type", "application/octet-stream"),
        ("Last-Modified", formatdate(facts.modified // SECOND, usegmt=True)),
        ("X-v3io-object-type", "regular"),
        (VERIFIER, verifier(facts)),
    ]


def delete_object(call: Call) -> Answer:
    """Delete a file, or an empty directory where no file has the name."""
    container, parts = call.container, call.parts
    if not parts:
        raise not_permitted("containers are deleted by the control plane")
    place = needed_directory(container, parts[:-1])
    name = parts[-1]
    if name in place.files and not call.target.slash:
        place.remove_file(name)
    else:
        _remove_directory(place, name)
    place.facts.touch(call.tenant.tick())
    call.record(parts)
    return Answer(204)


def _remove_directory(place: Directory, name: str) -> None:
    below = place.directories.get(name)
    if below is None:
        raise no_entry()
    if not below.empty:
        raise not_empty()
    place.remove_directory(name)


# What only other languages' clients send


def scatter_write(call: Call) -> Answer:
    """Replace an object's data by several pieces that arrive back to back."""
    try:
        sizes = [int(size) for size in call.headers["io-vec-sizes"].split(",")]
        count = int(call.headers["io-vec-num"])
    except (KeyError, ValueError):
        raise invalid("io-vec-num and io-vec-sizes are wanted as headers") from None
    if len(sizes) != count or min(sizes) < 0 or sum(sizes) != call.content.size:
        raise invalid("io-vec-num, io-vec-sizes and the length of the body do not fit together")
    return put_object(call)


_PERMISSIONS = 0o7777
_ATTRIBUTES = frozenset(
    ["mode", "uid", "gid", *(f"{kind}.{unit}" for kind in ("atime", "ctime", "mtime") for unit in ("sec", "nsec"))]
)


def set_attributes(call: Call) -> Answer:
    """Set mode, owner and times of an entry, for administrators."""
    facts = _entry(call).facts
    body = call.body(limits.ITEM_BODY_BYTES)
    if not call.tenant.options.administrator:
        raise denied()
    unknown = sorted(set(body.values) - _ATTRIBUTES)
    if unknown:
        raise invalid(f"no attribute of an entry: {unknown[0]!r}")
    given = {name: body.needed_integer(name) for name in body.values}
    # What kind of entry it is stays.
    facts.mode = facts.mode & ~_PERMISSIONS | given.get("mode", facts.mode) & _PERMISSIONS
    facts.uid, facts.gid = given.get("uid", facts.uid), given.get("gid", facts.gid)
    facts.accessed = _instant(given, "atime", facts.accessed)
    facts.created = _instant(given, "ctime", facts.created)
    facts.modified = _instant(given, "mtime", facts.modified)
    call.record(call.parts, **given)
    return verified(facts)


def _entry(call: Call) -> File | Directory:
    file = None if call.target.slash else find_file(call.container, call.parts)
    return file if file is not None else needed_directory(call.container, call.parts)


def _instant(given: dict[str, int], name: str, old: int) -> int:
    seconds, nanoseconds = divmod(old, SECOND)
    return given.get(f"{name}.sec", seconds) * SECOND + given.get(f"{name}.nsec", nanoseconds)
