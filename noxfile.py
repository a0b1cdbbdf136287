"""Sessions of catchment: `nox` runs what a change must pass, `nox -s demo` the main job."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nox

ROOT = Path(__file__).parent
LOCK = "requirements.lock"
GENERATOR = "codegen/requirements.txt"
OFFICIAL = ROOT / "tests" / "conformance" / "requirements"
GO = ROOT / "tests" / "conformance" / "go"

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


def officials(session: nox.Session) -> dict[str, str]:
    """Make the environments of the official clients that tests run; return the variables that tests find them by."""
    found = {f"CATCHMENT_OFFICIAL_{name.upper()}": official(session, name) for name in ("lakefs", "v3io")}
    return found | official_go(session)


def official_go(session: nox.Session) -> dict[str, str]:
    """Fetch V3IO's client for Go; say why not where that cannot be."""
    go = shutil.which("go")
    if go is None:
        session.warn("V3IO: no go, so the tests with its client for Go are skipped")
        return {}
    done = subprocess.run([go, "mod", "download"], cwd=GO, capture_output=True, text=True, check=False)
    if done.returncode:
        session.warn(f"V3IO: go mod download failed, so the tests with its client for Go are skipped: {done.stderr}")
        return {}
    return {"CATCHMENT_OFFICIAL_V3IO_GO": go}


CONFORMANCE = ("tests/conformance", "tests/influxdb", "tests/local/influxdb")
INFLUXDB = "CATCHMENT_CONFORMANCE_INFLUXDB"
INFLUXDB_CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{}"
[meta]
dir = "{}/meta"
[data]
dir = "{}/data"
wal-dir = "{}/wal"
[http]
bind-address = "127.0.0.1:{}"
log-enabled = false
max-body-size = {}
[monitor]
store-enabled = false
"""
MAX_BODY, SMALL_BODY = 25_000_000, 1_200_000
"""The server's usual limit, and one that tests can exceed; `tests/conformance/influxdb/conftest.py` knows it."""


@contextmanager
def real_influxdb(session: nox.Session, max_body: int) -> Iterator[dict[str, str]]:
    """Run a real InfluxDB on loopback, and yield the variable that tests find it by; nothing where none can be had."""
    program = shutil.which("influxd")
    if os.environ.get(INFLUXDB) or not (program or debian_influxdb(session)):
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="catchment-influxdb-") as folder:
        inner, outer = free_ports(2)
        config = Path(folder) / "influxdb.conf"
        config.write_text(INFLUXDB_CONFIG.format(inner, folder, folder, folder, outer, max_body), encoding="utf-8")
        with (Path(folder) / "log").open("wb") as log:
            server = subprocess.Popen([program or "influxd", "-config", str(config)], stdout=log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{outer}/ping", server)
            yield {INFLUXDB: f"http://127.0.0.1:{outer}"}
        finally:
            server.terminate()
            server.wait(30)


def debian_influxdb(session: nox.Session) -> bool:
    """Install Debian's InfluxDB 1.6.7; say why not where that cannot be."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        session.warn("InfluxDB: no influxd, and no apt-get as root to install it: tests on a real server are skipped")
        return False
    timeouts = ["-o", "Acquire::http::Timeout=20", "-o", "Acquire::Retries=1"]
    for command in (["update"], ["install", "-y", "--no-install-recommends", "influxdb"]):
        done = subprocess.run(
            ["apt-get", "-qq", *timeouts, *command], capture_output=True, text=True, check=False,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )  # fmt: skip
        if done.returncode:
            reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
            session.warn(f"InfluxDB: apt-get {command[0]} failed, so tests on a real server are skipped: {reason}")
            return False
    return shutil.which("influxd") is not None


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_for(url: str, server: subprocess.Popen[bytes], seconds: float = 60.0) -> None:
    """Wait until a server answers."""
    until = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError as error:
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{url} does not answer: {error}") from error
            time.sleep(0.1)
        else:
            return


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
    environment = officials(session)
    with real_influxdb(session, SMALL_BODY) as server:
        quiet_end()
        session.run("coverage", "run", "-m", "pytest", *session.posargs, env=environment | server)


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
    session.install("-r", GENERATOR)  # codegen is checked beside the packages that it imports
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
    """Run what is held on the local stack and on real servers, alone."""
    install(session)
    environment = officials(session)
    with real_influxdb(session, SMALL_BODY) as server:
        quiet_end()
        session.run("pytest", *CONFORMANCE, *session.posargs, env=environment | server)


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
def bench_influxdb(session: nox.Session) -> None:
    """Measure InfluxDB's client against `aioinflux`, on a real server where one can be had."""
    install(session)
    environment = {"CATCHMENT_OFFICIAL_INFLUXDB": official(session, "influxdb")}
    with real_influxdb(session, MAX_BODY) as server:
        session.run("python", "benchmarks/influx_run.py", *session.posargs, env=environment | server)


@nox.session
def bench_v3io(session: nox.Session) -> None:
    """Measure V3IO's client against the official one, on a server that answers from memory."""
    install(session)
    environment = {"CATCHMENT_OFFICIAL_V3IO": official(session, "v3io")}
    session.run("python", "benchmarks/v3io_run.py", *session.posargs, env=environment)


@nox.session
def lock(session: nox.Session) -> None:
    """Write the lock file anew."""
    session.install("uv")
    session.run(
        "uv", "pip", "compile", "pyproject.toml", "--group", "dev", "--all-extras", "--universal",
        "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-emit-index-url", "--no-annotate",
        "-o", LOCK, "--upgrade",
    )  # fmt: skip
