"""Compile Go's regular expressions with Python's engine."""

from __future__ import annotations

import re

_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7F",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_NAMED_CLASS = re.compile(r"\[:([a-z]+):\]")
# What Python has and Go has not; in Go these are errors.
_FOREIGN = re.compile(r"(?<!\\)(?:\\\\)*\(\?(?:<?[=!]|#|\()|(?<!\\)(?:\\\\)*\\[1-9]")


def compile_regex(source: str) -> re.Pattern[str]:
    """
    Compile a regular expression in Go's syntax.

    Raises:
        ValueError: It is none.
    """
    if _FOREIGN.search(source):
        message = f"error parsing regexp: invalid or unsupported Perl syntax: `{source}`"
        raise ValueError(message)
    text = _NAMED_CLASS.sub(lambda found: _CLASSES.get(found[1], found[0]), source)
    text = text.replace(r"\z", r"\Z").replace(r"\pL", r"[^\W\d_]").replace(r"\pN", r"\d")
    try:
        # Go's classes know ASCII only, its `$` does not match before a last line feed.
        return re.compile(_strict_end(text), re.ASCII)
    except re.error as error:
        message = f"error parsing regexp: {error}: `{source}`"
        raise ValueError(message) from None


def _strict_end(text: str) -> str:
    out: list[str] = []
    escaped = in_class = False
    for char in text:
        if not escaped and not in_class and char == "$" and "(?m" not in text:
            out.append(r"\Z")
            continue
        out.append(char)
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == "[":
            in_class = True
        elif char == "]":
            in_class = False
    return "".join(out)
