"""The two colours of the lakeFS overlay: the same classes, methods, arguments, defaults and sentences."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from catchment import lakefs
from catchment.core._async.api import AsyncApiClient
from catchment.core._async.pages import AsyncPages
from catchment.core._sync.api import ApiClient
from catchment.core._sync.pages import Pages
from catchment.lakefs import aio

RENAMED = {"aclose": "close", "__aenter__": "__enter__", "__aexit__": "__exit__", "__aiter__": "__iter__",
           "__anext__": "__next__"}  # fmt: skip
COLOURS = [
    (r"\bAsync(?=[A-Z])", ""), (r"_async\b", "_sync"), (r"\basyncio\b", "sync"), (r"\baclose\b", "close"),
    (r"(Awaitable|Coroutine\[Any, Any, )\[?", ""),
]  # fmt: skip
FILES = {"BytesReader", "BytesWriter", "TextReader", "TextWriter", "ObjectReader", "ObjectWriter"}
"""Written twice by hand: the blocking ones are the standard library's, whose positional-only arguments have no twin."""

BASES = {"ObjectReader": lakefs.BytesReader, "ObjectWriter": lakefs.BytesWriter}
"""Blocking bases only mix in what the standard library lacks, so a file stands for them."""

PAIRS: list[tuple[str, Any, Any]] = [
    *(
        (name, getattr(aio, name), BASES.get(name) or getattr(lakefs, name))
        for name in aio.__all__
        if name != "DefaultClient"
    ),
    ("Pages", AsyncPages, Pages),
    ("ApiClient", AsyncApiClient, ApiClient),
]


def members(owner: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a class of ours offers in public, inherited or not."""
    for name in dir(owner):
        if (
            name.startswith("_")
            and name not in RENAMED
            and name not in {"__enter__", "__exit__", "__iter__", "__next__"}
        ):
            continue
        defined = next((base for base in owner.__mro__ if name in vars(base)), object)
        if defined.__module__.startswith(("catchment", "catchment_api")):
            yield name, inspect.getattr_static(owner, name)


def unwrapped(member: Any) -> Callable[..., Any] | None:
    """Return the function of a method or property."""
    if isinstance(member, property):
        return member.fget
    if isinstance(member, (classmethod, staticmethod)):
        return member.__func__
    return member if inspect.isfunction(member) else None


def shape(function: Callable[..., Any]) -> list[tuple[str, str, str, object]]:
    """Describe arguments without their types' colours."""
    return [
        (argument.name, argument.kind.name, blocking(str(argument.annotation)), plain(argument.default))
        for argument in inspect.signature(function).parameters.values()
    ]


def plain(default: object) -> object:
    """Name a default that marks "nothing given": each colour has a marker of its own."""
    return type(default).__name__ if type(default).__name__.startswith("_") else default


def blocking(text: str) -> str:
    """Read a text as its blocking twin says it."""
    for find, put in COLOURS:
        text = re.sub(find, put, text)
    return text


@pytest.mark.parametrize(("name", "awaited", "direct"), PAIRS, ids=[name for name, *_ in PAIRS])
def test_twins_offer_the_same(name: str, awaited: Any, direct: Any) -> None:
    """Nothing is there in one colour only, but for what the standard library's files add."""
    if not inspect.isclass(awaited):
        assert inspect.isfunction(direct)
        return
    ours = {RENAMED.get(each, each) for each, _ in members(awaited)}
    theirs = {each for each, _ in members(direct)}
    if name in FILES:  # what `io` defines is not ours, so look for names alone
        assert {each for each in ours if not hasattr(direct, each)} == set()
    else:
        assert ours == theirs


@pytest.mark.parametrize(("name", "awaited", "direct"), PAIRS, ids=[name for name, *_ in PAIRS])
def test_twins_take_the_same_arguments(name: str, awaited: Any, direct: Any) -> None:
    """Order, kinds, types and defaults of arguments are those of the twin."""
    if inspect.isfunction(awaited):
        assert shape(awaited) == shape(direct)
        return
    for each, member in members(awaited):
        if name in FILES:
            continue
        function, twin = unwrapped(member), unwrapped(inspect.getattr_static(direct, RENAMED.get(each, each)))
        if function is not None and twin is not None:
            assert shape(function) == shape(twin), f"{name}.{each}"


@pytest.mark.parametrize(("name", "awaited", "direct"), PAIRS, ids=[name for name, *_ in PAIRS])
def test_twins_say_the_same(name: str, awaited: Any, direct: Any) -> None:
    """Every public thing has a docstring, and its twin has the same one."""
    assert awaited.__doc__, f"{name} has no docstring"
    if name not in FILES:
        assert blocking(awaited.__doc__) == direct.__doc__
    if not inspect.isclass(awaited):
        return
    for each, member in members(awaited):
        function = unwrapped(member)
        if function is None or each.startswith("__"):
            continue
        assert function.__doc__, f"{name}.{each} has no docstring"
        if name in FILES:
            continue
        twin = unwrapped(inspect.getattr_static(direct, RENAMED.get(each, each)))
        if twin is not None:
            assert blocking(function.__doc__) == twin.__doc__, f"{name}.{each}"


def test_lazy_attributes_are_awaited_in_one_colour_and_read_in_the_other() -> None:
    """What takes a request is a coroutine property here and a plain value there; what does not is plain in both."""
    fetched = {("Repository", "metadata"), ("Repository", "properties"), ("Branch", "head"), ("Reference", "metadata"),
               ("Reference", "commit_message"), ("Client", "version"), ("Client", "storage_config"),
               ("ServerConfiguration", "version"), ("ServerConfiguration", "storage_config")}  # fmt: skip
    found = {
        (name, each)
        for name, awaited, _ in PAIRS
        if inspect.isclass(awaited)
        for each, member in members(awaited)
        if isinstance(member, property) and inspect.iscoroutinefunction(member.fget)
    }
    inherited = {(name, each) for name in ("Branch", "Tag", "Commit") for each in ("metadata", "commit_message")}
    assert found - inherited == fetched
    for name, each in found:
        member = inspect.getattr_static(getattr(lakefs, name), each)
        assert isinstance(member, property)
        assert not inspect.iscoroutinefunction(member.fget)
