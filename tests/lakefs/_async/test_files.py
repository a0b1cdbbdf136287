from __future__ import annotations

import io
import os
from typing import Any

import pytest
from catchment.core.errors import UnsafeInputError
from catchment.lakefs import aio as lakefs
from catchment.local import Fault, LakeFSOptions

from tests.lakefs.doubles import WatchedStack

TEXT = "".join(f"{number}: größer ☃ 𝄞\n" for number in range(8000))
DATA = TEXT.encode()


@pytest.fixture(params=[True, False], ids=["presigned", "direct"])
def options(request: pytest.FixtureRequest) -> LakeFSOptions:
    """Both roads that bytes take."""
    return LakeFSOptions(pre_sign_support=request.param)


# -- reading -----------------------------------------------------------------------------------------------------------


async def test_opening_sends_nothing(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Nor does closing without having read, reading nothing, or asking what the file can do."""
    async with main.open("a", "rb") as file:
        assert await file.read(0) == b""
        assert (file.readable(), file.seekable(), file.writable()) == (True, True, False)
        assert file.tell() == 0
    async with main.open("a") as text:
        assert await text.read(0) == ""
    assert stack.requests == []


async def test_reading_nothing_says_nothing_of_the_object(main: lakefs.Branch) -> None:
    """`read(0)` is not the end: everything is still there afterwards."""
    await main.upload(b"hello", "a")
    async with main.open("a", "rb") as file:
        assert await file.read(0) == b""
        assert await file.read() == b"hello"
        assert await file.read(0) == b""
        assert await file.read() == b""


@pytest.mark.parametrize("everything", [-1, None])
async def test_negative_and_none_read_everything(main: lakefs.Branch, everything: int | None) -> None:
    """As Python's own files do, from where the file stands."""
    await main.upload(DATA, "a")
    async with main.open("a", "rb") as file:
        assert await file.read(10) + await file.read(everything) == DATA
    async with main.open("a") as text:
        assert await text.read(everything) == TEXT


@pytest.mark.parametrize("step", [1000, 65_536, 65_537, 100_000, 10_000_000])
async def test_bytes_in_steps(main: lakefs.Branch, step: int) -> None:
    """Whatever the step, the steps join to the object."""
    await main.upload(DATA, "a")
    async with main.open("a", "rb") as file:
        pieces = []
        while piece := await file.read(step):
            pieces.append(piece)
    assert b"".join(pieces) == DATA
    assert all(len(piece) == step for piece in pieces[:-1])


@pytest.mark.parametrize("step", [1, 4095, 65_535, 65_536])
async def test_characters_are_never_split(main: lakefs.Branch, step: int) -> None:
    """Text in steps counts characters, and a character at the border of two requests is whole."""
    await main.upload("☃" * 50_000, "a")
    async with main.open("a") as text:
        for _ in range(3):
            assert await text.read(step) == "☃" * step if 3 * step <= 50_000 else True
        rest = await text.read()
    assert set(rest) <= {"☃"}


async def test_lines(main: lakefs.Branch) -> None:
    """By iteration, one by one and all at once; of bytes and of text."""
    await main.upload(DATA, "a")
    lines = TEXT.splitlines(keepends=True)
    async with main.open("a") as text:
        assert [line async for line in text] == lines
    async with main.open("a") as text:
        assert await text.readline() == lines[0]
        assert await text.readline(3) == lines[1][:3]
        assert await text.readline() == lines[1][3:]
        assert await text.readlines() == lines[2:]
        assert await text.readline() == ""
    async with main.open("a", "rb") as file:
        assert await file.readline() == lines[0].encode()
        assert await file.readline(2) == lines[1].encode()[:2]
        assert await file.readlines() == [lines[1].encode()[2:], *(line.encode() for line in lines[2:])]


async def test_last_line_without_an_end(main: lakefs.Branch) -> None:
    """It is a line too, and line ends are not touched."""
    await main.upload(b"one\r\ntwo\n\nthree", "a")
    async with main.open("a") as text:
        assert [line async for line in text] == ["one\r\n", "two\n", "\n", "three"]


async def test_empty_object(main: lakefs.Branch) -> None:
    """An empty text, no line, and a size of nothing."""
    await main.upload(b"", "a")
    async with main.open("a", "rb") as file:
        assert await file.read() == b""
        assert await file.readline() == b""
        assert await file.seek(0, os.SEEK_END) == 0
    async with main.open("a") as text:
        assert await text.readlines() == []


async def test_seeking(main: lakefs.Branch) -> None:
    """From the start, from here, from the end, and behind the end."""
    await main.upload(DATA, "a")
    async with main.open("a", "rb") as file:
        assert await file.seek(100_000) == 100_000
        assert await file.read(5) == DATA[100_000:100_005]
        assert file.tell() == 100_005
        assert await file.seek(-5, os.SEEK_CUR) == 100_000
        assert await file.read(3) == DATA[100_000:100_003]
        assert await file.seek(-4, os.SEEK_END) == len(DATA) - 4
        assert await file.read() == DATA[-4:]
        assert await file.seek(len(DATA) + 10) == len(DATA) + 10
        assert await file.read(5) == b""
        assert await file.seek(0) == 0
        assert await file.read(2) == DATA[:2]
        with pytest.raises(ValueError, match="start"):
            await file.seek(-1)
        with pytest.raises(ValueError, match="whence"):
            await file.seek(0, 9)
        assert await file.read(2) == DATA[2:4]


async def test_text_goes_back_to_its_start(main: lakefs.Branch) -> None:
    """And is decoded anew from there."""
    await main.upload("☃ größer", "a")
    async with main.open("a") as text:
        assert await text.read(1) == "☃"
        await text.seek(0)
        assert await text.read() == "☃ größer"


async def test_a_look_at_the_end_is_cheap(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Formats with an index behind their data are read without reading the data."""
    data = bytes(5_000_000)
    await main.upload(data, "a")
    stack.requests.clear()
    async with main.open("a", "rb") as file:
        await file.seek(-8, os.SEEK_END)
        assert await file.read(8) == bytes(8)
    ranges = [head["range"] for head in stack.heads[-len(stack.requests) :] if "range" in head]
    asked = [int(last) - int(first) + 1 for first, _, last in (value[6:].partition("-") for value in ranges)]
    assert sum(asked) < 300_000
    assert len(asked) <= 2


async def test_other_encodings(main: lakefs.Branch) -> None:
    """Named at opening, for reading and for writing."""
    async with main.open("a", "w", encoding="latin-1") as out:
        await out.write("größer")
    assert await main.download("a") == "größer".encode("latin-1")
    async with main.open("a", encoding="latin-1") as text:
        assert await text.read() == "größer"
    async with main.open("a") as text:
        with pytest.raises(UnicodeDecodeError):
            await text.read()


async def test_truncated_character_is_an_error_not_a_loss(main: lakefs.Branch) -> None:
    """Half a character at the end of the object is not dropped in silence."""
    await main.upload("☃".encode()[:2], "a")
    async with main.open("a") as text:
        with pytest.raises(UnicodeDecodeError):
            await text.read()


async def test_closed_reader(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Reading later is an error, and sends nothing; closing twice is fine."""
    file = main.open("a", "rb")
    text = main.open("a")
    for each in (file, text):
        assert not each.closed
        await each.aclose()
        await each.aclose()
        assert each.closed
        with pytest.raises(ValueError, match="closed"):
            await each.read()
        with pytest.raises(ValueError, match="closed"):
            await each.readline()
    assert stack.requests == []


async def test_reader_tells_its_road(main: lakefs.Branch, stack: WatchedStack) -> None:
    """`pre_sign` is open until the first read has decided."""
    await main.upload(b"x", "a")
    async with main.object("a").reader() as file:
        assert file.pre_sign is None
        assert file.mode == "rb"
        assert file.name == "a"
        await file.read()
        assert file.pre_sign is stack.lakefs.options.presigns


# -- writing -----------------------------------------------------------------------------------------------------------


async def test_written_object_appears_when_it_is_closed(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Not before; writes add up, and each says how much it took."""
    async with main.open("a", "wb") as file:
        assert await file.write(b"hello ") == 6
        assert await file.write(b"world") == 5
        await file.flush()
        assert file.tell() == 11
        assert (file.readable(), file.writable(), file.closed) == (False, True, False)
        assert stack.requests == []
    assert file.closed
    assert await main.download("a") == b"hello world"


async def test_text_and_bytes_go_into_either_mode(main: lakefs.Branch) -> None:
    """As in lakeFS's own package, in the order in which they were written."""
    async with main.open("a", "w") as text:
        assert await text.write("grö") == 3
        await text.write(b"\x00\xff")
        await text.write("ßer")
    assert await main.download("a") == "grö".encode() + b"\x00\xff" + "ßer".encode()
    async with main.open("b", "wb") as file:
        await file.write("☃")
        await file.write(b"\xff")
    assert await main.download("b") == "☃".encode() + b"\xff"


async def test_line_ends_are_stored_as_written(main: lakefs.Branch) -> None:
    """Whatever the operating system thinks of them."""
    async with main.open("a", "w") as text:
        await text.write("one\ntwo\r\n")
    assert await main.download("a") == b"one\ntwo\r\n"


async def test_exception_in_the_block_uploads_nothing(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Half an object is none; an older one stays."""

    async def fail(mode: Any) -> None:
        async with main.open("a", mode) as file:
            await file.write("half")
            raise RuntimeError("half way")

    for mode in ("w", "wb", "x", "xb"):
        with pytest.raises(RuntimeError, match="half way"):
            await fail(mode)
    assert stack.requests == []


async def test_discarded_writer_uploads_nothing(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Also when its block then ends well."""
    async with main.open("a", "w") as file:
        await file.write("never mind")
        await file.discard()
    assert file.closed
    assert stack.requests == []


async def test_closed_writer(main: lakefs.Branch) -> None:
    """Closing twice uploads once; writing later is an error."""
    file = main.open("a", "wb")
    await file.write(b"x")
    await file.aclose()
    await file.aclose()
    with pytest.raises(ValueError, match="closed"):
        await file.write(b"y")
    assert await main.download("a") == b"x"


async def test_facts_of_a_writer_can_be_set_until_it_is_closed(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Media type, metadata and road."""
    async with main.object("a").writer("wb", content_type="text/plain") as file:
        await file.write(b"x")
        assert (file.content_type, file.metadata, file.pre_sign, file.mode) == ("text/plain", {}, None, "wb")
        file.content_type = "text/csv"
        file.metadata = {"k": "v"}
        file.pre_sign = False
    assert stack.count("PUT") == 0
    info = await main.stat_object("a")
    assert (info.content_type, info.metadata) == ("text/csv", {"k": "v"})


async def test_creating_writer_refuses_what_exists(main: lakefs.Branch) -> None:
    """When it is closed; the object is what it was."""
    async with main.open("a", "x") as file:
        await file.write("first")
    with pytest.raises(FileExistsError):
        async with main.open("a", "xb") as again:
            await again.write(b"second")
    assert again.closed
    assert await main.download("a") == b"first"


async def test_empty_file(main: lakefs.Branch) -> None:
    """Opened and closed: an empty object."""
    async with main.open("a", "wb"):
        pass
    assert (await main.stat_object("a")).size_bytes == 0


async def test_failed_upload_at_close_is_told(main: lakefs.Branch, stack: WatchedStack) -> None:
    """The error of the upload is the error of the block, and the writer is closed all the same."""
    stack.faults.add(Fault("status", operation="*", status=403, count=20))
    with pytest.raises(PermissionError):
        async with main.open("a", "wb") as file:
            await file.write(b"x")
    assert file.closed


@pytest.mark.parametrize("mode", ["rt", "wt", "xt"])
async def test_t_is_text(main: lakefs.Branch, mode: Any) -> None:
    """Python's own spelling is understood."""
    if mode == "rt":
        await main.upload("text", "a")
        async with main.open("a", mode) as file:
            assert await file.read() == "text"
    else:
        async with main.open("a", mode) as file:
            await file.write("text")
        assert await main.download("a") == b"text"


@pytest.mark.parametrize("mode", ["a", "r+", "rw", "", "b", "wx", "U", None, 3])
async def test_other_modes_are_refused(repo: lakefs.Repository, stack: WatchedStack, mode: Any) -> None:
    """By every way to open, and a commit or tag is open for reading only."""
    branch = repo.branch("main")
    with pytest.raises(UnsafeInputError):
        branch.open("a", mode)
    with pytest.raises(UnsafeInputError):
        branch.object("a").reader(mode)
    with pytest.raises(UnsafeInputError):
        branch.object("a").writer(mode)
    writing: Any = "w"
    with pytest.raises(UnsafeInputError, match="not one of") as caught:
        repo.tag("v1").open("a", writing)
    assert "branch" in str(caught.value.hint)
    assert stack.requests == []


async def test_unsupported_calls_are_those_of_io(main: lakefs.Branch) -> None:
    """What a file of its mode cannot do is an error of the standard library's kind."""
    await main.upload("text", "a")
    async with main.open("a") as text:
        with pytest.raises(io.UnsupportedOperation):
            await text.seek(3, os.SEEK_CUR)
