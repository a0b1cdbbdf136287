"""The calls of a batch on their way, many at a time, without a thread: requests leave one after the other, and their
answers are read while the next ones are under way. The hand-written twin of `_async/window.py`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from catchment.core._sync.ahead import Ahead
from catchment.core._sync.api import ApiClient
from catchment.v3io._sync.sending import UnderWay
from catchment.v3io.queued import Queued, give_up
from catchment.v3io.response import outcomes_of

PATIENCE = 0.01
"""Seconds that the oldest call is waited for before the others are looked at."""

_ApiFor = Callable[[Queued[Any]], ApiClient]
_Flying = deque[tuple[Queued[Any], UnderWay[Any]]]


def carry_out(queued: Sequence[Queued[Any]], api_for: _ApiFor, limit: int) -> None:
    """
    Send calls and hand each its answer, or what went wrong; nothing of a call is raised.

    Args:
        queued: The calls; they leave in this order.
        api_for: Gives what sends a call.
        limit: Calls under way at once.
    """
    waiting = deque(queued)
    flying: _Flying = deque()
    try:
        while waiting:
            if len(flying) >= limit:
                _land_one(flying)
            call = waiting.popleft()
            if call.steps is not None:
                # Their requests may have to wait for a connection, which whoever holds some must not.
                _land_all(flying)
                _take_steps(call)
            else:
                _launch(call, api_for, flying)
        _land_all(flying)
    finally:
        for _, under_way in flying:
            under_way.cancel()
        give_up(queued, waiting)


def _launch(call: Queued[Any], api_for: _ApiFor, flying: _Flying) -> None:
    """Send a call; as long as no connection is free for it, wait for answers of earlier ones."""
    try:
        under_way = _prepared(api_for(call), call)
        while not under_way.ahead.launch() and flying:
            _land_one(flying)
    except Exception as exc:  # noqa: BLE001 - every other call goes on
        call.failed(exc)
        return
    if under_way.ahead.sent:
        flying.append((call, under_way))
    else:
        _land(call, under_way)


def _prepared(api: ApiClient, call: Queued[Any]) -> UnderWay[Any]:
    plan = call.plan
    outcomes = outcomes_of(call.wanted, plan.operation.method)
    return UnderWay(plan, Ahead.of(api, plan.request, outcomes=outcomes, transfer=plan.transfer), call.wanted)


def _land_all(flying: _Flying) -> None:
    while flying:
        _land_one(flying)


def _land_one(flying: _Flying) -> None:
    """Take the oldest call's answer; where it keeps the others waiting, that of the first which has one."""
    place = 0
    while not flying[place][1].ahead.arrived(0.0 if place else PATIENCE):
        place = (place + 1) % len(flying)
    _land(*flying[place])
    del flying[place]


def _land(call: Queued[Any], under_way: UnderWay[Any]) -> None:
    try:
        call.done(under_way.result())
    except Exception as exc:  # noqa: BLE001 - also what a caller's own body raises; every other call goes on
        call.failed(exc)


def _take_steps(call: Queued[Any]) -> None:
    try:
        if call.steps is not None:
            call.done(call.steps(call.wanted))
    except Exception as exc:  # noqa: BLE001 - every other call goes on
        call.failed(exc)
