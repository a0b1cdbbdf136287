"""Commands on the pages are commands that exist, and every command and option has its place on a page."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator

import pytest
from catchment.cli import _parser
from catchment.local.lakefs.routes.table import routes

from tests.docs.pages import PAGES, ROOT, blocks, name


def _lines() -> Iterator[tuple[str, list[str]]]:
    """Yield every line of every shell block as words, with its place."""
    for page in PAGES:
        for block in blocks(page):
            if block.language == "sh":
                for number, line in enumerate(block.text.splitlines(), block.line):
                    words = shlex.split(line, comments=True)
                    if words:
                        yield f"{name(page)}:{number}", words


_CATCHMENT = [pytest.param(words, id=place) for place, words in _lines() if words[0] == "catchment"]


@pytest.mark.parametrize("words", _CATCHMENT)
def test_documented_commands_parse(words: list[str]) -> None:
    """A `catchment` command on a page is understood by the command as it is."""
    code: object = 0
    try:
        _parser().parse_args(words[1:])
    except SystemExit as left:
        code = left.code
    assert code == 0  # as --help and --version end


def test_every_command_is_documented() -> None:
    """Each command and each of its options stands on docs/cli.md."""
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    parser = _parser()
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    for command, sub in commands.choices.items():
        assert f"`catchment {command}" in page, f"no catchment {command}"
        for option in _options(sub):
            assert f"`{option}" in page, f"catchment {command} {option} is not explained"


def test_every_option_of_the_local_server_is_documented() -> None:
    """Each option that `python -m catchment.local --help` lists stands on docs/local-stack.md."""
    command = [sys.executable, "-m", "catchment.local", "--help"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    page = (ROOT / "docs" / "local-stack.md").read_text(encoding="utf-8")
    options = set(re.findall(r"--[a-z][\w-]*", said)) - {"--help"}
    assert options
    assert [option for option in sorted(options) if option not in page] == []


def test_what_the_local_lakefs_lacks_is_listed() -> None:
    """docs/local-stack.md lists the operations that the local lakeFS answers with 501: all of them, and no others."""
    page = ROOT / "docs" / "local-stack.md"
    lacking = {route.operation for route in routes() if route.handler is None}
    assert lacking in [set(block.text.split()) for block in blocks(page) if block.language == "text"]


def test_documented_sessions_exist() -> None:
    """`nox -s NAME` on a page names a session of noxfile.py."""
    known = set(re.findall(r"@nox\.session\ndef (\w+)", (ROOT / "noxfile.py").read_text(encoding="utf-8")))
    used = {
        (place, words[words.index("-s") + 1])
        for place, words in _lines()
        if any(word.endswith("nox") for word in words) and "-s" in words
    }
    assert used
    assert {place for place, session in used if session not in known} == set()


def test_extras_are_documented() -> None:
    """docs/getting-started.md lists the extras of pyproject.toml: all of them, and no others."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        known = set(tomllib.load(file)["project"]["optional-dependencies"])
    page = (ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")
    listed = {
        name for line in re.findall(r"^\| (`.*?`) \|", page, re.MULTILINE) for name in re.findall(r"`(\w+)`", line)
    }
    assert listed == known


def test_named_extras_exist() -> None:
    """`catchment[extra]`, on a page or in advice that the package gives, names an extra of pyproject.toml."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        known = set(tomllib.load(file)["project"]["optional-dependencies"])
    files = [*PAGES, *(ROOT / "overlay").rglob("*.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    used = {extra for found in re.findall(r"catchment\[([\w,]+)\]", text) for extra in found.split(",")}
    assert used
    assert used <= known


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if not isinstance(action, argparse._HelpAction) and action.option_strings:
            yield action.option_strings[-1]
