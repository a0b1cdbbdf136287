"""Name the ways in which lakeFS refuses; the routes turn each into its status code."""

from __future__ import annotations

from typing import ClassVar


class RefusalError(Exception):
    """The server refuses the request; nothing was changed."""

    status: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidError(RefusalError):
    """The request makes no sense to the server."""

    status = 400


class UnauthenticatedError(RefusalError):
    """Nobody that the server knows sent this."""

    status = 401


class ForbiddenError(RefusalError):
    """The state of the repository or branch forbids it."""

    status = 403


class NotFoundError(RefusalError):
    """There is no such thing."""

    status = 404


class ConflictError(RefusalError):
    """It exists already, or the changes clash."""

    status = 409


class MergeConflictError(ConflictError):
    """A merge found clashing changes; this one is answered with an empty reference."""


class GoneError(RefusalError):
    """The metadata is there, the bytes are not."""

    status = 410


class PreconditionError(RefusalError):
    """A conditional header did not hold."""

    status = 412


class NotImplementedHereError(RefusalError):
    """The community edition, or this stand-in, does not offer it."""

    status = 501


class StoreError(RefusalError):
    """The object store failed the server."""

    status = 500
