"""Packages whose names are loaded on first use (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def exports(
    package: str, where: Mapping[str, str], made: Mapping[str, tuple[str, str]] | None = None
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """
    Return `__getattr__` and `__dir__` for a module that exports names of others.

    Assign them where type checkers do not look (`if not TYPE_CHECKING`): to those, a module with `__getattr__` has
    every name, and a mistyped one would pass.

    Args:
        package: `__name__` of the exporting module.
        where: Name to the absolute module that defines it, `module:name` where it has another name there; the name of a
            module of the package to that module.
        made: Name to the module and the function that gives its value, anew each time.
    """
    module = sys.modules[package]

    def load(name: str) -> object:
        if made is not None and name in made:
            home, function = made[name]
            return getattr(import_module(home), function)()
        home = where.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home, _, own = home.partition(":")
        found = import_module(home)
        value = found if home == f"{package}.{name}" else getattr(found, own or name)
        setattr(module, name, value)
        return value

    def listed() -> list[str]:
        return sorted({*vars(module), *where, *(made or {})})

    return load, listed
