"""The committed packages: what importing them costs, and that they are complete."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from codegen.build import ROOT, prepared, services
from codegen.surface import surface
from codegen.verify import import_everything

SERVICES = list(services())


def modules_after(statement: str) -> set[str]:
    """Return what a fresh interpreter has imported after a statement."""
    code = f"{statement}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_a_package_imports_nothing_of_its_own() -> None:
    """Naming a package loads no endpoint, no model, no HTTP library."""
    loaded = modules_after("import catchment_api.lakefs.api, catchment_api.lakefs.models")

    assert not [name for name in loaded if name.startswith("catchment_api.lakefs.") and name.count(".") > 2]
    assert not loaded & {"httpx", "httpcore", "pandas", "pyarrow", "attrs", "attr", "dateutil"}


def test_one_endpoint_imports_its_own_models_only() -> None:
    """An endpoint brings the models in its signature and theirs, and no HTTP library."""
    loaded = modules_after("from catchment_api.lakefs.api.branches import list_branches")
    models = {name for name in loaded if name.startswith("catchment_api.lakefs.models.")}

    assert models == {f"catchment_api.lakefs.models.{name}" for name in ("ref_list", "ref", "pagination")}
    assert not loaded & {"httpx", "httpcore", "pandas", "pyarrow", "dateutil"}


def test_endpoints_are_attributes() -> None:
    """`api.branches.list_branches` works after importing `api` alone, and names that do not exist are refused."""
    code = (
        "from catchment_api.lakefs import api, models\n"
        "assert api.branches.list_branches.OP.id == 'listBranches'\n"
        "assert models.Ref('a', 'b').id == 'a'\n"
        "assert 'list_branches' in dir(api.branches) and 'RefList' in dir(models)\n"
        "for owner in (api, api.branches, models):\n"
        "    try: owner.nothing\n"
        "    except AttributeError: pass\n"
        "    else: raise SystemExit(f'{owner} has nothing')\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


@pytest.mark.parametrize("service", SERVICES)
def test_everything_imports(service: str) -> None:
    """Every module that is listed can be imported."""
    ready = prepared(services()[service])

    assert import_everything(service) >= len(ready.operations) + len(ready.document["components"]["schemas"])


@pytest.mark.parametrize("service", SERVICES)
def test_the_committed_surface_is_the_documents(service: str) -> None:
    """Whoever changes a document regenerates; this notices without the generator."""
    manifest = json.loads(services()[service].manifest.read_text(encoding="utf-8"))

    assert manifest["surface"] == surface(prepared(services()[service]))


@pytest.mark.parametrize("service", SERVICES)
def test_generated_code_imports_the_contract_only(service: str) -> None:
    """Of the package, generated code knows `catchment.core.wire`; no type is ignored, no endpoint returns Any."""
    for path in (ROOT / "generated" / "catchment_api" / service).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        imports = [line for line in text.splitlines() if line.startswith(("from catchment", "import catchment"))]
        assert all(line.startswith("from catchment.core.wire import") for line in imports)
        assert "type: ignore" not in text
        assert "pyright:" not in text
        if path.parent.parent.name == "api" and path.name != "__init__.py":
            assert "-> Any" not in text
