"""What local variables show: tools that print those of a traceback's frames (`pytest -l`, error trackers) must get no
credentials and no signed URLs.
"""

from __future__ import annotations

from typing import TypeVar

from catchment.core.log import redact_headers

E = TypeVar("E", bound=BaseException)


class HiddenHeaders(list[tuple[str, str]]):
    """Headers whose `repr` masks all values but those known to be harmless."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(redact_headers(self))


def without_frames(error: E) -> E:
    """
    Return an error, and those behind it, without the frames that they came through.

    For errors that leave an engine: its frames hold every header and the whole URL, and tell a caller nothing.
    """
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        link = waiting.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        link.__traceback__ = None
        waiting += [link.__cause__, link.__context__]
    return error
