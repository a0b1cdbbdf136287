"""Checks of request headers, before they are part of anything."""

from __future__ import annotations

import re
from collections.abc import Sequence

from catchment.core.errors import UnsafeInputError

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
