"""Listings: lazy, resumable, one page in memory and the next one under way."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from catchment.core._async.ahead import AsyncAhead
from catchment.core.paging import Page, check_advance, check_limit, check_page_size, plan_amount
from catchment.core.wire import RawResponse, Request

if TYPE_CHECKING:
    import pandas as pd

    from catchment.core._async.api import AsyncApiClient

T = TypeVar("T")

LARGEST_PAGE = 1000
"""Items that one request may ask for."""


class AsyncPages(Generic[T]):
    """
    The items of a listing, fetched page by page as they are asked for.

    Nothing is sent before the first item is asked for. While one page is being read the next is already requested;
    dropping the listing gives that request up. An iteration continues where the last one stopped, after an error too.

    Args:
        api: Gives the client to ask, at the first request.
        build: Makes the request for a cursor and a number of items.
        read: Reads a page out of an answer.
        key: The cursor that continues behind an item.
        after: Cursor to start behind.
        limit: Items at most; all if left out.
        page_size: Items to ask for at once, 1 to 1000 (the default).
    """

    def __init__(
        self,
        api: Callable[[], AsyncApiClient],
        build: Callable[[str, int], Request],
        read: Callable[[RawResponse], Page[T]],
        *,
        key: Callable[[T], str],
        after: str = "",
        limit: int | None = None,
        page_size: int | None = None,
    ) -> None:
        self._walk = _Walk(api, build, read, key, after, check_limit(limit), _size(page_size))
        self._items: AsyncGenerator[T] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} after {self.cursor!r}>"

    @property
    def cursor(self) -> str:
        """Where the listing stands: hand it back as `after=` to continue behind the last item, even elsewhere."""
        return self._walk.cursor

    def __aiter__(self) -> AsyncIterator[T]:
        if self._items is None or self._walk.broken:
            self._items = self._walk.items()
        return self._items

    async def __anext__(self) -> T:
        return await anext(self.__aiter__())

    def by_page(self) -> AsyncIterator[list[T]]:
        """Yield pages, of up to 1000 items each; first what is left of one that was begun. An empty page is no end."""
        return self._walk.pages()

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
        if self._items is not None:
            await self._items.aclose()


@dataclass(slots=True)
class _Walk(Generic[T]):
    """
    The walk through the pages.

    It stands apart from `AsyncPages`, which holds the running generator: the two in one object would be a cycle, and a
    dropped listing would keep its connection until the collector comes by.
    """

    api: Callable[[], AsyncApiClient]
    build: Callable[[str, int], Request]
    read: Callable[[RawResponse], Page[T]]
    key: Callable[[T], str]
    after: str
    remaining: int | None
    page_size: int
    last: T | None = None
    rest: Iterator[T] = field(default_factory=lambda: iter(()))
    """Of the page at hand: no way of iterating passes over what another one has left."""
    more: bool = True
    ahead: AsyncAhead | None = None
    broken: bool = False
    """Whether the latest iteration ended by an error, behind which another one goes on."""

    @property
    def cursor(self) -> str:
        """Behind the last item that was handed out."""
        return self.after if self.last is None else self.key(self.last)

    async def items(self) -> AsyncGenerator[T]:
        """Yield one item after another."""
        self.broken, going = False, True
        try:
            while going:
                for item in self.rest:
                    self.last = item
                    yield item
                going = await self._turn()
        finally:
            await self._give_up()

    async def pages(self) -> AsyncGenerator[list[T]]:
        """Yield one page after another."""
        begun = list(self.rest)
        try:
            going = bool(begun) or await self._turn()
            while going:
                page = begun or list(self.rest)
                begun = []
                self.last = page[-1] if page else self.last
                yield page
                going = await self._turn()
        finally:
            await self._give_up()

    async def _turn(self) -> bool:
        """Take the next page, and send for the one behind it; return whether there was one."""
        if not self.more or self.remaining == 0:
            return False
        try:
            ahead, self.ahead = self.ahead, None
            page = self.read(await (ahead or await self._request()).unhurried())
            items = page.items if self.remaining is None else page.items[: self.remaining]
            if page.more:
                check_advance(self.after, page.after)
                self.after = page.after
            self.rest, self.more = iter(items), page.more
            self.remaining = None if self.remaining is None else self.remaining - len(items)
            if page.more and self.remaining != 0:
                self.ahead = await self._request()
        except BaseException:
            self.broken = True
            raise
        return True

    async def _give_up(self) -> None:
        ahead, self.ahead = self.ahead, None
        if ahead is not None:
            await ahead.cancel()

    async def _request(self) -> AsyncAhead:
        return await AsyncAhead.begin(self.api(), self.build(self.after, plan_amount(self.remaining, self.page_size)))


def _size(page_size: int | None) -> int:
    return LARGEST_PAGE if page_size is None else check_page_size(page_size, LARGEST_PAGE)


def _as_dict(item: object) -> dict[str, object]:
    to_dict = getattr(item, "to_dict", None) or getattr(item, "_asdict", None)
    if to_dict is not None:
        return dict(to_dict())
    return {"id": str(item)}
