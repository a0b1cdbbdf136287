"""What importing costs, what the source may not hold, and who may import whom."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import catchment
import pytest

OVERLAY = Path(catchment.__file__).parent
ROOT = OVERLAY.parent.parent
HEAVY = {"pandas", "httpx", "httpcore", "attr", "attrs", "websockets", "pyarrow", "polars", "numpy", "yaml", "dateutil"}
HELD = ("core", "lakefs", "influxdb", "v3io")
PRINTING = ("influxdb/results.py:",)
"""Where printing is what the caller asks for: `InfluxDBResult.show()`."""


def modules_after(statement: str) -> set[str]:
    """Return what a fresh interpreter has imported after a statement."""
    code = f"{statement}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Yield the modules of core and of the platforms as trees."""
    for part in HELD:
        for path in sorted((OVERLAY / part).rglob("*.py")):
            yield path.relative_to(OVERLAY).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def test_importing_the_service_loads_nothing_heavy() -> None:
    """`import catchment.lakefs` costs what its own few modules cost."""
    loaded = modules_after("import catchment.lakefs")
    assert not loaded & (HEAVY | {"asyncio", "ssl", "httptools"})
    assert not {name for name in loaded if name.startswith("catchment_api")}
    assert "catchment.lakefs._sync.client" not in loaded


def test_making_handles_loads_no_heavy_library_and_no_model() -> None:
    """A client and handles are made without a request, so without models of answers and without HTTP libraries."""
    loaded = modules_after(
        "from catchment import lakefs\n"
        "client = lakefs.Client(host='https://lake.example.com', username='a', password='b')\n"
        "branch = lakefs.repository('flights', client).branch('main')\n"
        "branch.object('a'); branch.objects(); branch.transaction('t'); branch.import_data()"
    )
    assert not loaded & HEAVY
    assert not {name for name in loaded if name.startswith("catchment_api.lakefs.models.")}
    assert "catchment.local" not in loaded
    assert not {name for name in loaded if name.startswith("catchment.lakefs._async")}


def test_small_objects_need_neither_httpx_nor_pandas() -> None:
    """Writing, reading and listing over a socket goes by the lean engine alone."""
    loaded = modules_after(
        "from catchment import lakefs\n"
        "from catchment.local import Stack\n"
        "with Stack() as stack, stack.serve() as running:\n"
        "    import os; os.environ.update(running.environment)\n"
        "    with lakefs.Client() as client:\n"
        "        branch = lakefs.repository('flights', client).create('s3://lake/flights').branch('main')\n"
        "        branch.upload(b'x', 'a')\n"
        "        assert branch.download('a') == b'x'\n"
        "        assert [item.path for item in branch.objects()] == ['a']\n"
    )
    assert not loaded & {"httpx", "httpcore", "pandas", "pyarrow", "websockets"}


def test_no_argument_is_checked_by_assert_and_nothing_is_printed() -> None:
    """`python -O` takes asserts away, and a library that prints spoils its caller's output."""
    found = [
        f"{name}:{node.lineno}"
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"print", "breakpoint"})
    ]
    assert [place for place in found if not place.startswith(PRINTING)] == []


def test_time_is_asked_for_at_one_place() -> None:
    """Clocks and waits go by `core.clock` and `core.*.waiting`, or tests would have to sleep."""
    doors = {"core/clock.py", "core/_async/waiting.py", "core/_sync/waiting.py"}
    asked = {
        "time.sleep",
        "time.time",
        "time.monotonic",
        "asyncio.sleep",
        "datetime.now",
        "datetime.utcnow",
        "time.perf_counter",
    }
    found = [
        f"{name}:{node.lineno} {ast.unparse(node.func)}"
        for name, tree in sources()
        if name not in doors
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in asked
    ]
    assert found == []


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield the modules that a tree imports at run time, functions included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_the_http_library_is_known_to_the_engines_alone() -> None:
    """Who replaces it finds it in one place."""
    engines = {f"core/{colour}/{name}.py" for colour in ("_async", "_sync") for name in ("httpx_engine", "network")}
    engines |= {"core/flowing.py"}  # runs flows that are written for it
    found = {
        name
        for name, tree in sources()
        if any(each.partition(".")[0] in {"httpx", "httpcore"} for each in imported(tree))
    }
    assert found <= engines
    assert found


def test_pickles_are_never_read() -> None:
    """Nothing that a server or a file holds is run."""
    risky = {"pickle.load", "pickle.loads", "eval", "exec", "yaml.load", "os.system", "marshal.loads"}
    found = [
        f"{name}:{node.lineno}"
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in risky
    ]
    assert found == []


def test_the_layers_hold() -> None:
    """Services know core, never one another; the local stack knows nothing of ours; core knows no service."""
    pytest.importorskip("importlinter")
    paths = os.pathsep.join([str(ROOT / "overlay"), str(ROOT / "generated")])
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-500:]
    assert "0 broken" in done.stdout
