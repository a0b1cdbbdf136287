"""Writes on their way: chunk after chunk in order, smaller where the server wants it, one error for all refusals."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from catchment.core._async.api import AsyncApiClient
from catchment.core.errors import CatchmentError
from catchment.influxdb.chunks import Chunk
from catchment.influxdb.errors import InfluxDBWriteError, PayloadTooLargeError
from catchment.influxdb.sending import Sent, Target, concerns_lines, cut, refusal

logger = logging.getLogger("catchment.influxdb")


async def write_chunks(api: AsyncApiClient, chunks: Iterable[Chunk], target: Target) -> int:
    """
    Write chunks in order and return how many lines there were.

    Refused lines do not keep others from being written, in one request as in several. What concerns all of them
    (no database, no right, no connection) ends the write at once.

    Raises:
        PartialWriteError: Some lines were refused.
        InfluxDBWriteError: All were, or the write ended at once; notes say how far it came.
        OutcomeUnknownError: No answer came, and lines without a time may have been stored.
    """
    sent = Sent()
    limit: int | None = None
    for chunk in chunks:
        try:
            limit = await _write_chunk(api, chunk, target, sent, limit)
        except CatchmentError as exc:
            sent.broke_off(exc)
            raise
    sent.check()
    return sent.lines


async def _write_chunk(api: AsyncApiClient, chunk: Chunk, target: Target, sent: Sent, limit: int | None) -> int | None:
    """Write a chunk, in halves of halves if need be; return the size that the server is known to take."""
    waiting = [chunk]
    while waiting:
        one = waiting.pop()
        parts = [one] if limit is None else list(cut(one, limit))
        one, rest = parts[0], parts[1:]
        waiting += reversed(rest)
        try:
            await send(api, one, target)
        except PayloadTooLargeError:
            if one.lines < 2:
                raise
            limit = max(1, len(one.body) // 2)
            waiting.append(one)
        except InfluxDBWriteError as exc:
            if not concerns_lines(exc):
                raise
            sent.took(one, exc)
        else:
            sent.took(one)
    return limit


async def send(api: AsyncApiClient, chunk: Chunk, target: Target) -> None:
    """
    Send one request.

    Raises:
        InfluxDBWriteError: The server refused.
    """
    try:
        response = await api.send(target.request(chunk))
    except CatchmentError as exc:
        refused = refusal(exc)
        if refused is exc:
            raise
        raise refused from exc
    logger.debug("%s: wrote %d lines, %d bytes", response.status, chunk.lines, len(chunk.body))
