"""Keep the values of one field of one series in one shard, sorted by time, as numpy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

# Order says which type wins where shards differ: the first.
TYPES = ("float", "integer", "unsigned", "string", "boolean", "tag")
Array = NDArray[Any]
Times = NDArray[np.int64]
_DTYPES: dict[str, type[np.generic]] = {
    "float": np.float64,
    "integer": np.int64,
    "string": np.object_,
    "tag": np.object_,
    "boolean": np.bool_,
}


def type_of(value: object) -> str:
    """Return the type that a written value has."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    return "float" if isinstance(value, float) else "string"


def array_of(kind: str, values: Sequence[object]) -> Array:
    """Return values of one type as an array."""
    array = np.empty(len(values), dtype=_DTYPES[kind])
    array[:] = cast("Any", values)
    return array


class Column:
    """Times and values of one type; of two points at one time the later stays. The first read after writes sorts."""

    __slots__ = ("_new_times", "_new_values", "_times", "_values", "kind")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._times: Times = np.empty(0, dtype=np.int64)
        self._values: Array = array_of(kind, [])
        self._new_times: list[int] = []
        self._new_values: list[object] = []

    def add(self, time: int, value: object) -> None:
        """Append one value."""
        self._new_times.append(time)
        self._new_values.append(value)

    def arrays(self) -> tuple[Times, Array]:
        """Return times and values, oldest first. Do not change them."""
        if self._new_times:
            self._merge()
        return self._times, self._values

    def _merge(self) -> None:
        times = np.concatenate([self._times, np.array(self._new_times, dtype=np.int64)])
        values = np.concatenate([self._values, array_of(self.kind, self._new_values)])
        self._new_times, self._new_values = [], []
        steps = np.diff(times)
        if not bool((steps > 0).all()):
            order = np.argsort(times, kind="stable")
            times, values = times[order], values[order]
            last = np.append(np.diff(times) != 0, True)
            times, values = times[last], values[last]
        self._times, self._values = times, values

    def delete(self, low: int, high: int) -> None:
        """Remove the points from `low` to `high`, both included."""
        times, values = self.arrays()
        kept = (times < low) | (times > high)
        self._times, self._values = times[kept], values[kept]

    def __len__(self) -> int:
        return len(self.arrays()[0])

    def dump(self) -> list[object]:
        """Return the column as JSON values; floats as hexadecimal text, so that none changes."""
        times, values = self.arrays()
        plain = cast("list[object]", values.tolist())
        shown = [float.hex(cast("float", each)) for each in plain] if self.kind == "float" else plain
        return [self.kind, times.tolist(), shown]

    @classmethod
    def restore(cls, saved: Sequence[Any]) -> Column:
        """Return the column that was dumped."""
        kind, times, values = saved
        column = cls(kind)
        column._times = np.array(times, dtype=np.int64)
        column._values = array_of(kind, [float.fromhex(each) for each in values] if kind == "float" else values)
        return column


def cast_array(values: Array, kind: str, wanted: str) -> Array | None:
    """Return values as another numeric type, the way the real server casts; None where it does not."""
    if kind == wanted:
        return values
    if kind == "integer" and wanted == "float":
        return values.astype(np.float64)
    if kind == "float" and wanted == "integer":
        with np.errstate(invalid="ignore"):
            return np.trunc(values).astype(np.int64)
    return None
