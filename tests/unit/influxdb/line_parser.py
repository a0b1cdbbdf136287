"""A reader of line protocol for tests: written from the protocol's description, sharing nothing with the encoders."""

from __future__ import annotations

import struct
from typing import NamedTuple


class Parsed(NamedTuple):
    """A point as the server would store it; field values are (type, value)."""

    measurement: str
    tags: dict[str, str]
    fields: dict[str, tuple[str, object]]
    time: int | None


def parse(body: bytes) -> list[Parsed]:
    """Return the points of a body; what the server would refuse is a ValueError."""
    text, at, points = body.decode(), 0, []
    while at < len(text):
        if text[at] == "\n":
            at += 1
            continue
        if text[at] == "#":
            raise ValueError("a comment")
        point, at = _point(text, at)
        points.append(point)
    return points


def _point(text: str, at: int) -> tuple[Parsed, int]:
    measurement, at = _name(text, at, ", ", ", =")
    if not measurement or measurement[0] in "\t\0":
        raise ValueError("no measurement, or one that would be stripped")
    tags: dict[str, str] = {}
    keys: list[str] = []
    while text[at] == ",":
        key, at = _name(text, at + 1, "=", ", =")
        value, at = _name(text, at + 1, ", ", ", =")
        if not key or not value or key == "time" or key in tags:
            raise ValueError(f"bad tag {key!r}={value!r}")
        tags[key] = value
        keys.append(key)
    if keys != sorted(keys, key=str.encode):
        raise ValueError("tags are not sorted")
    fields: dict[str, tuple[str, object]] = {}
    while True:
        key, at = _name(text, at + 1, "=", ', ="')
        if not key or key == "time" or key in fields:
            raise ValueError(f"bad field {key!r}")
        value, at = _value(text, at + 1)
        fields[key] = value
        if at >= len(text) or text[at] != ",":
            break
    stop = text.find("\n", at)
    stop = len(text) if stop < 0 else stop
    stamp = text[at:stop]
    if stamp and not (stamp[0] == " " and stamp[1:].removeprefix("-").isdecimal()):
        raise ValueError(f"bad time {stamp!r}")
    return Parsed(measurement, tags, fields, int(stamp) if stamp else None), stop + 1


def _name(text: str, at: int, ends: str, escapes: str) -> tuple[str, int]:
    """Read up to one of the ends; a backslash counts only before what it escapes, and stands for itself elsewhere."""
    out: list[str] = []
    while True:
        character = text[at]  # IndexError: the line ends inside a name
        if character == "\n":
            raise ValueError("a line feed in a name")
        if character == "\\" and text[at + 1] in escapes:
            out.append(text[at + 1])
            at += 2
            continue
        if character in ends:
            return "".join(out), at
        if character in ", " or (character == "=" and "=" in ends):
            raise ValueError(f"{character!r} in a name")
        out.append(character)
        at += 1


def _value(text: str, at: int) -> tuple[tuple[str, object], int]:
    if text[at] == '"':
        return _string(text, at + 1)
    stop = at
    while stop < len(text) and text[stop] not in ", \n":
        stop += 1
    word = text[at:stop]
    if word in ("true", "false"):
        return ("boolean", word == "true"), stop
    if word.endswith("i"):
        number = int(word[:-1])
        if not -(2**63) <= number < 2**63 or word[0] == "+" or "_" in word:
            raise ValueError(f"bad integer {word!r}")
        return ("integer", number), stop
    if not set(word) <= set("0123456789.eE+-") or word[0] == "+":
        raise ValueError(f"bad float {word!r}")
    return ("float", float(word)), stop


def _string(text: str, at: int) -> tuple[tuple[str, object], int]:
    out: list[str] = []
    while text[at] != '"':
        if text[at] == "\\" and text[at + 1] in '"\\':
            at += 1
        out.append(text[at])
        at += 1
    return ("string", "".join(out)), at + 1


def bits(value: object) -> object:
    """Return what tells floats apart that compare equal."""
    return struct.pack("<d", value) if isinstance(value, float) else value
