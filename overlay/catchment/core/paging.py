"""Listings page by page: how much to ask for, and when a server is not getting on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from catchment.core.errors import ResponseError, UnsafeInputError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """
    Hold one page of a listing.

    Args:
        items: In the server's order; may be empty although there is more.
        after: Cursor of the next page.
        more: Whether there is a next page.
    """

    items: list[T]
    after: str = ""
    more: bool = False


def check_limit(limit: int | None, *, what: str = "limit") -> int | None:
    """
    Return how many items to list.

    Args:
        limit: 0 or more; `None` lists all.
        what: How messages call the argument.

    Raises:
        UnsafeInputError: Negative, or no whole number.
    """
    if limit is None:
        return None
    if isinstance(limit, bool) or not isinstance(limit, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UnsafeInputError(f"{what}={limit!r} must be a whole number, or None for all")
    if limit < 0:
        raise UnsafeInputError(f"{what}={limit} must be 0 or more, or None for all")
    return limit


def check_page_size(size: int, most: int, *, what: str = "amount") -> int:
    """
    Return how many items to ask for at once.

    Args:
        size: 1 to `most`.
        most: What the server gives at most.
        what: How messages call the argument.

    Raises:
        UnsafeInputError: Outside this range; servers answer that with an error or, worse, with a default.
    """
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= most:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UnsafeInputError(f"{what}={size!r} must lie between 1 and {most}")
    return size


def plan_amount(remaining: int | None, page_max: int) -> int:
    """
    Say how many items the next request asks for.

    Args:
        remaining: Items still wanted, at least 1; `None` for all.
        page_max: What one request may ask for.
    """
    return page_max if remaining is None else min(remaining, page_max)


def check_advance(before: str, after: str) -> None:
    """
    Make sure that a page which announces another one leads on.

    Args:
        before: Cursor with which the page was asked for.
        after: Cursor that it gives for the next.

    Raises:
        ResponseError: The next request would be the same as the last, or the first, and the listing would never end.
    """
    if not after:
        raise ResponseError("the server announces another page and does not say where it starts")
    if after == before:
        raise ResponseError(
            "the server announces another page that starts where this one did",
            hint="the listing would never end; a proxy that drops the query string answers like this",
        )
