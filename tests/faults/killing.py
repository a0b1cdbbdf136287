"""Processes that are killed at a request of theirs, by the server that was asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Event, Timer
from typing import Any, Final

from catchment.local import Stack
from catchment.local.faults import Delivery
from catchment.local.http import Request

PATIENCE: Final = 30.0
"""Seconds that a victim may take."""

# Loads what the program needs, and has one copy of itself run it for every environment that it is given.
NURSERY: Final = """
import importlib, json, os, sys, traceback

program = compile(sys.argv[1], "victim", "exec")
for name in sys.argv[2:]:
    importlib.import_module(name)
for line in sys.stdin:
    victim = os.fork()
    if victim == 0:
        os.environ.update(json.loads(line))
        print("born", os.getpid(), flush=True)
        try:
            exec(program, {})
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        sys.stdout.flush()
        os._exit(0)
    print("died", os.waitpid(victim, 0)[1], flush=True)
"""


class KillingStack(Stack):
    """A stack that kills a client of its own at a request, without any clean-up, before it is carried out or after."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._victim = 0
        self._known = Event()
        self._nth, self._seen, self._applied = 0, 0, False
        self._nursery: subprocess.Popen[str] | None = None

    @contextmanager
    def nursery(self, program: str, modules: tuple[str, ...]) -> Iterator[None]:
        """
        Have victims made as long as the block runs.

        Args:
            program: In Python.
            modules: What it needs, loaded once.
        """
        command = [sys.executable, "-c", NURSERY, program, *modules]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
        # Unbuffered, a line is several writes, between which a victim can die.
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        with subprocess.Popen(command, env=inherited, **pipes) as self._nursery:
            try:
                yield
            finally:
                self._nursery.stdin.close()  # type: ignore[union-attr]

    def run(self, service: str, nth: int, *, applied: bool) -> tuple[bool, list[str]]:
        """
        Run the program, and kill it at one of its requests, if it makes so many.

        Args:
            service: The platform that it asks. It listens anew each time: what a dead one had sent must not come to
                the next one's server.
            nth: The request, from 1.
            applied: Whether the request is carried out first.

        Returns:
            Whether it was killed, and the lines that it had printed.
        """
        self._nth, self._seen, self._applied = nth, 0, applied
        nursery, said = self._nursery, list[str]()
        assert nursery is not None
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        watch = Timer(PATIENCE, nursery.kill)
        watch.start()
        try:
            with self.serve(only=[service]) as running:
                nursery.stdin.write(json.dumps(running.environment) + "\n")
                return self._followed(nursery.stdout, said)
        finally:
            watch.cancel()

    def _followed(self, lines: Iterable[str], said: list[str]) -> tuple[bool, list[str]]:
        """Listen to a victim until it is dead."""
        for line in lines:
            word, _, number = line.strip().partition(" ")
            if word == "born":
                self._victim = int(number)
                self._known.set()
            elif word == "died":
                self._known.clear()
                assert int(number) in {0, signal.SIGKILL}
                return int(number) != 0, said
            else:
                said.append(word)
        raise AssertionError(f"a victim did not end within {PATIENCE:g} s")

    def respond(self, request: Request) -> Delivery:
        """Answer, or kill who asks."""
        if request.door == "process":
            return super().respond(request)
        # What else the dead had sent is lost, too.
        alive = self._seen < self._nth and self._known.wait(PATIENCE)
        self._seen += 1
        if alive and self._seen < self._nth:
            return super().respond(request)
        if alive:
            if self._applied:
                super().respond(request)
            os.kill(self._victim, signal.SIGKILL)
        return Delivery(None, cut_after=0)
