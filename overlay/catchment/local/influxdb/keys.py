"""Write and read series keys: measurement and tags, escaped as in line protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_TAG_ESCAPES = ((",", "\\,"), (" ", "\\ "), ("=", "\\="))
_NAME_ESCAPES = _TAG_ESCAPES[:2]


def unescape_tag(text: str) -> str:
    """Undo the escapes of a tag key or value."""
    return _unescaped(text, _TAG_ESCAPES)


def unescape_name(text: str) -> str:
    """Undo the escapes of a measurement, the way series keys are read back."""
    return _unescaped(text, _NAME_ESCAPES)


def unescape_point_name(text: str) -> str:
    """Undo the escapes of a measurement, the way written points are read: quotes and equals signs too."""
    if "\\" not in text:
        return text
    out: list[str] = []
    index = 0
    while index < len(text):
        if text[index] == "\\" and index + 1 < len(text) and text[index + 1] in ',"= ':
            index += 1
        out.append(text[index])
        index += 1
    return "".join(out)


def _unescaped(text: str, escapes: Iterable[tuple[str, str]]) -> str:
    if "\\" in text:
        for plain, escaped in escapes:
            text = text.replace(escaped, plain)
    return text


def escape_tag(text: str) -> str:
    """Escape a tag key or value."""
    for plain, escaped in _TAG_ESCAPES:
        text = text.replace(plain, escaped)
    return text


def make_key(name: str, tags: Mapping[str, str]) -> str:
    """Return the canonical key of a series; tags without a value are left out."""
    # What looks escaped already is not escaped again.
    parts = [unescape_name(name).replace(",", "\\,").replace(" ", "\\ ")]
    parts.extend(f"{escape_tag(key)}={escape_tag(value)}" for key, value in sorted(tags.items()) if value)
    return ",".join(parts)


def until(text: str, start: int, stop: str) -> int:
    """Return where the next `stop` is that has no backslash before it, or the end."""
    while start < len(text):
        if text[start] == stop and (start == 0 or text[start - 1] != "\\"):
            break
        start += 1
    return start


def read_tags(key: str) -> dict[str, str]:
    """Return the tags of a series key as written; those without a value are left out."""
    tags: dict[str, str] = {}
    position = until(key, 0, ",") + 1
    while position < len(key):
        equals = until(key, position, "=")
        end = equals + 1
        while end < len(key) and not (key[end] == "," and key[end - 1] != "\\"):
            end += 1
        if equals + 1 < end:
            tags[unescape_tag(key[position:equals])] = unescape_tag(key[equals + 1 : end])
        position = end + 1
    return tags
