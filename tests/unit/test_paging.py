from __future__ import annotations

import pytest
from catchment.core.errors import ResponseError, UnsafeInputError
from catchment.core.paging import Page, check_advance, check_limit, check_page_size, plan_amount
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("limit", [None, 0, 1, 10**9])
def test_any_count_or_none_is_a_limit(limit: int | None) -> None:
    """None means all, 0 means nothing."""
    assert check_limit(limit) == limit


@pytest.mark.parametrize("limit", [-1, True, 1.0, "5"])
def test_other_limits_are_refused_by_name(limit) -> None:
    """-1 means different things to different servers, so it means nothing here."""
    with pytest.raises(UnsafeInputError, match="max_amount"):
        check_limit(limit, what="max_amount")


@pytest.mark.parametrize("size", [0, -1, 1001, True, "5", None])
def test_page_sizes_lie_within_the_servers_range(size) -> None:
    """Out of it, servers answer 400 or silently take their default."""
    with pytest.raises(UnsafeInputError, match="between 1 and 1000"):
        check_page_size(size, 1000)
    assert check_page_size(1000, 1000) == 1000
    assert check_page_size(1, 1000) == 1


@pytest.mark.parametrize(("remaining", "amount"), [(None, 1000), (5, 5), (1000, 1000), (1001, 1000)])
def test_no_more_is_asked_for_than_is_wanted(remaining: int | None, amount: int) -> None:
    """A listing limited to 5 fetches 5, not a page."""
    assert plan_amount(remaining, 1000) == amount


def test_a_cursor_that_stands_still_ends_the_listing_with_an_error() -> None:
    """A proxy that drops the query would otherwise repeat the first page for ever."""
    with pytest.raises(ResponseError, match="starts where this one did"):
        check_advance("b", "b")


def test_more_without_a_cursor_is_an_error() -> None:
    """Asking again without a cursor would start over."""
    with pytest.raises(ResponseError, match="does not say where"):
        check_advance("b", "")


def test_a_cursor_that_moves_is_fine() -> None:
    """Cursors are opaque: they need not grow."""
    check_advance("", "b")
    check_advance("b", "a")


@given(st.lists(st.integers(), max_size=60), st.integers(1, 7), st.none() | st.integers(0, 70))
def test_pages_are_one_long_list(items: list[int], page_max: int, limit: int | None) -> None:
    """Whatever the page size and limit, pages joined are the beginning of the whole, none twice, none skipped."""
    got: list[int] = []
    page: Page[int] = Page([], "0", more=True)
    while page.more and (limit is None or len(got) < limit):
        start = int(page.after)
        amount = plan_amount(None if limit is None else limit - len(got), page_max)
        stop = start + amount
        page = Page(items[start:stop], str(stop), more=stop < len(items))
        got += page.items
    assert got == items[:limit]
