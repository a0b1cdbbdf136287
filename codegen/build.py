"""From a service's document to the files of its package: the whole pipeline, in memory."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from codegen.document import Node, SpecError
from codegen.prepare import Prepared, prepare
from codegen.unasync import pinned_ruff

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Service:
    """One service of `config.toml`, with its places."""

    name: str
    title: str
    text_media: frozenset[str]
    root: Path = ROOT

    @property
    def spec(self) -> Path:
        """Its document."""
        return self.root / "specs" / f"{self.name}.yaml"

    @property
    def patch(self) -> Path:
        """Its repairs; the file need not exist."""
        return self.root / "specs" / f"{self.name}.patch.yaml"

    @property
    def output(self) -> Path:
        """Its package."""
        return self.root / "generated" / "catchment_api" / self.name

    @property
    def manifest(self) -> Path:
        """What the committed package was made from."""
        return self.root / "codegen" / "manifests" / f"{self.name}.json"


def services(root: Path = ROOT) -> dict[str, Service]:
    """Read `config.toml`."""
    data = tomllib.loads((HERE / "config.toml").read_text(encoding="utf-8"))
    media = frozenset(data["media"]["text"])
    return {name: Service(name, entry["title"], media, root) for name, entry in data["services"].items()}


class _Loader(yaml.CSafeLoader):
    """The safe loader, except that instants stay text, as in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def load(path: Path) -> Any:
    """Read a YAML file."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader, see above


def prepared(service: Service) -> Prepared:
    """Prepare a service's document, naming the file in errors.

    Raises:
        SpecError: Something that would be lost or wrong in the output.
    """
    repairs: list[Node] = load(service.patch) if service.patch.exists() else []
    try:
        return prepare(load(service.spec), repairs, text_media=service.text_media)
    except SpecError as exc:
        raise SpecError(f"{service.spec.name}: {exc}") from None


def package(service: Service, ready: Prepared) -> dict[str, str]:
    """Return the formatted files of a service's package.

    Raises:
        SpecError: The generator warned, or the output is not what the document says.
    """
    from codegen.driver import generate
    from codegen.verify import complete

    try:
        files = generate(service.name, service.title, ready)
        complete(files, ready)
    except SpecError as exc:
        raise SpecError(f"{service.spec.name}: {exc}") from None
    return tidy(files)


def tidy(files: dict[str, str]) -> dict[str, str]:
    """Drop unused imports, sort the others, and format."""
    ruff = pinned_ruff(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        for arguments in (["check", "--fix-only", "--quiet", "--unsafe-fixes"], ["format", "--quiet"]):
            command = [ruff, *arguments, "--no-cache", "--config", str(HERE / "ruff.toml"), folder]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SpecError(f"ruff: {done.stderr.strip()}")
        return {name: Path(folder, name).read_text(encoding="utf-8") for name in files}


def hashes(service: Service, files: dict[str, str]) -> dict[str, str]:
    """Return what the output depends on, and the output itself, as short digests."""
    ours = [*HERE.glob("templates/*"), HERE / "config.toml", HERE / "ruff.toml", HERE / "requirements.txt"]
    ours += [path for path in HERE.glob("*.py") if path.name != "unasync.py"]
    output = "".join(f"{name}\0{files[name]}\0" for name in sorted(files))
    return {
        "document": _digest(service.spec.read_bytes()),
        "repairs": _digest(service.patch.read_bytes()) if service.patch.exists() else "none",
        "codegen": _digest(b"".join(path.read_bytes() for path in sorted(ours))),
        "output": _digest(output.encode()),
        "generator": version("openapi-python-client"),
    }


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
