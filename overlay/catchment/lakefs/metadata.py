"""User metadata of objects: headers on one road, JSON on the other, the same map on both."""

from __future__ import annotations

import re
from collections.abc import Mapping

from catchment.core.errors import UnsafeInputError
from catchment.core.names import check_header_name

PREFIX = "x-lakefs-meta-"


def check_user_metadata(metadata: Mapping[str, str] | None) -> dict[str, str]:
    """Return the map as it will read back whichever way the object travels.

    Keys are lower-cased: through the server they travel as header names, which have no case; past it (presigned) they
    would keep it, and the same call would give different maps on two servers.

    Raises:
        UnsafeInputError: A key that is no header name, a value that no header can carry unchanged, or two keys that
            differ in case only.
    """
    checked: dict[str, str] = {}
    for key, value in (metadata or {}).items():
        if not isinstance(key, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UnsafeInputError(f"metadata key {key!r} must be text, not {type(key).__name__}")
        check_header_name(key, what="metadata key")
        if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UnsafeInputError(f"metadata value of {key!r} must be text, not {type(value).__name__}")
        lowered = key.lower()
        if lowered in checked:
            raise UnsafeInputError(f"metadata has the key {lowered!r} twice; keys differ in more than case")
        _check_value(key, value)
        checked[lowered] = value
    return checked


def metadata_headers(metadata: Mapping[str, str]) -> list[tuple[str, str]]:
    """Turn checked metadata into the headers of a direct upload."""
    return [(PREFIX + key, value) for key, value in metadata.items()]


def _check_value(key: str, value: str) -> None:
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        raise UnsafeInputError(
            f"metadata value of {key!r} holds characters outside latin-1, which headers cannot carry",
            hint="encode it yourself, for example with urllib.parse.quote, and decode it after reading",
        ) from None
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value) or value != value.strip(" \t"):
        raise UnsafeInputError(
            f"metadata value of {key!r} has control characters or blanks at an end, which headers lose"
        )
