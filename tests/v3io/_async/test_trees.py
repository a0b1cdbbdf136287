"""Deleting a folder with all that is in it: all of it, nothing else, and what could not be deleted is told."""

from __future__ import annotations

import pytest
from catchment.core.errors import UnsafeInputError
from catchment.local.faults import Fault
from catchment.v3io.aio.dataplane import Client
from catchment.v3io.bulk import DeletedTree, DeleteTreeError
from catchment.v3io.errors import AccessDeniedError, ResourceNotFoundError

from tests.v3io.doubles import WatchedStack


async def planted(client: Client) -> None:
    """Make a tree of files, items, a stream and empty folders, and something beside it."""
    for path in ("top/a", "top/b/c", "top/b/d/e", "top/b/d/f", "topmost"):
        await client.object.put("users", path, body=b"1")
    await client.object.put("users", "top/empty/")
    await client.kv.put("users", "top/table", "item", {"n": 1})
    await client.stream.create("users", "top/stream", 2)
    await client.stream.put_records("users", "top/stream", [{"data": "x", "shard_id": 1}])


async def test_a_tree_goes_with_all_that_is_in_it(client: Client) -> None:
    """Objects, items, streams and empty folders, at any depth; what has a like name stays."""
    await planted(client)
    assert await client.container.delete_tree("users", "/top/") == DeletedTree(files=6, directories=6)
    assert [entry.key async for entry in client.container.entries("users")] == ["topmost"]  # type: ignore[union-attr]


async def test_a_tree_of_many_pages_goes(client: Client, stack: WatchedStack) -> None:
    """Deleting while listing leaves nothing out."""
    batch = client.create_batch()
    for number in range(2300):
        batch.kv.put("users", "t", f"{number}", {"n": number})
    await batch.wait()
    assert await client.container.delete_tree("users", "t") == DeletedTree(files=2300, directories=1)
    stack.begin()
    with pytest.raises(ResourceNotFoundError):
        await client.container.entries("users", "t").to_list()


async def test_what_cannot_be_deleted_is_told_and_the_rest_goes(client: Client, stack: WatchedStack) -> None:
    """By path; folders that are not empty because of it are no failures of their own."""
    await planted(client)
    stack.faults.add(Fault("status", service="v3io", operation="DELETE /users/top/b/d/e", status=403, count=9))
    with pytest.raises(DeleteTreeError) as caught:
        await client.container.delete_tree("users", "top")
    assert list(caught.value.failed) == ["top/b/d/e"]
    assert isinstance(caught.value.failed["top/b/d/e"], AccessDeniedError)
    assert caught.value.deleted == DeletedTree(files=5, directories=3)
    left = [entry async for entry in client.container.entries("users", "top/b/d")]
    assert [entry.key for entry in left] == ["top/b/d/e"]  # type: ignore[union-attr]


async def test_what_somebody_else_deletes_meanwhile_is_deleted(client: Client, stack: WatchedStack) -> None:
    """It is gone, which is what was asked for."""
    await planted(client)
    stack.meanwhile["prefix=top&"] = lambda: delete_locally(stack)
    await client.container.delete_tree("users", "top")
    with pytest.raises(ResourceNotFoundError):
        await client.container.entries("users", "top").to_list()


@pytest.mark.parametrize("path", ["", "/", "//"])
async def test_a_container_is_emptied_only_when_that_is_said(client: Client, stack: WatchedStack, path: str) -> None:
    """A path that turned out empty must not cost everything."""
    await planted(client)
    stack.begin()
    with pytest.raises(UnsafeInputError, match="whole_container"):
        await client.container.delete_tree("users", path)
    assert stack.requests == []
    await client.container.delete_tree("users", path, whole_container=True)
    assert await client.container.entries("users").to_list() == []


async def test_a_missing_folder_is_told(client: Client) -> None:
    """It may be a misspelt name."""
    with pytest.raises(ResourceNotFoundError):
        await client.container.delete_tree("users", "nowhere")


def delete_locally(stack: WatchedStack) -> None:
    """Delete part of the tree as somebody else would."""
    from catchment import v3io

    with v3io.Client(local=stack) as other:
        other.object.delete("users", "top/a")
        other.container.delete_tree("users", "top/b")
