"""Every sample of README and docs runs on the local stack, and prints what the page says."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, PRINTS, ROOT, Block, blocks, name

_LANGUAGES = {"python", "sh", "text", "yaml", "toml", "json", "javascript"}
_PAGES = [page for page in PAGES if any(block.language == "python" for block in blocks(page))]


@pytest.mark.parametrize("page", _PAGES, ids=name)
def test_samples_run_in_order(page: Path) -> None:
    """The Python blocks of a page run one after the other in one namespace, and print what stands below them."""
    scope: dict[str, object] = {"__name__": "__page__"}
    printed = ""
    for block in blocks(page):
        if block.language == "python" and block.not_run is None:
            printed = _run(block, page, scope)
        elif block.mark == PRINTS:
            assert printed == block.text, f"{name(page)}:{block.line} says something else than the block above prints"


def test_the_first_screen_is_checked() -> None:
    """README and every page of docs that the index names are among the pages that are run or read."""
    names = {name(page) for page in PAGES}
    assert {"README.md", "docs/index.md", "docs/lakefs.md"} <= names


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_blocks_are_marked(page: Path) -> None:
    """A block names its language, and one that is not run says why."""
    for block in blocks(page):
        assert block.language in _LANGUAGES, f"{name(page)}:{block.line}: language {block.language!r}"
        assert block.not_run != "", f"{name(page)}:{block.line}: not run, without a reason"


def test_readme_fits_a_first_reading() -> None:
    """README stays near one hundred lines; more belongs into docs."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 140


def _run(block: Block, page: Path, scope: dict[str, object]) -> str:
    """Run one block under its page's name and line numbers; return what it printed."""
    source = "\n" * (block.line - 1) + block.text
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(source, str(page), "exec", dont_inherit=True), scope)
    return out.getvalue()
