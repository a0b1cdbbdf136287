"""codegen/unasync.py: what the blocking twins are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.unasync import ROOT, Rules, UnasyncError, check, rewrite, write

RULES = ROOT / "codegen" / "unasync.toml"


def twin(source: str) -> str:
    """Rewrite with the project's rules, and some that it may not need at the moment."""
    rules = Rules.load(RULES)
    rules.names |= {"aiter": "iter", "__aenter__": "__enter__", "asynccontextmanager": "contextmanager"}
    rules.phrases = [(r"from catchment\.(\w+) import aio as \1\b", r"from catchment import \1")]
    return rewrite(source, rules)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("async def f() -> None:\n    await g()\n", "def f() -> None:\n    g()\n"),
        ("async with a as b, c: pass\n", "with a as b, c: pass\n"),
        ("x = [v async for v in pages]\n", "x = [v for v in pages]\n"),
        ("async for v in aiter(p): pass\n", "for v in iter(p): pass\n"),
        ("class AsyncPages(AsyncIterator[T]): ...\n", "class Pages(Iterator[T]): ...\n"),
        ("class _AsyncHelper: ...\n", "class _Helper: ...\n"),
        ("from catchment.core._async.engine import AsyncEngine\n", "from catchment.core._sync.engine import Engine\n"),
        ("async_client = 1\n", "client = 1\n"),
        ("async def __aenter__(self) -> Self: ...\n", "def __enter__(self) -> Self: ...\n"),
        ("f: Callable[[int], Awaitable[T]]\n", "f: Callable[[int], T]\n"),
        ("f: Coroutine[Any, Any, dict[str, int]]\n", "f: dict[str, int]\n"),
        ("f: Awaitable[Awaitable[int]]\n", "f: int\n"),
        ("x = (await f(1)).name\n", "x = f(1).name\n"),
        ("x = (await f(1))[0]\n", "x = f(1)[0]\n"),
        ("x = (await a or b).name\n", "x = (a or b).name\n"),
        ("x = g(await f())\n", "x = g(f())\n"),
        ("return (await self.f(x)).y\n", "return self.f(x).y\n"),
        ("r = await list_branches.asyncio(client=c)\n", "r = list_branches.sync(client=c)\n"),
        ("commit_async.build_request()\n", "commit_async.build_request()\n"),
        ("@asynccontextmanager\n", "@contextmanager\n"),
        ("from catchment.lakefs import aio as lakefs\n", "from catchment import lakefs\n"),
    ],
)
def test_code_is_rewritten(source: str, expected: str) -> None:
    """Keywords go, names change, types of awaitables become the types themselves."""
    assert twin(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('"""Use `await repo.commit()`."""\n', '"""Use `repo.commit()`."""\n'),
        (
            '"""\n    async with lakefs.Client() as c:\n        print(await c.version())\n"""\n',
            '"""\n    with lakefs.Client() as c:\n        print(c.version())\n"""\n',
        ),
        ("# an async iterator of an async client\n", "# an iterator of a client\n"),
        ("# Async engine\n", "# Engine\n"),
        ('x = "AsyncClient"\n', 'x = "Client"\n'),
        ('x = f"{AsyncClient.__name__} {await self.f()}"\n', 'x = f"{Client.__name__} {self.f()}"\n'),
        ("# see AsyncSender.send and commit_async\n", "# see Sender.send and commit_async\n"),
        ("# list_branches.asyncio(client=c)\n", "# list_branches.sync(client=c)\n"),
    ],
)
def test_strings_and_comments_are_rewritten(source: str, expected: str) -> None:
    """Docstrings, comments and f-strings tell of the twin, not of its source."""
    assert twin(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "# nobody may await here\n",
        "# asyncio cancels this\n",
        '"""This is async."""\n',
        "import asyncio\n",
        "from asyncio import Lock\n",
    ],
)
def test_what_cannot_be_rewritten_is_refused(source: str) -> None:
    """Prose about waiting and imports of asyncio stop the rewriting instead of ending up in the twin."""
    with pytest.raises(UnasyncError):
        twin(source)


def test_marked_lines_are_kept_or_cut() -> None:
    """`off` keeps lines as they are, `cut` drops them."""
    source = (
        "a = AsyncX\n# unasync: off\n# asyncio is the library\nb = AsyncX\n# unasync: on\n"
        "# unasync: cut\nc = AsyncX\n# unasync: on\nd = AsyncX\n"
    )
    assert twin(source) == "a = X\n# asyncio is the library\nb = AsyncX\nd = X\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Lay out a small project with one asynchronous package."""
    source = tmp_path / "overlay" / "catchment" / "core" / "_async"
    source.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (source / "__init__.py").write_text('"""Waits."""\n')
    (source / "engine.py").write_text(
        "from collections.abc import Awaitable, AsyncIterator, Iterator\n\n\n"
        "async def f(x: Awaitable[int] | AsyncIterator[int] | Iterator[int]) -> int:\n    return await g( x )\n"
    )
    sync = source.with_name("_sync")
    sync.mkdir()
    (sync / "__init__.py").write_text('"""By hand."""\n')
    (sync / "waiting.py").write_text("# by hand\n")
    return tmp_path


def few_rules() -> Rules:
    """Return the project's rules without those that the small project cannot make fire."""
    rules = Rules.load(RULES)
    rules.names, rules.phrases = {}, []
    return rules


def test_a_written_tree_passes_the_check(tree: Path) -> None:
    """Twins carry a header, are formatted, and lose imports and union members that became twins of each other."""
    assert write(tree, few_rules()) == []
    assert check(tree, few_rules()) == []
    assert (tree / "overlay/catchment/core/_sync/engine.py").read_text() == (
        "# Generated by codegen/unasync.py from overlay/catchment/core/_async/engine.py; do not edit.\n"
        "from collections.abc import Iterator\n\n\ndef f(x: int | Iterator[int]) -> int:\n    return g(x)\n"
    )
    assert (tree / "overlay/catchment/core/_sync/waiting.py").read_text() == "# by hand\n"
    assert (tree / "overlay/catchment/core/_sync/__init__.py").read_text() == '"""By hand."""\n'


def test_the_check_shows_an_edited_twin(tree: Path) -> None:
    """A twin edited by hand fails the check with a diff."""
    write(tree, few_rules())
    path = tree / "overlay/catchment/core/_sync/engine.py"
    path.write_text(path.read_text().replace("g(x)", "h(x)"))

    (problem,) = check(tree, few_rules())

    assert "-    return h(x)" in problem
    assert "+    return g(x)" in problem


def test_strays_are_removed_or_reported(tree: Path) -> None:
    """A twin whose source went is removed; a file that was never a twin is reported and left alone."""
    write(tree, few_rules())
    (tree / "overlay/catchment/core/_async/engine.py").unlink()
    stranger = tree / "overlay/catchment/core/_sync/stranger.py"
    stranger.write_text("x = 1\n")

    assert len(check(tree, few_rules())) == 2
    (problem,) = write(tree, few_rules())

    assert "stranger.py" in problem
    assert stranger.exists()
    assert not (tree / "overlay/catchment/core/_sync/engine.py").exists()


def test_a_rule_that_never_fires_fails_the_check(tree: Path) -> None:
    """The table of rules cannot rot."""
    write(tree, few_rules())
    rules = few_rules()
    rules.names["aflush"] = "flush"

    assert check(tree, rules) == ["rule `aflush` of unasync.toml never fires: remove it"]


def test_one_bad_source_does_not_hold_up_the_others(tree: Path) -> None:
    """A source that cannot be rewritten is reported; its committed twin and all others stay right."""
    write(tree, few_rules())
    source = tree / "overlay/catchment/core/_async"
    (source / "engine.py").write_text("import asyncio\n")
    (source / "other.py").write_text("async def f() -> None: ...\n")

    (problem,) = write(tree, few_rules())

    assert "core/_async/engine.py: `import asyncio`" in problem
    assert "g(x)" in (tree / "overlay/catchment/core/_sync/engine.py").read_text()
    assert (tree / "overlay/catchment/core/_sync/other.py").exists()
