"""Pieces of one object: from one version, from the place asked for, and never fewer than there are."""

from __future__ import annotations

from typing import Any

import pytest
from catchment.core._async import windows
from catchment.core.errors import IntegrityError, RangeNotSatisfiableError, ResponseError
from catchment.lakefs import aio as lakefs
from catchment.local import Fault, LakeFSOptions
from catchment.testing import no_waiting

from tests.lakefs.doubles import WatchedStack


@pytest.fixture
def options() -> LakeFSOptions:
    """Every byte through the server."""
    return LakeFSOptions(pre_sign_support=False)


@pytest.fixture(autouse=True)
def _small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small objects take several windows."""
    monkeypatch.setattr(windows, "FIRST", 1000)
    monkeypatch.setattr(windows, "WINDOW", 1000)


def piece(**headers: str) -> dict[str, Any]:
    """Describe an answer to a range request."""
    return {"operation": "getObject", "headers": {name.replace("_", "-"): value for name, value in headers.items()}}


async def test_object_that_shrinks_under_the_reader(main: lakefs.Branch, stack: WatchedStack) -> None:
    """A later window then lies behind its end: an error, not the first windows as if they were all."""
    await main.upload(b"a" * 5000, "a")
    etag = (await main.stat_object("a")).checksum

    def replace() -> None:
        gone = piece(ETag=f'"{etag}"', Content_Range="bytes */10")
        stack.faults.add(Fault("status", status=416, count=10, **gone))

    stack.meanwhile["GET /repositories/flights/refs/main/objects?"] = replace
    with pytest.raises(IntegrityError, match="10 bytes now and had 5000"):
        await main.download("a")


@pytest.mark.parametrize("told", [{}, {"Content_Range": "bytes */5000"}], ids=["without size", "with the size"])
async def test_refused_range_inside_an_object_is_no_end(
    main: lakefs.Branch, stack: WatchedStack, told: dict[str, str]
) -> None:
    """A gateway that dislikes ranges answers 416 as well: nothing is known of the end then."""
    await main.upload(b"a" * 5000, "a")
    stack.faults.add(Fault("status", status=416, count=10, **piece(**told)))
    with pytest.raises(RangeNotSatisfiableError):
        await main.download("a")


async def test_piece_from_elsewhere(main: lakefs.Branch, stack: WatchedStack) -> None:
    """A cache that answers with another range's bytes is found out, though their number is right."""
    await main.upload(bytes(range(250)) * 20, "a")
    etag = (await main.stat_object("a")).checksum
    wrong = piece(ETag=f'"{etag}"', Content_Range="bytes 0-999/5000")
    stack.faults.add(Fault("status", status=206, nth=2, body=b"x" * 1000, **wrong))
    with pytest.raises(IntegrityError, match="from 0 on came instead of those from 1000 on"):
        await main.download("a")


async def test_piece_that_does_not_say_what_it_is(main: lakefs.Branch, stack: WatchedStack) -> None:
    """206 without `Content-Range` can be any part of anything."""
    await main.upload(b"a" * 5000, "a")
    etag = (await main.stat_object("a")).checksum
    stack.faults.add(Fault("status", status=206, count=10, body=b"x" * 1000, **piece(ETag=f'"{etag}"')))
    with no_waiting(), pytest.raises(ResponseError):
        await main.download("a")


@pytest.mark.parametrize("size", [1, 999, 1000, 1001, 2000, 4001])
async def test_ends_of_windows(main: lakefs.Branch, stack: WatchedStack, size: int) -> None:
    """Whole windows, one byte more, one less: every byte once, and no request behind the end."""
    content = bytes(number % 251 for number in range(size))
    await main.upload(content, "a")
    stack.requests.clear()
    assert await main.download("a") == content
    assert stack.count("GET", "/objects?") == -(-size // 1000)
