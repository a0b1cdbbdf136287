from __future__ import annotations

from typing import Any

import pytest
from catchment.core.errors import BulkError, InvalidRequestError, ResponseError, ServerError
from catchment.lakefs import aio as lakefs
from catchment.local import Fault
from catchment.testing import no_waiting

from tests.lakefs.doubles import WatchedStack, fill

MANY = [f"{number:05}" for number in range(2500)]
TREE = ["a/1", "a/2", "a/b/3", "a.txt", "ab", "c", "ä/ö", "z+ %&?=#"]


@pytest.fixture
def many(stack: WatchedStack) -> WatchedStack:
    """The stack with two and a half pages of objects."""
    fill(stack, MANY)
    return stack


async def paths(listing: Any) -> list[str]:
    """Walk a listing."""
    return [item.path async for item in listing]


# -- pages -------------------------------------------------------------------------------------------------------------


async def test_listing_crosses_pages(main: lakefs.Branch, many: WatchedStack) -> None:
    """Every object once, in order, for one request a page."""
    assert await paths(main.objects()) == MANY
    assert many.count("/objects/ls") == 3


async def test_listing_is_lazy(main: lakefs.Branch, many: WatchedStack) -> None:
    """Nothing is sent before the first item is asked for."""
    listing = main.objects()
    assert many.requests == []
    first = await listing.first()
    assert first is not None
    assert first.path == MANY[0]
    await listing.aclose()


@pytest.mark.parametrize("amount", [1, 999, 1000, 1001, 2500, 2501])
async def test_limit(main: lakefs.Branch, many: WatchedStack, amount: int) -> None:
    """At most so many; nothing beyond them is asked for."""
    assert await paths(main.objects(amount)) == MANY[:amount]
    asked = [int(line.split("amount=")[1].split("&")[0]) for line in many.requests]
    assert sum(asked) == amount or amount == 2501
    assert len(asked) == min(3, -(-amount // 1000))


async def test_limit_of_nothing_sends_nothing(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Zero is a number."""
    assert await paths(main.objects(0)) == []
    assert await main.objects().to_list(0) == []
    assert stack.requests == []


async def test_leaving_a_listing_early_goes_no_further(main: lakefs.Branch, many: WatchedStack) -> None:
    """One page and the one that was under way, not the third."""
    async for item in main.objects():
        if item.path == MANY[3]:
            break
    assert many.count("/objects/ls") <= 2
    assert await main.objects(1).first() is not None


async def test_cursor_continues_elsewhere(main: lakefs.Branch, many: WatchedStack) -> None:
    """Behind the last item that was handed out; nothing twice, nothing left out."""
    listing = main.objects()
    head = [item.path for item in await listing.to_list(1234)]
    assert listing.cursor == MANY[1233]
    await listing.aclose()
    assert head + await paths(main.objects(after=listing.cursor)) == MANY


async def test_iteration_continues_where_it_stopped(main: lakefs.Branch, many: WatchedStack) -> None:
    """As that of a generator does."""
    listing = main.objects()
    first = [item.path for item in await listing.to_list(3)]
    assert first + [item.path async for item in listing] == MANY
    assert await listing.first() is None


async def test_whole_pages(main: lakefs.Branch, many: WatchedStack) -> None:
    """Of up to a thousand."""
    pages = [[item.path for item in page] async for page in main.objects().by_page()]
    assert [len(page) for page in pages] == [1000, 1000, 500]
    assert [path for page in pages for path in page] == MANY


async def test_next_page_is_asked_for_while_one_is_read(main: lakefs.Branch, many: WatchedStack) -> None:
    """A failure of the next page is told when that page is reached, after all items before it."""
    many.faults.add(Fault("status", operation="listObjects", nth=2, count=5, status=400))
    listing = main.objects()
    with pytest.raises(InvalidRequestError):
        await listing.to_list()
    assert listing.cursor == MANY[999]


async def test_repeated_page_is_not_repeated_to_the_caller(main: lakefs.Branch, many: WatchedStack) -> None:
    """A lost answer costs a request and nothing else."""
    many.faults.add(Fault("status", operation="listObjects", nth=2, count=2, status=503))
    with no_waiting():
        assert await paths(main.objects()) == MANY
    assert many.count("/objects/ls") == 5


async def test_retries_end(main: lakefs.Branch, many: WatchedStack) -> None:
    """With the server's own error."""
    many.faults.add(Fault("status", operation="listObjects", count=50, status=503))
    with no_waiting(), pytest.raises(ServerError) as caught:
        await main.objects().first()
    assert caught.value.attempts > 1


async def test_server_that_does_not_advance_is_an_error(main: lakefs.Branch, stack: WatchedStack) -> None:
    """A listing never turns in circles."""
    page = b'{"pagination": {"has_more": true, "next_offset": "a", "results": 0, "max_per_page": 1000}, "results": []}'
    json_type = {"Content-Type": "application/json"}
    stack.faults.add(Fault("status", operation="listObjects", count=5, status=200, body=page, headers=json_type))
    with pytest.raises(ResponseError, match="starts where this one did"):
        await main.objects().to_list()
    assert stack.count("/objects/ls") <= 3


async def test_empty_page_is_no_end(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Filters of the server may leave a page empty, with more behind it."""
    await main.upload(b"x", "b", pre_sign=False)
    page = b'{"pagination": {"has_more": true, "next_offset": "a", "results": 0, "max_per_page": 1000}, "results": []}'
    json_type = {"Content-Type": "application/json"}
    stack.faults.add(Fault("status", operation="listObjects", status=200, body=page, headers=json_type))
    assert await paths(main.objects()) == ["b"]


async def test_rows_and_frames(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Facts as plain mappings, and as a frame with one row each."""
    await main.upload(b"hello", "a/1", pre_sign=False, metadata={"k": "v"})
    await main.upload(b"x", "b", pre_sign=False)
    rows = await main.objects().to_dicts()
    assert [(row["path"], row["size_bytes"]) for row in rows] == [("a/1", 5), ("b", 1)]
    assert rows[0]["metadata"] == {"k": "v"}
    frame = await main.objects().to_pandas()
    assert frame[["path", "size_bytes"]].to_dict("list") == {"path": ["a/1", "b"], "size_bytes": [5, 1]}
    assert await main.list_objects().to_dicts(1) == [{"path": "a/", "path_type": "common_prefix"}]
    assert [str(row["id"]) for row in await lakefs.Repository("flights", main._client).branches().to_dicts()] == [
        "main"
    ]


# -- levels, prefixes, cursors -----------------------------------------------------------------------------------------


@pytest.fixture
def tree(stack: WatchedStack) -> WatchedStack:
    """The stack with folders, and with names that look like them."""
    fill(stack, TREE)
    return stack


@pytest.mark.usefixtures("tree")
async def test_order_is_that_of_bytes(main: lakefs.Branch) -> None:
    """`.` before `/` before letters, and what is not ASCII behind."""
    assert await paths(main.objects()) == ["a.txt", "a/1", "a/2", "a/b/3", "ab", "c", "z+ %&?=#", "ä/ö"]


@pytest.mark.usefixtures("tree")
async def test_prefix_is_plain_text(main: lakefs.Branch) -> None:
    """A folder is its name with the slash."""
    assert await paths(main.objects(prefix="a")) == ["a.txt", "a/1", "a/2", "a/b/3", "ab"]
    assert await paths(main.objects(prefix="a/")) == ["a/1", "a/2", "a/b/3"]
    assert await paths(main.objects(prefix="z+ %&?")) == ["z+ %&?=#"]
    assert await paths(main.objects(prefix="nothing")) == []


@pytest.mark.usefixtures("tree")
async def test_levels(main: lakefs.Branch) -> None:
    """Objects and what stands for all objects below a prefix."""
    items = [item async for item in main.objects(delimiter="/")]
    assert [item.path for item in items] == ["a.txt", "a/", "ab", "c", "z+ %&?=#", "ä/"]
    folders = [item for item in items if isinstance(item, lakefs.CommonPrefix)]
    assert [folder.path for folder in folders] == ["a/", "ä/"]
    assert await folders[0].exists()
    assert not await lakefs.CommonPrefix("flights", "main", "gone/", main._client).exists()
    assert await paths(main.list_objects(prefix="a/")) == ["a/1", "a/2", "a/b/"]
    assert await paths(main.list_objects(delimiter="")) == await paths(main.objects())


@pytest.mark.usefixtures("tree")
async def test_after(main: lakefs.Branch) -> None:
    """Behind a path that need not exist; a prefix as cursor skips what it stands for."""
    assert await paths(main.objects(after="a/1x")) == ["a/2", "a/b/3", "ab", "c", "z+ %&?=#", "ä/ö"]
    assert await paths(main.objects(after="a/", delimiter="/")) == ["ab", "c", "z+ %&?=#", "ä/"]
    assert await paths(main.objects(2, after="a.txt", prefix="a")) == ["a/1", "a/2"]


@pytest.mark.usefixtures("tree")
async def test_listed_objects_can_be_used(main: lakefs.Branch) -> None:
    """They carry their facts, read and delete, wherever they were listed."""
    item = await main.objects(prefix="z").first()
    assert isinstance(item, lakefs.ObjectInfo)
    assert item.size_bytes == 1
    assert await item.download() == b"x"
    await item.delete()
    assert await paths(main.objects(prefix="z")) == []


async def test_metadata_and_urls_in_listings(main: lakefs.Branch) -> None:
    """Left out or added when asked."""
    await main.upload(b"x", "a", metadata={"k": "v"})

    async def only(**how: Any) -> Any:
        item = await main.objects(**how).first()
        assert isinstance(item, lakefs.ObjectInfo)
        return item

    assert (await only()).metadata == {"k": "v"}
    assert (await only(user_metadata=False)).metadata == {}
    assert "X-Amz-Signature" in (await only(presign=True)).physical_address
    assert (await only()).physical_address.startswith("s3://")


# -- deletion of many --------------------------------------------------------------------------------------------------


async def test_many_are_deleted_in_slices(main: lakefs.Branch, many: WatchedStack) -> None:
    """A thousand a request, of any mixture of paths and objects."""
    items = [item async for item in main.objects(1500)]
    await main.delete_objects(item if at % 2 else item.path for at, item in enumerate(items))
    assert many.count("POST", "/objects/delete") == 2
    assert await paths(main.objects()) == MANY[1500:]


async def test_deleting_what_is_not_there(main: lakefs.Branch) -> None:
    """Is no error: it is not there afterwards."""
    await main.upload(b"x", "a")
    await main.delete_objects(["a", "nowhere"])
    await main.delete_objects("nowhere")
    await main.delete_objects(main.object("a"))
    await main.object("a").delete()
    assert await paths(main.objects()) == []


async def test_deleting_nothing_sends_nothing(main: lakefs.Branch, stack: WatchedStack) -> None:
    """An empty list is not everything."""
    await main.delete_objects([])
    assert stack.requests == []


async def test_refused_deletions_are_told_by_path(main: lakefs.Branch, stack: WatchedStack) -> None:
    """The answer is 200 all the same; what was done and what was not is both in the error."""
    fill(stack, ["a", "b", "c"])
    body = b'{"errors": [{"path": "b", "status_code": 403, "message": "not yours"}]}'
    json_type = {"Content-Type": "application/json"}
    stack.faults.add(Fault("status", operation="deleteObjects", status=200, body=body, headers=json_type))
    with pytest.raises(BulkError) as caught:
        await main.delete_objects(["a", "b", "c"])
    assert list(caught.value.succeeded) == ["a", "c"]
    assert list(caught.value.failed) == ["b"]
    assert isinstance(caught.value.failed["b"], PermissionError)
    assert "not yours" in str(caught.value.failed["b"])
    assert "1 of 3" in str(caught.value)
