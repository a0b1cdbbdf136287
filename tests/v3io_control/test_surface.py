"""What `catchment.v3io.controlplane` offers, in both colours, and what it shows of secrets."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
import traceback
from types import ModuleType
from typing import Any

import pytest
from catchment.core.errors import CatchmentError
from catchment.local import Fault, Stack
from catchment.v3io import controlplane
from catchment.v3io.aio import controlplane as awaited

from tests.v3io_control.conftest import KEY, PASSWORD

OURS = ("Client", "Job")


@pytest.mark.parametrize("module", [controlplane, awaited], ids=["blocking", "awaited"])
def test_every_name_is_there(module: ModuleType) -> None:
    """Lazy names are listed before they are loaded, and can be loaded."""
    assert set(module.__all__) <= set(dir(module))
    assert module.__all__ == sorted(module.__all__)
    assert all(getattr(module, name) for name in module.__all__)


def test_both_colours_have_the_same_names() -> None:
    """Models and errors are even the same classes."""
    assert controlplane.__all__ == awaited.__all__
    shared = [name for name in controlplane.__all__ if name not in OURS]
    assert all(getattr(controlplane, name) is getattr(awaited, name) for name in shared)


@pytest.mark.parametrize("name", OURS)
def test_both_colours_take_the_same_arguments(name: str) -> None:
    """Methods, arguments and defaults."""
    blocking, waiting = (
        {
            key.replace("aclose", "close"): [(one.name, repr(one.default)) for one in inspect.signature(call).parameters.values()]
            for key, call in inspect.getmembers(getattr(module, name))
            if inspect.isfunction(call) and not key.startswith("_")
        }
        for module in (controlplane, awaited)
    )  # fmt: skip
    assert blocking == waiting


@pytest.mark.parametrize("name", OURS)
def test_every_call_tells_its_operation_and_arguments(name: str) -> None:
    """Whatever sends says what; every argument is documented."""
    for key, call in inspect.getmembers(getattr(controlplane, name)):
        if key.startswith("_") or not inspect.isfunction(call) or key in ("close", "explain", "job"):
            continue
        text = inspect.getdoc(call) or ""
        assert re.search(r"^Wire: \w+ · specs/v3io_control.yaml$", text, re.MULTILINE), key
        for argument in list(inspect.signature(call).parameters)[1:]:
            assert f"\n    {argument}: " in text, f"{key}: {argument}"


def test_importing_it_loads_nothing_heavy() -> None:
    """Nor does making a client."""
    code = (
        "from catchment import v3io\n"
        "v3io.controlplane.Client('https://dash.example.com', username='a', password='b')\n"
        "import sys, json; print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert not loaded & {"pandas", "numpy", "httpx", "httpcore", "attr", "attrs", "yaml", "pyarrow"}
    assert not {name for name in loaded if name.startswith(("catchment_api.v3io_control.models.", "catchment.local"))}


TROUBLE: list[Fault] = [
    Fault("reset", "v3io-control", "*", count=99),
    Fault("status", "v3io-control", "create*", status=400, count=99),
    Fault("status", "v3io-control", "*", status=401, count=99),
    Fault("status", "v3io-control", "createUser", status=500, count=99),
    Fault("status", "v3io-control", "delete*", status=404, count=99),
    Fault("html", "v3io-control", "*", count=99),
]


@pytest.mark.parametrize("fault", TROUBLE, ids=lambda fault: f"{fault.kind}-{fault.operation}-{fault.status}")
@pytest.mark.parametrize("options", [{"username": "admin", "password": PASSWORD}, {"access_key": KEY}], ids=list)
def test_tracebacks_hold_no_secret(fault: Fault, options: dict[str, Any]) -> None:
    """Not even where a tool prints the local variables of every frame, but for the test's own."""
    with Stack() as stack:
        stack.faults.add(fault)
        control = controlplane.Client(local=stack, retries=0, **options)
        for number in range(3):
            try:
                ask(control, number)
            except CatchmentError as error:
                # The first frames are the test's own, which hold what it looks for.
                inner = traceback.TracebackException.from_exception(error, capture_locals=True)
                del inner.stack[:2]
                shown = "".join(inner.format())
                assert PASSWORD not in shown
                assert KEY not in shown
                assert "canary" not in shown


def ask(control: controlplane.Client, number: int) -> None:
    """Make one of three calls, the secrets of which are canaries."""
    if number == 0:
        control.create_user("ada", password="canary-of-ada")
    elif number == 1:
        control.delete_access_key("canary-key")
    else:
        control.create_access_key(label="a")
