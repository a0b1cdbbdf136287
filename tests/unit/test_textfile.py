from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from catchment.core.errors import ConfigError
from catchment.core.secret import Secret
from catchment.core.textfile import MAX_BYTES, is_exposed, read_text


def test_a_file_is_read_whole_without_its_byte_order_mark(tmp_path: Path) -> None:
    """Editors on Windows write one."""
    (tmp_path / "f").write_bytes(b"\xef\xbb\xbfk\xc3\xa9y = 1\n")
    assert read_text(tmp_path / "f") == Secret("kéy = 1\n")


def test_a_missing_file_is_none(tmp_path: Path) -> None:
    """Having no configuration is no error, nor is a file where its folder should be."""
    (tmp_path / "f").touch()
    assert read_text(tmp_path / "none") is None
    assert read_text(tmp_path / "f" / "below") is None


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    """One byte beyond 1 MiB."""
    assert MAX_BYTES == 1_048_576
    (tmp_path / "f").write_bytes(b" " * MAX_BYTES)
    assert read_text(tmp_path / "f") is not None
    (tmp_path / "f").write_bytes(b" " * (MAX_BYTES + 1))
    with pytest.raises(ConfigError, match="1 MiB"):
        read_text(tmp_path / "f")


def test_an_endless_device_is_refused() -> None:
    """/dev/zero would never end."""
    with pytest.raises(ConfigError, match="regular"):
        read_text("/dev/zero")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    """The message names it."""
    with pytest.raises(ConfigError, match=str(tmp_path)):
        read_text(tmp_path)


def test_other_encodings_are_refused_unseen(tmp_path: Path) -> None:
    """Guessing would change secrets; the bytes do not show."""
    (tmp_path / "f").write_bytes("geheim: schlüssel".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"UTF-8 \(byte 12\)") as caught:
        read_text(tmp_path / "f")
    assert "geheim" not in str(caught.value)
    inside = list(traceback.walk_tb(caught.value.__traceback__))[1:]
    assert "geheim" not in repr([frame.f_locals for frame, _ in inside])


def test_a_nul_in_the_path_is_refused() -> None:
    """A clear error instead of the system's."""
    with pytest.raises(ConfigError, match="no path"):
        read_text("a\x00b")


@pytest.mark.parametrize(
    ("mode", "exposed"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True), (0o644, True)]
)
def test_files_that_others_can_read_are_exposed(tmp_path: Path, mode: int, exposed: bool) -> None:
    """Group and world count, the owner does not."""
    path = tmp_path / "f"
    path.touch()
    path.chmod(mode)
    assert is_exposed(path) is exposed


def test_a_missing_file_is_not_exposed(tmp_path: Path) -> None:
    """There is nothing to warn of."""
    assert not is_exposed(tmp_path / "none")
