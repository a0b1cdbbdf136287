"""Name what the local InfluxDB server refuses, with the texts of the real one."""

from __future__ import annotations


class InfluxError(Exception):
    """A statement failed; its text becomes `error` of the statement's result."""

    @property
    def text(self) -> str:
        """What the client is told."""
        return str(self.args[0])


class QuerySyntaxError(InfluxError):
    """The query could not be read; the whole request is refused with 400."""


class FieldTypeConflictError(InfluxError):
    """A batch gives one new field two types; nothing of the shard is written."""


class PartialWriteError(InfluxError):
    """Some points of a write were dropped; the others are written."""

    def __init__(self, reason: str, dropped: int) -> None:
        super().__init__(f"partial write: {reason} dropped={dropped}")
        self.dropped = dropped


class HTTPRefusalError(Exception):
    """A request is refused before any statement runs."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def database_not_found(name: str) -> InfluxError:
    """Return the error of a database that does not exist."""
    return InfluxError(f"database not found: {name}")


def policy_not_found(name: str) -> InfluxError:
    """Return the error of a retention policy that does not exist."""
    return InfluxError(f"retention policy not found: {name}")


def not_implemented(what: str) -> InfluxError:
    """Return the error of something that the real server has and this one lacks."""
    return InfluxError(f"{what} is not implemented by the local InfluxDB server")
