"""`python -m codegen generate [--check] [service...]`: write the generated packages, or check the committed ones."""

from __future__ import annotations

import argparse
import json
import sys
from difflib import unified_diff
from pathlib import Path
from typing import Any

from codegen.build import ROOT, Service, hashes, package, prepared, services
from codegen.document import SpecError
from codegen.report import changes, render
from codegen.surface import surface


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m codegen", description="Generate clients from specs/.")
    commands = parser.add_subparsers(required=True)
    generate = commands.add_parser("generate", help="write generated/, or check it")
    generate.add_argument("--check", action="store_true", help="write nothing; exit 1 on any difference")
    generate.add_argument("services", nargs="*", help="services of codegen/config.toml; all of them by default")
    options = parser.parse_args(arguments)
    known = services()
    if unknown := set(options.services) - set(known):
        parser.error(f"no such service: {', '.join(sorted(unknown))}; config.toml has {', '.join(known)}")
    status = 0
    for name in options.services or known:
        try:
            status |= _one(known[name], check=options.check)
        except SpecError as exc:
            print(exc, file=sys.stderr)
            status = 1
    return status


def _one(service: Service, *, check: bool) -> int:
    """Generate one service; print what changes for callers, then what changed or differs."""
    ready = prepared(service)
    files = package(service, ready)
    committed: Any = json.loads(service.manifest.read_text(encoding="utf-8")) if service.manifest.exists() else None
    now = surface(ready)
    if committed is not None:
        print(render(service.name, changes(committed["surface"], now)))
    manifest = json.dumps({"made_from": hashes(service, files), "surface": now}, indent=1, sort_keys=True) + "\n"
    wanted = {service.output / name: text for name, text in files.items()} | {service.manifest: manifest}
    if check:
        return _compare(service, wanted)
    _write(service, wanted)
    return 0


def _present(service: Service) -> set[Path]:
    return {path for path in service.output.rglob("*") if path.is_file() and "__pycache__" not in path.parts}


def _compare(service: Service, wanted: dict[Path, str]) -> int:
    status = 0
    for path in sorted(_present(service) - wanted.keys()):
        print(f"{path.relative_to(ROOT)}: nothing in the document makes this file", file=sys.stderr)
        status = 1
    for path, text in wanted.items():
        have = path.read_text(encoding="utf-8") if path.exists() else ""
        if have != text:
            name = path.relative_to(ROOT).as_posix()
            lines = unified_diff(have.splitlines(), text.splitlines(), name, f"{name} (generated)", "", "", 1, "")
            print("\n".join(list(lines)[:40]), file=sys.stderr)
            status = 1
    return status


def _write(service: Service, wanted: dict[Path, str]) -> None:
    changed = 0
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed += 1
    gone = _present(service) - wanted.keys()
    for path in gone:
        path.unlink()
    print(f"{service.name}: {len(wanted) - 1} files, {changed} written, {len(gone)} removed")


if __name__ == "__main__":
    raise SystemExit(main())
