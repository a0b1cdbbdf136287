from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from catchment.lakefs import aio
from catchment.local import Stack

from tests.lakefs.doubles import WatchedStack


async def pieces(count: int) -> AsyncIterator[bytes]:
    """Yield numbered pieces, then fail if asked for too many."""
    for number in range(count):
        if number == 100:
            raise RuntimeError("the feed broke")
        yield str(number).encode()


async def test_async_iterable_arrives_whole() -> None:
    """Collected first, so that a lost connection loses nothing."""
    async with aio.Client(local=Stack()) as client:
        main = (await aio.repository("flights", client).create("s3://lake/flights")).branch("main")
        info = await main.upload(pieces(20), "a")
        assert info.size_bytes == 30
        assert await main.download("a") == b"".join(str(number).encode() for number in range(20))


async def test_async_iterable_that_fails_sends_nothing() -> None:
    """Its own error comes through."""
    with WatchedStack() as stack:
        async with aio.Client(local=stack) as client:
            with pytest.raises(RuntimeError, match="the feed broke"):
                await aio.repository("flights", client).branch("main").upload(pieces(200), "a")
        assert stack.requests == []
