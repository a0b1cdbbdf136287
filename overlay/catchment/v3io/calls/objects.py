"""Calls of objects: bytes under a path. Pure."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from io import FileIO
from os import fstat
from typing import IO, Final, cast

from catchment_api.v3io.api.objects import (
    append_object,
    delete_object,
    get_object,
    get_object_by_inode,
    head_object,
    put_chunk,
    put_object,
    scatter_write,
    set_attributes,
)

from catchment.core.errors import UnsafeInputError
from catchment.core.wire import AsyncContent, Request, dump_json
from catchment.v3io.calls.plan import Planned, function_headers
from catchment.v3io.limits import check_int, utf8

_BYTES: Final = (("Content-Type", "application/octet-stream"),)
_APPEND: Final = (("Range", "-1"), ("Content-Type", "application/octet-stream"))
_SCATTER: Final = (("X-v3io-function", "OosRun"), ("Content-Type", "application/octet-stream"))
_SET_ATTRIBUTES: Final = function_headers("DirSetAttr")
_PUT_CHUNK: Final = function_headers("PutChunk")
_TIMES: Final = ("atime", "mtime", "ctime")
_NANOS: Final = 10**9

MAX_OBJECT: Final = 5 * 1024**3
"""Bytes of one request that writes an object."""


def get(target: str, offset: int | None = None, num_bytes: int | None = None) -> Planned[None]:
    """Read an object, or a range of it."""
    return Planned(Request(get_object.OP, target, _range(offset, num_bytes)), transfer=True, opaque=True)


def get_by_inode(
    target: str, ctime_sec: int, ctime_nsec: int, offset: int | None = None, num_bytes: int | None = None
) -> Planned[None]:
    """Read an object by the number of its inode."""
    headers = [
        ("ctime-sec", str(check_int(ctime_sec, "ctime_sec", 0, 2**63 - 1))),
        ("ctime-nsec", str(check_int(ctime_nsec, "ctime_nsec", 0, _NANOS - 1))),
        *_range(offset, num_bytes),
    ]
    return Planned(Request(get_object_by_inode.OP, target, headers), transfer=True, opaque=True)


def put(target: str, body: AsyncContent | None = None, append: bool | None = None) -> Planned[None]:
    """Write an object, or append to it."""
    _check_length(body)
    content = b"" if body is None else utf8(body, "the body") if isinstance(body, str) else body
    if append:
        if target.endswith("/"):
            raise UnsafeInputError("bytes are appended to an object, and a path that ends in a slash names a folder")
        # Sent a second time it would append a second time.
        return Planned(Request(append_object.OP, target, content=content, retry="D", constant=_APPEND))
    if target.endswith("/") and content != b"":
        raise UnsafeInputError("a path that ends in a slash makes a folder, and a folder has no body")
    return Planned(Request(put_object.OP, target, content=content, retry="A", constant=_BYTES))


def head(target: str) -> Planned[None]:
    """Ask whether an object is there, and for its size."""
    return Planned(Request(head_object.OP, target), opaque=True)


def delete(target: str) -> Planned[None]:
    """Delete an object, an item or an empty folder."""
    return Planned(Request(delete_object.OP, target, retry="A"))


def attributes(
    target: str,
    mode: int | None = None,
    uid: int | None = None,
    gid: int | None = None,
    times: Mapping[str, tuple[int, int] | None] | None = None,
) -> Planned[None]:
    """
    Set owner, mode and times of a file or folder.

    Args:
        target: Of it.
        mode: Permission bits.
        uid: Number of the owner.
        gid: Number of the group.
        times: `atime`, `mtime` and `ctime` to seconds and nanoseconds since 1970.
    """
    body: dict[str, int] = {
        name: check_int(value, name, 0, 2**32 - 1)
        for name, value in (("mode", mode), ("uid", uid), ("gid", gid))
        if value is not None
    }
    for name in _TIMES:
        time = (times or {}).get(name)
        if time is not None:
            body[f"{name}.sec"] = check_int(time[0], f"{name} seconds", 0, 2**63 - 1)
            body[f"{name}.nsec"] = check_int(time[1], f"{name} nanoseconds", 0, _NANOS - 1)
    if not body:
        raise UnsafeInputError("nothing to set: give at least one of mode, uid, gid, atime, mtime and ctime")
    return Planned(Request(set_attributes.OP, target, content=dump_json(body), constant=_SET_ATTRIBUTES))


def scattered(target: str, pieces: Sequence[bytes]) -> Planned[None]:
    """Write an object of a header and further pieces in one request."""
    if isinstance(pieces, (bytes, bytearray, str)) or not pieces:
        raise UnsafeInputError("pieces must be a list of bytes, the first of which is the header")
    body = b"".join(pieces)
    _check_length(body)
    sizes = ",".join(str(len(piece)) for piece in pieces)
    headers = [("io-vec-num", str(len(pieces))), ("io-vec-sizes", sizes)]
    return Planned(Request(scatter_write.OP, target, headers, body, "D", _SCATTER))


def chunk(
    target: str,
    data: bytes | None = None,
    sequence_number: int | None = None,
    offset: int | None = None,
    metadata: str | None = None,
    current_metadata: str | None = None,
) -> Planned[None]:
    """Write one chunk of an object."""
    body: dict[str, object] = {}
    if sequence_number is not None:
        body["ChunkSequenceNumber"] = check_int(sequence_number, "sequence_number", 0, 2**63 - 1)
    if offset is not None:
        body["Offset"] = check_int(offset, "offset", 0, 2**63 - 1)
    if data is not None:
        body["Data"] = b64encode(data).decode("ascii")
    if metadata is not None:
        body["Metadata"] = metadata
    if current_metadata is not None:
        body["CurrentMetadata"] = current_metadata
    return Planned(Request(put_chunk.OP, target, content=dump_json(body), retry="D", constant=_PUT_CHUNK))


def _range(offset: int | None, num_bytes: int | None) -> list[tuple[str, str]]:
    if offset is None and num_bytes is None:
        return []
    first = 0 if offset is None else check_int(offset, "offset", 0, 2**63 - 1)
    if num_bytes is None:
        return [("Range", f"bytes={first}-")] if first else []
    last = first + check_int(num_bytes, "num_bytes", 1, 2**63 - 1) - 1
    return [("Range", f"bytes={first}-{last}")]


def _check_length(body: object) -> None:
    size = _size_of(body)
    if size > MAX_OBJECT:
        raise UnsafeInputError(
            f"the body has {size} bytes, and one request carries at most {MAX_OBJECT}",
            hint="`object.upload` writes objects of any size",
        )


def _size_of(body: object) -> int:
    """Return the bytes of a body, 0 where that is not known before it was read."""
    if isinstance(body, (bytes, bytearray)):
        return len(body)
    if isinstance(body, memoryview):
        return body.nbytes
    if isinstance(body, str):
        return len(body) if 4 * len(body) <= MAX_OBJECT else len(body.encode())
    raw = getattr(body, "raw", body)
    if isinstance(raw, FileIO):
        return fstat(raw.fileno()).st_size - cast("IO[bytes]", body).tell() if raw.seekable() else 0
    return 0
