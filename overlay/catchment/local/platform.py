"""Say what a stack needs of each platform in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from catchment.local.http import Answer, Request

Record = Callable[[str, dict[str, object]], None]
Work = Callable[[Record], Answer]


class Platform(Protocol):
    """
    One platform. Its faces are the origins that it answers at; the first has the platform's own name.

    Calls are serialised by the stack.
    """

    @property
    def name(self) -> str:
        """Its name, such as `lakefs`."""
        ...

    @property
    def faces(self) -> Mapping[str, frozenset[str]]:
        """The operations that requests can be aimed at, by face."""
        ...

    def aim(self, request: Request, request_id: str) -> tuple[str, Work]:
        """Return the operation that a request is aimed at, and what carries it out."""
        ...

    def request_id(self, request: Request, made: str) -> str:
        """Return the id that a request goes by; `made` is used where the client may not choose."""
        ...

    def identifying(self, request: Request, request_id: str) -> list[tuple[str, str]]:
        """Return the headers with the id that every answer carries, an injected one too."""
        ...

    def environment(self, endpoint: str) -> dict[str, str]:
        """Return the environment variables that point the platform's clients to an endpoint."""
        ...

    def reset(self) -> None:
        """Start over; credentials stay the same."""
        ...

    def dump(self) -> object:
        """Return the state as JSON values."""
        ...

    def restore(self, saved: object) -> None:
        """Take over a state that was dumped."""
        ...


def origin(face: str) -> str:
    """Return the origin of a face in process."""
    return f"http://{face}.catchment.local"
