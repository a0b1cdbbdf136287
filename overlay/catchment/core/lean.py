"""What the two lean engines have in common: constants, and bodies as bytes."""

from __future__ import annotations

from typing import TypeAlias

from catchment.core.errors import UnsafeInputError
from catchment.core.wire import AsyncContent

Whole: TypeAlias = bytes | memoryview

RECEIVE = 64 * 1024
"""Bytes of one read: below the size from which the allocator asks the system each time."""
RECEIVE_BODY = 256 * 1024
"""Bytes of one read of a body that streams, where fewer steps count more than the size of each."""


def next_read(size: int) -> int:
    """Return how many bytes to ask for after a read of a stream gave so many: more where the server is ahead."""
    return RECEIVE_BODY if size >= RECEIVE else RECEIVE


IDLE = 50.0
"""Seconds after which a resting connection is not used again; load balancers close theirs after 60 and more."""
BROKEN = (BrokenPipeError, ConnectionResetError, ConnectionAbortedError)
"""What sending into a connection that the server has closed raises."""
_JOIN = 64 * 1024


def whole_bytes(content: AsyncContent | None) -> Whole | None:
    """
    Return a body as bytes.

    Raises:
        UnsafeInputError: It is a file or an iterable.
    """
    if content is None or isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, bytearray):
        return memoryview(content)
    if isinstance(content, memoryview):
        # Lengths count bytes, whatever the items of the view are.
        return content.cast("B") if content.nbytes and content.c_contiguous else content.tobytes()
    raise UnsafeInputError(f"this engine sends bytes and text, not a {type(content).__name__}")


def is_whole(content: object) -> bool:
    """Tell whether a body is in memory, so that it can be sent at once."""
    return content is None or isinstance(content, (bytes, str, bytearray, memoryview))


def is_refusal(status: int) -> bool:
    """Tell whether an answer that comes while its request is still being sent makes the rest of it pointless."""
    return status >= 300


def joined(head: bytes, body: Whole | None) -> tuple[Whole, ...]:
    """Return what to send: one piece, so one packet, unless copying the body would cost more."""
    if not body:
        return (head,)
    if len(body) <= _JOIN:
        return (b"".join((head, body)),)
    return (head, body)
