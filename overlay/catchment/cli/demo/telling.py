"""How the story is told: what was done, and what was checked."""

from __future__ import annotations

from catchment.core.errors import CatchmentError


class DemoError(CatchmentError):
    """The demonstration got something back that is not what it had put in."""


class Story:
    """
    Prints steps and counts checks.

    Attributes:
        checks: How many checks were true so far.
    """

    def __init__(self) -> None:
        self.checks = 0

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        print(f"\n{title}\n{'-' * len(title)}", flush=True)

    def say(self, text: str) -> None:
        """Say what was done."""
        print(text, flush=True)

    def check(self, what: str, found: object, expected: object) -> None:
        """
        Compare what came back with what should have.

        Raises:
            DemoError: They differ.
        """
        if found != expected:
            raise DemoError(f"{what}: {found!r} came back, {expected!r} was expected")
        self.checks += 1
        print(f"  ✓ {what}: {found}", flush=True)
