"""What settings are read from: an environment and files, given as values so that tests can bring their own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """
    Name an environment and a home folder.

    Args:
        environ: Variable to value; values are secrets in part, so that no repr shows them.
        home: Folder in which `.lakectl.yaml` and `.aws` lie.
        profiles: File of profiles; `None` for the user's, or the one that the environment names.
    """

    environ: Mapping[str, str]
    home: Path
    profiles: Path | None = None

    @classmethod
    def present(cls) -> Machine:
        """Return the machine that runs this process, as it is now."""
        try:
            home = Path.home()
        except RuntimeError:  # a container's user without an entry and without HOME: there are no files, then
            home = Path(os.devnull)
        return cls(os.environ, home)

    def __repr__(self) -> str:
        return f"Machine(home={str(self.home)!r})"

    def value(self, name: str) -> str | None:
        """Return a variable that is set and not empty."""
        return self.environ.get(name) or None

    def path(self, variable: str, *default: str) -> Path:
        """Return the file that a variable names, or the one below the home folder."""
        named = self.value(variable)
        if named is None:
            return self.home.joinpath(*default)
        return self.home / named[2:] if named.startswith("~/") else Path(named)
