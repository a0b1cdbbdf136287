"""What follows the answer to a batch: it is settled, sent in halves, or sent again later. Never waits or sends.

    answer                                  lines
    204                                     stored
    400 partial write                       good ones stored, the others lost; never sent again
    400 unable to parse                     lost, all of them
    400 field type conflict                 none stored: halves, until the line that conflicts is alone
    413                                     halves, and smaller batches from now on
    500 of a handler that crashed           halves, until the line that crashes it is alone
    no answer, 429, other 5xx               again, as often as the policy allows, then lost
    anything else                           lost

A line that is lost is reported with what the server said about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from catchment.core.config import Retry
from catchment.core.errors import BulkError, CatchmentError
from catchment.core.retry import Again, Outcome, judge
from catchment.influxdb.chunks import Chunk
from catchment.influxdb.errors import (
    FieldTypeConflictError,
    HandlerCrashedError,
    InfluxDBWriteError,
    PartialWriteError,
    PayloadTooLargeError,
)
from catchment.influxdb.linecut import joined, lines_of, series_of
from catchment.influxdb.sending import Target

CRASHES: Final = 64
"""Halvings of a batch after crashes: enough to find a few lines in a large one, and an end where all lines crash."""


class Conf(NamedTuple):
    """
    Where a batch goes, as callbacks are told.

    Attributes:
        db: Database.
        rp: Retention policy; `None` for the default one.
        precision: Unit of the times.
    """

    db: str
    rp: str | None
    precision: str

    @classmethod
    def of(cls, target: Target) -> Conf:
        """Describe a target."""
        return cls(target.db, target.rp, target.precision or "n")


@dataclass(frozen=True, slots=True)
class Loss:
    """
    Lines of one request that were not stored.

    Attributes:
        conf: Where they were to go.
        data: The lines. Where the server only says how many it dropped, and not which, all those that it may be.
        lines: How many were not stored.
        error: Why.
        bad_lines: Each line that is known to be lost, with the reason.
    """

    conf: Conf
    data: bytes
    lines: int
    error: Exception
    bad_lines: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"<Loss of {self.lines} lines for {self.conf.db}: {type(self.error).__name__}>"


class BatchWriteError(BulkError):
    """
    Lines that a batching writer had taken were not stored.

    Attributes:
        failed: `Loss` to its error.
        lines: How many lines were lost.
    """

    lines: int = 0

    @classmethod
    def of(cls, losses: Iterable[Loss], lines: int) -> BatchWriteError:
        """Make the error for what was lost; `lines` may be more than the losses that were kept."""
        failed: Mapping[Any, Exception] = {loss: loss.error for loss in losses}
        first = next(iter(failed.values()))
        reason = first.message if isinstance(first, CatchmentError) else str(first)
        made = cls(f"{lines} lines were not stored: {reason}", failed, service="influxdb", operation="writePoints")
        made.lines = lines
        return made

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What was lost."""
        return tuple(self.failed)


@dataclass(frozen=True, slots=True)
class Settled:
    """It is over: these lines were stored, and that one was lost."""

    stored: Chunk
    loss: Loss | None = None


@dataclass(frozen=True, slots=True)
class Halve:
    """Send it in two: it is too large, as others may be; or the server crashes on one of its lines, or refuses it."""

    why: Literal["size", "crash", "conflict"]


Verdict: TypeAlias = Settled | Halve | Again

NOTHING: Final = Chunk(b"", 0, True)


def decide(
    error: CatchmentError,
    chunk: Chunk,
    target: Target,
    *,
    attempt: int,
    policy: Retry,
    remaining: float,
    crashes: int,
    jitter: float,
) -> Verdict:
    """
    Say what follows a failed request.

    Args:
        error: How it failed.
        chunk: What it carried; every line has a time, so that it may be sent again.
        target: Where it was to go.
        attempt: Number of the attempt, from 1.
        policy: The user's settings.
        remaining: Seconds in which the batch may still be sent.
        crashes: How often the batch was halved already because the server crashed on it.
        jitter: Drawn evenly from 0 to 1.
    """
    if isinstance(error, PartialWriteError):
        return partly(error, chunk, target)
    many = chunk.lines > 1
    if isinstance(error, PayloadTooLargeError) and many:
        return Halve("size")
    if isinstance(error, FieldTypeConflictError) and many:
        return Halve("conflict")
    if isinstance(error, HandlerCrashedError) and many and crashes < CRASHES:
        return Halve("crash")
    verdict = judge(Outcome.of_error(error, "B", remaining=remaining), attempt=attempt, policy=policy, jitter=jitter)
    return verdict if isinstance(verdict, Again) else Settled(NOTHING, lost(error, chunk, target))


def lost(error: Exception, chunk: Chunk, target: Target) -> Loss:
    """Report all lines of a request."""
    reports: tuple[tuple[str, str], ...] = ()
    if isinstance(error, InfluxDBWriteError):
        reports = error.bad_lines
        if not reports and chunk.lines == 1:
            reports = ((_text(chunk.body), error.error),)
    return Loss(Conf.of(target), chunk.body, chunk.lines, error, reports)


def partly(error: PartialWriteError, chunk: Chunk, target: Target) -> Settled:
    """Tell the lines that were stored from the others, as far as the answer says which those are."""
    lines = lines_of(chunk)
    bad = _suspects(error, lines)
    count = max(error.dropped, len(error.bad_lines), 1)
    if len(bad) == count:
        numbers = set(bad)
        stored = joined([line for number, line in enumerate(lines) if number not in numbers])
        reasons = _reasons(error, [_text(lines[number]) for number in bad])
        data = b"".join(lines[number] for number in bad)
        return Settled(stored, Loss(Conf.of(target), data, count, error, reasons))
    count = min(count, len(lines))
    suspects = [lines[number] for number in bad] if len(bad) > count else lines
    stored = Chunk(b"", chunk.lines - count, True)  # how many is known, and which is not
    return Settled(stored, Loss(Conf.of(target), b"".join(suspects), count, error, error.bad_lines))


# -- which lines -------------------------------------------------------------------------------------------------------

_CONFLICT: Final = re.compile(
    r'input field "(?P<field>.*)" on measurement "(?P<measurement>.*)" is type (?P<type>\w+), '
    r"already exists as type (?P<known>\w+)",
    re.DOTALL,
)
_FIELD: Final = re.compile(rb'((?:\\[\s\S]|[^ ,=\\])+)=("(?:\\[\s\S]|[^"\\])*"|[^ ,\n]+)')
_ESCAPED_NAME: Final = re.compile(r"\\([, ])")
_ESCAPED_KEY: Final = re.compile(r'\\([,= "])')


def _suspects(error: PartialWriteError, lines: list[bytes]) -> list[int]:
    """Return numbers of lines that the answer is about."""
    if error.bad_lines:
        quoted = {line for line, _ in error.bad_lines}
        return [number for number, line in enumerate(lines) if _text(line) in quoted]
    match = _CONFLICT.search(error.error)
    if match is None:
        return []
    return [
        number
        for number, line in enumerate(lines)
        if _measurement(line) == match["measurement"] and _type(line, match["field"]) not in {None, match["known"]}
    ]


def _reasons(error: PartialWriteError, texts: list[str]) -> tuple[tuple[str, str], ...]:
    """Return the lines with their reasons."""
    if error.bad_lines:
        return error.bad_lines
    reason = re.sub(r" dropped=\d+$", "", error.error.removeprefix("partial write: "))
    return tuple((text, reason) for text in texts)


def _text(line: bytes) -> str:
    return line.rstrip(b"\n").decode("utf-8", "replace").strip(" ")


def _measurement(line: bytes) -> str:
    series = series_of(line).lstrip(b" \t\0").decode("utf-8", "replace")
    name = re.match(r"(?:\\.|[^,\\])*", series, re.DOTALL)
    return _ESCAPED_NAME.sub(r"\1", name[0] if name else series)


def _type(line: bytes, field: str) -> str | None:
    """Return the type of a field as the server calls it; `None` if the line has no such field."""
    found: str | None = None
    for key, value in _fields(line):
        if _ESCAPED_KEY.sub(r"\1", key.decode("utf-8", "replace")) == field:
            found = _type_of(value)
    return found


def _fields(line: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(series_of(line))
    while at < len(line) and line[at : at + 1] == b" ":
        at += 1
    while (match := _FIELD.match(line, at)) is not None:
        yield match[1], match[2]
        at = match.end() + 1
        if line[match.end() : at] != b",":
            return


def _type_of(value: bytes) -> str:
    if value.startswith(b'"'):
        return "string"
    if value.endswith(b"i"):
        return "integer"
    return "boolean" if value[:1].lower() in {b"t", b"f"} else "float"
