"""Request bodies: what can be sent, and what can be sent again."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from catchment.core.bodies import SMALL, Body
from catchment.core.errors import UnsafeInputError


@pytest.mark.parametrize("content", [None, b"x", bytearray(b"x"), memoryview(b"x"), "x"])
def test_what_is_in_memory_can_be_sent_again(content: object) -> None:
    """Bytes and text travel whole; text as UTF-8."""
    body = Body.of(content)  # type: ignore[arg-type]
    assert (body.whole, body.replayable, body.small) == (True, True, True)
    assert bytes(body.rewind() or b"x") == b"x"  # type: ignore[arg-type]


def test_large_bodies_are_transfers() -> None:
    """The deadline of metadata calls is not theirs."""
    assert not Body.of(bytes(SMALL + 1)).small
    assert not Body.of(io.BytesIO(b"x")).small


def test_files_go_back_to_where_they_stood() -> None:
    """A second attempt sends what the first did, not the whole file."""
    file = io.BytesIO(b"0123456789")
    file.seek(4)
    body = Body.of(file)
    assert body.replayable
    assert file.read() == b"456789"
    body.rewind()
    assert file.read() == b"456789"


def test_iterables_can_be_sent_once() -> None:
    """Nothing brings back what a generator has given."""
    body = Body.of(piece for piece in [b"x"])
    assert (body.whole, body.replayable, body.small) == (False, False, False)


def test_text_files_are_refused(tmp_path: Path) -> None:
    """Their bytes would depend on this machine's encoding."""
    (tmp_path / "x").write_text("x")
    with (tmp_path / "x").open() as file, pytest.raises(UnsafeInputError, match="open as text"):
        Body.of(file)  # type: ignore[arg-type]


def test_other_things_are_refused() -> None:
    """Before anything is sent."""
    with pytest.raises(UnsafeInputError, match="int is no request body"):
        Body.of(5)  # type: ignore[arg-type]
