"""Keep a snapshot of the state in a folder: always whole, soon after each change."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock, Timer
from typing import cast

FILE = "state.json"
# A large state is saved less often: saving may take at most about a twentieth of the time.
SHARE = 20


class Saver:
    """
    Writes snapshots, each into a new file that then replaces the old one.

    A change is saved within a tenth of a second, or later when the state is so large that saving
    takes long; `close` saves what is left.
    """

    def __init__(self, folder: Path, dump: Callable[[], dict[str, object]]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / FILE
        self._dump = dump
        self._lock = Lock()
        self._writing = Lock()
        self._timer: Timer | None = None
        self._pause = 0.1

    def load(self) -> dict[str, object] | None:
        """Return the last snapshot, or None when there is none."""
        if not self._path.exists():
            return None
        return cast("dict[str, object]", json.loads(self._path.read_text(encoding="utf-8")))

    def changed(self) -> None:
        """Note that there is something to save."""
        with self._lock:
            if self._timer is None:
                self._timer = Timer(self._pause, self._save)
                self._timer.daemon = True
                self._timer.start()

    def _save(self) -> None:
        with self._lock:
            self._timer = None
        with self._writing:
            started = time.perf_counter()
            text = json.dumps(self._dump(), separators=(",", ":"))
            partial = self._path.with_suffix(f".{os.getpid()}.partial")
            # For the owner only: key pairs are in it.
            with os.fdopen(
                os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
            ) as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._path)
            self._pause = max(0.1, SHARE * (time.perf_counter() - started))

    def close(self) -> None:
        """Save now."""
        with self._lock:
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            timer.join()
        self._save()
