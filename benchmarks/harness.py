"""Run cases on several sides in turns, so that a busy moment of the machine meets all of them alike."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of a case: things done, seconds, bytes."""

    count: float
    wall: float
    cpu: float
    base: float = 0
    peak: float = 0

    @property
    def wall_each(self) -> float:
        """Wall seconds a thing."""
        return self.wall / self.count

    @property
    def cpu_each(self) -> float:
        """Seconds of the client's CPU a thing."""
        return self.cpu / self.count


class Talker:
    """A child process that answers a JSON line with a JSON line."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=HERE,
            env={**os.environ, **(environment or {})},
        )

    def ask(self, question: object) -> dict[str, Any]:
        """Send a question and return the answer."""
        if self._process.stdin is not None:
            print(json.dumps(question), file=self._process.stdin, flush=True)
        return self.hear()

    def hear(self) -> dict[str, Any]:
        """Return the next line that the child says by itself."""
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            raise RuntimeError(f"a child process ended with status {self._process.wait()}")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the child's input, at which it ends."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Side(Talker):
    """One of the things compared: an interpreter with a package, and the program that uses it."""

    def __init__(self, python: str, program: str, *options: str) -> None:
        super().__init__([python, program, *options])

    def run(self, case: str, **arguments: object) -> Sample:
        """
        Run a case once.

        Raises:
            RuntimeError: It failed; the message is the child's traceback.
        """
        answer = self.ask({"case": case, "arguments": arguments})
        if "error" in answer:
            raise RuntimeError(f"{case}: {answer['error']}")
        return Sample(**answer)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side does in each round."""

    side: Side
    case: str
    arguments: Mapping[str, object]


@contextmanager
def one_core() -> Iterator[None]:
    """
    Let what is started in this block run on one core, where the system lets us choose.

    A client and a server that wake each other across cores pay for it in system time, three times a bare socket's whole
    call on some virtual machines, and whether they are on one or on two is chance.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def interleave(turns: Mapping[str, Turn], rounds: int) -> dict[str, list[Sample]]:
    """Run every turn once to warm up, then all of them in each round; return the samples of the rounds."""
    samples: dict[str, list[Sample]] = {name: [] for name in turns}
    for number in range(rounds + 1):
        for name, turn in turns.items():
            sample = turn.side.run(turn.case, **turn.arguments)
            if number:
                samples[name].append(sample)
    return samples


def median(samples: Sequence[Sample], what: str) -> float:
    """Return the median of one figure, named as an attribute of `Sample`."""
    return statistics.median(float(getattr(sample, what)) for sample in samples)


def import_seconds(python: str, statement: str) -> float:
    """Return the seconds that an import takes in a fresh process, the interpreter's own start left out."""
    code = f"import time; t = time.perf_counter()\n{statement}\nprint(time.perf_counter() - t)"
    done = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "HOME": os.devnull}
    )
    return float(done.stdout.split()[-1])


def interleaved_imports(statements: Mapping[str, tuple[str, str]], rounds: int) -> dict[str, float]:
    """
    Return the median seconds of imports, measured in turns.

    Args:
        statements: Name to interpreter and statement.
        rounds: How often; one more before warms the page cache.
    """
    seconds: dict[str, list[float]] = {name: [] for name in statements}
    for number in range(rounds + 1):
        for name, (python, statement) in statements.items():
            took = import_seconds(python, statement)
            if number:
                seconds[name].append(took)
    return {name: statistics.median(values) for name, values in seconds.items()}


def official_python(variable: str, module: str) -> str:
    """
    Return an interpreter that has an official package: the one that the variable names, or this one.

    Raises:
        RuntimeError: Neither has it.
    """
    python = os.environ.get(variable, sys.executable)
    found = subprocess.run([python, "-c", f"import {module}"], capture_output=True, text=True, check=False)
    if found.returncode:
        raise RuntimeError(f"{python} has no package {module}; install it there, or set {variable} to one that has it")
    return python
