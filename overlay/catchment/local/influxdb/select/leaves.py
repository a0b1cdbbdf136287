"""Hold the rows that a SELECT works on: one leaf for each series and shard, or for each series of a subquery."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from catchment.local.influxdb.columns import Array, Times
from catchment.local.influxdb.select.vectors import Vector


@dataclass(slots=True)
class Leaf:
    """
    Rows of one series, in the direction of the query.

    Attributes:
        name: Of the measurement.
        tags: All that the series has.
        times: In nanoseconds.
        columns: By the text of the typed reference.
        order: What rows of several leaves are put in order by; the times, unless a subquery says otherwise.
        merged: The leaf is complete for its group: rows of a subquery, already in order.
    """

    name: str
    tags: dict[str, str]
    times: Times
    columns: dict[str, Vector] = field(default_factory=dict[str, Vector])
    order: Times | None = None
    merged: bool = False

    def at(self, rows: Array) -> Leaf:
        """Return the rows of an index or a mask."""
        columns = {name: column.at(rows) for name, column in self.columns.items()}
        order = None if self.order is None else self.order[rows]
        return Leaf(self.name, self.tags, self.times[rows], columns, order, self.merged)


@dataclass(frozen=True, slots=True)
class GroupKey:
    """What a group of rows is known by: measurement, and the values of the tags grouped by."""

    name: str
    tags: tuple[tuple[str, str], ...]

    @property
    def rank(self) -> tuple[str, ...]:
        """What groups are put in order by."""
        return (self.name, *(value for _, value in self.tags))


def group_key(leaf: Leaf, dimensions: Sequence[str], *, strip_name: bool = False) -> GroupKey:
    """Return the group that a leaf belongs to."""
    tags = tuple((name, leaf.tags.get(name, "")) for name in sorted(set(dimensions)))
    return GroupKey("" if strip_name else leaf.name, tags)


def grouped(
    leaves: Iterable[Leaf], dimensions: Sequence[str], *, ascending: bool, strip_name: bool = False
) -> dict[GroupKey, list[Leaf]]:
    """Return leaves by group, the groups in the order of the answer."""
    found: dict[GroupKey, list[Leaf]] = {}
    for leaf in leaves:
        found.setdefault(group_key(leaf, dimensions, strip_name=strip_name), []).append(leaf)
    keys = sorted(found, key=lambda each: each.rank, reverse=not ascending)
    return {key: found[key] for key in keys}


def merge(leaves: Sequence[Leaf], names: Sequence[str], *, ascending: bool) -> Leaf:
    """
    Return the rows of several leaves in one.

    Args:
        leaves: Of one group.
        names: Columns in the order in which equal times are told apart, as long as these are texts.
        ascending: Direction of the query.
    """
    if len(leaves) == 1:
        return leaves[0]
    times = np.concatenate([leaf.times for leaf in leaves])
    columns = {name: _joined([leaf.columns[name] for leaf in leaves]) for name in leaves[0].columns}
    order = np.concatenate([leaf.times if leaf.order is None else leaf.order for leaf in leaves])
    joined = Leaf(leaves[0].name, leaves[0].tags, times, columns, order if leaves[0].order is not None else None)
    key = order if ascending else -order
    rows = np.argsort(key, kind="stable")
    if leaves[0].order is None:
        rows = _ties_broken(rows, key, joined, names, ascending=ascending)
    return joined.at(rows)


def _joined(vectors: list[Vector]) -> Vector:
    kind = next((each.kind for each in vectors if each.kind), "")
    dtype = next((each.values.dtype for each in vectors if each.kind), vectors[0].values.dtype)
    values = np.concatenate([each.values.astype(dtype) if each.kind != kind else each.values for each in vectors])
    return Vector(kind, values, np.concatenate([each.present for each in vectors]))


def _ties_broken(rows: Array, key: Times, leaf: Leaf, names: Sequence[str], *, ascending: bool) -> Array:
    """Put rows of equal time in the order of their leading texts."""
    sorted_key = key[rows]
    same = np.flatnonzero(np.diff(sorted_key) == 0)
    if not len(same) or not names:
        return rows
    texts = [leaf.columns[name] for name in names]
    out = rows.copy()
    starts = np.flatnonzero(np.diff(np.concatenate([[-2], same])) > 1)
    for position, index in enumerate(starts):
        last = starts[position + 1] - 1 if position + 1 < len(starts) else len(same) - 1
        low, high = same[index], same[last] + 2
        found = rows[low:high].tolist()
        # Equal texts keep their order in both directions.
        out[low:high] = sorted(found, key=lambda row: _texts_at(texts, row), reverse=False) if ascending else sorted(
            found, key=lambda row: _Reversed(_texts_at(texts, row))
        )
    return out


def _texts_at(columns: Sequence[Vector], row: int) -> tuple[str, ...]:
    texts: list[str] = []
    for column in columns:
        if column.kind not in ("string", "tag") or not column.present[row]:
            break
        texts.append(column.values[row])
    return tuple(texts)


class _Reversed:
    """Sorts the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: tuple[str, ...]) -> None:
        self.value = value

    def __lt__(self, other: _Reversed) -> bool:
        return other.value < self.value


def aligned(times: Times, source_times: Times, source: Vector) -> Vector:
    """Return the values that a column has at given times; both ascending."""
    if len(source_times) == len(times) and bool((source_times == times).all()):
        return source
    if not len(source_times):
        return Vector(source.kind, np.zeros(len(times), dtype=source.values.dtype), np.zeros(len(times), dtype=np.bool_))
    found = np.minimum(np.searchsorted(source_times, times), len(source_times) - 1)
    hit = source_times[found] == times
    return Vector(source.kind, source.values[found], source.present[found] & hit)

