from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from catchment.core import sources
from catchment.core.errors import CatchmentError, IntegrityError, UnsafeInputError
from catchment.core.parts import plan_ranges
from catchment.lakefs import aio as lakefs
from catchment.lakefs._async import uploads
from catchment.lakefs.exceptions import ForbiddenException, ObjectExistsException
from catchment.local import Fault, LakeFSOptions
from catchment.testing import no_waiting

from tests.lakefs.doubles import WatchedStack

CONTENT = bytes(range(256)) * 40
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


@pytest.fixture(params=[True, False], ids=["presigned", "direct"])
def options(request: pytest.FixtureRequest) -> LakeFSOptions:
    """Both roads that bytes take."""
    return LakeFSOptions(pre_sign_support=request.param, minimum_part_bytes=1)


PRESIGNED = pytest.mark.parametrize("options", [LakeFSOptions(minimum_part_bytes=1)], ids=["presigned"])
DIRECT = pytest.mark.parametrize("options", [LakeFSOptions(pre_sign_support=False)], ids=["direct"])


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ten kilobytes travel in parts."""
    monkeypatch.setattr(uploads, "MULTIPART_FROM", 4000)
    monkeypatch.setattr(uploads, "plan_parts", lambda size: plan_ranges(size, 999))


# -- what can be uploaded ----------------------------------------------------------------------------------------------


def _file(folder: Path) -> Path:
    path = folder / "local.bin"
    path.write_bytes(CONTENT)
    return path


def _behind_a_header(folder: Path) -> Any:
    file = folder.joinpath("headed.bin").open("w+b")
    file.write(b"skip me" + CONTENT)
    file.seek(7)
    return file


def _pipe(_: Path) -> Any:
    reading, writing = os.pipe()
    os.write(writing, CONTENT)
    os.close(writing)
    return os.fdopen(reading, "rb")


SOURCES: dict[str, Callable[[Path], Any]] = {
    "bytes": lambda _: CONTENT,
    "bytearray": lambda _: bytearray(CONTENT),
    "memoryview": lambda _: memoryview(CONTENT),
    "local path": _file,
    "open file": lambda folder: _file(folder).open("rb"),
    "open file, from where it stands": _behind_a_header,
    "file in memory": lambda _: io.BytesIO(CONTENT),
    "pipe": _pipe,
    "iterable": lambda _: [CONTENT[:100], b"", CONTENT[100:]],
    "generator": lambda _: (CONTENT[at : at + 1000] for at in range(0, len(CONTENT), 1000)),
}


@pytest.mark.parametrize("kind", SOURCES)
async def test_every_kind_of_source_arrives_whole(main: lakefs.Branch, tmp_path: Path, kind: str) -> None:
    """Bytes are bytes, wherever they come from; a file of the caller's stays open."""
    data = SOURCES[kind](tmp_path)
    info = await main.upload(data, "a")
    assert (info.size_bytes, info.checksum) == (len(CONTENT), MD5)
    assert await main.download("a") == CONTENT
    if hasattr(data, "close") and hasattr(data, "read"):
        assert not data.closed
        data.close()


async def test_text_is_stored_as_utf8(main: lakefs.Branch) -> None:
    """Text itself, and text files, whose own encoding was theirs."""
    await main.upload("größer ☃\n", "a")
    await main.upload(io.StringIO("größer ☃\n"), "b")
    assert await main.download("a") == await main.download("b") == "größer ☃\n".encode()


async def test_source_that_does_not_fit_into_memory_waits_in_a_file(
    main: lakefs.Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And arrives whole."""
    monkeypatch.setattr(sources, "SPOOL", 1000)
    await main.upload((CONTENT[at : at + 100] for at in range(0, len(CONTENT), 100)), "a")
    assert await main.download("a") == CONTENT


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (5, UnsafeInputError),
        (None, UnsafeInputError),
        (["text"], UnsafeInputError),
        ([b"fine", 7], UnsafeInputError),
        (Path("nowhere.bin"), FileNotFoundError),
        (Path(), IsADirectoryError),
    ],
)
async def test_what_is_no_data_sends_nothing(
    main: lakefs.Branch, stack: WatchedStack, data: Any, error: type[Exception]
) -> None:
    """Found out before the first request."""
    with pytest.raises(error):
        await main.upload(data, "a")
    assert stack.requests == []


async def test_source_that_fails_sends_nothing(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Its own error comes through."""

    def pieces() -> Any:
        yield b"x"
        raise RuntimeError("disk on fire")

    with pytest.raises(RuntimeError, match="disk on fire"):
        await main.upload(pieces(), "a")
    assert stack.requests == []


# -- modes -------------------------------------------------------------------------------------------------------------


async def test_writing_replaces(main: lakefs.Branch) -> None:
    """Content, metadata and media type: nothing of the old object stays."""
    await main.upload(b"old", "a", content_type="text/old", metadata={"k": "v"})
    info = await main.upload(b"newer", "a", mode="w")
    assert (info.size_bytes, info.metadata, info.content_type) == (5, {}, "application/octet-stream")


@pytest.mark.parametrize("mode", ["x", "xb"])
async def test_creating_refuses_what_exists(main: lakefs.Branch, stack: WatchedStack, mode: Any) -> None:
    """The error is a `FileExistsError`, and the object is what it was; past the server, before bytes are sent."""
    await main.upload(b"first", "a", mode=mode)
    stack.ledger.clear()
    with pytest.raises(ObjectExistsException) as caught:
        await main.upload(b"second", "a", mode=mode)
    assert isinstance(caught.value, FileExistsError)
    assert caught.value.status_code == 412
    assert await main.download("a") == b"first"
    assert len(stack.ledger) == 0


async def test_create_only_write_whose_answer_was_lost(main: lakefs.Branch, stack: WatchedStack) -> None:
    """The second attempt meets the object that the first one made: that is success, not a conflict."""
    operation = "linkPhysicalAddress" if stack.lakefs.options.presigns else "uploadObject"
    stack.faults.add(Fault("reset", operation=operation, applied=True))
    with no_waiting():
        info = await main.upload(CONTENT, "a", mode="x", metadata={"k": "v"})
    assert (info.checksum, info.metadata) == (MD5, {"k": "v"})
    assert len(stack.ledger.of(operation)) == 1


@DIRECT
async def test_create_only_write_that_another_has_overtaken(main: lakefs.Branch, stack: WatchedStack) -> None:
    """An attempt is repeated and meets another's object: the conflict stands, and that object too."""
    await main.upload(b"theirs", "a")
    stack.faults.add(Fault("reset", operation="uploadObject"))
    with no_waiting(), pytest.raises(ObjectExistsException) as caught:
        await main.upload(CONTENT, "a", mode="x")
    assert caught.value.attempts == 2
    assert await main.download("a") == b"theirs"


async def test_wrong_mode(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Said before anything is sent."""
    wrong: Any = "a"
    with pytest.raises(ValueError, match="'a'"):
        await main.upload(b"x", "a", mode=wrong)
    assert stack.requests == []


# -- roads -------------------------------------------------------------------------------------------------------------


async def test_upload_takes_the_road_of_the_configuration(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Through the server: one request. Past it: locate, put, link."""
    await main.upload(CONTENT, "warm-up")
    stack.requests.clear()
    await main.upload(CONTENT, "a")
    kinds = [line.split("?")[0].split("/")[0] + line.split("?")[0].rsplit("/", 1)[1] for line in stack.requests]
    if stack.lakefs.options.presigns:
        assert [kind for kind in kinds if not kind.startswith("PUT objects")] == ["GET backing", "PUT backing"]
        assert len(kinds) == 3
    else:
        assert kinds == ["POST objects"]


async def test_road_can_be_chosen(main: lakefs.Branch, stack: WatchedStack) -> None:
    """`pre_sign=False` asks for no configuration."""
    await main.upload(CONTENT, "a", pre_sign=False)
    assert [line.split("?")[0] for line in stack.requests] == ["POST /repositories/flights/branches/main/objects"]


async def test_metadata_is_the_same_by_either_road(main: lakefs.Branch) -> None:
    """Keys are lower-cased, values are latin-1; what was written is what is read."""
    metadata = {"Origin-Airport": "JFK", "note": "größer, naïve", "empty": "", "x_y.z": "1=2;3"}
    info = await main.upload(b"x", "a", metadata=metadata, content_type="text/csv; charset=utf-8")
    assert info.metadata == {key.lower(): value for key, value in metadata.items()}
    assert info.content_type == "text/csv; charset=utf-8"
    assert (await main.stat_object("a")).metadata == info.metadata


@pytest.mark.parametrize(
    "metadata",
    [
        {"a": "snow ☃"},
        {"a": "line\r\nX-Evil: 1"},
        {"a: b": "x"},
        {"a\r\nX-Evil": "x"},
        {"A": "1", "a": "2"},
        {"a": " blank"},
        {"a": 5},
        {"": "x"},
        {"ä": "x"},
    ],
)
async def test_metadata_that_would_not_arrive_sends_nothing(
    main: lakefs.Branch, stack: WatchedStack, metadata: Any
) -> None:
    """Neither lost nor changed nor a header of its own: refused."""
    with pytest.raises(UnsafeInputError):
        await main.upload(b"x", "a", metadata=metadata)
    with pytest.raises(UnsafeInputError):
        await main.object("a").set_metadata(metadata)
    assert stack.requests == []


async def test_content_type_is_no_way_to_smuggle_headers(main: lakefs.Branch, stack: WatchedStack) -> None:
    """A line break in it is refused before bytes are sent."""
    with pytest.raises(UnsafeInputError):
        await main.upload(b"x", "a", content_type="text/plain\r\nX-Evil: 1")
    assert not await main.object("a").exists()
    assert not any("x-evil" in head for head in stack.heads)


async def test_progress_counts_every_byte_once(main: lakefs.Branch) -> None:
    """The last report has the total; none goes beyond it."""
    seen: list[tuple[int, int | None]] = []
    await main.upload(CONTENT, "a", progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@DIRECT
async def test_store_that_keeps_other_bytes_is_found_out(main: lakefs.Branch, stack: WatchedStack) -> None:
    """The checksum of the answer is held against what was sent."""
    stats = {"path": "a", "path_type": "object", "physical_address": "s3://x", "checksum": "0" * 32, "mtime": 0}
    stack.faults.add(
        Fault(
            "status",
            operation="uploadObject",
            status=201,
            body=json.dumps(stats).encode(),
            headers={"Content-Type": "application/json"},
        )
    )
    with pytest.raises(IntegrityError, match=MD5):
        await main.upload(CONTENT, "a")


async def test_protected_branch_refuses(main: lakefs.Branch, repo: lakefs.Repository, client: lakefs.Client) -> None:
    """Writing and committing; the class says why."""
    made = await lakefs.repository("guarded", client).create("s3://lake/guarded", include_samples=True)
    with pytest.raises(ForbiddenException) as caught:
        await made.branch("main").upload(b"x", "a")
    assert isinstance(caught.value, PermissionError)


@PRESIGNED
async def test_expired_upload_url_is_asked_for_anew(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Once: a second refusal is the answer."""
    stack.faults.add(Fault("status", service="objects", operation="*", status=403))
    await main.upload(CONTENT, "a")
    assert await main.download("a") == CONTENT
    stack.faults.add(Fault("status", service="objects", operation="*", status=403, count=2))
    with pytest.raises(PermissionError):
        await main.upload(b"other", "a")
    assert await main.download("a") == CONTENT


# -- parts -------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("size", [3999, 4000, 4995, 4996, 10_240])
async def test_parts_join_to_the_object(main: lakefs.Branch, stack: WatchedStack, size: int) -> None:
    """Below the threshold in one piece, from it on in parts, with metadata and media type; no upload stays open."""
    info = await main.upload(CONTENT[:size], "a", content_type="text/x", metadata={"k": "v"})
    assert (info.size_bytes, info.content_type, info.metadata) == (size, "text/x", {"k": "v"})
    assert await main.download("a") == CONTENT[:size]
    parts = stack.count("PUT objects", "partNumber")
    assert parts == (-(-size // 999) if stack.lakefs.options.presigns and size >= 4000 else 0)
    assert stack.store.open_uploads == {}


@pytest.mark.usefixtures("small_parts")
@PRESIGNED
async def test_failed_part_aborts_the_upload(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Nothing appears, and the store keeps nothing."""
    stack.faults.add(Fault("status", service="objects", operation="*", nth=3, count=50, status=400))
    with pytest.raises(CatchmentError):
        await main.upload(CONTENT, "a")
    stack.faults.clear()
    assert stack.store.open_uploads == {}
    assert not await main.object("a").exists()


@pytest.mark.usefixtures("small_parts")
@PRESIGNED
async def test_expired_part_url_is_asked_for_anew(main: lakefs.Branch, stack: WatchedStack) -> None:
    """That part alone."""
    stack.faults.add(Fault("status", service="objects", operation="*", nth=2, status=403))
    await main.upload(CONTENT, "a")
    assert await main.download("a") == CONTENT
    assert stack.count("PUT objects", "partNumber") == -(-len(CONTENT) // 999) + 1


@pytest.mark.usefixtures("small_parts")
async def test_create_only_write_in_parts(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Parts cannot be linked conditionally, so the path is looked at before."""
    await main.upload(CONTENT, "a", mode="x")
    stack.requests.clear()
    with pytest.raises(FileExistsError):
        await main.upload(CONTENT, "a", mode="x")
    assert stack.count("PUT objects") == 0


async def test_large_object_travels_in_real_parts(main: lakefs.Branch, stack: WatchedStack) -> None:
    """33 MiB: with the limits that users meet."""
    data = b"\x00\x01\x02\x03" * (33 * 256 * 1024)
    info = await main.upload(data, "large")
    assert info.size_bytes == len(data)
    assert stack.count("PUT objects", "partNumber") == (5 if stack.lakefs.options.presigns else 0)
    assert hashlib.sha256(await main.download("large")).digest() == hashlib.sha256(data).digest()
