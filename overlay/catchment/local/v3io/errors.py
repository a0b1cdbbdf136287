"""
Name what the local V3IO refuses.

Everything that no source tells of the real server, and that had to be chosen, is in this module: statuses of
missing and wrong credentials, codes of conflicts, texts of rare errors.
"""

from __future__ import annotations

NO_ENTRY = -2
NOT_PERMITTED = -1
DENIED = -13
EXISTS = -17
NOT_EMPTY = -39
FALSE_CONDITION = -16777244
ITEM_EXISTS = -369098809
INVALID_ARGUMENT = -201326592
NO_RESOURCE = -201326593
SHARD_OUT_OF_RANGE = -201326594
ILLEGAL_LOCATION = -201326595
INVALID_SHARD_COUNT = -201326596
NOT_A_STREAM = -201326597
IN_USE = -201326598


class RefusalError(Exception):
    """The server refuses the request; nothing was changed."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def no_credentials() -> RefusalError:
    """Return the refusal of a request that does not say who sends it."""
    return RefusalError(401, DENIED, "Unauthorized: no X-v3io-session-key and no Authorization header")


def wrong_credentials() -> RefusalError:
    """Return the refusal of credentials that nobody has."""
    return RefusalError(403, DENIED, "Permission denied: unknown access key or wrong password")


def no_entry() -> RefusalError:
    """Return the refusal of an object, item, table or directory that is not there."""
    return RefusalError(404, NO_ENTRY, "No such file or directory")


def no_container(name: str) -> RefusalError:
    """Return the refusal of a container that is not there."""
    return RefusalError(404, NO_ENTRY, f"Container not found: {name}")


def denied() -> RefusalError:
    """Return the refusal of what only administrators may do."""
    return RefusalError(403, DENIED, "Permission denied")


def not_permitted(what: str) -> RefusalError:
    """Return the refusal of what nobody may do."""
    return RefusalError(403, NOT_PERMITTED, f"Operation not permitted: {what}")


def not_empty() -> RefusalError:
    """Return the refusal to delete a directory with something in it."""
    return RefusalError(409, NOT_EMPTY, "Directory not empty")


def false_condition() -> RefusalError:
    """Return what a condition that does not hold is answered with."""
    return RefusalError(400, FALSE_CONDITION, "Condition expression evaluated to false (false condition)")


def item_exists() -> RefusalError:
    """Return the refusal to create an item that is there; it holds two codes, one in the other."""
    inner = f'{{"ErrorCode": {EXISTS}, "ErrorMessage": "File exists"}}'
    return RefusalError(400, ITEM_EXISTS, inner)


def invalid(what: str) -> RefusalError:
    """Return the refusal of an argument, an expression or a body that makes no sense."""
    return RefusalError(400, INVALID_ARGUMENT, f"InvalidArgumentException: {what}")


def no_stream() -> RefusalError:
    """Return the refusal of a stream or shard that is not there."""
    return RefusalError(404, NO_RESOURCE, "ResourceNotFoundException: stream or shard not found")


def not_a_stream() -> RefusalError:
    """Return the refusal to take a plain directory for a stream."""
    return RefusalError(400, NOT_A_STREAM, "ResourceNotStreamException: the directory is not a stream")


def stream_exists() -> RefusalError:
    """Return the refusal to create a stream where something is."""
    return RefusalError(409, IN_USE, "ResourceInUseException: the path exists")


def shard_count(what: str) -> RefusalError:
    """Return the refusal of a number of shards."""
    return RefusalError(400, INVALID_SHARD_COUNT, f"InvalidShardCountException: {what}")


def shard_out_of_range() -> RefusalError:
    """Return the refusal of a shard beyond the stream's last one."""
    return RefusalError(400, SHARD_OUT_OF_RANGE, "ShardIDOutOfRangeException")


def illegal_location() -> RefusalError:
    """Return the refusal of a location whose records are gone."""
    return RefusalError(400, ILLEGAL_LOCATION, "IllegalLocationException: the location's records are gone; seek again")


def too_large(what: str) -> RefusalError:
    """Return the refusal of a body beyond what an object may get at once."""
    return RefusalError(413, INVALID_ARGUMENT, f"Request entity too large: {what}")


def not_here(what: str) -> RefusalError:
    """Return the refusal of what the real server has and this one lacks."""
    return RefusalError(501, INVALID_ARGUMENT, f"{what} is not implemented by the local V3IO")
