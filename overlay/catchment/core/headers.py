"""Request headers: those of every client, and checks of all others before they are part of anything."""

from __future__ import annotations

import re
from collections.abc import Sequence

from catchment import __version__
from catchment.core.errors import UnsafeInputError

USER_AGENT = (("User-Agent", f"catchment/{__version__}"),)
"""Headers of every request, where a platform adds none."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*").fullmatch


def check_headers(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """
    Return the headers, if they can be sent as they are.

    Raises:
        UnsafeInputError: A name that is no token; a value with a line break, NUL or another control character, with
            space at an end (which servers cut off), or with characters beyond latin-1. Names are shown, values never.
    """
    for name, value in headers:
        if not _TOKEN(name):
            raise UnsafeInputError(f"{name[:80]!r} is no name of a header: letters, digits and -_.!#$%&'*+^`|~ only")
        if not _VALUE(value):
            raise UnsafeInputError(f"the value of header {name} holds {_offence(value)}", hint=_HINT)
        if value != value.strip(" \t"):
            raise UnsafeInputError(f"the value of header {name} begins or ends with a space, which servers cut off")
    return list(headers)


_HINT = "encode such text first, for example with urllib.parse.quote"


def _offence(value: str) -> str:
    if "\r" in value or "\n" in value:
        return "a line break, which would begin another header"
    if any(ord(char) > 0xFF for char in value):
        return "characters beyond latin-1, which HTTP cannot carry"
    return "a control character"


def framed_headers(
    method: str, headers: Sequence[tuple[str, str]], netloc: str, length: int | None, *, has_body: bool
) -> tuple[list[tuple[str, str]], int | None]:
    """
    Return headers with `Host` and the framing of the body, where the caller has not given them, and the body's length.

    Callers may know a length that the source does not tell; presigned uploads refuse bodies without one.

    Raises:
        UnsafeInputError: A framing that contradicts the body.
    """
    names = {name.lower(): value for name, value in headers}
    framed = list(headers)
    if "host" not in names:
        framed.insert(0, ("Host", netloc))
    if "transfer-encoding" in names:
        raise UnsafeInputError("Transfer-Encoding is the engine's to choose; leave it out")
    stated = names.get("content-length")
    if stated is not None:
        if not stated.isdigit() or length not in {None, int(stated)}:
            raise UnsafeInputError(f"Content-Length says {stated[:40]}, and the body has {length} bytes")
        length = int(stated)
    elif has_body and length is None:
        framed.append(("Transfer-Encoding", "chunked"))
    elif has_body or method in {"PUT", "POST", "PATCH"}:
        framed.append(("Content-Length", str(length or 0)))
    return framed, length
