"""A logger of messages with named values, as the platform's other clients and functions have it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Any, Final, Protocol, Self, TextIO

from catchment.core.errors import ConfigError

LEVELS: Final[Mapping[str, int]] = {
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARN": logging.WARNING,
    "WARNING": logging.WARNING,
    "ERROR": logging.ERROR,
}


class EventLog(Protocol):
    """What a client needs of a logger: this module's, or nuclio's."""

    def warn_with(self, message: str, *args: object, **fields: Any) -> None:
        """Write a warning with named values."""
        ...


class Logger:
    """
    Write messages, each with named values, to handlers of its own.

    Args:
        level: Least level that is written, by name or number; everything by default.
        name: Of the `logging` logger behind it, which is this object's alone.
    """

    def __init__(self, level: str | int = "DEBUG", name: str = "catchment.v3io") -> None:
        # One of its own, which no other code configures and which hands nothing to the root.
        self._logger = logging.Logger(name, level_of(level, what="level"))  # noqa: LOG001
        self._handlers: dict[str, logging.Handler] = {}

    @classmethod
    def to_stdout(cls, level: str | int) -> Self:
        """Return a logger that writes to standard output."""
        made = cls(level)
        made.set_handler("stdout", sys.stdout, LineFormatter())
        return made

    @property
    def level(self) -> int:
        """Least level that is written."""
        return self._logger.level

    def set_handler(self, handler_name: str, file: TextIO, formatter: logging.Formatter | None = None) -> None:
        """
        Write to a stream, in place of what had this name.

        Args:
            handler_name: Of the handler.
            file: Open for text.
            formatter: Makes lines of records; by default level, message and values.
        """
        before = self._handlers.pop(handler_name, None)
        if before is not None:
            self._logger.removeHandler(before)
        handler = self._handlers[handler_name] = logging.StreamHandler(file)
        handler.setFormatter(formatter or LineFormatter())
        self._logger.addHandler(handler)

    def debug(self, message: str, *args: object) -> None:
        """Write a message of level debug."""
        self._logger.debug(message, *args)

    def info(self, message: str, *args: object) -> None:
        """Write a message of level info."""
        self._logger.info(message, *args)

    def warn(self, message: str, *args: object) -> None:
        """Write a message of level warning."""
        self._logger.warning(message, *args)

    def error(self, message: str, *args: object) -> None:
        """Write a message of level error."""
        self._logger.error(message, *args)

    def debug_with(self, message: str, *args: object, **fields: Any) -> None:
        """Write a message of level debug with named values."""
        self._with(logging.DEBUG, message, args, fields)

    def info_with(self, message: str, *args: object, **fields: Any) -> None:
        """Write a message of level info with named values."""
        self._with(logging.INFO, message, args, fields)

    def warn_with(self, message: str, *args: object, **fields: Any) -> None:
        """Write a message of level warning with named values."""
        self._with(logging.WARNING, message, args, fields)

    def error_with(self, message: str, *args: object, **fields: Any) -> None:
        """Write a message of level error with named values."""
        self._with(logging.ERROR, message, args, fields)

    def _with(self, level: int, message: str, args: tuple[object, ...], fields: Mapping[str, Any]) -> None:
        # Without arguments the message is no template: a percent sign in it is one.
        template, values = (message, args) if args else ("%s", (message,))
        self._logger.log(level, template, *values, extra={"with_fields": dict(fields)})


class LineFormatter(logging.Formatter):
    """One line a record: time, level, message and the named values."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s [%(levelname)s] %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields: Mapping[str, Any] = getattr(record, "with_fields", {})
        values = ", ".join(f"{name}={value!r}" for name, value in fields.items())
        return f"{super().format(record)} {{{values}}}" if values else super().format(record)


def level_of(level: str | int, *, what: str) -> int:
    """
    Return a level as `logging` numbers it.

    Raises:
        ConfigError: There is no such level.
    """
    if isinstance(level, int) and not isinstance(level, bool):
        return level
    known = LEVELS.get(level.upper()) if isinstance(level, str) else None  # pyright: ignore[reportUnnecessaryIsInstance]
    if known is None:
        raise ConfigError(f"{what}={level!r}: one of {', '.join(LEVELS)} is needed, or a number")
    return known
