"""Objects of any size, up, down and open: every byte once, in bounded memory, and doubt settled by the size."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import pytest
from catchment.core._async import windows
from catchment.core.errors import IntegrityError, OutcomeUnknownError, UnsafeInputError
from catchment.local.faults import Fault
from catchment.testing import no_waiting
from catchment.v3io._async.objects import AsyncObjectRanges
from catchment.v3io.aio.dataplane import Client
from catchment.v3io.errors import ResourceNotFoundError

from tests.v3io.doubles import WatchedStack

DATA = bytes(range(256)) * 40  # 10,240 bytes, none of whose windows are alike


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let ten kilobytes be many windows, and no retry wait."""
    monkeypatch.setattr(windows, "FIRST", 1000)
    monkeypatch.setattr(AsyncObjectRanges, "window", 999)
    with no_waiting():
        yield


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 10_240])
async def test_reading_gives_every_byte(client: Client, size: int) -> None:
    """Whatever the size is to that of windows."""
    await client.object.put("users", "o", body=DATA[:size])
    assert await client.object.read("users", "o") == DATA[:size]


async def test_a_small_object_takes_one_request(client: Client, stack: WatchedStack) -> None:
    """Its end shows in the answer's status."""
    await client.object.put("users", "o", body=DATA[:500])
    stack.begin()
    await client.object.read("users", "o")
    assert stack.requests == ["GET bytes=0-999 /users/o"]


async def test_a_cut_window_is_fetched_again(client: Client, stack: WatchedStack) -> None:
    """Only that one; the others are not."""
    await client.object.put("users", "o", body=DATA)
    stack.begin()
    stack.faults.add(Fault("cut", service="v3io", operation="getObject", nth=3, after_bytes=500))
    assert await client.object.read("users", "o") == DATA
    assert stack.count("GET") == 12


async def test_a_change_while_reading_is_told(client: Client, stack: WatchedStack) -> None:
    """Bytes of two versions are never put together."""
    await client.object.put("users", "o", body=DATA)
    stack.meanwhile["GET bytes=1000"] = lambda: put_locally(stack, DATA[::-1])
    with pytest.raises(IntegrityError, match="changed"):
        await client.object.read("users", "o")


async def test_missing_objects_and_folders_are_told(client: Client) -> None:
    """Neither is an empty object."""
    await client.object.put("users", "folder/")
    for path in ("nothing", "folder"):
        with pytest.raises(ResourceNotFoundError):
            await client.object.read("users", path)


async def test_downloads_are_whole_or_absent(client: Client, stack: WatchedStack, tmp_path: Path) -> None:
    """The file appears when it is complete; if anything fails an older one stays, and nothing else is left."""
    await client.object.put("users", "o", body=DATA)
    target = tmp_path / "copy"
    seen: list[tuple[int, int | None]] = []
    assert await client.object.download("users", "o", target, progress=lambda *now: seen.append(now)) == len(DATA)
    assert target.read_bytes() == DATA
    assert seen[-1] == (len(DATA), len(DATA))
    await client.object.put("users", "o", body=b"y" * 9_000_000)
    stack.meanwhile["GET"] = lambda: put_locally(stack, b"z" * 9_000_000)
    with pytest.raises(IntegrityError):
        await client.object.download("users", "o", target)
    assert target.read_bytes() == DATA
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


async def test_downloads_go_to_open_files(client: Client) -> None:
    """And to nothing that cannot be written to."""
    await client.object.put("users", "o", body=DATA)
    file = io.BytesIO()
    assert await client.object.download("users", "o", file) == len(DATA)
    assert file.getvalue() == DATA
    with pytest.raises(UnsafeInputError, match="cannot be written to"):
        await client.object.download("users", "o", 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def test_objects_open_as_files(client: Client) -> None:
    """Reads, seeks and lines, of bytes and of text."""
    text = "".join(f"Zeile {number} äöü\n" for number in range(3000))
    await client.object.put("users", "o", body=text.encode())
    async with client.object.open("users", "o") as file:
        assert await file.read(5) == text.encode()[:5]
        await file.seek(-4, io.SEEK_END)
        assert await file.read() == text.encode()[-4:]
        await file.seek(20_000)
        assert await file.read(10) == text.encode()[20_000:20_010]
    async with client.object.open("users", "o", "r") as lines:
        assert [line async for line in lines] == text.splitlines(keepends=True)


@pytest.mark.parametrize(("mode", "encoding"), [("w", None), ("rb", "utf-8"), ("a", None)])
async def test_other_modes_are_refused(client: Client, mode: Any, encoding: str | None) -> None:
    """Objects are read as files, and written by upload."""
    with pytest.raises(UnsafeInputError):
        client.object.open("users", "o", mode, encoding=encoding)  # type: ignore[call-overload]


# -- writing -----------------------------------------------------------------------------------------------------------


async def test_what_has_a_length_is_one_request(client: Client, stack: WatchedStack, tmp_path: Path) -> None:
    """Bytes, text, paths and open files replace the object at once."""
    file = tmp_path / "file"
    file.write_bytes(DATA)
    with file.open("rb") as opened:
        for data, stored in ((DATA, DATA), ("grün", "grün".encode()), (file, DATA), (opened, DATA)):
            stack.begin()
            assert await client.object.upload("users", "o", data) == len(stored)
            assert stack.requests == ["PUT /users/o"]
            assert (await client.object.get("users", "o")).body == stored


async def test_an_open_file_is_uploaded_from_where_it_stands(client: Client) -> None:
    """As everything that reads files has it."""
    file = io.BytesIO(DATA)
    file.seek(100)
    assert await client.object.upload("users", "o", file) == len(DATA) - 100
    assert (await client.object.get("users", "o")).body == DATA[100:]


def pipe_of(folder: Path) -> Path:
    """Return a named pipe into which somebody writes."""
    path = folder / "pipe"
    os.mkfifo(path)
    threading.Thread(target=lambda: path.write_bytes(DATA)).start()
    return path


def text_of(folder: Path) -> Iterator[TextIO]:
    """Yield a file that is open for text, with as many bytes as the data."""
    path = folder / "text"
    path.write_bytes(b"a" * len(DATA))
    with path.open() as file:
        yield file


def source_of(kind: str, folder: Path) -> Iterator[Any]:
    """Yield a source without a length."""
    if kind == "iterable":
        yield (DATA[at : at + 700] for at in range(0, len(DATA), 700))
    elif kind == "pipe":
        yield pipe_of(folder)
    else:
        yield from text_of(folder)


@pytest.mark.parametrize("kind", ["iterable", "pipe", "text file"])
async def test_what_has_no_length_goes_in_pieces(
    client: Client, stack: WatchedStack, tmp_path: Path, kind: str
) -> None:
    """A first one that replaces, and appended ones; all but the last of one size."""
    await client.object.put("users", "o", body=b"older")
    stack.begin()
    for source in source_of(kind, tmp_path):
        assert await client.object.upload("users", "o", source, piece_size=3000) == len(DATA)
    assert stack.requests == ["PUT /users/o", *["PUT -1 /users/o"] * 3, "HEAD /users/o"]
    stored = (await client.object.get("users", "o")).body
    assert stored == (b"a" * len(DATA) if kind == "text file" else DATA)


async def test_appending_keeps_what_is_there(client: Client) -> None:
    """And makes the object where it is missing."""
    assert await client.object.upload("users", "log", b"one", append=True) == 3
    assert await client.object.upload("users", "log", [b"t", b"wo"], append=True) == 3
    assert await client.object.upload("users", "log", b"", append=True) == 0
    assert (await client.object.get("users", "log")).body == b"onetwo"


async def test_an_empty_source_makes_an_empty_object(client: Client) -> None:
    """In the place of an older one."""
    await client.object.put("users", "o", body=b"older")
    assert await client.object.upload("users", "o", iter(())) == 0
    assert (await client.object.get("users", "o")).body == b""


@pytest.mark.parametrize("applied", [True, False])
async def test_a_piece_in_doubt_is_settled_by_the_size(client: Client, stack: WatchedStack, applied: bool) -> None:
    """Whether it was appended or not, its bytes are there once."""
    stack.faults.add(Fault("reset", service="v3io", operation="appendObject", nth=2, applied=applied))
    pieces = [DATA[at : at + 2048] for at in range(0, len(DATA), 2048)]
    assert await client.object.upload("users", "o", iter(pieces), piece_size=2048) == len(DATA)
    assert (await client.object.get("users", "o")).body == DATA
    assert stack.count("PUT -1") == (4 if applied else 5)


async def test_a_size_that_fits_neither_outcome_is_told(client: Client, stack: WatchedStack) -> None:
    """Somebody else writes to the object: nothing is sent again."""
    stack.faults.add(Fault("reset", service="v3io", operation="appendObject", applied=True))
    stack.meanwhile["PUT -1"] = lambda: append_locally(stack, b"intruder")
    with pytest.raises(OutcomeUnknownError, match="neither"):
        await client.object.upload("users", "o", iter([DATA[:2048], DATA[:2048]]), piece_size=2048)
    assert stack.count("PUT -1") == 2


async def test_a_second_writer_is_found_out(client: Client, stack: WatchedStack) -> None:
    """The size is compared at the end."""
    stack.meanwhile["PUT -1"] = lambda: append_locally(stack, b"intruder")
    with pytest.raises(IntegrityError, match="somebody|written"):
        await client.object.upload("users", "o", iter([DATA[:2048], DATA[:2048]]), piece_size=2048)


async def test_a_lost_answer_to_a_whole_object_is_sent_again(client: Client, stack: WatchedStack) -> None:
    """Replacing it twice by the same bytes does no harm; files are read from their start again."""
    stack.faults.add(Fault("reset", service="v3io", operation="putObject", applied=True))
    done: list[int] = []
    await client.object.upload("users", "o", io.BytesIO(DATA), progress=lambda now, _: done.append(now))
    assert (await client.object.get("users", "o")).body == DATA
    assert done[-1] == len(DATA)


@pytest.mark.parametrize(
    ("path", "data", "settings"),
    [("o/", b"x", {}), ("o", 5, {}), ("o", None, {}), ("o", b"x", {"piece_size": 0}), ("../o", b"x", {})],
)
async def test_bad_arguments_are_told_at_once(
    client: Client, stack: WatchedStack, path: str, data: Any, settings: dict[str, Any]
) -> None:
    """Before anything is sent."""
    with pytest.raises(UnsafeInputError):
        await client.object.upload("users", path, data, **settings)
    assert stack.requests == []


async def test_a_missing_file_is_told_before_anything_is_sent(client: Client, stack: WatchedStack) -> None:
    """An object is not replaced by nothing."""
    with pytest.raises(FileNotFoundError):
        await client.object.upload("users", "o", Path("nowhere"))
    assert stack.requests == []


def put_locally(stack: WatchedStack, data: bytes) -> None:
    """Write the object as somebody else would."""
    from catchment import v3io

    with v3io.Client(local=stack) as other:
        other.object.put("users", "o", body=data)


def append_locally(stack: WatchedStack, data: bytes) -> None:
    """Append to the object as somebody else would."""
    from catchment import v3io

    with v3io.Client(local=stack) as other:
        other.object.put("users", "o", body=data, append=True)
