"""Cut ordered streams into pages: prefix, delimiter grouping, exclusive `after`, `amount`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

DEFAULT_AMOUNT = 100
MAX_PER_PAGE = 1000
_LAST = chr(0x10FFFF)


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of an ordered list is asked for."""

    prefix: str = ""
    after: str = ""
    delimiter: str = ""
    amount: int = DEFAULT_AMOUNT


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list; `next_offset` is empty on the last page."""

    items: list[T]
    next_offset: str = ""

    @property
    def has_more(self) -> bool:
        """Whether another page follows."""
        return bool(self.next_offset)


@dataclass(frozen=True, slots=True)
class Group:
    """A common prefix, standing for everything under it."""

    path: str


def upper_bound(prefix: str) -> str | None:
    """Return the first string above everything that starts with `prefix`; None when there is none."""
    trimmed = prefix.rstrip(_LAST)
    return trimmed[:-1] + chr(ord(trimmed[-1]) + 1) if trimmed else None


def page_of(scan: Callable[[str], Iterator[tuple[str, T]]], window: Window) -> Page[tuple[str, T | Group]]:
    """
    Return one page of an ordered, seekable stream.

    Groups are skipped by seeking past them, so a page costs what it shows and not what it hides.
    """
    items: list[tuple[str, T | Group]] = []
    for key, item in _items(scan, window):
        if len(items) == window.amount:
            return Page(items, items[-1][0])
        items.append((key, item))
    return Page(items)


def _items(scan: Callable[[str], Iterator[tuple[str, T]]], window: Window) -> Iterator[tuple[str, T | Group]]:
    start: str | None = max(window.prefix, window.after + "\0") if window.after else window.prefix
    while start is not None:
        position, start = start, None
        for key, item in scan(position):
            if not key.startswith(window.prefix):
                return
            group = group_of(key, window.prefix, window.delimiter)
            if group is None:
                yield key, item
                continue
            if group > window.after:
                yield group, Group(group)
            start = upper_bound(group)
            break


def group_of(key: str, prefix: str, delimiter: str) -> str | None:
    """Return the common prefix that hides a key, or None when the key shows itself."""
    if not delimiter:
        return None
    cut = key.find(delimiter, len(prefix))
    return key[: cut + len(delimiter)] if cut >= 0 else None


def page_of_names(items: Iterable[tuple[str, T]], window: Window) -> Page[T]:
    """Return one page of a small keyed collection, in key order."""
    chosen = sorted(
        ((key, item) for key, item in items if key > window.after and key.startswith(window.prefix)),
        key=lambda pair: pair[0],
    )
    page = chosen[: window.amount]
    return Page([item for _, item in page], page[-1][0] if len(chosen) > len(page) else "")
