from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from catchment.core._async import windows
from catchment.core.errors import IntegrityError
from catchment.lakefs import aio as lakefs
from catchment.lakefs.exceptions import NotAuthorizedException, NotFoundException, ObjectNotFoundException
from catchment.local import Fault, LakeFSOptions
from catchment.testing import frozen_time, no_waiting

from tests.lakefs.doubles import WatchedStack

CONTENT = bytes(range(256)) * 40
NOW = datetime(2025, 1, 15, 10, 30, tzinfo=UTC)


@pytest.fixture(params=[True, False], ids=["presigned", "direct"])
def options(request: pytest.FixtureRequest) -> LakeFSOptions:
    """Both roads that bytes take."""
    return LakeFSOptions(pre_sign_support=request.param)


PRESIGNED = pytest.mark.parametrize("options", [LakeFSOptions()], ids=["presigned"])


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ten kilobytes be many windows."""
    monkeypatch.setattr(windows, "FIRST", 1000)
    monkeypatch.setattr(windows, "WINDOW", 999)


def presigns(stack: WatchedStack) -> bool:
    """Say whether bytes travel past the server."""
    return stack.lakefs.options.presigns


def names(folder: Path) -> list[str]:
    """List a local folder, hidden files too."""
    return sorted(entry.name for entry in folder.iterdir())


@pytest.mark.parametrize("content", [b"", b"x", CONTENT], ids=["empty", "one byte", "ten kilobytes"])
async def test_download_gives_what_was_uploaded(main: lakefs.Branch, content: bytes) -> None:
    """Byte for byte, whatever the size."""
    await main.upload(content, "dir/a file+%.bin")
    assert await main.download("dir/a file+%.bin") == content
    assert await main.object("dir/a file+%.bin").stat() == await main.stat_object("dir/a file+%.bin")


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("size", [999, 1000, 1001, 1999, 2000, 10_240])
async def test_windows_join_without_gap_or_overlap(main: lakefs.Branch, size: int) -> None:
    """At and around every border between two requests."""
    await main.upload(CONTENT[:size], "a")
    assert await main.download("a") == CONTENT[:size]
    assert await main.download("a", pre_sign=False) == CONTENT[:size]


async def test_small_object_takes_one_request_for_its_bytes(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Direct: one in all; presigned: one to locate it. The configuration is asked for once per client."""
    await main.upload(CONTENT, "a")
    await main.download("a")
    stack.requests.clear()
    await main.download("a")
    assert [line.split("?")[0].split("/")[0] for line in stack.requests] == (
        ["GET ", "GET objects"] if presigns(stack) else ["GET "]
    )


async def test_credentials_never_reach_the_object_store(main: lakefs.Branch, stack: WatchedStack) -> None:
    """A presigned URL is its own permission."""
    await main.upload(CONTENT, "a")
    await main.download("a")
    seen = [
        head
        for line, head in zip(stack.requests, stack.heads[-len(stack.requests) :], strict=True)
        if line.split()[1].startswith("objects")
    ]
    assert bool(seen) == presigns(stack)
    assert all(not {"authorization", "cookie"} & head.keys() for head in seen)


async def test_any_reference_reads(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Commits, tags and expressions show what was there; the branch shows what is uncommitted too."""
    await main.upload(b"one", "a")
    first = await main.commit("one")
    await repo.tag("v1").create(first)
    await main.upload(b"two", "a")
    await main.commit("two")
    await main.upload(b"three", "a")
    assert await main.download("a") == b"three"
    assert await repo.ref("main@").download("a") == b"two"
    assert await repo.ref("main~1").download("a") == b"one"
    assert await repo.commit(first.id[:12]).download("a") == b"one"
    assert await repo.tag("v1").download("a") == b"one"
    assert await first.object("a").stat() == await repo.commit(first.id).stat_object("a")


async def test_missing_object_is_a_missing_file(main: lakefs.Branch, stack: WatchedStack) -> None:
    """By every call that reads; after one request each."""
    with pytest.raises(ObjectNotFoundException) as caught:
        await main.download("nowhere")
    assert isinstance(caught.value, FileNotFoundError)
    with pytest.raises(FileNotFoundError):
        await main.stat_object("nowhere")
    with pytest.raises(FileNotFoundError):
        async with main.open("nowhere", "rb") as file:
            await file.read()
    with pytest.raises(FileNotFoundError):
        await main.object("nowhere").copy("main", "elsewhere")
    assert not await main.object("nowhere").exists()
    assert stack.count("nowhere") == 4


async def test_missing_reference(repo: lakefs.Repository) -> None:
    """A branch that is not there is not an object that is not there, but nor is it found."""
    with pytest.raises(NotFoundException):
        await repo.branch("nowhere").download("a")


async def test_object_replaced_while_it_is_read(
    main: lakefs.Branch, monkeypatch: pytest.MonkeyPatch, stack: WatchedStack
) -> None:
    """Two versions are never mixed. A presigned URL goes on reading the version it was made for."""
    monkeypatch.setattr(windows, "WINDOW", 1000)
    await main.upload(b"a" * 70_000, "a")
    async with main.open("a", "rb") as file:
        assert await file.read(1000) == b"a" * 1000
        await main.upload(b"b" * 70_000, "a")
        if presigns(stack):
            assert await file.read() == b"a" * 69_000
        else:
            with pytest.raises(IntegrityError, match="replaced"):
                await file.read()
        await file.seek(0)
    assert await main.download("a") == b"b" * 70_000


async def test_presigned_url_is_renewed_before_it_ends(main: lakefs.Branch, stack: WatchedStack) -> None:
    """A reader may live longer than its URL."""
    with frozen_time(NOW) as time:
        await main.upload(b"a" * 200_000, "a")
        async with main.open("a", "rb", pre_signed=True if presigns(stack) else None) as file:
            assert len(await file.read(70_000)) == 70_000
            time.advance(890)  # ten seconds are left of it
            assert await file.read() == b"a" * 130_000
    assert stack.count("GET", "/stat?", "presign=true") == (2 if presigns(stack) else 0)


@PRESIGNED
async def test_refused_url_is_renewed_once(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Clocks differ: the store may find a URL expired that we do not. A second refusal is the answer."""
    await main.upload(CONTENT, "a")
    stack.faults.add(Fault("status", service="objects", operation="*", status=403))
    assert await main.download("a") == CONTENT
    stack.faults.add(Fault("status", service="objects", operation="*", status=403, count=2))
    with pytest.raises(PermissionError) as caught:
        await main.download("a")
    assert "X-Amz-Signature" not in str(caught.value)


async def test_reading_takes_the_road_that_was_asked_for(main: lakefs.Branch, stack: WatchedStack) -> None:
    """`pre_sign` outranks the server's configuration."""
    await main.upload(CONTENT, "a")
    stack.requests.clear()
    assert await main.download("a", pre_sign=False) == CONTENT
    assert stack.count("GET objects/") == 0
    assert stack.count("/config") == 0


async def test_download_file_writes_the_object(main: lakefs.Branch, tmp_path: Path) -> None:
    """And says how many bytes; an older file is replaced."""
    await main.upload(CONTENT, "a")
    target = tmp_path / "a.bin"
    target.write_bytes(b"older")
    assert await main.download_file("a", target) == len(CONTENT)
    assert target.read_bytes() == CONTENT
    assert names(tmp_path) == ["a.bin"]


async def test_empty_object_downloads_as_an_empty_file(main: lakefs.Branch, tmp_path: Path) -> None:
    """Nothing is something too."""
    await main.upload(b"", "a")
    assert await main.download_file("a", str(tmp_path / "a")) == 0
    assert (tmp_path / "a").read_bytes() == b""


@pytest.mark.usefixtures("small_windows")
async def test_failed_download_leaves_the_older_file(main: lakefs.Branch, stack: WatchedStack, tmp_path: Path) -> None:
    """No half file under the name, and none beside it."""
    await main.upload(CONTENT, "a")
    target = tmp_path / "a"
    target.write_bytes(b"older")
    service, operation = ("objects", "*") if presigns(stack) else ("lakefs", "getObject")
    stack.faults.add(Fault("status", service=service, operation=operation, nth=3, count=50, status=404))
    with pytest.raises(LookupError):
        await main.download_file("a", target)
    assert target.read_bytes() == b"older"
    assert names(tmp_path) == ["a"]


async def test_download_into_a_folder_that_is_not_there(
    main: lakefs.Branch, stack: WatchedStack, tmp_path: Path
) -> None:
    """Known before anything is sent."""
    with pytest.raises(FileNotFoundError):
        await main.download_file("a", tmp_path / "no" / "a")
    assert stack.requests == []


# -- facts of objects --------------------------------------------------------------------------------------------------


async def test_stat_tells_the_facts(main: lakefs.Branch) -> None:
    """Size, checksum, time, media type, metadata and where the bytes lie."""
    await main.upload(b"hello", "dir/a", content_type="text/x-test", metadata={"Origin": "JFK"})
    info = await main.stat_object("dir/a")
    assert (info.path, info.repo, info.ref, info.size_bytes) == ("dir/a", "flights", "main", 5)
    assert info.checksum == hashlib.md5(b"hello", usedforsecurity=False).hexdigest()
    assert (info.content_type, info.metadata) == ("text/x-test", {"origin": "JFK"})
    assert info.modified_time.tzinfo is UTC
    assert int(info.modified_time.timestamp()) == info.mtime
    assert info.physical_address.startswith("s3://lake/flights/")
    assert info.to_dict()["size_bytes"] == 5
    assert await info.download() == b"hello"
    assert repr(info) == "<ObjectInfo lakefs://flights/main/dir/a 5 bytes>"


async def test_info_made_of_ids_learns_its_facts(client: lakefs.Client, main: lakefs.Branch) -> None:
    """`stat()` fetches them, and fetches them anew."""
    await main.upload(b"hello", "a")
    info = lakefs.ObjectInfo("flights", "main", "a", client)
    assert (await info.stat()) is info
    assert info.size_bytes == 5
    await main.upload(b"longer text", "a")
    assert info.size_bytes == 5
    await info.stat()
    assert info.size_bytes == 11
    await info.delete()
    assert not await main.object("a").exists()


async def test_stat_of_a_handle_is_asked_for_once(main: lakefs.Branch, stack: WatchedStack) -> None:
    """A presigned one anew each time, because URLs age."""
    await main.upload(b"x", "a")
    stack.requests.clear()
    handle = main.object("a")
    assert await handle.stat() == await handle.stat()
    assert stack.count("/stat") == 1
    if presigns(stack):
        signed = await handle.stat(pre_sign=True)
        assert "X-Amz-Signature" in signed.physical_address
        assert signed.physical_address_expiry is not None
        await handle.stat(pre_sign=True)
        assert stack.count("/stat") == 3
        assert "X-Amz-Signature" not in (await handle.stat()).physical_address


async def test_storage_id_of_a_server_with_one_store(main: lakefs.Branch) -> None:
    """Empty, as the server names its only store."""
    assert await main.object("a").storage_id() == ""


async def test_metadata_is_replaced_as_a_whole(main: lakefs.Branch) -> None:
    """Content, media type and time stay; a handle that knew the old map asks again."""
    await main.upload(b"hello", "a", content_type="text/plain", metadata={"one": "1", "two": "2"})
    handle = main.object("a")
    assert (await handle.stat()).metadata == {"one": "1", "two": "2"}
    await handle.set_metadata({"Three": "3"})
    info = await handle.stat()
    assert (info.metadata, info.content_type, info.size_bytes) == ({"three": "3"}, "text/plain", 5)
    assert await main.download("a") == b"hello"


async def test_copy_stays_in_the_store(repo: lakefs.Repository, main: lakefs.Branch, stack: WatchedStack) -> None:
    """From any reference to a branch, under another name or the same; no bytes pass through here."""
    await main.upload(b"hello", "a", metadata={"k": "v"})
    commit = await main.commit("a")
    dev = await repo.branch("dev").create("main")
    await main.upload(b"changed", "a")
    stack.requests.clear()
    copied = await dev.copy_object(commit, "a", "b")
    assert (copied.path, copied.size_bytes, copied.metadata) == ("b", 5, {"k": "v"})
    assert (await dev.copy_object("main", "a")).size_bytes == 7
    handle = await main.object("a").copy("dev", "c")
    assert (handle.repo, handle.ref, handle.path) == ("flights", "dev", "c")
    assert stack.count("POST", "/objects/copy") == len(stack.requests) == 3
    assert [await dev.download(path) for path in "abc"] == [b"changed", b"hello", b"changed"]


async def test_wrong_credentials_are_a_permission_error(stack: WatchedStack) -> None:
    """Object I/O raises what Python's own files would."""
    wrong: Any = lakefs.Client(local=stack, username="AKIAIOSFODNN7EXAMPLE", password="wrong")
    branch = lakefs.repository("flights", wrong).branch("main")
    with pytest.raises(PermissionError) as caught:
        await branch.download("a", pre_sign=False)
    assert isinstance(caught.value, NotAuthorizedException)
    await wrong.aclose()


async def test_interrupted_answer_is_asked_for_again(main: lakefs.Branch, stack: WatchedStack) -> None:
    """A body that ends early is never handed out as a whole."""
    await main.upload(CONTENT, "a")
    service, operation = ("objects", "*") if presigns(stack) else ("lakefs", "getObject")
    stack.faults.add(Fault("cut", service=service, operation=operation, after_bytes=100))
    with no_waiting():
        assert await main.download("a") == CONTENT
