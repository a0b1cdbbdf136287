"""Line protocol's escapes, and what no escape can save.

The protocol has no escape for a backslash in names and tag values, so doubling one there would store two. What the
server would lose, alter or take for another point raises `Unstorable`; who knows the row decides what follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from typing import Final, NamedTuple

MAX_KEY: Final = 65_535
"""Bytes of measurement and tags as sent, four more, and the field key, at most."""


class Place(Enum):
    """Where text stands in a line."""

    MEASUREMENT = "measurement"
    TAG_KEY = "tag key"
    TAG_VALUE = "tag value"
    FIELD_KEY = "field key"


class Unstorable(ValueError):  # noqa: N818 - never leaves the package: it becomes UnsafeInputError
    """
    The server cannot store this as it is.

    Attributes:
        reason: Why, as the end of a sentence about the value.
        replacement: What could be sent in its place; `None` where nothing could.
    """

    def __init__(self, reason: str, replacement: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.replacement = replacement


class _Rule(NamedTuple):
    pattern: re.Pattern[str]
    reason: str
    replacement: str


def _rule(pattern: str, reason: str, replacement: str) -> _Rule:
    return _Rule(re.compile(pattern), reason, replacement)


_LINE_FEED = _rule(r"\n", "holds a line feed, which would end the line: what follows would be another point", " ")
_TRAILING = _rule(r"\\\Z", "ends in a backslash, which would swallow the character behind it", "/")
_SURROGATE = _rule(r"[\ud800-\udfff]", "holds half of a surrogate pair, which is no UTF-8", "\ufffd")
_EMPTY = _rule(r"\A\Z", "is empty", "_")
_TIME = _rule(r"\Atime\Z", "is the name of the timestamp; the server refuses it or loses it without an error", "time_")
_BEFORE = _rule(r"\\(?=[, =])", "has a backslash before a comma, space or equals sign, which cannot be escaped", "/")
_BEFORE_QUOTE = _rule(r'\\(?=")', "has a backslash before a double quote, which the server would lose", "/")
_COMMENT = _rule(r"\A#", "starts with '#': the server would take the line for a comment and lose it", "_")
_STRIPPED = _rule(r"\A[\t\0]+", "starts with a tab or NUL, which the server strips", "_")

MISLEADING: Final = (
    "has a backslash before a space in a tag, and a double quote in another name or tag: together they hide the end of "
    "the line from the server"
)
_RULES: Final[dict[Place, tuple[_Rule, ...]]] = {
    Place.MEASUREMENT: (_LINE_FEED, _BEFORE, _BEFORE_QUOTE, _TRAILING, _COMMENT, _STRIPPED, _SURROGATE, _EMPTY),
    Place.TAG_KEY: (_LINE_FEED, _TRAILING, _SURROGATE, _EMPTY, _TIME),
    Place.TAG_VALUE: (_LINE_FEED, _TRAILING, _SURROGATE),
    Place.FIELD_KEY: (_LINE_FEED, _BEFORE, _TRAILING, _STRIPPED, _SURROGATE, _EMPTY, _TIME),
}
_SUSPECT: Final = {
    place: re.compile("|".join(f"(?:{rule.pattern.pattern})" for rule in rules)) for place, rules in _RULES.items()
}
_SPECIAL: Final = {
    Place.MEASUREMENT: re.compile(r"[, ]"),
    Place.TAG_KEY: re.compile(r"[,= ]"),
    Place.TAG_VALUE: re.compile(r"[,= ]"),
    Place.FIELD_KEY: re.compile(r'[,= ]|(?<=\\)"'),
}


def name(place: Place, text: str) -> str:
    """
    Return text as it is sent in this place of a line.

    Raises:
        Unstorable: It cannot be stored there; the replacement is not escaped yet.
    """
    if _SUSPECT[place].search(text):
        raise _flaw(place, text)
    return _SPECIAL[place].sub(r"\\\g<0>", text)


def string(text: str) -> str:
    """
    Return the inside of a string value; quotes go around it.

    Raises:
        Unstorable: It is no UTF-8.
    """
    if _SURROGATE.pattern.search(text):
        raise Unstorable(_SURROGATE.reason, _SURROGATE.pattern.sub(_SURROGATE.replacement, text))
    return escaped(text)


def escaped(text: str) -> str:
    """Return the inside of a string value that is known to be UTF-8."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


@lru_cache(4096)
def key_size(text: str) -> int:
    """Return the bytes that an escaped name takes."""
    return len(text.encode())


def misleads(head: str, field_keys: Iterable[str]) -> bool:
    """
    Tell whether the server would look for the end of the line in the wrong place.

    It takes two backslashes for a pair, so that the space behind them starts the fields for it, and from there on a
    double quote in a name for the start of a string, up to a quote in this line or another.

    Args:
        head: Measurement and tags as sent.
        field_keys: Likewise.
    """
    return "\\\\ " in head and ('"' in head or any('"' in key for key in field_keys))


def check_key(head: str, field_key: str) -> None:
    """
    Hold one field's key to what the server can take together.

    Args:
        head: Measurement and tags as sent.
        field_key: Likewise.

    Raises:
        Unstorable: They are too long, or would mislead the server.
    """
    if misleads(head, (field_key,)):
        raise Unstorable(MISLEADING)
    size = key_size(head) + 4 + key_size(field_key)
    if size > MAX_KEY:
        raise Unstorable(f"makes a key of {size} bytes; measurement, tags and field key have {MAX_KEY} together")


def _flaw(place: Place, text: str) -> Unstorable:
    reasons: list[str] = []
    for pattern, reason, replacement in _RULES[place]:
        if pattern.search(text):
            reasons.append(reason)
            text = pattern.sub(replacement.replace("\\", r"\\"), text)
    return Unstorable("; it ".join(reasons), text)
