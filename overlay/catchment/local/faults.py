"""
Plan faults: which requests go wrong, and how.

A plan is consumed in order. Each fault counts the requests that match it; it strikes from its `nth`
match on, `count` times, and is then used up. When several are planned, the first one that strikes
takes the request; those behind it do not see that request.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any, Literal, cast, get_args

from catchment.local.http import Answer, Door, find_header

FaultKind = Literal[
    "status",
    "reset",
    "delay",
    "stall",
    "drip",
    "cut",
    "wrong-length",
    "flip",
    "gzip-cut",
    "gzip-members",
    "gzip-checksum",
    "gzip-bomb",
    "html",
    "redirect",
    "duplicate-length",
    "garbage",
]

# Which settings mean something for which kind; anything else is refused.
_SETTINGS: Mapping[str, frozenset[str]] = {
    "status": frozenset({"status", "headers", "body", "applied"}),
    "reset": frozenset({"applied"}),
    "delay": frozenset({"seconds"}),
    "stall": frozenset({"seconds", "applied", "after_bytes"}),
    "drip": frozenset({"chunk_bytes", "seconds"}),
    "cut": frozenset({"after_bytes"}),
    "wrong-length": frozenset({"extra_bytes"}),
    "flip": frozenset({"after_bytes"}),
    "gzip-cut": frozenset(),
    "gzip-members": frozenset(),
    "gzip-checksum": frozenset(),
    "gzip-bomb": frozenset({"size_bytes"}),
    "html": frozenset({"applied", "body"}),
    "redirect": frozenset({"location", "status", "applied"}),
    "duplicate-length": frozenset(),
    "garbage": frozenset({"applied", "body"}),
}
_PLACE = frozenset({"kind", "service", "operation", "nth", "count"})
_SOCKET_ONLY = frozenset({"drip", "garbage"})
LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One planned fault.

    Args:
        kind: What goes wrong:
            `status` answers with `status`, `headers`, `body` instead;
            `reset` breaks the connection without an answer;
            `delay` answers after `seconds`;
            `stall` falls silent for `seconds` (before the answer, or after `after_bytes` of its body), then breaks;
            `drip` sends `chunk_bytes` at a time, `seconds` apart;
            `cut` breaks after `after_bytes` of the body;
            `wrong-length` announces `extra_bytes` more (or fewer) than it sends;
            `flip` inverts one bit of the byte at `after_bytes`;
            `gzip-cut`, `gzip-members`, `gzip-checksum`, `gzip-bomb` compress the body: cut short, in two
            members, with a bad check sum, or as `size_bytes` zeros;
            `html` answers 200 with a login page; `redirect` points to `location`;
            `duplicate-length` sends two different lengths; `garbage` sends no HTTP at all.
        service: `lakefs`, `objects` for presigned URLs, `influxdb`, `v3io`, or `v3io-control` for its dashboard.
        operation: Operation id or a glob over them (`get*`); with a space in it, a glob over
            method and path, such as `POST /api/v1/repositories/*/branches`.
        nth: The first match that is struck, from 1.
        count: How many matches are struck.
        applied: Carry the request out before it goes wrong ("ghost success").

    `drip` and `garbage` exist on a socket only; in process they stay pending. In process a stall
    is a `TimeoutError` at once, and a broken connection a `ConnectionResetError`.
    """

    kind: FaultKind
    service: str = "lakefs"
    operation: str = "*"
    nth: int = 1
    count: int = 1
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    applied: bool = False
    seconds: float = 0.0
    after_bytes: int = 0
    chunk_bytes: int = 1
    extra_bytes: int = 1
    size_bytes: int = 64 * 1024 * 1024
    location: str = ""

    def __post_init__(self) -> None:
        if self.kind not in get_args(FaultKind):
            message = f"unknown fault kind {self.kind!r}; known are: {', '.join(get_args(FaultKind))}"
            raise ValueError(message)
        if self.nth < 1 or self.count < 1:
            message = "nth and count start at 1"
            raise ValueError(message)
        for setting in fields(self):
            if setting.name in _PLACE | _SETTINGS[self.kind]:
                continue
            if getattr(self, setting.name) != _default(setting.name):
                message = f"{setting.name} means nothing for a fault of kind {self.kind!r}"
                raise ValueError(message)
        if self.kind == "redirect" and not self.location:
            message = "a redirect fault needs a location"
            raise ValueError(message)

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Fault:
        """
        Build a fault from JSON values; `body` is text.

        Raises:
            ValueError: An unknown field, or a value that makes no sense.
        """
        unknown = set(values) - {each.name for each in fields(cls)}
        if unknown or "kind" not in values:
            message = f"a fault has a kind and no fields such as {sorted(unknown)}"
            raise ValueError(message)
        given: dict[str, Any] = dict(values)
        if "body" in given:
            given["body"] = str(given["body"]).encode()
        for name, value in given.items():
            _check_type(name, value)
        if not all(isinstance(value, str) for value in cast("dict[str, object]", given.get("headers", {})).values()):
            message = "headers must map names to text"
            raise ValueError(message)
        return cls(**given)

    def to_dict(self) -> dict[str, object]:
        """Return the fault as JSON values."""
        return {**asdict(self), "headers": dict(self.headers), "body": self.body.decode("utf-8", "replace")}

    def matches(self, service: str, operation: str, method: str, path: str, door: Door) -> bool:
        """Tell whether a request is one that this fault counts."""
        if service != self.service or (door == "process" and self.kind in _SOCKET_ONLY):
            return False
        subject = f"{method} {path}" if " " in self.operation else operation
        return fnmatchcase(subject, self.operation)


def _check_type(name: str, value: object) -> None:
    default = "" if name == "kind" else _default(name)
    wanted = (int, float) if isinstance(default, float) else type(default)
    if not isinstance(value, wanted) or isinstance(value, bool) != isinstance(default, bool):
        message = f"{name} must be of type {type(default).__name__}"
        raise ValueError(message)


def _default(name: str) -> object:
    for each in fields(Fault):
        if each.name == name:
            return {} if name == "headers" else each.default
    raise KeyError(name)


class FaultPlan:
    """
    The faults still to come. Safe to use from several threads.

    Args:
        known: Operations by service; a fault that could never strike one of them is refused. None
            takes any.
    """

    def __init__(self, known: Mapping[str, frozenset[str]] | None = None) -> None:
        self._known = known
        self._lock = Lock()
        self._pending: list[tuple[Fault, int]] = []

    def add(self, *faults: Fault) -> None:
        """
        Append faults to the plan.

        Raises:
            ValueError: A fault is for no service or operation that there is; none was added.
        """
        for fault in faults:
            self._check(fault)
        with self._lock:
            self._pending.extend((fault, 0) for fault in faults)

    def _check(self, fault: Fault) -> None:
        if self._known is None:
            return
        if fault.service not in self._known:
            message = f"no service {fault.service!r}; there are: {', '.join(sorted(self._known))}"
            raise ValueError(message)
        names = self._known[fault.service]
        if " " not in fault.operation and not any(fnmatchcase(name, fault.operation) for name in names):
            message = f"no operation of {fault.service} matches {fault.operation!r}"
            raise ValueError(message)

    @property
    def pending(self) -> list[Fault]:
        """The faults not used up yet, in order; `count` is what is left of them."""
        with self._lock:
            return [
                replace(fault, nth=max(1, fault.nth - seen), count=fault.count - max(0, seen - fault.nth + 1))
                for fault, seen in self._pending
            ]

    def clear(self) -> None:
        """Drop the plan."""
        with self._lock:
            self._pending.clear()

    def take(self, service: str, operation: str, method: str, path: str, door: Door) -> Fault | None:
        """Return the fault that strikes this request, if any."""
        with self._lock:
            for index, (fault, seen) in enumerate(self._pending):
                if not fault.matches(service, operation, method, path, door):
                    continue
                self._pending[index] = (fault, seen + 1)
                if seen + 1 < fault.nth:
                    continue
                if seen + 1 == fault.nth + fault.count - 1:
                    del self._pending[index]
                return fault
        return None


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    How an answer goes out.

    Attributes:
        answer: None when there is none.
        delay: Seconds before it.
        stall: Seconds of silence before the connection breaks; None for none.
        cut_after: Break the connection after this many bytes of the body; None for never.
        chunk_bytes: Send in pieces of this size, `interval` seconds apart; None for as it comes.
        raw: Send these bytes and nothing else.
    """

    answer: Answer | None
    delay: float = 0.0
    stall: float | None = None
    cut_after: int | None = None
    chunk_bytes: int | None = None
    interval: float = 0.0
    raw: bytes | None = None


def carries_out(fault: Fault) -> bool:
    """Tell whether the struck request is carried out all the same."""
    silent_first = fault.kind == "stall" and fault.after_bytes == 0
    return fault.applied or not (silent_first or fault.kind in ("status", "reset", "html", "redirect", "garbage"))


def deliver(fault: Fault, answer: Answer | None) -> Delivery:
    """
    Decide what goes out when a fault strikes.

    Args:
        fault: The one that strikes.
        answer: The good answer; None when the request was not carried out.
    """
    match fault.kind:
        case "status" | "redirect" | "html":
            return Delivery(_instead(fault))
        case "reset":
            return Delivery(None, cut_after=0)
        case "garbage":
            return Delivery(None, raw=fault.body or b"\x15\x03\x01 not HTTP at all\r\n\r\n")
        case "stall" if answer is None or fault.after_bytes == 0:
            return Delivery(None, stall=fault.seconds)
        case _:
            return _spoiled(fault, answer or Answer(200))


def _instead(fault: Fault) -> Answer:
    if fault.kind == "html":
        return Answer(200, [("Content-Type", "text/html; charset=utf-8")], fault.body or LOGIN_PAGE)
    if fault.kind == "redirect":
        status = fault.status if 300 <= fault.status < 400 else 307
        return Answer(status, [("Location", fault.location)])
    body = fault.body or b'{"message":"planned fault"}'
    headers = list(fault.headers.items())
    if find_header(headers, "content-type") is None:
        headers.append(("Content-Type", "application/json"))
    return Answer(fault.status, headers, body)


def _spoiled(fault: Fault, answer: Answer) -> Delivery:
    match fault.kind:
        case "delay":
            return Delivery(answer, delay=fault.seconds)
        case "stall":
            return Delivery(answer, stall=fault.seconds, cut_after=fault.after_bytes)
        case "drip":
            return Delivery(answer, chunk_bytes=fault.chunk_bytes, interval=fault.seconds)
        case "cut":
            return Delivery(answer, cut_after=fault.after_bytes)
        case "flip":
            return Delivery(_flipped(answer, fault.after_bytes))
        case "wrong-length":
            return Delivery(_announcing(answer, fault.extra_bytes))
        case "duplicate-length":
            length = len(answer.body)
            return Delivery(answer.with_headers(("Content-Length", str(length)), ("Content-Length", str(length + 1))))
        case _:
            return Delivery(_compressed(fault, answer))


def _flipped(answer: Answer, position: int) -> Answer:
    body = bytearray(answer.whole())
    if body:
        body[min(position, len(body) - 1)] ^= 1
    return Answer(answer.status, answer.headers, bytes(body))


def _announcing(answer: Answer, extra: int) -> Answer:
    return answer.with_headers(("Content-Length", str(max(0, len(answer.body) + extra))))


def _compressed(fault: Fault, answer: Answer) -> Answer:
    body = answer.whole()
    if fault.kind == "gzip-bomb":
        packed = _zeros(fault.size_bytes)
    elif fault.kind == "gzip-members":
        half = len(body) // 2
        packed = gzip.compress(body[:half], mtime=0) + gzip.compress(body[half:], mtime=0)
    else:
        packed = gzip.compress(body, mtime=0)
        packed = packed[: len(packed) // 2] if fault.kind == "gzip-cut" else packed[:-8] + bytes(8)
    return Answer(answer.status, [*answer.headers, ("Content-Encoding", "gzip")], packed)


def _zeros(size: int) -> bytes:
    """Return `size` zeros, compressed without ever holding them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1024 * 1024)
    packed = bytearray()
    for position in range(0, size, len(block)):
        packed += packer.compress(block[: min(len(block), size - position)])
    return bytes(packed + packer.flush())
