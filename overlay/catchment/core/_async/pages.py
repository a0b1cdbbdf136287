"""Listings: lazy, resumable, one page in memory and the next one under way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from catchment.core._async.ahead import AsyncAhead
from catchment.core.paging import Page, check_advance, check_limit, plan_amount
from catchment.core.wire import RawResponse, Request

if TYPE_CHECKING:
    import pandas as pd

    from catchment.core._async.api import AsyncApiClient

T = TypeVar("T")


class AsyncPages(Generic[T]):
    """
    The items of a listing, fetched page by page as they are asked for.

    Nothing is sent before the first item is asked for. While one page is being read the next is already requested;
    leaving the loop gives that request up. An iteration continues where the last one stopped, as a generator's does.

    Attributes:
        cursor: Where the listing stands: hand it back as `after=` to continue later, even in another process.
    """

    def __init__(
        self,
        api: Callable[[], AsyncApiClient],
        build: Callable[[str, int], Request],
        read: Callable[[RawResponse], Page[T]],
        *,
        after: str = "",
        limit: int | None = None,
        page_size: int = 1000,
    ) -> None:
        self.cursor = after
        self._api = api
        self._build = build
        self._read = read
        self._limit = check_limit(limit)
        self._page_size = page_size
        self._items: AsyncIterator[T] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} after {self.cursor!r}>"

    def __aiter__(self) -> AsyncIterator[T]:
        if self._items is None:
            self._items = self._each()
        return self._items

    async def __anext__(self) -> T:
        return await anext(self.__aiter__())

    async def by_page(self) -> AsyncIterator[list[T]]:
        """Yield whole pages, of up to 1000 items each; an empty page is no end."""
        remaining = self._limit
        ahead: AsyncAhead | None = None
        try:
            while remaining is None or remaining > 0:
                if ahead is None:
                    ahead = await self._request(remaining)
                page = self._read(await ahead.result())
                ahead = None
                items = page.items if remaining is None else page.items[:remaining]
                remaining = None if remaining is None else remaining - len(items)
                self._limit = remaining
                if page.more:
                    check_advance(self.cursor, page.after)
                    self.cursor = page.after
                    if remaining is None or remaining > 0:
                        ahead = await self._request(remaining)
                yield items
                if not page.more:
                    return
        finally:
            if ahead is not None:
                await ahead.cancel()

    async def first(self) -> T | None:
        """Return the next item, or `None` where there is none."""
        return await anext(self.__aiter__(), None)

    async def to_list(self, limit: int | None = None) -> list[T]:
        """Return the items that are left, or the next `limit` of them."""
        limit = check_limit(limit)
        items: list[T] = []
        if limit == 0:
            return items
        async for item in self:
            items.append(item)
            if limit is not None and len(items) >= limit:
                break
        return items

    async def to_dicts(self, limit: int | None = None) -> list[dict[str, object]]:
        """Return the items that are left, or the next `limit`, as plain mappings."""
        return [_as_dict(item) for item in await self.to_list(limit)]

    async def to_pandas(self, limit: int | None = None) -> pd.DataFrame:
        """Return the items that are left, or the next `limit`, as a DataFrame with one row each."""
        import pandas as pd

        return pd.DataFrame.from_records(await self.to_dicts(limit))

    async def aclose(self) -> None:
        """Give up the page that is under way; an unfinished iteration does so by itself when it is dropped."""
        if self._items is not None and hasattr(self._items, "aclose"):
            await self._items.aclose()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]

    async def _each(self) -> AsyncIterator[T]:
        async for page in self.by_page():
            for item in page:
                yield item

    async def _request(self, remaining: int | None) -> AsyncAhead:
        return await AsyncAhead.begin(self._api(), self._build(self.cursor, plan_amount(remaining, self._page_size)))


def _as_dict(item: object) -> dict[str, object]:
    to_dict = getattr(item, "to_dict", None) or getattr(item, "_asdict", None)
    if to_dict is not None:
        return dict(to_dict())
    return {"id": str(item)}
