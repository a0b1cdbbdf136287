"""A walk through the items of a table, as the original client has it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Protocol, Self, TypeAlias

from catchment.core._async.api import AsyncApiClient
from catchment.core.paging import check_advance, check_limit
from catchment.core.secret import Secret
from catchment.v3io._async.sending import AsyncUnderWay, begin
from catchment.v3io.calls.plan import Planned
from catchment.v3io.outputs import GetItemsOutput
from catchment.v3io.response import RaiseForStatusTypes, Response, check_wanted
from catchment.v3io.values import Value

Item: TypeAlias = dict[str, Value]
PlanPage: TypeAlias = Callable[[str | None, int | None], Planned[GetItemsOutput]]
"""Marker, items at most -> the call that reads the page."""


class AsyncPageSource(Protocol):
    """What a cursor needs of its client."""

    def api_for(self, access_key: str | Secret | None) -> AsyncApiClient:
        """Return what sends a call."""
        ...


class AsyncItemsCursor:
    """
    Items of a table, one after the other; nothing is sent before the first is asked for.

    While one page is used, the next one is under way. Empty pages are no end. To go on elsewhere or later, make a
    cursor with `marker=` as this one's stands.

    Args:
        client: What sends.
        plan: Makes the call for a page.
        access_key: For these calls, in place of the client's.
        raise_for_status: Which answers are raised. One that is acceptable and no success ends the walk; it is
            `response`.
        limit: Items over all pages.
        marker: Where to begin.
    """

    def __init__(
        self,
        client: AsyncPageSource,
        plan: PlanPage,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        limit: int | None = None,
        marker: str | None = None,
    ) -> None:
        self._client = client
        self._plan = plan
        self._access_key = None if access_key is None else Secret.of(access_key)
        self._wanted = check_wanted(raise_for_status)
        self._left = check_limit(limit)
        self._items: list[Item] = []
        self._at = 0
        self._here = self._next = marker or None
        self._ahead: AsyncUnderWay[GetItemsOutput] | None = None
        self._last = self._left == 0
        self.response: Response[GetItemsOutput] | None = None
        """The latest page's answer."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.marker!r}>"

    @property
    def marker(self) -> str | None:
        """
        Where to begin anew so that no item is missed: the page at hand, until its last item was taken; then the next.

        `None` at the beginning of the table and at its end, which `finished` tells apart.
        """
        return self._here if self._at < len(self._items) else self._next

    @property
    def finished(self) -> bool:
        """Whether every item was taken."""
        return self._last and self._at >= len(self._items)

    async def next_item(self) -> Item | None:
        """Return the next item, or `None` at the end."""
        while self._at >= len(self._items):
            if self._last:
                return None
            await self._turn()
        self._at += 1
        return self._items[self._at - 1]

    async def all(self) -> list[Item]:
        """Return the items that are left, in one list; after an error, another call goes on where this one ended."""
        here = self.marker
        items = self._items[self._at :]
        self._at = len(self._items)
        try:
            while not self._last:
                await self._turn()
                items += self._items
                self._at = len(self._items)
        except BaseException:
            self._here, self._items, self._at = here, items, 0
            raise
        return items

    async def __aiter__(self) -> AsyncIterator[Item]:
        while (item := await self.next_item()) is not None:
            yield item

    async def aclose(self) -> None:
        """Give up the page that is under way; there are no items after that."""
        self._last, self._items = True, []
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            await ahead.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.aclose()

    async def _turn(self) -> None:
        """Take the next page, and send for the one behind it."""
        ahead, self._ahead = self._ahead, None
        response = self.response = await (ahead or await self._request()).unhurried()
        if not response.ok:
            self._last, self._items, self._at = True, [], 0
            return
        page = response.output
        items = page.items if self._left is None else page.items[: self._left]
        left = None if self._left is None else self._left - len(items)
        following = None if page.last else page.next_marker
        if following is not None:
            check_advance(self._next or "", following)
        self._here, self._next, self._left = self._next, following, left
        self._items, self._at, self._last = items, 0, page.last or left == 0
        if not self._last:
            self._ahead = await self._request()

    async def _request(self) -> AsyncUnderWay[GetItemsOutput]:
        api = self._client.api_for(self._access_key)
        return await begin(api, self._plan(self._next, self._left), self._wanted)
