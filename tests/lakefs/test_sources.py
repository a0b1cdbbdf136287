"""What is uploaded, where the ordinary kinds of sources end: pipes by their names, files that grow, odd text."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from catchment import lakefs
from catchment.core.errors import UnsafeInputError
from catchment.core.sources import SPOOL, Source

from tests.lakefs.doubles import WatchedStack


@pytest.fixture
def main(stack: WatchedStack) -> Iterator[lakefs.Branch]:
    """A branch, in process."""
    with lakefs.Client(local=stack) as client:
        yield lakefs.repository("flights", client).branch("main")


@pytest.mark.parametrize("pre_sign", [False, True])
def test_named_pipe_is_read_to_its_end(main: lakefs.Branch, tmp_path: Path, pre_sign: bool) -> None:
    """Its size is 0 by the file system; what is in it counts."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"x" * 100_000,))
    writer.start()
    info = main.upload(pipe, "a", pre_sign=pre_sign)
    writer.join()
    assert info.size_bytes == 100_000
    assert main.download("a") == b"x" * 100_000


@pytest.mark.parametrize("pre_sign", [False, True])
def test_growing_file_is_taken_as_it_was(
    main: lakefs.Branch, tmp_path: Path, pre_sign: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Log files grow while they are sent: what was there when the upload began is stored, whole and checked."""
    log = tmp_path / "log"
    log.write_bytes(b"before" * 1000)
    opened = Source.of.__func__  # type: ignore[attr-defined]

    def grow(cls: type[Source], data: Path) -> Source:
        source: Source = opened(cls, data)
        with log.open("ab") as file:
            file.write(b"after")
        return source

    monkeypatch.setattr(Source, "of", classmethod(grow))
    main.upload(log, "a", pre_sign=pre_sign)
    assert main.download("a") == b"before" * 1000


def test_shrinking_file_is_refused(main: lakefs.Branch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a file is never stored under the name of the whole."""
    log = tmp_path / "log"
    log.write_bytes(b"x" * 6000)
    opened = Source.of.__func__  # type: ignore[attr-defined]

    def shrink(cls: type[Source], data: Path) -> Source:
        source: Source = opened(cls, data)
        os.truncate(log, 10)
        return source

    monkeypatch.setattr(Source, "of", classmethod(shrink))
    with pytest.raises(UnsafeInputError, match="file change"):
        main.upload(log, "a")
    assert not main.object("a").exists()


@pytest.mark.parametrize("data", ["a\ud800", io.StringIO("a\ud800")], ids=["text", "file"])
def test_text_that_is_no_utf8_sends_nothing(main: lakefs.Branch, stack: WatchedStack, data: object) -> None:
    """Half a character cannot be stored, and is not replaced by another."""
    with pytest.raises(UnsafeInputError, match="UTF-8"):
        main.upload(data, "a")  # type: ignore[arg-type]
    assert stack.requests == []


def test_source_begins_where_the_file_stands(main: lakefs.Branch, tmp_path: Path) -> None:
    """What the caller has read already is not sent, the file stays open, and a second upload sends the same."""
    path = tmp_path / "table"
    path.write_bytes(b"header\nrows")
    with path.open("rb") as file:
        file.readline()
        main.upload(file, "a")
        assert not file.closed
    assert main.download("a") == b"rows"


def test_memory_is_bounded_by_the_spool(tmp_path: Path) -> None:
    """Iterables larger than the spool wait in a temporary file, which goes with its source."""
    source = Source.of(b"x" * 1024 * 1024 for _ in range(SPOOL // (1024 * 1024) + 1))
    assert source.whole is None
    assert source.size == SPOOL + 1024 * 1024
    assert source.read_at(SPOOL, 5) == b"xxxxx"
    source.close()
    assert source.file.closed
