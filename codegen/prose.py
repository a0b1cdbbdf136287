"""Text of a document as docstrings: escaped, wrapped, indented. Hostile text stays text."""

from __future__ import annotations

import textwrap
import unicodedata

WIDTH = 120


def clean(text: str) -> str:
    """Drop what may not stand in source (control and direction characters) and what would end a docstring."""
    kept = "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cf", "Cs"))
    return kept.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def paragraphs(text: str, indent: int) -> str:
    """Wrap text, one paragraph per blank line; lines that are indented or listed keep their own line.

    The first line comes without its indent, which stands in the template.
    """
    blocks = [block for block in clean(text).strip().split("\n\n") if block.strip()]
    return "\n\n".join(_block(block, indent) for block in blocks).strip()


def _block(block: str, indent: int) -> str:
    lines = block.split("\n")
    if any(line.startswith(("- ", "* ", "  ", "\t")) for line in lines):
        return "\n".join(_wrap(line.rstrip(), indent, indent + 2) for line in lines)
    return _wrap(" ".join(block.split()), indent, indent)


def entry(name: str, text: str, indent: int) -> str:
    """Write one line of an `Args:` or `Raises:` section."""
    return _wrap(f"{name}: {' '.join(clean(text).split())}".rstrip(": "), indent, indent + 4)


def _wrap(text: str, indent: int, hanging: int) -> str:
    return textwrap.fill(
        text,
        width=WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def sentence(text: str) -> str:
    """Return text on one line, ending as a sentence does."""
    line = " ".join(clean(text).split())
    return line if not line or line.endswith((".", "!", "?", ":", "`.")) else f"{line}."


def docstring(text: str, indent: int) -> str:
    """Return a whole docstring, quotes included, for text that is prose only."""
    body = paragraphs(text, indent)
    one_line = "\n" not in body and len(body) + indent + 6 <= WIDTH and not body.endswith(('"', "\\"))
    return f'"""{body}"""' if one_line else f'"""{body}\n{" " * indent}"""'


def ended(text: str) -> str:
    """End a text as a sentence."""
    text = text.strip()
    return text if not text or text.endswith((".", "!", "?", ":")) else f"{text}."
