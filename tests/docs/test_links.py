"""Links lead somewhere, and files that the pages name exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, links, name, prose

_FILE = re.compile(r"`((?:tests|specs|codegen|overlay|generated|docs|examples|benchmarks)/[\w./-]*)(?:::(\w+))?`")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    """A relative link names a file of the repository, and its anchor a heading of that page."""
    for number, target in links(page):
        if re.match(r"[a-z]+:", target):
            assert target.startswith("https://"), f"{name(page)}:{number}: {target} is not https"
            continue
        path, _, anchor = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        assert aim.exists(), f"{name(page)}:{number}: no {target}"
        assert aim.is_relative_to(ROOT), f"{name(page)}:{number}: {target} leaves the repository"
        if anchor:
            assert anchor in anchors(aim), f"{name(page)}:{number}: {path or 'this page'} has no heading #{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_named_files_exist(page: Path) -> None:
    """A file or folder of the repository that stands in code type is there; behind `::` stands a test that it has."""
    for number, line in prose(page):
        for match in _FILE.finditer(line):
            path, test = ROOT / match[1], match[2]
            assert path.exists(), f"{name(page)}:{number}: no {match[1]}"
            assert not test or f"def {test}(" in path.read_text(encoding="utf-8"), f"{name(page)}:{number}: no {test}"


def test_every_page_is_reached_from_the_index() -> None:
    """Whoever starts at README or docs/index.md can reach every page by links."""
    reached: set[Path] = set()
    waiting = [ROOT / "README.md", ROOT / "docs" / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.is_file():
            continue
        reached.add(page)
        waiting += [
            (page.parent / target.partition("#")[0]).resolve() for _, target in links(page) if ":" not in target
        ]
    assert {name(page) for page in PAGES} - {name(page) for page in reached} == set()
