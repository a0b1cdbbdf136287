"""Hold the state of one local V3IO tenant: its containers, who may come in, and its clock."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from catchment.local.bodies import Blob, BlobFolder, MemoryBlob
from catchment.local.v3io.content import SMALL_BYTES, Piece
from catchment.local.v3io.errors import no_container
from catchment.local.v3io.nodes import DIRECTORY_MODE, FILE_MODE, SECOND, Directory, Facts, File
from catchment.local.v3io.options import V3IOOptions, is_container_name

FIRST_CONTAINER = 1001


@dataclass(slots=True)
class Container:
    """One container; `created` in nanoseconds since the epoch."""

    number: int
    name: str
    created: int
    root: Directory


class Tenant:
    """
    One tenant of one cluster. Calls must be serialised by the caller.

    Attributes:
        containers: By name.
        passwords: By user name; `keys` has the user name by access key. Whoever adds to them lets somebody in.
        key_ends: When keys that do not hold for ever end, in seconds since the epoch.

    Args:
        options: Which tenant to play.
        blobs: Where large data is kept.
        clock: Gives the seconds since the epoch.
        seed: Decides generated credentials.
    """

    def __init__(self, options: V3IOOptions, blobs: BlobFolder, clock: Callable[[], float], seed: int) -> None:
        self.options = options
        self.blobs = blobs
        self._clock = clock
        self._seed = seed
        self.last_inode = 0
        self.last_container = FIRST_CONTAINER - 1
        self.last_blob = 0
        self.last_instant = 0
        self.containers: dict[str, Container] = {}
        self.access_key = options.access_key or self.derive("access key")
        self.password = options.password or self.derive("password")
        self.passwords: dict[str, str] = {options.username: self.password}
        self.keys: dict[str, str] = {self.access_key: options.username}
        self.key_ends: dict[str, float] = {}
        for name in options.containers:
            self.create_container(name)

    def derive(self, purpose: str) -> str:
        """Return a random-looking text in the form of a UUID that depends on the seed and a purpose only."""
        digits = sha256(f"{self._seed}\0v3io\0{purpose}".encode()).hexdigest()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))

    # Time

    def now(self) -> int:
        """Return the time in nanoseconds."""
        seconds = self._clock()
        whole = int(seconds)
        return whole * SECOND + int((seconds - whole) * SECOND)

    def tick(self) -> int:
        """Return the instant of a change in nanoseconds; no two are the same, whatever the clock says."""
        self.last_instant = max(self.now(), self.last_instant + 1)
        return self.last_instant

    # Containers

    def create_container(self, name: str) -> Container:
        """
        Make a container.

        Raises:
            ValueError: The name is taken, or no container may have it.
        """
        if not is_container_name(name) or name in self.containers:
            message = f"container {name!r} exists" if name in self.containers else f"no name for a container: {name!r}"
            raise ValueError(message)
        self.last_container += 1
        container = Container(self.last_container, name, self.tick(), self.new_directory())
        self.containers[name] = container
        return container

    def delete_container(self, name: str) -> None:
        """
        Remove a container and all that is in it.

        Raises:
            KeyError: There is none of this name.
        """
        del self.containers[name]

    def container(self, name: str) -> Container:
        """
        Return a container by name, or by number.

        Raises:
            RefusalError: There is none.
        """
        found = self.containers.get(name)
        if found is not None:
            return found
        for each in self.containers.values():
            if str(each.number) == name:
                return each
        raise no_container(name)

    # What containers hold

    def new_facts(self, mode: int, now: int) -> Facts:
        """Return the facts of a new entry."""
        self.last_inode += 1
        return Facts(self.last_inode, now, now, now, mode)

    def new_directory(self) -> Directory:
        """Return a new directory, not yet anywhere."""
        return Directory(self.new_facts(DIRECTORY_MODE, self.tick()))

    def new_file(self, now: int) -> File:
        """Return a new file without anything in it, not yet anywhere."""
        return File(self.new_facts(FILE_MODE, now))

    def kept(self, blob: Blob) -> Piece:
        """Return data as a piece that lasts as long as this tenant does."""
        if blob.size <= SMALL_BYTES:
            return Piece(MemoryBlob(blob.read()))
        self.last_blob += 1
        name = f"{self.last_blob:012d}"
        return Piece(self.blobs.keep(blob, name), name)

    # Who may come in

    def user_of_key(self, key: str) -> str | None:
        """Return whose access key this is."""
        ends = self.key_ends.get(key)
        return None if ends is not None and ends <= self._clock() else self.keys.get(key)

    def knows(self, username: str, password: str) -> bool:
        """Tell whether somebody has this name and password."""
        known = self.passwords.get(username)
        return known is not None and hmac.compare_digest(known.encode(), password.encode("utf-8", "surrogatepass"))
