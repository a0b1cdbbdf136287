"""Complete an answer's headers, and hand it over in process with its faults."""

from __future__ import annotations

from collections.abc import Callable

from catchment.local.faults import Delivery
from catchment.local.http import Answer, Reply, Request, find_header

_BODILESS = (204, 304)


def finished(request: Request, answer: Answer) -> Answer:
    """Return an answer as it goes over the wire: with a length, and without a body where none may be."""
    if answer.status in _BODILESS:
        return Answer(answer.status, answer.headers)
    headers = list(answer.headers)
    if request.method == "HEAD":
        if answer.status >= 400:
            headers = [pair for pair in headers if pair[0].lower() not in ("content-type", "content-length")]
            return Answer(answer.status, headers)
        if find_header(headers, "content-length") is None:
            headers.append(("Content-Length", str(len(answer.body))))
        return Answer(answer.status, headers)
    if find_header(headers, "content-length") is None:
        headers.append(("Content-Length", str(len(answer.body))))
    return Answer(answer.status, headers, answer.body)


def in_process(delivery: Delivery, sleep: Callable[[float], None]) -> Reply:
    """
    Return what a caller without a socket sees.

    Raises:
        ConnectionResetError: The connection broke before the whole answer was there.
        TimeoutError: Nothing more came.
    """
    if delivery.stall is not None:
        message = "the local stack stalls (planned fault)"
        raise TimeoutError(message)
    answer = delivery.answer
    broken = answer is None or (delivery.cut_after is not None and delivery.cut_after < len(answer.body))
    if answer is None or broken:
        message = "connection reset by the local stack (planned fault)"
        raise ConnectionResetError(message)
    if delivery.delay:
        sleep(delivery.delay)
    return Reply(answer.status, list(answer.headers), answer.whole())
