"""Calls of `/write`: chunks of lines to requests, chunks that are too large to smaller ones, refusals to one error."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, cast

from catchment_api.influxdb.api.write import write_points

from catchment.core.errors import CatchmentError, ConfigError, HeaderError, OutcomeUnknownError, UnsafeInputError
from catchment.core.wire import Request
from catchment.influxdb import precision, rawtext
from catchment.influxdb.chunks import Chunk
from catchment.influxdb.errors import (
    DIALECT,
    FieldTypeConflictError,
    InfluxDBWriteError,
    InfluxTold,
    LinesRefusedError,
    PartialFieldTypeConflictError,
    PartialWriteError,
)

Consistency = Literal["any", "one", "quorum", "all"]

GZIP_LEVEL: Final = 1
"""Packs half as fast as the server reads; level 6 costs more than the server itself."""
_GZIP: Final = 31
_ERROR_HEADER: Final = b"x-influxdb-error"
_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Target:
    """
    Where lines go.

    Attributes:
        db: Database.
        rp: Retention policy; `None` for the database's default one.
        precision: Unit of their times; `None` for nanoseconds.
        consistency: What a cluster must confirm.
        gzip: Whether to compress them.
    """

    db: str
    rp: str | None = None
    precision: precision.Precision | None = None
    consistency: Consistency | None = None
    gzip: bool = False

    def request(self, chunk: Chunk) -> Request:
        """Build the request for a chunk; only one whose every line has a time may be repeated after doubt."""
        request = write_points.build_request(
            body=packed(chunk.body) if self.gzip else chunk.body,
            db=self.db,
            rp=self.rp,
            precision=self.precision,
            consistency=self.consistency,
            content_encoding="gzip" if self.gzip else None,
        )
        request.retry = "B" if chunk.stamped else "D"
        return request


def target(
    db: str | None,
    rp: str | None = None,
    spelling: str | None = None,
    consistency: str | None = None,
    *,
    gzip: bool = False,
) -> Target:
    """
    Check where lines are to go.

    Args:
        db: Database.
        rp: Retention policy.
        spelling: Precision, by any spelling.
        consistency: `any`, `one`, `quorum` or `all`; ignored by servers without a cluster.
        gzip: Whether to compress.

    Raises:
        ConfigError: There is no database.
        UnsafeInputError: An unknown word, which the server would take for another.
    """
    if not db:
        raise ConfigError("no database to write to", hint="give db=, or set the client's database")
    if consistency not in {None, "any", "one", "quorum", "all"}:
        raise UnsafeInputError(f"consistency={consistency!r}: one of any, one, quorum, all is needed")
    unit = None if spelling is None else precision.canonical(spelling)
    return Target(db, rp or None, unit, cast("Consistency | None", consistency), gzip)


def packed(body: bytes) -> bytes:
    """Compress a body as gzip."""
    packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(body) + packer.flush()


# -- sizes -------------------------------------------------------------------------------------------------------------


def cut(chunk: Chunk, limit: int) -> Iterator[Chunk]:
    """
    Yield the chunk in pieces of at most `limit` bytes, cut between lines; a longer line stays whole.

    Args:
        chunk: Lines.
        limit: Bytes.
    """
    if len(chunk.body) <= limit or chunk.lines < 2:
        yield chunk
        return
    first = points = last = 0
    for line in rawtext.split(chunk.body):
        if points and line.stop - first > limit:
            yield Chunk(chunk.body[first : line.start], points, chunk.stamped)
            first, points = line.start, 0
        points += line.point
        last = line.stop
    yield Chunk(chunk.body[first:last], points, chunk.stamped)


# -- refusals ----------------------------------------------------------------------------------------------------------


def refusal(error: CatchmentError) -> CatchmentError:
    """
    Return the refusal behind an answer whose headers cannot be read.

    The server repeats refused lines in `X-Influxdb-Error`, control characters and all; it sends that header with
    refusals only.
    """
    cause = error.__cause__ if isinstance(error, OutcomeUnknownError) else error
    if not isinstance(cause, HeaderError):
        return error
    name, _, value = cause.line.partition(b":")
    if name.strip().lower() != _ERROR_HEADER:
        return error
    text = value.strip().decode("utf-8", "replace")
    cls = DIALECT.leaf(write_points.OP, 400, InfluxTold(text)) or InfluxDBWriteError
    return cls(text, service="influxdb", operation=write_points.OP.id, status=400, attempts=error.attempts)


def concerns_lines(error: CatchmentError) -> bool:
    """Tell whether a refusal is about lines, so that those of other requests are not concerned."""
    return isinstance(error, LinesRefusedError | PartialWriteError | FieldTypeConflictError) and (
        error.partial or bool(error.bad_lines) or isinstance(error, FieldTypeConflictError)
    )


@dataclass(slots=True)
class Sent:
    """
    What became of the requests of one write.

    Attributes:
        requests: How many were answered.
        lines: Lines in them.
        refused: Refusals of lines; what else these requests held was stored.
    """

    requests: int = 0
    lines: int = 0
    refused: list[InfluxDBWriteError] = field(default_factory=list[InfluxDBWriteError])

    def took(self, chunk: Chunk, error: InfluxDBWriteError | None = None) -> None:
        """Note an answer."""
        self.requests += 1
        self.lines += chunk.lines
        if error is not None:
            self.refused.append(error)

    def check(self) -> None:
        """
        Take the end.

        Raises:
            PartialWriteError: Some lines were refused, others stored.
            InfluxDBWriteError: All were refused.
        """
        if self.refused:
            raise self.refused[0] if self.requests == 1 else self._merged()

    def _merged(self) -> InfluxDBWriteError:
        errors = self.refused
        partial = len(errors) < self.requests or any(error.partial for error in errors)
        conflict = all(isinstance(error, FieldTypeConflictError) for error in errors)
        classes: dict[tuple[bool, bool], type[InfluxDBWriteError]] = {
            (True, True): PartialFieldTypeConflictError,
            (True, False): PartialWriteError,
            (False, True): FieldTypeConflictError,
            (False, False): LinesRefusedError,
        }
        shown = "; ".join(error.message for error in errors[:_SHOWN])
        more = f"; and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
        merged = classes[partial, conflict](
            f"{len(errors)} of {self.requests} requests had lines refused: {shown}{more}",
            service="influxdb",
            operation=write_points.OP.id,
            status=400,
        )
        merged.error = "\n".join(error.error for error in errors)
        merged.partial = partial
        merged.bad_lines = tuple(line for error in errors for line in error.bad_lines)
        merged.dropped = sum(error.dropped for error in errors)
        return merged

    def broke_off(self, error: BaseException) -> None:
        """Say with an error that ends a write how far it came."""
        if self.requests:
            error.add_note(
                f"{self.requests} requests with {self.lines} lines were answered before it; nothing behind it was sent"
            )
        for refused in self.refused[:_SHOWN]:
            error.add_note(f"lines refused before it: {refused.message}")
