"""The line form of a table without Arrow: columns of texts, woven together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import Any, cast

from catchment.core import extras
from catchment.influxdb import columns, escaping, floattext
from catchment.influxdb.columns import Column, Follows, Slab
from catchment.influxdb.weave import Weave


def lines(slab: Slab) -> Weave:
    """Return the lines of the rows that are kept."""
    return _Plan(slab).weave


class _Plan:
    def __init__(self, slab: Slab) -> None:
        self._parts: list[str | Sequence[str]] = []
        self._slab = slab
        self._fixed = " "  # not yet a part: what follows may be fixed too
        for column, follows in zip(slab.columns, columns.follows(slab.columns), strict=True):
            self._add(column, follows)
        self._settle()
        self._each(_numbers(slab.times))
        self._parts.append("\n")
        self.weave = Weave(self._parts, len(slab.codes) if slab.kept is None else int(slab.kept.sum()))

    def _add(self, column: Column, follows: Follows) -> None:
        before, texts, after = _formatted(column)
        self._around(before, column.valid)
        self._settle()
        self._each(texts if column.valid is None else _blanked(texts, column.valid))
        self._around(after, column.valid, follows)

    def _around(self, text: str, valid: Any | None, follows: Follows | None = None) -> None:
        """
        Add what stands before or behind values.

        Args:
            text: The same for all rows.
            valid: Mask of the rows that have a value.
            follows: Which rows have a comma there too, and which a space; `None`: neither.
        """
        np = extras.numpy()
        if follows is None or isinstance(follows, str):
            text += {"always": ",", "never": " ", None: ""}[follows]
            if valid is None:
                self._fixed += text
            elif text:
                self._settle()
                self._each(_chosen(["", text], valid.astype(np.int8)))
            return
        self._settle()
        ends = ["", f"{text} ", f"{text},"]
        self._each(_chosen(ends, 1 + follows if valid is None else np.where(valid, 1 + follows, 0)))

    def _settle(self) -> None:
        """Make a part of what is fixed; the first one stands behind the tags."""
        fixed, self._fixed = self._fixed, ""
        if not self._parts:
            heads = [text + fixed for text in self._slab.heads]
            codes: list[int] = self._slab.codes.tolist()
            self._each([heads[code] for code in codes])
        elif fixed:
            self._parts.append(fixed)

    def _each(self, texts: Sequence[str]) -> None:
        kept = self._slab.kept
        self._parts.append(texts if kept is None else list(compress(texts, kept.tolist())))


def _formatted(column: Column) -> tuple[str, Sequence[str], str]:
    """Return what stands before each value, the values' texts, and what stands behind them."""
    before = f"{column.key}="
    if column.kind in ("float", "integer"):
        return before, _numbers(column.values), "i" if column.kind == "integer" else ""
    if column.kind == "boolean":
        return before, ["true" if value else "false" for value in column.values.tolist()], ""
    texts = _listed(column.values)
    if column.kind == "text":
        return before, texts, ""
    return f'{before}"', _escaped(texts), '"'


def _listed(values: Any) -> list[str]:
    """Return a list, or a pyarrow array, as a list; what is missing may stay `None`."""
    return cast("list[str]", values if isinstance(values, list) else values.to_pylist())


def _blanked(texts: Sequence[str], valid: Any) -> Sequence[str]:
    """Return texts, empty ones where there is no value."""
    found = list(texts)
    for row in extras.numpy().flatnonzero(~valid).tolist():
        found[row] = ""
    return found


def _chosen(texts: Sequence[str], codes: Any) -> list[str]:
    """Return one of few texts for each row."""
    return extras.numpy().array(texts, object)[codes].tolist()


def _numbers(values: Any) -> Sequence[str]:
    orjson = extras.optional("orjson")
    if orjson is not None:
        text = orjson.dumps(extras.numpy().ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)
        return text[1:-1].decode().split(",")
    if values.dtype.kind != "f":
        return list(map(str, values.tolist()))
    return floattext.texts(values) if values.dtype.itemsize == 8 else values.astype(str).tolist()


def _escaped(texts: Sequence[str]) -> Sequence[str]:
    together = "".join(filter(None, texts))
    if '"' in together or "\\" in together:
        return [text and escaping.escaped(text) for text in texts]
    return texts
