"""Sources that must be waited for; the blocking twin only knows the other kind."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import cast

from catchment.core.sources import AsyncUploadData, Source, Spool, UploadData


async def gather(data: AsyncUploadData) -> Source:
    """Make a source of any upload data; an async iterable is collected first."""
    if not hasattr(data, "__aiter__"):
        return Source.of(cast("UploadData", data))
    spool = Spool()
    try:
        async for piece in cast("AsyncIterable[bytes]", data):
            spool.write(piece)
    except BaseException:
        spool.close()
        raise
    return spool.source()
