"""What lakeFS is measured on: sizes, servers in processes of their own, and the packages compared."""

from __future__ import annotations

import sys
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from harness import Side, Talker, Turn
from memory import MIB


@dataclass(frozen=True, slots=True)
class Sizes:
    """
    How much is measured.

    Args:
        rounds: Measured rounds of each case; medians are shown.
        objects: In the listing.
        small: Small objects a run.
        merges: Round trips of branch, commit and merge a run.
        large: Bytes of the large object.
    """

    rounds: int = 7
    objects: int = 20_000
    small: int = 200
    merges: int = 10
    large: int = 512 * MIB

    @classmethod
    def tiny(cls) -> Sizes:
        """Return sizes that show whether everything runs, and nothing else."""
        return cls(rounds=1, objects=30, small=3, merges=1, large=MIB)


class Server(Talker):
    """A local platform in a process of its own."""

    def __init__(self, *command: str) -> None:
        super().__init__([sys.executable, *command])
        said = self.hear()
        self.access = {
            "host": said["LAKECTL_SERVER_ENDPOINT_URL"],
            "key": said["LAKECTL_CREDENTIALS_ACCESS_KEY_ID"],
            "secret": said["LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY"],
        }

    def requests(self) -> int:
        """Return how many requests it was sent so far."""
        return int(self.ask("requests")["requests"])

    def get(self, target: str) -> bytes:
        """Fetch something below the API."""
        pair = b64encode(f"{self.access['key']}:{self.access['secret']}".encode()).decode()
        asked = urllib.request.Request(
            f"{self.access['host']}/api/v1{target}", headers={"Authorization": f"Basic {pair}"}
        )
        with urllib.request.urlopen(asked) as answer:
            return answer.read()


@dataclass(frozen=True, slots=True)
class Sides:
    """The processes that are compared."""

    fast: Side
    plain: Side
    official: Side

    def turns(self, case: str, **arguments: object) -> dict[str, Turn]:
        """Return a turn for each side that does the same."""
        sides = {"fast": self.fast, "plain": self.plain, "official": self.official}
        return {name: Turn(side, case, arguments) for name, side in sides.items()}


@contextmanager
def sides(python: str) -> Iterator[Sides]:
    """Start the sides: ours with and without the faster JSON reader, and the official package."""
    with (
        Side(sys.executable, "lakefs_ours.py") as fast,
        Side(sys.executable, "lakefs_ours.py", "--plain") as plain,
        Side(python, "lakefs_official.py") as official,
    ):
        yield Sides(fast, plain, official)
