"""Read reference expressions: `main`, `main@`, `main$`, `v1~2^2`, commit-id prefixes; and check names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from catchment.local.lakefs.errors import InvalidError

_REPOSITORY = re.compile(r"[a-z0-9][a-z0-9-]{2,62}", re.ASCII)
_BRANCH = re.compile(r"\w[-\w]*", re.ASCII)
_EXPRESSION = re.compile(r"(?P<base>[^~^@$\s]+)(?P<modifiers>(?:[~^]\d*|[@$])*)", re.ASCII)
_MODIFIER = re.compile(r"([~^@$])(\d*)", re.ASCII)
_TAG_FORBIDDEN = re.compile(r"[\x00-\x20\x7f^:?*\[\\]|\.\.|/$|^/|//|@\{")


@dataclass(frozen=True, slots=True)
class RefExpression:
    """
    A parsed reference.

    Attributes:
        steps: Pairs of `~` or `^` and a number, from left to right.
        view: `@` for committed data only, `$` for staged data explicitly, or empty.
    """

    base: str
    steps: tuple[tuple[str, int], ...] = ()
    view: str = ""


def parse_ref(text: str) -> RefExpression:
    """
    Parse a reference expression.

    Raises:
        InvalidError: It is none, or `@` or `$` is combined with something else.
    """
    match = _EXPRESSION.fullmatch(text)
    if match is None:
        raise InvalidError(f"invalid ref: {text!r}")
    modifiers = [(found[1], found[2]) for found in _MODIFIER.finditer(match["modifiers"])]
    views = [kind for kind, _ in modifiers if kind in "@$"]
    if views and len(modifiers) > 1:
        raise InvalidError(f"invalid ref: {text!r}: {views[0]} cannot be combined with other modifiers")
    if views:
        return RefExpression(match["base"], view=views[0])
    return RefExpression(match["base"], tuple((kind, int(number) if number else 1) for kind, number in modifiers))


def check_repository_name(name: str) -> None:
    """Refuse a repository id that the server would refuse."""
    if _REPOSITORY.fullmatch(name) is None:
        raise InvalidError(f"repository id {name!r} must match ^[a-z0-9][a-z0-9-]{{2,62}}$: validation error")


def check_branch_name(name: str) -> None:
    """Refuse a branch id that the server would refuse."""
    if _BRANCH.fullmatch(name) is None:
        raise InvalidError(f"branch id {name!r} must match ^\\w[-\\w]*$: validation error")


def check_tag_name(name: str) -> None:
    """Refuse a tag id that the server would refuse."""
    bad = not name or name == "@" or name.endswith((".", ".lock")) or _TAG_FORBIDDEN.search(name)
    if bad:
        raise InvalidError(f"invalid tag id {name!r}: validation error")
