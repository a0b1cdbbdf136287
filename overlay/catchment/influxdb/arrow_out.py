"""The fast line form of a table: each line is a row of numbers of texts, which Arrow gathers into what is sent.

Arrow's `take` copies a text in 5 ns, half of what its string joins need, and does so wherever the text lies: names and
tags are there once, and a missing value is the empty text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from catchment.core import extras
from catchment.influxdb import columns
from catchment.influxdb.columns import Column, Follows, Slab
from catchment.influxdb.pool import Pool

NUMBERS: Final = 1 << 18
"""Texts of lines gathered at once: few enough for the cache."""
LEAST_ROWS: Final = 2_000
MOST_ROWS: Final = 10_000
FIXED_TEXT: Final = 64 << 20
"""Bytes of tags and names in lines gathered at once."""


def blocks(slab: Slab) -> Iterator[tuple[Any, memoryview]]:
    """Yield lines, some thousands at a time: where each starts and ends as a numpy array, and the text of all."""
    weaver = _Weaver(slab)
    for start in range(0, len(slab.codes), weaver.rows):
        stop = min(start + weaver.rows, len(slab.codes))
        if slab.kept is None or slab.kept[start:stop].any():
            yield weaver.woven(start, stop)


@dataclass(slots=True)
class _Values:
    """Texts of a column, written when their rows are due."""

    column: Column
    ending: bytes = b""
    spaces: Any | None = None

    def put(self, pool: Pool, start: int, stop: int) -> int:
        """Write some rows' texts; return the first one's number."""
        values = self.column.values[start:stop]
        if self.column.kind in ("float", "integer"):
            return pool.add_numbers(values, self.ending, None if self.spaces is None else self.spaces[start:stop])
        return pool.add_strings(_strings(values, escape=self.column.kind == "string"))


@dataclass(slots=True)
class _Heads:
    """Measurement and tags, too many of them to be kept at hand."""

    codes: Any
    heads: Sequence[bytes]

    def put(self, pool: Pool, start: int, stop: int) -> Any:
        """Write those of some rows; return each row's number."""
        used, codes = extras.numpy().unique(self.codes[start:stop], return_inverse=True)
        mine: list[int] = used.tolist()
        return codes.reshape(-1) + pool.add([self.heads[code] for code in mine])


class _Weaver:
    """Holds what all lines of a slab share."""

    def __init__(self, slab: Slab) -> None:
        self._slab = slab
        self._pool = Pool(min(len(slab.codes), MOST_ROWS) * (len(slab.columns) + 1))
        self._fixed = b""  # not yet part of the plan: what follows may be fixed too
        self._plan: list[int | _Values | _Heads | Any] = []
        self._longest = 0
        for column, follows in zip(slab.columns, columns.follows(slab.columns), strict=True):
            self._add(column, follows)
        self._settle()
        self._plan.append(_Values(Column("", "integer", slab.times), b"\n"))
        self._mark = self._pool.mark()
        fitting = min(max(NUMBERS // len(self._plan), LEAST_ROWS), MOST_ROWS, FIXED_TEXT // (self._longest + 1))
        self.rows = max(fitting, 1)
        self._numbers = extras.numpy().empty((min(self.rows, len(slab.codes)), len(self._plan)), "int32")
        for at, part in enumerate(self._plan):
            if isinstance(part, int):
                self._numbers[:, at] = part

    def woven(self, start: int, stop: int) -> tuple[Any, memoryview]:
        """Return some rows' lines as `blocks` does."""
        np, pool, kept = extras.numpy(), self._pool, self._slab.kept
        pool.rewind(self._mark)
        numbers, counted = self._numbers[: stop - start], np.arange(stop - start, dtype=np.int32)
        for at, part in enumerate(self._plan):
            if isinstance(part, _Values):
                found = counted + part.put(pool, start, stop)
                valid = part.column.valid
                numbers[:, at] = found if valid is None else np.where(valid[start:stop], found, 0)
            elif isinstance(part, _Heads):
                numbers[:, at] = part.put(pool, start, stop)
            elif not isinstance(part, int):
                numbers[:, at] = part[start:stop]
        return pool.joined(numbers if kept is None else numbers[kept[start:stop]])

    # -- the plan ------------------------------------------------------------------------------------------------------

    def _add(self, column: Column, follows: Follows) -> None:
        np, valid, before, after = extras.numpy(), column.valid, f"{column.key}=".encode(), b""
        if column.kind == "boolean":
            self._choose([before + b"false", before + b"true"], np.asarray(column.values, np.int32), valid, follows)
            return
        if column.kind == "string":
            before, after = before + b'"', b'"'
        self._choose([before], 0, valid)
        self._settle()
        if column.kind == "float":  # its text has a comma, which is as good as any
            spaces = None if isinstance(follows, str) else ~follows
            self._plan.append(_Values(column, _ends(follows)[-1], spaces))
            return
        self._plan.append(_Values(column, b"i" if column.kind == "integer" else b""))
        self._choose([after], 0, valid, follows)

    def _choose(self, texts: list[bytes], which: Any, valid: Any | None, follows: Follows | None = None) -> None:
        """
        Add one of some texts.

        Args:
            texts: Not with what separates fields.
            which: Of them; a numpy array where rows differ.
            valid: Mask of the rows that have any.
            follows: Which rows have a comma behind it and which a space; `None`: neither.
        """
        np, ends = extras.numpy(), _ends(follows)
        variants = [text + end for text in texts for end in ends]
        if len(variants) == 1 and valid is None:
            self._fixed += variants[0]
            return
        self._settle()
        self._longest += max(map(len, variants))
        chosen = which * len(ends) + self._pool.add(variants)
        if len(ends) > 1:
            chosen = chosen + follows
        self._plan.append(chosen if valid is None else np.where(valid, chosen, 0))

    def _settle(self) -> None:
        """Make a part of the plan of what is fixed; the first one stands behind the tags."""
        fixed, self._fixed = self._fixed, b""
        self._longest += len(fixed)
        if not self._plan:
            self._lead(fixed)
        elif fixed:
            self._plan.append(self._pool.add([fixed]))

    def _lead(self, fixed: bytes) -> None:
        heads = [text.encode() + b" " + fixed for text in self._slab.heads]
        self._longest += max(map(len, heads))
        few = sum(map(len, heads)) <= FIXED_TEXT
        self._plan.append(self._slab.codes + self._pool.add(heads) if few else _Heads(self._slab.codes, heads))


def _ends(follows: Follows | None) -> list[bytes]:
    """Return what may stand behind a field: a space where none follows, and a comma where one does."""
    if follows is None:
        return [b""]
    return [{"always": b",", "never": b" "}[follows]] if isinstance(follows, str) else [b" ", b","]


def _strings(values: Any, *, escape: bool) -> Any:
    """Return texts as an Arrow array, escaped if any needs it."""
    pa = extras.needed("pyarrow", "arrow", "the fast encoder")
    array = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    if array.type != pa.string():
        array = array.cast(pa.string())
    _, _, data = array.buffers()
    if not escape or data is None:
        return array
    seen = _seen(array, data)
    for character, escaped in (("\\", "\\\\"), ('"', '\\"')):
        if character.encode() in seen:
            array = pa.compute.replace_substring(array, character, escaped)
    return array


def _seen(array: Any, data: Any) -> bytes:
    np = extras.numpy()
    starts = np.frombuffer(array.buffers()[1], np.int32)
    first, last = int(starts[array.offset]), int(starts[array.offset + len(array)])
    return bytes(memoryview(data)[first:last])
