"""What the platform takes at most, and the checks of names. Sizes are bytes, not characters."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from catchment.core.errors import UnsafeInputError

MAX_RECORDS: Final = 1_000
"""Records of one PutRecords."""

MAX_RECORDS_BODY: Final = 10 * 1024 * 1024
"""Bytes of one PutRecords body, documented as "10 MB": more than 10 MiB is refused, while `split_records` stays below
ten million."""

SPLIT_RECORDS_BODY: Final = 10_000_000

MAX_RECORD: Final = 2 * 1024 * 1024
"""Bytes of one record's data. Of the two documented numbers the larger: what may be taken is not refused."""

MAX_CLIENT_INFO: Final = 16
MAX_PARTITION_KEY: Final = 256
MAX_SHARDS: Final = 4_096
MAX_RETENTION_HOURS: Final = 366 * 24
MAX_SEGMENTS: Final = 1_024

MAX_TEXT: Final = 61_200
"""Bytes of a text attribute."""

MAX_BLOB: Final = 1024 * 1024
"""Bytes of an attribute of another type, arrays with their header."""

MAX_BODY: Final = 2 * 1024 * 1024
"""Bytes of an item call's JSON body."""

MAX_EXPRESSION: Final = 8 * 1024
MAX_ATTRIBUTES: Final = 1_600
"""Attributes of one object, in the platform's versions that take most."""

MAX_NAME: Final = 255
MAX_PATH: Final = 4_096

INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1
UINT_MAX: Final = 2**64 - 1

SYSTEM_ATTRIBUTES: Final = frozenset(
    {
        "__name",
        "__size",
        "__mode",
        "__uid",
        "__gid",
        "__atime_secs",
        "__atime_nsecs",
        "__mtime_secs",
        "__mtime_nsecs",
        "__ctime_secs",
        "__ctime_nsecs",
        "__obj_type",
        "__collection_id",
        "__last_sequence_num",
        "__inode_number",
    }
)
"""What the server keeps itself. Other names with two underscores are free: consumer groups keep their offsets so."""

_attribute: Final = re.compile(rf"[A-Za-z_][A-Za-z0-9_]{{0,{MAX_NAME - 1}}}").fullmatch
_NO_NUMBERS: Final = frozenset({"bool", "bool_", "timedelta64"})
"""Classes of numpy that pass for whole numbers by their methods."""
_container: Final = re.compile(r"(?!.*[-_]{2})[a-z0-9_-]{1,128}").fullmatch


def utf8(text: str, what: str) -> bytes:
    """
    Return text as it is sent.

    Raises:
        UnsafeInputError: It holds half a surrogate pair, which UTF-8 has no bytes for.
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise UnsafeInputError(
            f"{what} holds lone surrogates, which cannot be sent", hint="pass such data as bytes"
        ) from None


def check_size(size: int, limit: int, what: str) -> None:
    """
    Refuse what is larger than the platform takes.

    Raises:
        UnsafeInputError: It is.
    """
    if size > limit:
        raise UnsafeInputError(f"{what} has {size:,} bytes; the platform takes at most {limit:,}")


def check_int(value: object, what: str, low: int, high: int) -> int:
    """
    Return a whole number within bounds.

    Raises:
        UnsafeInputError: Another type (a bool too), or out of bounds.
    """
    number = whole(value)
    if number is None or not low <= number <= high:
        raise UnsafeInputError(f"{what}={shown(value)}: a whole number from {low:,} to {high:,} is needed")
    return number


def shown(value: object) -> str:
    """Return a value for a message, short; huge numbers, which Python does not write, by their size."""
    if isinstance(value, int) and value.bit_length() > 200:
        return f"an integer of {value.bit_length()} bits"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def whole(value: object) -> int | None:
    """Return a plain `int` for whole numbers of any class (numpy's and enums too); `None` for anything else."""
    if type(value) is int:
        return value
    index: Callable[[], int] | None = getattr(value, "__index__", None)
    if index is None or isinstance(value, bool | type) or type(value).__name__ in _NO_NUMBERS:
        return None
    try:
        return int(index())
    except TypeError:  # arrays of numpy have the method, and most of them no answer
        return None


def plain_text(value: object, what: str) -> str:
    """
    Return a plain `str`; members of text enums become their text.

    Raises:
        UnsafeInputError: It is no text, or is empty.
    """
    if not isinstance(value, str):
        raise UnsafeInputError(f"{what} must be text, not {type(value).__name__}")
    if not value:
        raise UnsafeInputError(f"{what} is empty")
    return str.__str__(value)  # of subclasses too, whose own text may be another


def container_name(value: str) -> str:
    """
    Return a container's name, or its number as text.

    Args:
        value: May have slashes around it.

    Raises:
        UnsafeInputError: It is empty, or no container can have it.
    """
    return _container_name(value if type(value) is str else plain_text(value, "the container's name"))


def attribute_name(value: str) -> str:
    """
    Return an attribute's name.

    Raises:
        UnsafeInputError: It is no identifier of at most 255 letters, digits and underscores.
    """
    return _attribute_name(value if type(value) is str else plain_text(value, "an attribute's name"))


def writable_name(value: str) -> str:
    """
    Return the name of an attribute that callers may write.

    Raises:
        UnsafeInputError: It cannot be stored, or the server keeps it itself.
    """
    name = attribute_name(value)
    if name in SYSTEM_ATTRIBUTES:
        raise UnsafeInputError(f"attribute {name!r} is the system's own and cannot be written", hint="leave it out")
    return name


@lru_cache(maxsize=1024)
def _container_name(value: str) -> str:
    name = value.strip("/")
    if not _container(name):
        raise UnsafeInputError(
            f"{value[:140]!r} cannot be a container" if name else "the container's name is empty",
            hint="names have 1 to 128 of a-z, 0-9, '-' and '_', the last two never doubled; folders go into the path",
        )
    return name


@lru_cache(maxsize=4096)
def _attribute_name(value: str) -> str:
    if not _attribute(value):
        raise UnsafeInputError(
            f"attribute name {value[:80]!r} cannot be stored" if value else "an attribute's name is empty",
            hint="names have 1 to 255 of A-Z, a-z, 0-9 and '_', and do not begin with a digit",
        )
    return value
