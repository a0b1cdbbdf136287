"""The reader of pages finds what the other tests of this folder rely on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import pages, test_samples
from tests.docs.pages import anchors, blocks, links

_PAGE = """\
# One `code` & more
[link](other.md#there) in prose
## Same
## Same

```python
# [no](link.md)
print("x")
```

<!-- not run: needs a server -->
```sh
command
```
<!-- not run -->

```text
```
"""


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a page in a repository of its own."""
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    path = tmp_path / "page.md"
    path.write_text(_PAGE, encoding="utf-8")
    return path


def test_headings_are_anchors(page: Path) -> None:
    """Code marks and signs leave no trace, blanks are hyphens, repeated headings are numbered."""
    assert anchors(page) == {"one-code--more", "same", "same-1"}


def test_links_are_those_of_the_prose(page: Path) -> None:
    """What looks like a link inside a block is none."""
    assert links(page) == [(2, "other.md#there")]


def test_blocks_know_language_place_and_mark(page: Path) -> None:
    """A mark counts for the block below it; a reason is told from none."""
    found = blocks(page)
    assert [(block.language, block.line) for block in found] == [("python", 7), ("sh", 13), ("text", 18)]
    assert [block.not_run for block in found] == [None, "needs a server", ""]


def test_open_block_is_an_error(page: Path) -> None:
    """A block without an end would swallow the rest of the page, and its checks with it."""
    page.write_text("```python\nprint()\n", encoding="utf-8")
    with pytest.raises(ValueError, match="never ends"):
        blocks(page)


def test_wrong_output_is_noticed(page: Path) -> None:
    """A page that says something else than its sample prints fails."""
    page.write_text('```python\nprint("x")\n```\n<!-- prints -->\n```text\ny\n```\n', encoding="utf-8")
    with pytest.raises(AssertionError, match="something else"):
        test_samples.test_samples_run_in_order(page)
