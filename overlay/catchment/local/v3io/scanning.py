"""Scan tables: whole, by segment, or a range of sorting keys; page by page."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, cast

from catchment.local.http import Answer
from catchment.local.v3io import limits
from catchment.local.v3io.call import Body, Call, json_text_reply
from catchment.local.v3io.errors import invalid, not_here
from catchment.local.v3io.expressions.grammar import read_condition
from catchment.local.v3io.expressions.running import Scope
from catchment.local.v3io.items import Selection
from catchment.local.v3io.nodes import Directory
from catchment.local.v3io.options import SLICES
from catchment.local.v3io.paths import needed_directory
from catchment.local.v3io.slices import Entry, sharding_key, slice_of

_ANYTHING = "*"
# `AllowObjectScatter` means nothing here, for no item is scattered; and a client that asks for a binary answer by
# `X-v3io-response-content-type: capnp` reads a JSON one by its content type.
_UNDESCRIBED = ("ReturnData", "ReturnAllInodes", "DataMaxSize")


class Position(NamedTuple):
    """How far a scan got: in which directory, in which slice, behind which name; no name means its start."""

    directory: tuple[str, ...]
    slice: int
    name: str | None


@dataclass(frozen=True, slots=True)
class Scan:
    """
    What is asked for.

    Attributes:
        slices: First and last but one of the slices that the segment has.
        key: Sharding key of a range scan.
        kind: What a marker must have been made for.
    """

    slices: tuple[int, int]
    key: str | None
    start: str | None
    stop: str | None
    selection: Selection
    condition: Callable[[Scope], bool]
    limit: int | None

    @property
    def kind(self) -> str:
        """What a marker is good for."""
        return f"{self.slices[0]}-{self.slices[1]}" if self.key is None else f"={self.key}"


def get_items(call: Call) -> Answer:
    """Return one page of a scan; it may be empty and yet not the last."""
    _refuse_undescribed(call)
    body = call.body(limits.ITEM_BODY_BYTES)
    parts = (*call.parts, *body.names("TableName"))
    recursive = parts[-1:] == (_ANYTHING,)
    directory = needed_directory(call.container, parts[:-1] if recursive else parts)
    for name in _UNDESCRIBED:
        if body.values.get(name) not in (None, "", "false", False, 0):
            raise not_here(f"GetItems with {name}")
    scan = _read_scan(body)
    marker = body.text("Marker")
    position = _read_marker(scan, marker) if marker else Position((), scan.slices[0], None)
    page = _Page(scan, call.tenant.options.slices_per_page)
    reached = page.fill(list(directory.walk()) if recursive else [((), directory)], position)
    last = '"TRUE"' if reached is None else f'"FALSE","NextMarker":"{_write_marker(scan, reached)}"'
    text = f'{{"LastItemIncluded":{last},"NumItems":{len(page.items)},"Items":[{",".join(page.items)}]}}'
    return json_text_reply(text, directory.facts)


def _refuse_undescribed(call: Call) -> None:
    for name in ("conditional-mtime-sec", "conditional-mtime-nsec"):
        if name in call.headers:
            raise not_here(f"GetItems with the header {name}")


def _read_scan(body: Body) -> Scan:
    key, start, stop = (body.text(name) for name in ("ShardingKey", "SortKeyRangeStart", "SortKeyRangeEnd"))
    segments = _segment(body)
    if (start is not None or stop is not None) and key is None:
        raise invalid("SortKeyRangeStart and SortKeyRangeEnd need ShardingKey")
    if key is not None and segments is not None:
        raise invalid("ShardingKey does not go with Segment")
    if key is not None and "." in key:
        raise invalid("ShardingKey is what comes before the first dot of a name")
    limit = body.integer("Limit")
    if limit is not None and limit < 1:
        raise invalid("Limit must be at least 1")
    return Scan(
        segments or (0, SLICES),
        key,
        start,
        stop,
        Selection(body.text("AttributesToGet") or "*", named=True),
        read_condition(body.text("FilterExpression") or ""),
        limit,
    )


def _segment(body: Body) -> tuple[int, int] | None:
    segment, total = body.integer("Segment"), body.integer("TotalSegment")
    if (segment is None) != (total is None):
        raise invalid("Segment and TotalSegment need each other")
    if segment is None or total is None:
        return None
    if not 1 <= total <= SLICES or not 0 <= segment < total:
        raise invalid(f"TotalSegment is 1 to {SLICES}, and Segment from 0 to one less")
    return segment * SLICES // total, (segment + 1) * SLICES // total


class _Page:
    """One page while it fills."""

    def __init__(self, scan: Scan, slices_per_page: int) -> None:
        self.items: list[str] = []
        self._scan = scan
        self._slices_left = slices_per_page
        self._bytes = 0

    def fill(self, directories: list[tuple[tuple[str, ...], Directory]], position: Position) -> Position | None:
        """Take items in from a position on; return where the next page goes on, or None at the end."""
        for parts, directory in directories:
            if parts < position.directory:
                continue
            begin = position if parts == position.directory else Position(parts, self._scan.slices[0], None)
            reached = self._range(directory, begin) if self._scan.key is not None else self._slices(directory, begin)
            if reached is not None:
                return reached
        return None

    def _range(self, directory: Directory, begin: Position) -> Position | None:
        scan = self._scan
        entries = directory.index.between(cast("str", scan.key), scan.start, scan.stop)
        return self._take(directory, begin, (each for each in entries if begin.name is None or each[1] > begin.name))

    def _slices(self, directory: Directory, begin: Position) -> Position | None:
        name = begin.name
        for number in range(begin.slice, self._scan.slices[1]):
            if not self._slices_left:
                return Position(begin.directory, number, None)
            last = None if name is None else (sharding_key(name), name)
            here = Position(begin.directory, number, name)
            reached = self._take(directory, here, iter(directory.index.after(number, last)))
            if reached is not None:
                return reached
            name = None
            self._slices_left -= 1
        return None

    def _take(self, directory: Directory, here: Position, entries: Iterator[Entry]) -> Position | None:
        """Take entries in; return where to go on when the page is full before they end."""
        scan, last = self._scan, here.name
        for _, name in entries:
            if self._full():
                return here._replace(name=last)
            file = directory.files[name]
            if scan.condition(Scope(name, file, file.attributes)):
                item = json.dumps(scan.selection.of(name, file), ensure_ascii=False, separators=(",", ":"))
                self._bytes += len(item)
                self.items.append(item)
            last = name
        return None

    def _full(self) -> bool:
        return len(self.items) == self._scan.limit or self._bytes >= limits.SCAN_PAGE_BYTES


# Markers are opaque; they hold the kind of scan and the position


def _write_marker(scan: Scan, position: Position) -> str:
    return base64.urlsafe_b64encode(json.dumps([scan.kind, *position]).encode()).decode("ascii")


def _read_marker(scan: Scan, text: str) -> Position:
    try:
        kind, directory, number, name = json.loads(base64.urlsafe_b64decode(text))
        position = Position(tuple(directory), int(number), name)
    except (ValueError, TypeError):
        raise invalid("Marker is not one that a scan returned") from None
    if kind != scan.kind:
        raise invalid("Marker is of another kind of scan")
    if position.name is not None and scan.key is None and slice_of(sharding_key(position.name)) != position.slice:
        raise invalid("Marker is not one that a scan returned")
    return position
