"""Blocking files are the standard library's: what takes a file takes these."""

from __future__ import annotations

import csv
import gc
import io
import json
import shutil
import zipfile
from typing import Any

import pandas as pd
import pytest
from catchment import lakefs

from tests.lakefs.doubles import WatchedStack

CSV = "origin,delay\n" + "".join(f"JFK,{number}\n" for number in range(20_000))


@pytest.fixture
def door() -> str:
    """What `io` does on top is the same behind either door."""
    return "in-process"


def test_files_are_instances_of_io(main: lakefs.Branch) -> None:
    """Libraries that ask for the class get the class."""
    assert isinstance(main.open("a"), io.TextIOWrapper)
    assert isinstance(main.open("a", "rb"), io.BufferedReader)
    with main.open("a", "w") as text:
        assert isinstance(text, io.TextIOWrapper)
    with main.open("a", "wb") as file:
        assert isinstance(file, io.BufferedWriter)


def test_pandas_reads_and_writes(main: lakefs.Branch) -> None:
    """Frames go through open files, text or bytes."""
    frame = pd.DataFrame({"origin": ["JFK", "LGA"], "delay": [3, 7]})
    with main.open("a.csv", "w") as file:
        frame.to_csv(file, index=False)
    with main.open("a.csv") as file:
        pd.testing.assert_frame_equal(pd.read_csv(file), frame)
    with main.open("a.csv", "rb") as file:
        pd.testing.assert_frame_equal(pd.read_csv(file), frame)


def test_csv_json_and_copies(main: lakefs.Branch) -> None:
    """The standard library's readers and writers."""
    main.upload(CSV, "a.csv")
    with main.open("a.csv") as file:
        assert sum(int(row["delay"]) for row in csv.DictReader(file)) == sum(range(20_000))
    with main.open("a.json", "w") as file:
        json.dump({"größe": [1, 2]}, file)
    with main.open("a.json") as file:
        assert json.load(file) == {"größe": [1, 2]}
    with main.open("a.csv", "rb") as source, main.open("b.csv", "wb") as target:
        shutil.copyfileobj(source, target)
    assert main.download("b.csv") == CSV.encode()


def test_zip_archive_is_read_in_place(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Seeking finds the index and one member, without the rest."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("large", bytes(10_000_000))
        archive.writestr("small", b"hello")
    main.upload(packed.getvalue(), "a.zip")
    stack.requests.clear()
    with main.open("a.zip", "rb") as file, zipfile.ZipFile(file) as archive:
        assert archive.read("small") == b"hello"
    ranges = [head["range"][6:].split("-") for head in stack.heads[-len(stack.requests) :] if "range" in head]
    size = len(packed.getvalue())
    assert 0 < sum(min(int(last) + 1, size) - int(first) for first, last in ranges) < 1_000_000


def test_readinto_and_peek(main: lakefs.Branch) -> None:
    """What is below `read`."""
    main.upload(b"hello world", "a")
    with main.open("a", "rb") as file:
        assert file.peek(5)[:5] == b"hello"
        buffer = bytearray(5)
        assert file.readinto(buffer) == 5
        assert bytes(buffer) == b"hello"
        assert file.read1(3) == b" wo"


def test_a_wrapper_of_the_users_own(main: lakefs.Branch) -> None:
    """Bytes decoded by a wrapper with universal line ends."""
    main.upload("eins\r\nzwö\r\n".encode("utf-16"), "a")
    with io.TextIOWrapper(main.open("a", "rb"), encoding="utf-16") as text:
        assert text.readlines() == ["eins\n", "zwö\n"]


def test_writelines_and_print(main: lakefs.Branch) -> None:
    """Text in the usual ways."""
    with main.open("a", "w") as file:
        file.writelines(["one\n", "two\n"])
        print("three", file=file)
    assert main.download("a") == b"one\ntwo\nthree\n"


@pytest.mark.parametrize("mode", ["w", "wb", "x", "xb"])
def test_abandoned_writer_uploads_nothing_and_says_so(main: lakefs.Branch, stack: WatchedStack, mode: Any) -> None:
    """An object must appear because somebody closed it, not because the collector came by."""
    file = main.open("a", mode)
    file.write("lost" if "b" not in mode else b"lost")  # type: ignore[arg-type]
    with pytest.warns(ResourceWarning, match="'a' was never closed"):  # noqa: PT031 - both lines make it warn
        del file
        gc.collect()
    assert stack.requests == []


def test_abandoned_reader_is_quiet(main: lakefs.Branch) -> None:
    """Nothing is lost with it."""
    main.upload(b"x", "a")
    file = main.open("a", "rb")
    assert file.read(1) == b"x"
    del file
    gc.collect()
