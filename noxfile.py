"""Sessions of catchment: `nox` runs what a change must pass, `nox -s demo` the main job."""

from __future__ import annotations

import logging
from pathlib import Path

import nox

ROOT = Path(__file__).parent
LOCK = "requirements.lock"
GENERATOR = "codegen/requirements.txt"
OFFICIAL = ROOT / "tests" / "conformance" / "requirements"

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "types", "imports", "uptodate", "tests"]
nox.options.stop_on_first_error = True


def install(session: nox.Session) -> None:
    """Install the locked tools and dependencies, then this package as developers have it."""
    session.install("--require-hashes", "-r", LOCK)
    session.install("--no-deps", "-e", ".")


def official(session: nox.Session, name: str) -> str:
    """Make an environment of its own for a platform's official client; return its interpreter."""
    folder = Path(session.cache_dir).resolve() / f"official-{name}"
    python = folder / "bin" / "python"
    if not python.exists():
        session.run("python", "-m", "venv", str(folder), silent=True)
    session.run(str(python), "-m", "pip", "install", "-q", "-r", str(OFFICIAL / f"{name}.txt"), external=True)
    return str(python)


def quiet_end() -> None:
    """Let pytest's summary be the last thing that is said."""
    logging.getLogger("nox").setLevel(logging.WARNING)
    logging.getLogger().setLevel(logging.WARNING)


@nox.session
def demo(session: nox.Session) -> None:
    """Run the main job on the local stack with real data."""
    session.install(".[demo]")
    session.run("catchment", "demo", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test, conformance included, and hold the overlay's branch coverage."""
    install(session)
    environment = {"CATCHMENT_OFFICIAL_LAKEFS": official(session, "lakefs")}
    quiet_end()
    session.run("coverage", "run", "-m", "pytest", *session.posargs, env=environment)


@nox.session
def coverage(session: nox.Session) -> None:
    """Report what the last `tests` run covered."""
    session.install("coverage[toml]")
    session.run("coverage", "combine", success_codes=[0, 1])
    session.run("coverage", "report")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    install(session)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types: the package and the contract of its public types, by two checkers."""
    install(session)
    session.run("pyright", "--pythonpath", f"{session.virtualenv.location}/bin/python")
    session.run("mypy", "tests/typing", "generated/catchment_api")


@nox.session
def imports(session: nox.Session) -> None:
    """Hold the layers of the design."""
    install(session)
    session.run("lint-imports", env={"PYTHONPATH": "overlay:generated"})


@nox.session
def unasync(session: nox.Session) -> None:
    """Write the blocking twins; `-- --check` fails on any difference."""
    session.install("-r", GENERATOR)
    session.run("python", "-m", "codegen.unasync", *session.posargs)


@nox.session
def generate(session: nox.Session) -> None:
    """Regenerate `generated/` from `specs/`; `-- --check` fails on any difference, warning or loss."""
    session.install("-r", GENERATOR)
    session.run("python", "-m", "codegen", "generate", *session.posargs)


@nox.session
def uptodate(session: nox.Session) -> None:
    """Check that everything generated is what its sources give."""
    session.install("-r", GENERATOR)
    session.run("python", "-m", "codegen.unasync", "--check")
    session.run("python", "-m", "codegen", "generate", "--check")
    session.run("pytest", "-q", "tests/codegen", env={"PYTHONPATH": "overlay:generated"})


@nox.session
def conformance(session: nox.Session) -> None:
    """Run the conformance tests alone."""
    install(session)
    environment = {"CATCHMENT_OFFICIAL_LAKEFS": official(session, "lakefs")}
    quiet_end()
    session.run("pytest", "tests/conformance", *session.posargs, env=environment)


@nox.session
def docs(session: nox.Session) -> None:
    """Run every sample of README and docs on the local stack, and check their links."""
    install(session)
    quiet_end()
    session.run("pytest", "tests/docs", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure against the official packages in one run and write the table of docs/performance.md."""
    install(session)
    session.install("-r", str(OFFICIAL / "lakefs.txt"))
    session.run("python", "benchmarks/run.py", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Write the lock file anew."""
    session.install("uv")
    session.run(
        "uv", "pip", "compile", "pyproject.toml", "--group", "dev", "--all-extras", "--universal",
        "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-emit-index-url", "--no-annotate",
        "-o", LOCK, "--upgrade",
    )  # fmt: skip
