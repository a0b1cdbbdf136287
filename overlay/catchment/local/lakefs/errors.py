"""Name the ways in which lakeFS refuses; the routes turn each into its status code."""

from __future__ import annotations

from typing import ClassVar


class Refusal(Exception):
    """The server refuses the request; nothing was changed."""

    status: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidError(Refusal):
    """The request makes no sense to the server."""

    status = 400


class UnauthenticatedError(Refusal):
    """Nobody that the server knows sent this."""

    status = 401


class ForbiddenError(Refusal):
    """The state of the repository or branch forbids it."""

    status = 403


class NotFoundError(Refusal):
    """There is no such thing."""

    status = 404


class ConflictError(Refusal):
    """It exists already, or the changes clash."""

    status = 409


class MergeConflictError(ConflictError):
    """A merge found clashing changes; this one is answered with an empty reference."""


class GoneError(Refusal):
    """The metadata is there, the bytes are not."""

    status = 410


class PreconditionError(Refusal):
    """A conditional header did not hold."""

    status = 412


class NotImplementedHereError(Refusal):
    """The community edition, or this stand-in, does not offer it."""

    status = 501


class StoreError(Refusal):
    """The object store failed the server."""

    status = 500
