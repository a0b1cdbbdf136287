"""Hold the output against the document: nothing is lost, everything imports.

    python -m codegen.verify [service...]     in the package's environment: import every module

`complete` runs during generation and looks at files only.
"""

from __future__ import annotations

import importlib
import sys

from codegen.document import SpecError
from codegen.prepare import Prepared


def complete(files: dict[str, str], ready: Prepared) -> None:
    """Check that every operation and every component has its module, and that every module compiles.

    Raises:
        SpecError: Something is missing or cannot be compiled.
    """
    code = "\n".join(text for name, text in files.items() if name.startswith("api/"))
    missing = [f"operation {name}" for name in ready.operations if f"id={name!r}" not in code]
    index = files["models/__init__.py"]
    names = {line.split('"')[1].lower() for line in index.splitlines() if line.startswith('    "') and ": " in line}
    components: dict[str, object] = ready.document.get("components", {}).get("schemas", {})
    missing += [f"schema {name}" for name in components if _folded(name) not in {_folded(one) for one in names}]
    if missing:
        raise SpecError("not in the output: " + ", ".join(missing))
    for name, text in files.items():
        try:
            compile(text, name, "exec")
        except SyntaxError as exc:
            raise SpecError(f"{name} does not compile: {exc}") from exc


def _folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def import_everything(service: str) -> int:
    """Import every endpoint and every model of a generated package; return their number."""
    base = f"catchment_api.{service}"
    count = 0
    for tag in importlib.import_module(f"{base}.api").__all__:
        for name in importlib.import_module(f"{base}.api.{tag}").__all__:
            importlib.import_module(f"{base}.api.{tag}.{name}")
            count += 1
    models = importlib.import_module(f"{base}.models")
    for name in models.__all__:
        getattr(models, name)
        count += 1
    return count


if __name__ == "__main__":
    from codegen.build import services

    for each in sys.argv[1:] or services():
        print(f"{each}: {import_everything(each)} modules imported")
