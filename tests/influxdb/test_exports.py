"""What `catchment.influxdb` offers: each name there, the same in both colours, and nothing heavy loaded for it."""

from __future__ import annotations

import inspect
import subprocess
import sys
from types import ModuleType

import pytest
from catchment import influxdb
from catchment.influxdb import aio
from catchment.influxdb._async.admin import AsyncAdmin
from catchment.influxdb._async.client import AsyncInfluxDBClient
from catchment.influxdb._sync.admin import Admin
from catchment.influxdb._sync.client import InfluxDBClient

HEAVY = {"pandas", "numpy", "pyarrow", "polars", "httpx", "httpcore", "attr", "msgpack", "dateutil"}


@pytest.mark.parametrize("module", [influxdb, aio], ids=["blocking", "awaited"])
def test_every_name_is_there(module: ModuleType) -> None:
    """And unknown ones are refused."""
    assert len(module.__all__) == len(set(module.__all__))
    for name in module.__all__:
        assert getattr(module, name) is not None
    with pytest.raises(AttributeError, match="Clinet"):
        _ = module.Clinet


def test_both_colours_have_the_same_names() -> None:
    """But for the modules of the blocking package."""
    assert set(influxdb.__all__) - set(aio.__all__) == {"aio", "errors"}
    assert set(aio.__all__) <= set(influxdb.__all__)


def test_importing_a_client_loads_nothing_heavy() -> None:
    """Frames, Arrow, engines and models come when they are needed."""
    code = (
        "from catchment.influxdb import AsyncInfluxDBClient, InfluxDBClient; import sys\n"
        "AsyncInfluxDBClient(db='x'); InfluxDBClient(db='x')\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())


@pytest.mark.parametrize(("awaited", "blocking"), [(AsyncInfluxDBClient, InfluxDBClient), (AsyncAdmin, Admin)])
def test_both_colours_take_the_same_arguments(awaited: type, blocking: type) -> None:
    """Name by name, method by method."""
    renamed = {"aclose": "close", "__aenter__": "__enter__", "__aexit__": "__exit__"}
    methods = {name for name, _ in inspect.getmembers(awaited, inspect.isfunction) if not name.startswith("_")} - {
        "close"
    }
    assert {renamed.get(name, name) for name in methods} == {
        name for name, _ in inspect.getmembers(blocking, inspect.isfunction) if not name.startswith("_")
    }
    for name in methods:
        one, two = getattr(awaited, name), getattr(blocking, renamed.get(name, name))
        assert list(inspect.signature(one).parameters) == list(inspect.signature(two).parameters), name
