"""Measurement and tags of a table's rows: each distinct set is written once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from catchment.core import extras
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import escaping
from catchment.influxdb.escaping import Place, Unstorable
from catchment.influxdb.reporting import DroppedPoint, Policy
from catchment.influxdb.values import plain_value

MOST_KNOWN = 100_000  # of each tag
MOST_COMBINED = 4096  # texts made ahead for combinations that may not occur


@dataclass(slots=True)
class TagColumn:
    """
    A tag of some rows.

    Attributes:
        name: The tag.
        codes: numpy array: index into `uniques` of each row, -1 where the tag is missing.
        uniques: Its distinct values.
    """

    name: str
    codes: Any
    uniques: Sequence[object]


@dataclass(slots=True)
class TagSets:
    """
    Writes measurement and tags, remembering what it has written.

    Args:
        measurement: Of all rows.
        constant: Tags that all rows have.
        policy: What to do with what cannot be stored.
    """

    measurement: str
    constant: Mapping[str, object]
    policy: Policy
    _known: dict[str, dict[object, str]] = field(default_factory=dict[str, dict[object, str]])
    _measurement: str | None = None

    def combine(self, columns: Sequence[TagColumn], rows: int, start: int) -> tuple[Any, list[str], Any | None]:
        """
        Return each row's index, the texts it points into, and a mask of the rows to drop or `None`.

        Args:
            columns: Tags of these rows.
            rows: How many there are.
            start: Number of the first one.
        """
        np = extras.numpy()
        parts: list[tuple[str, TagColumn | object]] = [(name, value) for name, value in self.constant.items()]
        parts += [(column.name, column) for column in columns]
        texts, codes, dropped = [self._start(start, rows)], np.zeros(rows, np.int64), None
        for name, part in sorted(parts, key=lambda pair: pair[0].encode("utf-8", "surrogatepass")):
            if not isinstance(part, TagColumn):
                piece = self._constant(name, part, start, rows)
                texts = [text + piece for text in texts]
                continue
            pieces, bad = self._pieces(part, start)
            if bad is not None:
                dropped = bad if dropped is None else dropped | bad
            codes, texts = _multiplied(codes, texts, part.codes, pieces)
        return codes, texts, dropped

    def _start(self, row: int, rows: int) -> str:
        if self._measurement is None:
            try:
                self._measurement = escaping.name(Place.MEASUREMENT, self.measurement)
            except Unstorable as flaw:
                text = self.policy.settle(row, f"measurement {self.measurement!r}", flaw, rows)
                self._measurement = escaping.name(Place.MEASUREMENT, text)
        return self._measurement

    def _constant(self, name: str, value: object, row: int, rows: int) -> str:
        known = self._known.get(name, {}).get(value)
        return self._piece(name, value, lambda: (row, rows)) if known is None else known

    def _pieces(self, column: TagColumn, start: int) -> tuple[list[str], Any | None]:
        """Return `,key=value` for a missing value, which is empty, and each distinct one."""
        known, bad = self._known.get(column.name, {}), None
        pieces = ["", *[known.get(value, "") for value in column.uniques]]
        for code, (value, piece) in enumerate(zip(column.uniques, pieces[1:], strict=True)):
            if piece and isinstance(value, str):  # nothing else is remembered, yet 1 may be equal to what is
                continue
            try:
                pieces[code + 1] = self._piece(column.name, value, partial(_whereabouts, column.codes, code, start))
            except DroppedPoint:
                here = column.codes == code
                pieces[code + 1], bad = "", here if bad is None else bad | here
        return pieces, bad

    def _piece(self, name: str, value: object, whereabouts: Callable[[], tuple[int, int]]) -> str:
        text = str(plain_value(value))
        clean = True
        try:
            escaped = escaping.name(Place.TAG_VALUE, text)
        except Unstorable as flaw:
            clean = False
            row, rows = whereabouts()
            escaped = escaping.name(Place.TAG_VALUE, self.policy.settle(row, f"tag {name!r}", flaw, rows))
        key = escaping.name(Place.TAG_KEY, name)
        piece = f",{key}={escaped}" if escaped else ""
        known = self._known.setdefault(name, {})
        if clean and isinstance(value, str) and len(known) < MOST_KNOWN:
            known[value] = piece  # unclean ones are counted each time
        return piece


def check_distinct(names: Sequence[str], what: str) -> None:
    """
    Refuse two equal names.

    Raises:
        UnsafeInputError: There are some.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise UnsafeInputError(f"{what} {name!r} occurs twice; rename one of them")
        seen.add(name)


def _whereabouts(codes: Any, code: int, start: int) -> tuple[int, int]:
    """Return the number of the first row that has a value, and how many have it."""
    here = codes == code
    return start + int(here.argmax()), int(here.sum())


def _multiplied(codes: Any, texts: list[str], more: Any, pieces: list[str]) -> tuple[Any, list[str]]:
    codes = codes * len(pieces)
    extras.numpy().add(codes, more, out=codes, casting="unsafe")
    codes += 1
    if len(texts) * len(pieces) <= MOST_COMBINED:
        return codes, [text + piece for text in texts for piece in pieces]
    used, codes = extras.numpy().unique(codes, return_inverse=True)
    size = len(pieces)
    return codes.reshape(-1), [texts[code // size] + pieces[code % size] for code in used.tolist()]
