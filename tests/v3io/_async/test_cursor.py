"""Cursors: every item once, limits over all pages, and a place to begin anew."""

from __future__ import annotations

import json

import pytest
from catchment.core.errors import ResponseError, UnsafeInputError
from catchment.local import V3IOOptions
from catchment.local.faults import Fault
from catchment.testing import no_waiting
from catchment.v3io.aio.dataplane import Client, RaiseForStatus
from catchment.v3io.errors import ResourceNotFoundError, ServerFailureError

from tests.v3io.doubles import ACCESS_KEY, WatchedStack

COUNT = 30


@pytest.fixture
def options() -> V3IOOptions:
    """Pages of few slices."""
    return V3IOOptions(access_key=ACCESS_KEY, slices_per_page=64)


async def filled(client: Client, stack: WatchedStack) -> None:
    """Write a table of thirty items."""
    for number in range(COUNT):
        client.batch.put_item("users", f"t/key{number:02}", {"n": number})
    await client.batch.wait()
    stack.begin()


async def test_three_ways_to_read(client: Client, stack: WatchedStack) -> None:
    """One by one, all at once and by iteration, a cursor brings the same items."""
    await filled(client, stack)
    cursor = client.kv.new_cursor("users", "t")
    one_by_one = []
    while (item := await cursor.next_item()) is not None:
        one_by_one.append(item["n"])
    assert await cursor.next_item() is None
    assert (cursor.finished, cursor.marker) == (True, None)
    at_once = [item["n"] for item in await client.kv.new_cursor("users", "t").all()]
    iterated = [item["n"] async for item in client.kv.new_cursor("users", "t")]
    assert sorted(one_by_one) == list(range(COUNT))
    assert at_once == iterated == one_by_one


@pytest.mark.parametrize("limit", [0, 1, 7, 30, 99])
async def test_limits_count_over_all_pages(client: Client, stack: WatchedStack, limit: int) -> None:
    """A limit bounds what comes, however it falls on pages; a page is never asked for more than is left."""
    await filled(client, stack)
    items = await client.new_items_cursor("users", "t", limit=limit).all()
    assert len(items) == min(limit, COUNT)
    asked = [json.loads(body)["Limit"] for body in stack.bodies]
    assert asked == sorted(asked, reverse=True)
    assert bool(asked) == bool(limit)


async def test_nothing_is_sent_before_the_first_item(client: Client, stack: WatchedStack) -> None:
    """Making a cursor sends nothing, and refuses what no page could be asked with."""
    client.kv.new_cursor("users", "t")
    for bad in ({"segment": 1}, {"limit": -1}, {"attribute_names": "a b"}, {"raise_for_status": "never"}):
        with pytest.raises(UnsafeInputError):
            client.kv.new_cursor("users", "t", **bad)  # type: ignore[arg-type]
    assert not stack.requests


async def test_every_place_is_a_place_to_begin(client: Client, stack: WatchedStack) -> None:
    """From wherever a cursor stands, another one brings what is missing: twice perhaps, never not at all."""
    await filled(client, stack)
    names = {f"key{number:02}" for number in range(COUNT)}
    for taken in range(0, COUNT, 3):
        cursor = client.kv.new_cursor("users", "t", limit=None)
        seen = {item["__name"] for _ in range(taken) if (item := await cursor.next_item())}
        rest = await client.kv.new_cursor("users", "t", marker=cursor.marker).all()
        assert seen | {item["__name"] for item in rest} == names
        await cursor.aclose()


async def test_a_page_that_fails_can_be_asked_for_again(client: Client, stack: WatchedStack) -> None:
    """An error loses no item: the next call goes on, and another cursor can begin at this one's marker."""
    await filled(client, stack)
    cursor = client.kv.new_cursor("users", "t")
    first = await cursor.next_item()
    assert first is not None
    stack.faults.add(Fault("status", service="v3io", operation="getItems", nth=5, status=500, count=4))
    with no_waiting(), pytest.raises(ServerFailureError):
        await cursor.all()
    stack.faults.clear()
    again = client.kv.new_cursor("users", "t", marker=cursor.marker)
    assert {item["n"] for item in await again.all()} | {first["n"]} == set(range(COUNT))
    assert sorted([first["n"], *[item["n"] for item in await cursor.all()]]) == list(range(COUNT))


async def test_acceptable_failures_end_the_walk(client: Client) -> None:
    """A table that may be missing has no items; `response` tells why there are none."""
    cursor = client.kv.new_cursor("users", "gone", raise_for_status=[200, 404])
    assert await cursor.all() == []
    assert cursor.response is not None
    assert cursor.response.status_code == 404
    with pytest.raises(ResourceNotFoundError):
        await client.kv.new_cursor("users", "gone").next_item()
    assert await client.new_items_cursor("users", "gone", None, RaiseForStatus.never).next_item() is None


async def test_a_server_that_goes_in_circles_is_found_out(client: Client, stack: WatchedStack) -> None:
    """A page that points to itself ends in an error, not in a walk without end."""
    page = b'{"LastItemIncluded":"FALSE","NumItems":0,"NextMarker":"same","Items":[]}'
    stack.faults.add(Fault("status", service="v3io", operation="getItems", status=200, body=page, count=9))
    with pytest.raises(ResponseError):
        await client.kv.new_cursor("users", "t").all()


async def test_a_closed_cursor_has_no_items(client: Client, stack: WatchedStack) -> None:
    """Leaving a cursor's block gives up the page under way."""
    await filled(client, stack)
    async with client.kv.new_cursor("users", "t") as cursor:
        assert await cursor.next_item()
    assert await cursor.next_item() is None


async def test_names_from_an_iterator_are_kept(client: Client, stack: WatchedStack) -> None:
    """Each page asks for the same attributes, wherever their names came from."""
    await filled(client, stack)
    items = await client.kv.new_cursor("users", "t", attribute_names=iter(["n"])).all()
    assert all(set(item) == {"n"} for item in items)
    assert {json.loads(body)["AttributesToGet"] for body in stack.bodies} == {"n"}
