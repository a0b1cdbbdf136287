from __future__ import annotations

import hashlib
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from catchment.core._async.waiting import map_ordered
from catchment.core.errors import IntegrityError, OutcomeUnknownError, ResponseError, UnsafeInputError
from catchment.core.parts import plan_ranges
from catchment.lakefs import aio as lakefs
from catchment.lakefs._async import uploads
from catchment.lakefs.exceptions import BadRequestException
from catchment.local import Fault, LakeFSOptions
from catchment.testing import no_waiting

from tests.lakefs.doubles import WatchedStack, commit_of_another

CONTENT = bytes(range(256)) * 40
MD5 = hashlib.md5(CONTENT, usedforsecurity=False)
DIRECT = pytest.mark.parametrize("options", [LakeFSOptions(pre_sign_support=False)], ids=["direct"])


@pytest.fixture
def options() -> LakeFSOptions:
    """Small parts."""
    return LakeFSOptions(minimum_part_bytes=1)


# -- reading -----------------------------------------------------------------------------------------------------------


@DIRECT
async def test_server_that_ignores_ranges(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Sends the whole object each time: the right piece of it is taken."""
    whole = {"Content-Type": "application/octet-stream", "ETag": '"one"'}
    stack.faults.add(Fault("status", operation="getObject", count=50, status=200, body=CONTENT, headers=whole))
    assert await main.download("a") == CONTENT
    async with main.open("a", "rb") as file:
        await file.seek(5000)
        assert await file.read(10) == CONTENT[5000:5010]


@DIRECT
async def test_answer_that_is_no_object(main: lakefs.Branch, stack: WatchedStack) -> None:
    """A page of a proxy is never handed out as somebody's data, and is no sign that an object exists."""
    await main.upload(CONTENT, "a")
    stack.faults.add(Fault("html", operation="getObject", count=50))
    with no_waiting(), pytest.raises(ResponseError):
        await main.download("a")
    stack.faults.add(Fault("html", operation="headObject", count=50))
    with no_waiting(), pytest.raises(ResponseError):
        await main.object("a").exists()


@DIRECT
async def test_size_that_changes_under_the_reader(main: lakefs.Branch, stack: WatchedStack) -> None:
    """The same ETag with another size is no version of anything."""
    await main.upload(bytes(100_000), "a")
    etag = (await main.stat_object("a")).checksum
    async with main.open("a", "rb") as file:
        assert len(await file.read(10)) == 10
        headers = {"ETag": f'"{etag}"', "Content-Range": "bytes 65536-65537/65538"}
        stack.faults.add(Fault("status", operation="getObject", status=206, body=b"xy", headers=headers))
        with pytest.raises(IntegrityError, match="65538 bytes now"):
            await file.read()


@DIRECT
async def test_piece_that_is_too_short(main: lakefs.Branch, stack: WatchedStack) -> None:
    """A well-formed answer with fewer bytes than were asked for is not taken for the end."""
    await main.upload(CONTENT, "a")
    etag = (await main.stat_object("a")).checksum
    headers = {"ETag": f'"{etag}"', "Content-Range": f"bytes 0-9/{len(CONTENT)}"}
    stack.faults.add(Fault("status", operation="getObject", count=50, status=206, body=CONTENT[:10], headers=headers))
    with no_waiting(), pytest.raises(ResponseError):
        await main.download("a")


@DIRECT
async def test_server_without_presigned_urls(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Asked for all the same: the server's refusal, or ours where it only gives no URL."""
    await main.upload(CONTENT, "a")
    with pytest.raises(BadRequestException, match="pre-signed URL"):
        await main.download("a", pre_sign=True)
    stats = b'{"path": "a", "path_type": "object", "physical_address": "s3://x/y", "checksum": "c", "mtime": 0}'
    json_type = {"Content-Type": "application/json"}
    stack.faults.add(Fault("status", operation="statObject", status=200, body=stats, headers=json_type))
    with pytest.raises(UnsafeInputError, match="no presigned URL") as caught:
        await main.download("a", pre_sign=True)
    assert "pre_sign=False" in str(caught.value.hint)


@DIRECT
async def test_piece_of_untold_place_that_is_too_short(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Nor where the answer does not say which bytes it holds."""
    await main.upload(bytes(100_000), "a")
    etag = (await main.stat_object("a")).checksum
    async with main.open("a", "rb") as file:
        await file.read(10)
        headers = {"ETag": f'"{etag}"'}
        stack.faults.add(Fault("status", operation="getObject", count=50, status=206, body=b"xy", headers=headers))
        with no_waiting(), pytest.raises(ResponseError):
            await file.read()


async def test_page_that_is_larger_than_asked_for(repo: lakefs.Repository, stack: WatchedStack) -> None:
    """A limit is a limit, whatever the server sends."""
    body = (
        b'{"pagination": {"has_more": false, "next_offset": "", "results": 2, "max_per_page": 1000},'
        b' "results": [{"id": "a", "commit_id": "c"}, {"id": "b", "commit_id": "c"}]}'
    )
    json_type = {"Content-Type": "application/json"}
    stack.faults.add(Fault("status", operation="listBranches", status=200, body=body, headers=json_type))
    assert [branch.id async for branch in repo.branches(1)] == ["a"]


# -- writing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pre_sign", [True, False])
async def test_file_is_sent_again_from_its_start(
    main: lakefs.Branch, stack: WatchedStack, tmp_path: Path, pre_sign: bool
) -> None:
    """After a broken connection; progress takes back what was not received."""
    path = tmp_path / "local.bin"
    path.write_bytes(CONTENT)
    if pre_sign:
        stack.faults.add(Fault("reset", service="objects", operation="*"))
    else:
        stack.faults.add(Fault("reset", operation="uploadObject"))
    seen: list[int] = []
    with no_waiting():
        info = await main.upload(path, "a", pre_sign=pre_sign, progress=lambda done, _: seen.append(done))
    assert info.checksum == MD5.hexdigest()
    assert await main.download("a") == CONTENT
    assert (seen[-1], max(seen)) == (len(CONTENT), len(CONTENT))


async def test_store_that_tells_an_md5_is_held_to_it(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Azure's way: the right one is taken as checksum, a wrong one is damage."""
    told = {"Content-MD5": b64encode(MD5.digest()).decode(), "ETag": '"0x8D"'}
    stack.faults.add(Fault("status", service="objects", operation="*", status=200, headers=told, applied=True))
    assert (await main.upload(CONTENT, "a", pre_sign=True)).checksum == MD5.hexdigest()
    wrong = {"Content-MD5": b64encode(bytes(16)).decode()}
    stack.faults.add(Fault("status", service="objects", operation="*", status=200, headers=wrong, applied=True))
    with pytest.raises(IntegrityError, match=MD5.hexdigest()):
        await main.upload(CONTENT, "b", pre_sign=True)
    assert not await main.object("b").exists()


async def test_store_without_a_checksum(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Nothing is linked that nobody can check."""
    stack.faults.add(Fault("status", service="objects", operation="*", status=200))
    with pytest.raises(IntegrityError, match="checksum"):
        await main.upload(CONTENT, "a", pre_sign=True)
    assert stack.count("PUT", "/staging/backing") == 0


async def test_lost_answer_at_the_end_of_parts(
    main: lakefs.Branch, stack: WatchedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The object stands at the upload's own address: done, once."""
    monkeypatch.setattr(uploads, "MULTIPART_FROM", 4000)
    monkeypatch.setattr(uploads, "plan_parts", lambda size: plan_ranges(size, 999))
    stack.faults.add(Fault("reset", operation="completePresignMultipartUpload", applied=True))
    with no_waiting():
        info = await main.upload(CONTENT, "a", metadata={"k": "v"})
    assert (info.size_bytes, info.metadata) == (len(CONTENT), {"k": "v"})
    assert await main.download("a") == CONTENT
    assert len(stack.ledger.of("completePresignMultipartUpload")) == 1
    assert stack.store.open_uploads == {}


# -- history -----------------------------------------------------------------------------------------------------------


async def test_commit_in_doubt_that_another_has_followed(main: lakefs.Branch, stack: WatchedStack) -> None:
    """The head is somebody else's already: ours is not made twice, and theirs is not taken for ours."""
    await main.upload(b"x", "a", pre_sign=False)
    stack.faults.add(Fault("reset", operation="commit", applied=True))
    stack.meanwhile["POST /repositories/flights/branches/main/commits"] = lambda: commit_of_another(stack)
    with no_waiting():
        made = await main.commit("mine")
    assert await made.commit_message == "mine"
    assert [commit.message for commit in await main.log(2).to_list()] == ["theirs", "mine"]
    assert len(stack.ledger.of("commit")) == 2


async def test_revert_in_doubt_is_not_repeated(main: lakefs.Branch, stack: WatchedStack) -> None:
    """It would undo twice; the hint says where to look."""
    await main.upload(b"x", "a", pre_sign=False)
    await main.commit("x")
    stack.faults.add(Fault("reset", operation="revertBranch", applied=True))
    with no_waiting(), pytest.raises(OutcomeUnknownError) as caught:
        await main.revert("main")
    assert "log" in str(caught.value.hint)
    assert len(stack.ledger.of("revertBranch")) == 1


# -- many at once ------------------------------------------------------------------------------------------------------


async def test_one_client_serves_many_at_once(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Tasks or threads: each gets its own answer, and the configuration is asked for once."""

    async def both_ways(number: int) -> bool:
        content = str(number).encode() * 1000
        await main.upload(content, f"many/{number}")
        return await main.download(f"many/{number}") == content

    assert [right async for right in map_ordered(both_ways, range(60), limit=12)] == [True] * 60
    assert len([item async for item in main.objects(prefix="many/")]) == 60
    assert stack.count("/config") == 1


# -- handles -----------------------------------------------------------------------------------------------------------


async def test_handles_compare_and_show_themselves(main: lakefs.Branch, client: lakefs.Client) -> None:
    """By where they point; without a request."""
    await main.upload(b"x", "dir/a")
    one, two = await main.stat_object("dir/a"), await main.stat_object("dir/a")
    assert (one == two, len({one, two})) == (True, 1)
    assert one != "dir/a"
    folder = lakefs.CommonPrefix("flights", "main", "dir/", client)
    assert (folder == lakefs.CommonPrefix("flights", "main", "dir/", client), len({folder, folder})) == (True, 1)
    assert repr(folder) == "<CommonPrefix lakefs://flights/main/dir/>"
    handle = main.object("dir/a")
    assert (str(handle), repr(handle)) == ("dir/a", "<WriteableObject lakefs://flights/main/dir/a>")
    assert str(lakefs.repository("flights", client)) == "flights"
    assert repr(lakefs.repository("flights", client)) == "<Repository lakefs://flights>"
    assert one.physical_address_expiry is None


async def test_commits_and_tags_offer_no_writing(repo: lakefs.Repository) -> None:
    """What never changes has no method that would change it."""
    for reference in (repo.tag("v1"), repo.commit("abc123"), repo.ref("main~1")):
        for name in ("upload", "delete_objects", "reset", "commit", "import_data", "copy_object"):
            assert not hasattr(reference, name), (reference, name)
        handle: Any = reference.object("a")
        assert not hasattr(handle, "upload")
        with pytest.raises(UnsafeInputError):
            reference.open("a", "wb")  # type: ignore[call-overload]


async def test_import_that_cannot_be_cancelled(main: lakefs.Branch, stack: WatchedStack) -> None:
    """The block's own error stays the error, and a note says what else went wrong."""
    stack.store.put("s3://source/a", b"x")

    async def work() -> None:
        async with main.import_from("s3://source/", "a/") as manager:
            await manager.start()
            stack.faults.add(Fault("status", operation="importCancel", count=50, status=404))
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way") as caught:
        await work()
    assert any("could not be cancelled" in note for note in caught.value.__notes__)
