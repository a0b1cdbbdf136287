"""Hold the rows that a SELECT works on: one leaf for each series and shard, or for each series of a subquery."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from catchment.local.influxdb.columns import Array, Times
from catchment.local.influxdb.select.vectors import Vector

# Above this, rows of one time come in the order of their series: the heap would take too long.
MOST_HEAPED = 200_000


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
        shard: Number of the shard, 0 for a subquery. Shards do not overlap.
    """

    name: str
    tags: dict[str, str]
    times: Times
    columns: dict[str, Vector] = field(default_factory=dict[str, Vector])
    order: Times | None = None
    shard: int = 0

    def at(self, rows: Array) -> Leaf:
        """Return the rows of an index or a mask."""
        columns = {name: column.at(rows) for name, column in self.columns.items()}
        order = None if self.order is None else self.order[rows]
        return Leaf(self.name, self.tags, self.times[rows], columns, order, self.shard)


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
    tied = bool((np.diff(key[rows]) == 0).any())
    if tied and leaves[0].order is None and len(rows) <= MOST_HEAPED:
        rows = np.array(_heaped(leaves, key.tolist(), [joined.columns[name] for name in names], ascending), np.int64)
    return joined.at(rows)


def merge_limited(leaves: Sequence[Leaf], names: Sequence[str], most: int, *, ascending: bool) -> Leaf:
    """Return the rows of several leaves in one, no more than `most` from each shard; subqueries give all."""
    parts: list[Leaf] = []
    for shard in dict.fromkeys(each.shard for each in leaves):
        part = merge([each for each in leaves if each.shard == shard], names, ascending=ascending)
        parts.append(part.at(np.arange(min(len(part.times), most))) if shard else part)
    return merge(parts, names, ascending=ascending)


def _heaped(leaves: Sequence[Leaf], key: list[int], columns: Sequence[Vector], ascending: bool) -> list[int]:
    """
    Return the rows in the order in which the real server's heap gives them out.

    Which of two rows with one time comes first depends on the whole course of that heap, so it is run here too.
    """
    texts = [_texts(each) for each in columns]

    def before(one: int, other: int) -> bool:
        if key[one] != key[other]:
            return key[one] < key[other]
        for column in texts:
            left, right = column[one], column[other]
            if left is None or right is None:
                return False
            if left != right:
                return (left < right) == ascending
        return False

    starts: dict[int, list[tuple[int, int]]] = {}
    position = 0
    for leaf in leaves:
        if len(leaf.times):
            starts.setdefault(leaf.shard, []).append((position, position + len(leaf.times)))
        position += len(leaf.times)
    parts = [list(_run_heap(each, before)) for each in starts.values()]
    return [row for part in sorted(parts, key=lambda each: key[each[0]]) for row in part]


def _run_heap(spans: list[tuple[int, int]], before: Callable[[int, int], bool]) -> Iterator[int]:
    """Yield the rows of sorted spans merged by a binary heap that moves as Go's does."""
    heap = list(spans)

    def less(one: int, other: int) -> bool:
        return before(heap[one][0], heap[other][0])

    def sift_down(place: int, size: int) -> None:
        while (child := 2 * place + 1) < size:
            if child + 1 < size and less(child + 1, child):
                child += 1
            if not less(child, place):
                return
            heap[place], heap[child] = heap[child], heap[place]
            place = child

    for place in range(len(heap) // 2 - 1, -1, -1):
        sift_down(place, len(heap))
    while heap:
        heap[0], heap[-1] = heap[-1], heap[0]
        sift_down(0, len(heap) - 1)
        row, stop = heap.pop()
        yield row
        if row + 1 < stop:
            heap.append((row + 1, stop))
            place = len(heap) - 1
            while place and less(place, (place - 1) // 2):
                parent = (place - 1) // 2
                heap[place], heap[parent] = heap[parent], heap[place]
                place = parent


def _texts(column: Vector) -> list[str | None]:
    if column.kind not in ("string", "tag"):
        return [None] * len(column.present)
    return [text if there else None for text, there in zip(column.values, column.present.tolist(), strict=True)]


def _joined(vectors: list[Vector]) -> Vector:
    kind = next((each.kind for each in vectors if each.kind), "")
    dtype = next((each.values.dtype for each in vectors if each.kind), vectors[0].values.dtype)
    values = np.concatenate([each.values.astype(dtype) if each.kind != kind else each.values for each in vectors])
    return Vector(kind, values, np.concatenate([each.present for each in vectors]))


def aligned(times: Times, source_times: Times, source: Vector) -> Vector:
    """Return the values that a column has at given times; both ascending."""
    if len(source_times) == len(times) and bool((source_times == times).all()):
        return source
    if not len(source_times):
        return Vector(
            source.kind, np.zeros(len(times), dtype=source.values.dtype), np.zeros(len(times), dtype=np.bool_)
        )
    found = np.minimum(np.searchsorted(source_times, times), len(source_times) - 1)
    hit = source_times[found] == times
    return Vector(source.kind, source.values[found], source.present[found] & hit)
