"""What `catchment.lakefs` offers: each name once, everywhere the same, and there without asking for another first."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from catchment import lakefs
from catchment.lakefs import aio

SUBMODULES = ["branch", "client", "exceptions", "import_manager", "models", "object"]
NOT_AWAITED = {"aio", *SUBMODULES}


def shown_to_checkers(module: ModuleType) -> set[str]:
    """Return the names that a lazy module gives type checkers and editors."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    names: set[str] = set()
    for node in ast.walk(ast.Module([line for block in blocks for line in block.body], [])):
        if isinstance(node, ast.ImportFrom):
            names |= {str(alias.asname) for alias in node.names if alias.asname}
        elif isinstance(node, ast.AnnAssign):
            names.add(ast.unparse(node.target))
    return names


@pytest.mark.parametrize("module", [lakefs, aio], ids=["blocking", "awaited"])
def test_checkers_and_interpreter_see_the_same_names(module: ModuleType) -> None:
    """A lazy module says its names three times; they are the same names."""
    assert shown_to_checkers(module) == set(module.__all__)
    assert {name for name in dir(module) if name in module.__all__} == set(module.__all__)
    assert module.__all__ == sorted(module.__all__)


def test_awaited_names_are_the_blocking_ones() -> None:
    """Whoever changes the import line finds every name again; submodules belong to the blocking package."""
    assert set(aio.__all__) == set(lakefs.__all__) - NOT_AWAITED
    assert set(lakefs.__all__) >= NOT_AWAITED


@pytest.mark.parametrize("name", SUBMODULES)
def test_submodules_offer_what_they_say(name: str) -> None:
    """Modules that people import from by the official package's paths have the public names, and the same ones."""
    module = importlib.import_module(f"catchment.lakefs.{name}")
    offered = getattr(module, "__all__", None)
    if offered is None:  # exceptions: its classes are its offer
        offered = [
            key for key, value in vars(module).items() if inspect.isclass(value) and value.__module__ == module.__name__
        ]
    assert offered
    for each in offered:
        found = getattr(module, each)
        assert getattr(lakefs, each, found) is found, f"two different {each}"


def test_unknown_names_are_refused() -> None:
    """A misspelt name fails where it stands, as with any module."""
    for module in (lakefs, aio):
        with pytest.raises(AttributeError, match="Repositry"):
            _ = module.Repositry


def test_every_module_can_be_the_first_one_imported() -> None:
    """No name works only because another was imported before it: each module is asked for in a fresh process."""
    code = (
        "import importlib, json, os, sys\n"
        "broken = []\n"
        "for module, names in json.loads(sys.argv[1]):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        try: [getattr(importlib.import_module(module), name) for name in names]\n"
        "        except BaseException as exc: os.write(2, f'{module} {names}: {exc!r}'.encode()); os._exit(1)\n"
        "        os._exit(0)\n"
        "    if os.waitpid(child, 0)[1]: broken.append([module, names])\n"
        "print(json.dumps(broken))\n"
    )
    homes: dict[tuple[str, str], list[str]] = {}
    for module in (lakefs, aio):
        for name in module.__all__:
            homes.setdefault((module.__name__, module._WHERE.get(name, name)), []).append(name)
    tasks: list[tuple[str, list[str]]] = [(module, names) for (module, _), names in homes.items()]
    tasks += [(f"catchment.lakefs.{name}", []) for name in SUBMODULES]
    assert sum(len(names) for _, names in tasks) == len(lakefs.__all__) + len(aio.__all__)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, json.dumps(tasks)], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [], done.stderr


def test_star_import_brings_the_offer() -> None:
    """`__all__` names nothing that does not exist, and a star import warns of nothing."""
    code = "from catchment.lakefs import *; from catchment.lakefs.aio import *; print(Repository.__module__)"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "catchment.lakefs._async.repository"


def test_default_client_is_seen_as_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """`lakefs.DefaultClient` is no snapshot of the moment of import: `init` shows at once, in its own colour only."""
    from catchment.lakefs._async import client as async_clients
    from catchment.lakefs._sync import client as sync_clients

    monkeypatch.setattr(sync_clients, "_default", None)
    monkeypatch.setattr(async_clients, "_default", None)
    assert lakefs.DefaultClient is None
    made = lakefs.init(host="https://lake.example.com", access_token="t")
    assert lakefs.DefaultClient is made
    assert aio.DefaultClient is None
