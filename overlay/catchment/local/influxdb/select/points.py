"""Hold what a function gives for one group: times, values, and what comes along from the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from catchment.local.influxdb.columns import Array, Times, array_of
from catchment.local.influxdb.select.vectors import Vector


@dataclass(slots=True)
class Points:
    """Points of one group in the direction of the query; a value that is not present is a gap."""

    times: Times
    value: Vector
    aux: dict[str, Vector] = field(default_factory=dict[str, Vector])

    @classmethod
    def of(cls, kind: str, times: Sequence[int], values: Sequence[object]) -> Points:
        """Return points without gaps."""
        return cls(np.array(times, dtype=np.int64), Vector.full(kind, array_of(kind, values)))

    def at(self, rows: Array) -> Points:
        """Return the points of an index or a mask."""
        return Points(self.times[rows], self.value.at(rows), {name: each.at(rows) for name, each in self.aux.items()})

    def without_gaps(self) -> Points:
        """Return the points that have a value."""
        return self if bool(self.value.present.all()) else self.at(self.value.present)

    def __len__(self) -> int:
        return len(self.times)
