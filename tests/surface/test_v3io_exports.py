"""What `catchment.v3io` offers: modules and the client at its top, as its original does, and every name in `dataplane`."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from catchment import v3io
from catchment.v3io import aio, bulk, dataplane, errors, expressions, functions, groups, outputs
from catchment.v3io.aio import dataplane as awaited

COLOURED = {"Batch", "Client", "ConsumerGroup", "GroupMember", "Items", "ItemsCursor", "Records"}
"""Names whose classes wait, so that each colour has its own."""
BLOCKING_PATHS = {"kv_cursor", "output", "response"}
"""Modules of the original that are named here; the awaited ones stand for its `output` and `response` alone."""
HEAVY = {"pandas", "httpx", "httpcore", "websockets", "pyarrow", "polars", "numpy", "yaml", "dateutil"}


def loaded_by(statement: str) -> set[str]:
    """Return what a fresh interpreter has imported after a statement."""
    code = f"{statement}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("module", [v3io, aio], ids=["blocking", "awaited"])
def test_checkers_and_interpreter_see_the_same_names(module: ModuleType) -> None:
    """A lazy module says its names three times; they are the same names, and each is there."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    shown = {alias.asname for node in blocks[0].body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert shown == set(module.__all__)
    assert module.__all__ == sorted(module.__all__)
    assert all(getattr(module, name) is not None for name in module.__all__)
    with pytest.raises(AttributeError, match="Clint"):
        _ = module.Clint


def test_the_top_has_the_modules_and_the_client() -> None:
    """Names of the data layer have one place, `dataplane`, and not three; what the original has at its top is there."""
    classes = {name for name in v3io.__all__ if not isinstance(getattr(v3io, name), ModuleType)}
    assert classes == {"Client", "RaiseForStatus"}
    assert {name for name in aio.__all__ if not isinstance(getattr(aio, name), ModuleType)} == classes
    assert v3io.Client is dataplane.Client
    assert aio.Client is awaited.Client
    assert v3io.RaiseForStatus is dataplane.RaiseForStatus is aio.RaiseForStatus


def test_awaited_names_are_the_blocking_ones() -> None:
    """Whoever changes the import line finds every name again: the same thing, or its twin."""
    assert set(awaited.__all__) == set(dataplane.__all__) - {"kv_cursor"}
    both = set(awaited.__all__)
    different = {name for name in both if getattr(awaited, name) is not getattr(dataplane, name)}
    assert different - BLOCKING_PATHS == COLOURED


@pytest.mark.parametrize("module", [errors, outputs, bulk, groups], ids=lambda module: module.__name__)
def test_what_is_returned_and_raised_can_be_named(module: ModuleType) -> None:
    """Code that annotates or catches needs one import line."""
    own = {name: value for name, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__}
    needed = {
        name
        for name, value in own.items()
        if isinstance(value, type)
        and not name.startswith("_")
        and (issubclass(value, Exception) or module in (outputs, bulk))
    }
    assert needed
    assert {name for name in needed if getattr(dataplane, name, None) is not own[name]} <= {"V3IOTold"}


def test_expressions_are_built_with_what_stands_beside_the_client() -> None:
    """Both colours have the builder and all of its functions."""
    public = {name for name, value in vars(functions).items() if getattr(value, "__module__", "") == functions.__name__}
    public = {name for name in public if not name.startswith("_")}
    assert public
    for module in (dataplane, awaited):
        assert public <= set(module.__all__)
        assert module.attr is expressions.attr
        assert {"Condition", "Expression", "Update", "Record", "RecordBatch"} <= set(module.__all__)


@pytest.mark.parametrize("statement", ["import catchment.v3io", "import catchment.v3io.aio"])
def test_importing_it_loads_no_client(statement: str) -> None:
    """It costs what its own few modules cost, until a name is used."""
    loaded = loaded_by(statement)
    assert not loaded & (HEAVY | {"asyncio", "ssl", "httptools", "attrs"})
    assert not {name for name in loaded if name.startswith(("catchment_api", "catchment.v3io._", "catchment.core._"))}


def test_the_data_plane_loads_no_heavy_library() -> None:
    """Nor the awaited colour, nor the local stack."""
    loaded = loaded_by("from catchment.v3io.dataplane import *; Client(endpoint='localhost:1', access_key='k')")
    assert not loaded & (HEAVY | {"asyncio"})
    assert not {name for name in loaded if name.startswith(("catchment.v3io._async", "catchment.local"))}
