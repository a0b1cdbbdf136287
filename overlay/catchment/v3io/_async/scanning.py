"""All items of a table, and all entries of a folder: lazy, resumable, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from catchment.core._async.pages import AsyncPages
from catchment.core.errors import UnsafeInputError
from catchment.core.paging import Page, check_advance, check_limit
from catchment.core.wire import RawResponse
from catchment.v3io import frames
from catchment.v3io._async.sending import AsyncUnderWay, begin
from catchment.v3io._async.sent import AsyncApi, window_of
from catchment.v3io.calls import containers
from catchment.v3io.calls.plan import Planned
from catchment.v3io.limits import MAX_SEGMENTS, check_int
from catchment.v3io.outputs import ContainerCommonPrefix, ContainerContent, GetContainerContentsOutput, GetItemsOutput
from catchment.v3io.values import Value

if TYPE_CHECKING:
    import pandas as pd

Item: TypeAlias = dict[str, Value]
Entry: TypeAlias = ContainerContent | ContainerCommonPrefix
PlanPage: TypeAlias = Callable[[int, int, str | None, int | None], Planned[GetItemsOutput]]
"""Segment, number of segments, marker, limit -> the call that reads the page."""


class AsyncItems:
    """
    The items of a table, fetched page by page as they are asked for.

    With one segment the order is the server's. With more, segments are read in turn, one page of each, while the next
    pages of the others are under way already; items of one segment stay in the server's order. Nothing is sent before
    the first item is asked for; at most eight pages are in memory. An iteration continues where the last one stopped,
    after an error too.

    Args:
        api: Gives the client to ask.
        plan: Makes the call for a page.
        segments: Disjoint shares of the table, read side by side.
        limit: Items in all; every one if left out.
        state: Of an earlier scan of the same table, with the same arguments, to go on with.
    """

    def __init__(
        self,
        api: AsyncApi,
        plan: PlanPage,
        *,
        segments: int = 1,
        limit: int | None = None,
        state: Sequence[str | None] | None = None,
    ) -> None:
        check_int(segments, "segments", 1, MAX_SEGMENTS)
        if state is not None and (isinstance(state, str) or len(state) != segments):
            raise UnsafeInputError(
                f"the state is not one of a scan of {segments} segments",
                hint="give the same segments= as that scan had",
            )
        self._walk = _Walk(api, plan, check_limit(limit), list(state or [""] * segments))
        self._items: AsyncGenerator[Item] | None = None

    def __repr__(self) -> str:
        done = sum(marker is None for marker in self.state)
        return f"<{type(self).__name__}: {done} of {len(self.state)} segments read>"

    @property
    def state(self) -> list[str | None]:
        """
        Where each segment stands: the marker of a page, empty at the start, `None` at the end.

        Plain JSON; hand it back as `state=` to go on, even in another process. A page that was not read to its end is
        read again from its start. With `limit`, count on from how many items came.
        """
        return list(self._walk.markers)

    def __aiter__(self) -> AsyncIterator[Item]:
        if self._items is None or self._walk.broken:
            self._items = self._walk.items()
        return self._items

    async def __anext__(self) -> Item:
        return await anext(self.__aiter__())

    def by_page(self) -> AsyncIterator[list[Item]]:
        """Yield pages, first what is left of one that was begun; an empty page is no end."""
        return self._walk.pages()

    async def first(self) -> Item | None:
        """Return the next item, or `None` where there is none."""
        return await anext(self.__aiter__(), None)

    async def to_list(self) -> list[Item]:
        """Return the items that are left."""
        return [item async for item in self]

    async def to_pandas(self) -> pd.DataFrame:
        """Return the items that are left as a DataFrame, indexed by their `__name`."""
        return frames.to_pandas(await self._rows())

    async def to_arrow(self) -> Any:
        """Return the items that are left as a `pyarrow.Table`; their names are the column `__name`."""
        return frames.to_arrow(await self._rows())

    async def to_polars(self) -> Any:
        """Return the items that are left as a `polars.DataFrame`; their names are the column `__name`."""
        return frames.to_polars(await self._rows())

    async def _rows(self) -> frames.Rows:
        rows = frames.Rows()
        async for page in self.by_page():
            rows.add(page)
        return rows

    async def aclose(self) -> None:
        """Give up the pages that are under way; an unfinished iteration does so by itself when it is dropped."""
        if self._items is not None:
            await self._items.aclose()


class _Walk:
    """The walk through the pages; apart from `AsyncItems`, so that dropping that ends it at once."""

    def __init__(self, api: AsyncApi, plan: PlanPage, remaining: int | None, markers: list[str | None]) -> None:
        self.markers = markers
        self._api = api
        self._plan = plan
        self._remaining: int | None = remaining
        self._next = list(markers)  # ahead of `markers` by the page that is not used up yet
        self._waiting = deque(segment for segment, marker in enumerate(markers) if marker is not None)
        self._under_way: deque[tuple[int, AsyncUnderWay[GetItemsOutput]]] = deque()
        self._segment: int | None = None
        self._rest: Iterator[Item] = iter(())
        """Of the page at hand: no way of iterating passes over what another one has left."""
        self.broken = False
        """Whether the latest iteration ended by an error, behind which another one goes on."""

    async def items(self) -> AsyncGenerator[Item]:
        """Yield one item after another."""
        self.broken, going = False, True
        try:
            while going:
                for item in self._rest:
                    yield item
                going = await self._turn()
        finally:
            await self._give_up()

    async def pages(self) -> AsyncGenerator[list[Item]]:
        """Yield pages, in turn of each segment that is not at its end."""
        begun = list(self._rest)
        try:
            going = bool(begun) or await self._turn()
            while going:
                page = begun or list(self._rest)
                begun = []
                yield page
                going = await self._turn()
        finally:
            await self._give_up()

    async def _turn(self) -> bool:
        """Take the next page, and send for those behind it; return whether there was one."""
        if self._segment is not None:
            self.markers[self._segment] = self._next[self._segment]
            self._segment = None
        try:
            await self._send()
            if not self._under_way or self._remaining == 0:
                return False
            await self._take(*self._under_way.popleft())
            await self._send()
        except BaseException:
            self.broken = True
            raise
        return True

    async def _take(self, segment: int, sent: AsyncUnderWay[GetItemsOutput]) -> None:
        try:
            page = (await sent.unhurried()).output
            after = _after(page, self._next[segment])
        except BaseException:
            self._waiting.appendleft(segment)
            raise
        items = page.items if self._remaining is None else page.items[: self._remaining]
        self._remaining = None if self._remaining is None else self._remaining - len(items)
        self._segment, self._rest, self._next[segment] = segment, iter(items), after
        if not page.last:
            self._waiting.append(segment)

    async def _send(self) -> None:
        """Send for further pages, as far as there is room and something is still wanted."""
        api = self._api()
        room = window_of(api)
        while self._waiting and len(self._under_way) < room and self._remaining != 0:
            segment = self._waiting[0]
            plan = self._plan(segment, len(self.markers), self._next[segment] or None, self._remaining)
            self._under_way.append((segment, await begin(api, plan)))
            self._waiting.popleft()

    async def _give_up(self) -> None:
        while self._under_way:
            segment, sent = self._under_way.pop()
            self._waiting.appendleft(segment)
            await sent.cancel()


def _after(page: GetItemsOutput, before: str | None) -> str | None:
    if page.last:
        return None
    check_advance(before or "", page.next_marker or "")
    return page.next_marker


# -- folders -----------------------------------------------------------------------------------------------------------


def entries(
    api: AsyncApi,
    container: str,
    path: str,
    *,
    get_all_attributes: bool | None = None,
    directories_only: bool | None = None,
    limit: int | None = None,
    after: str | None = None,
    page_size: int | None = None,
) -> AsyncPages[Entry]:
    """Return the files and folders in a folder; `AsyncContainers.entries` explains each argument."""

    def plan(cursor: str, amount: int | None) -> Planned[GetContainerContentsOutput]:
        return containers.listing(container, path, get_all_attributes, directories_only, amount, cursor or None)

    def read(raw: RawResponse) -> Page[Entry]:
        page = first.answered(raw).output
        found: list[Entry] = [*page.contents, *page.common_prefixes]
        # The server pages through both kinds together, and writes each kind apart.
        found.sort(key=lambda entry: path_of(entry).encode())
        return Page(found, page.next_marker or "", page.is_truncated == "true")

    first = plan(after or "", None)  # refuses bad arguments before anything is asked for
    return AsyncPages(
        api,
        lambda cursor, amount: plan(cursor, amount).request,
        read,
        key=path_of,
        after=after or "",
        limit=limit,
        page_size=page_size,
    )


def path_of(entry: Entry) -> str:
    """Return an entry's path, without a slash at its end; listings continue behind it."""
    return entry.prefix.rstrip("/") if isinstance(entry, ContainerCommonPrefix) else entry.key
