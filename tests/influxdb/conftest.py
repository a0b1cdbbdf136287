"""Runs each test on the local stack, behind both of its doors, and on a real server where the environment names one."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from catchment.influxdb import InfluxDBClient
from catchment.local import InfluxDBOptions

from tests.influxdb.doubles import Place, WatchedStack

REAL = os.environ.get("CATCHMENT_CONFORMANCE_INFLUXDB")
DOORS = ["in-process", "on-a-socket", *(["real"] if REAL else [])]
_numbers = itertools.count()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine test in an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in wanted}))
    return True


@pytest.fixture(autouse=True)
def _blank_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let no test see this machine's own settings."""
    for name in list(os.environ):
        if name.startswith(("INFLUX", "CATCHMENT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))


@pytest.fixture
def options() -> InfluxDBOptions:
    """Which InfluxDB the stack plays; modules with more to say have a fixture of the same name."""
    return InfluxDBOptions()


@pytest.fixture
def stack(options: InfluxDBOptions) -> Iterator[WatchedStack]:
    """A stack with the database `db`."""
    with WatchedStack(influxdb=options) as made:
        user = {"username": options.username, "password": options.password} if options.username else {}
        with InfluxDBClient(local=made, db="db", **user) as maker:
            maker.create_database()
        made.seen.clear()
        made.ledger.clear()
        yield made


@pytest.fixture
def local(stack: WatchedStack) -> Place:
    """The stack in this process."""
    return Place({"local": stack}, "db", stack)


@pytest.fixture
def socket(stack: WatchedStack) -> Iterator[Place]:
    """The stack on a socket."""
    with stack.serve(only=["influxdb"]) as running:
        yield Place({"host": running.environment["INFLUX_URL"]}, "db", stack)


@pytest.fixture(params=DOORS)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Each server in turn."""
    if request.param != "real":
        yield request.getfixturevalue("local" if request.param == "in-process" else "socket")
        return
    db = f"catchment test {os.getpid()}-{next(_numbers)}"
    with InfluxDBClient(REAL, db=db) as maker:
        maker.create_database()
        yield Place({"host": REAL}, db)
        maker.drop_database()
