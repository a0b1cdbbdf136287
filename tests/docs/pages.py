"""Markdown pages of this project: their code blocks, headings and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md"), *(ROOT / "examples").glob("*.md")])

_FENCE = re.compile(r"^(?P<fence>`{3,})(?P<language>[\w-]*)\s*$")
_NOT_RUN = re.compile(r"^<!-- not run(?::\s*(?P<reason>.*?))?\s*-->$")
_HEADING = re.compile(r"^#{1,6} (?P<title>.+?)\s*#*$")
_LINK = re.compile(r"\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^)\s]+)\)")
PRINTS = "<!-- prints -->"


@dataclass(frozen=True, slots=True)
class Block:
    """
    One fenced block.

    Attributes:
        line: Of its first line of content, from 1.
        mark: The last line that is not blank above the fence.
    """

    language: str
    text: str
    line: int
    mark: str

    @property
    def not_run(self) -> str | None:
        """Why the block is not run: empty where the page gives no reason, `None` where it is run."""
        match = _NOT_RUN.match(self.mark)
        return None if match is None else match["reason"] or ""


def name(page: Path) -> str:
    """Return the page's path as the repository knows it."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks in order."""
    return [part for part in _parts(page) if isinstance(part, Block)]


def prose(page: Path) -> list[tuple[int, str]]:
    """Return the lines outside fenced blocks, with their numbers."""
    return [part for part in _parts(page) if not isinstance(part, Block)]


def anchors(page: Path) -> set[str]:
    """Return what `#...` may name on a page, by the rules of the sites that show Markdown."""
    found: dict[str, int] = {}
    named: set[str] = set()
    for _, line in prose(page):
        heading = _HEADING.match(line)
        if heading is not None:
            slug = slugged(heading["title"])
            count = found[slug] = found.get(slug, -1) + 1
            named.add(slug if count == 0 else f"{slug}-{count}")
    return named


def slugged(title: str) -> str:
    """Turn a heading into its anchor."""
    plain = _LINK.sub(lambda match: match["text"], title).replace("`", "").lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def links(page: Path) -> list[tuple[int, str]]:
    """Return the targets of links, with their line numbers."""
    return [(number, match["target"]) for number, line in prose(page) for match in _LINK.finditer(line)]


def _parts(page: Path) -> Iterator[Block | tuple[int, str]]:
    lines = enumerate(page.read_text(encoding="utf-8").splitlines(), 1)
    mark = ""
    for number, line in lines:
        opening = _FENCE.match(line)
        if opening is None:
            mark = line.strip() or mark
            yield number, line
            continue
        content: list[str] = []
        for _, inner in lines:
            if inner.rstrip() == opening["fence"]:
                break
            content.append(inner)
        else:
            raise ValueError(f"{name(page)}:{number}: this block never ends")
        yield Block(opening["language"], "\n".join(content) + "\n", number + 1, mark)
        mark = ""
