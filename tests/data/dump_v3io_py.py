"""
Writes what v3io-py offers as JSON: run it with a Python that has `v3io[aiohttp]==0.7.2`, and nothing of ours.

    python tests/data/dump_v3io_py.py > tests/data/v3io_py_0_7_2.json
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import pkgutil
import sys
from typing import Any

GROUPS = ("container", "object", "kv", "stream")


def parameters(call: Any) -> str:
    """Return a signature as it would be written, without `self`."""
    signature = inspect.signature(call)
    return str(signature.replace(parameters=[each for name, each in signature.parameters.items() if name != "self"]))


def calls_of(owner: Any, prefix: str) -> dict[str, str]:
    """Return the public methods of an object or class."""
    names = [name for name in dir(owner) if not name.startswith("_")]
    named = ((name, getattr(owner, name)) for name in names)
    return {prefix + name: parameters(value) for name, value in named if inspect.isroutine(value)}


def clients() -> dict[str, str]:
    """Return what both clients, their groups and their batches take."""
    dataplane: Any = importlib.import_module("v3io.dataplane")
    awaited: Any = importlib.import_module("v3io.aio.dataplane")
    place = {"endpoint": "http://127.0.0.1:1", "access_key": "k"}
    client = dataplane.Client(**place)
    found = {"Client": parameters(dataplane.Client), "aio.Client": parameters(awaited.Client)}
    found |= calls_of(client, "Client.")
    for group in GROUPS:
        found |= calls_of(getattr(client, group), f"Client.{group}.")
    batch = client.batch
    found["Client.batch.wait"] = parameters(batch.wait)
    return found | asyncio.run(awaited_calls(awaited.Client, place))


async def awaited_calls(kind: Any, place: dict[str, str]) -> dict[str, str]:
    """Return what the asynchronous client takes."""
    client = kind(**place)
    found = calls_of(client, "aio.Client.")
    for group in GROUPS:
        found |= calls_of(getattr(client, group), f"aio.Client.{group}.")
    await client.close()
    return found


def batched() -> list[str]:
    """Return the calls that a batch has, as `put_object` or `object.put`."""
    dataplane: Any = importlib.import_module("v3io.dataplane")
    batch = dataplane.Client(endpoint="http://127.0.0.1:1", access_key="k").batch
    flat = [name for name in dir(batch) if not name.startswith("_") and name not in {"wait", *GROUPS}]
    grouped = [f"{group}.{name}" for group in GROUPS for name in dir(getattr(batch, group)) if not name.startswith("_")]
    return flat + grouped


def classes() -> dict[str, dict[str, Any]]:
    """Return constructor, methods and properties of the classes that users meet."""
    answers: Any = importlib.import_module("v3io.dataplane.response")
    cursors: Any = importlib.import_module("v3io.dataplane.kv_cursor")
    logs: Any = importlib.import_module("v3io.logger")
    found = (answers.Response, answers.Responses, answers.HttpResponseError, cursors.Cursor, logs.Logger)
    return {
        each.__name__: {
            "made": parameters(each),
            "calls": {
                name: parameters(value)
                for name, value in vars(each).items()
                if not name.startswith("_") and inspect.isfunction(value)
            },
            "properties": [name for name, value in vars(each).items() if isinstance(value, property)],
        }
        for each in found
    }


def constants() -> dict[str, dict[str, Any]]:
    """Return the constants that calls take."""
    transports: Any = importlib.import_module("v3io.dataplane.transport")
    return {
        each.__name__: {name: value for name, value in vars(each).items() if not name.startswith("_")}
        for each in (transports.RaiseForStatus, transports.Actions)
    }


def modules() -> list[str]:
    """Return every module of the package."""
    package: Any = importlib.import_module("v3io")
    return sorted(found.name for found in pkgutil.walk_packages(package.__path__, "v3io."))


if __name__ == "__main__":
    made = {
        "calls": clients(),
        "batched": batched(),
        "classes": classes(),
        "constants": constants(),
        "modules": modules(),
    }
    json.dump(made, sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")
