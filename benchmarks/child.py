"""The measured side of a benchmark: a process that runs cases by name and reports what they cost it.

Only the standard library, because the official packages' interpreters run it too.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

Action: TypeAlias = Callable[[], int]
"""What is measured; returns how many things it did."""

Case: TypeAlias = Callable[..., Action]
"""Prepares an action out of JSON arguments; preparing is not measured."""

_MEMORY = Path("/proc/self/status")
_RESET = Path("/proc/self/clear_refs")


def serve(cases: Mapping[str, Case]) -> None:
    """Run what standard input orders, a JSON line each, and answer each order with a JSON line."""
    answers, sys.stdout = sys.stdout, sys.stderr  # a chatty library must not speak into the answers
    for line in sys.stdin:
        order: dict[str, Any] = json.loads(line)
        try:
            answer = measure(cases[order["case"]](**order["arguments"]))
        except Exception:  # noqa: BLE001 - the parent raises it again, whatever it is
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


def measure(action: Action) -> dict[str, float]:
    """Run an action once: things done, wall and process CPU seconds, memory before and at its peak in bytes."""
    gc.collect()
    before = _start_memory()
    cpu, wall = time.process_time(), time.perf_counter()
    count = action()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"count": count, "wall": wall, "cpu": cpu, "base": before, "peak": _memory("VmHWM")}


def _start_memory() -> int:
    """Begin a new peak, where the system can; return the memory held now."""
    try:
        _RESET.write_text("5")  # Linux: the peak starts again from what is held now
    except OSError:
        return 0
    return _memory("VmRSS")


def _memory(name: str) -> int:
    try:
        text = _MEMORY.read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith(name)), 0)
