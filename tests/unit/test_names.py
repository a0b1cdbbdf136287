from __future__ import annotations

from pathlib import Path

import pytest
from catchment.core.errors import UnsafeInputError
from catchment.core.names import check_header_name, safe_join
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\n", "é", "a/b", "a\x00"])
def test_names_that_http_cannot_carry_are_refused(name: str) -> None:
    """R38: a key is part of a header's name, so only tokens do."""
    with pytest.raises(UnsafeInputError, match="metadata key"):
        check_header_name(name, what="metadata key")


def test_tokens_are_names() -> None:
    """RFC 9110's tokens pass unchanged."""
    assert check_header_name("x-Own_1.a") == "x-Own_1.a"


@pytest.mark.parametrize("name", ["a", "a/b/c.txt", "..a", "a..", "...", "-rf", "~", "a b", "é/日本", "ab:c", "CON"])
def test_ordinary_names_land_below_the_folder(tmp_path: Path, name: str) -> None:
    """Odd but harmless names are kept as they are."""
    assert safe_join(tmp_path, name, windows=False) == tmp_path.joinpath(*name.split("/"))


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "..", "../a", "a/../b", "a/..", "./a", "a/./b", "/etc/passwd", "//h/s",
        "a//b", "a/", "a\x00b", "C:\\x", "C:x", "c:/x", "a\\..\\b", "..\\x", "\\\\h\\s", "\udc80/\ud800",
    ],
)  # fmt: skip
@pytest.mark.parametrize("windows", [True, False])
def test_traversal_is_refused(tmp_path: Path, name: str, windows: bool) -> None:
    """R37: nothing is written outside the folder, on any system, and no two names share a place."""
    with pytest.raises(UnsafeInputError, match="not written"):
        safe_join(tmp_path, name, windows=windows)


@pytest.mark.parametrize(
    "name", ["CON", "a/nul.txt", "com1", "LPT9.log", "a.", "a ", "a:b", "a?b", "dir./f", "a|b", "x\x01"]
)
def test_names_that_windows_would_change_are_refused_there(tmp_path: Path, name: str) -> None:
    """Devices, streams and dropped endings would lose the object without a word."""
    with pytest.raises(UnsafeInputError):
        safe_join(tmp_path, name, windows=True)


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    """A folder inside the target may be a link; it must not lead elsewhere."""
    target, outside = tmp_path / "in", tmp_path / "out"
    target.mkdir()
    outside.mkdir()
    (target / "link").symlink_to(outside)
    with pytest.raises(UnsafeInputError, match="link"):
        safe_join(target, "link/a")


def test_a_link_that_stays_inside_is_followed(tmp_path: Path) -> None:
    """Links within the target are the user's own order."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert safe_join(tmp_path, "link/a").resolve() == tmp_path / "real" / "a"


@given(st.text(max_size=30))
def test_whatever_the_name_the_place_is_inside(name: str) -> None:
    """R37: any text leads below the folder under its own name, or is refused."""
    root = Path("/nowhere/target")
    try:
        place = safe_join(root, name, windows=False)
    except UnsafeInputError:
        return
    assert place.relative_to(root).as_posix() == name
