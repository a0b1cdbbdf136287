"""Keep points: an index of series for each database, and columns for each shard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from catchment.local.influxdb.columns import TYPES, Column
from catchment.local.influxdb.keys import make_key


@dataclass(slots=True)
class Series:
    """One series: a measurement and a set of tags. `key` is canonical."""

    key: str
    name: str
    tags: dict[str, str]


@dataclass(slots=True)
class Shard:
    """What one shard holds: the types of its fields, and the columns by series key as written."""

    number: int
    start: int
    end: int
    fields: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    data: dict[str, dict[str, Column]] = field(default_factory=dict[str, dict[str, Column]])

    def column(self, key: str, name: str, kind: str) -> Column:
        """Return the column of a field, made when there is none."""
        columns = self.data.setdefault(key, {})
        found = columns.get(name)
        if found is None:
            found = columns[name] = Column(kind)
        return found

    def dump(self) -> dict[str, object]:
        """Return the shard as JSON values."""
        data = {key: {name: column.dump() for name, column in columns.items()} for key, columns in self.data.items()}
        return {"number": self.number, "start": self.start, "end": self.end, "fields": self.fields, "data": data}

    @classmethod
    def restore(cls, saved: Mapping[str, Any]) -> Shard:
        """Return the shard that was dumped."""
        data = {
            key: {name: Column.restore(column) for name, column in columns.items()}
            for key, columns in saved["data"].items()
        }
        fields = {name: dict(kinds) for name, kinds in saved["fields"].items()}
        return cls(saved["number"], saved["start"], saved["end"], fields, data)


class Index:
    """The series of a database, by measurement. Series come in the order of their keys."""

    def __init__(self) -> None:
        self._measurements: dict[str, dict[str, Series]] = {}
        self._sorted: dict[str, list[Series]] = {}

    def add(self, name: str, tags: Mapping[str, str]) -> Series:
        """Return a series, made when there is none."""
        key = make_key(name, tags)
        known = self._measurements.setdefault(name, {})
        found = known.get(key)
        if found is None:
            found = known[key] = Series(key, name, dict(sorted(tags.items())))
            self._sorted.pop(name, None)
        return found

    def measurements(self) -> list[str]:
        """Return the names of all measurements, sorted."""
        return sorted(self._measurements)

    def has(self, name: str) -> bool:
        """Tell whether there is a measurement."""
        return name in self._measurements

    def series(self, name: str) -> list[Series]:
        """Return the series of a measurement, in the order of their keys."""
        if name not in self._sorted:
            known = self._measurements.get(name, {})
            self._sorted[name] = [known[key] for key in sorted(known)]
        return self._sorted[name]

    def all_series(self) -> Iterator[Series]:
        """Yield every series, measurement by measurement."""
        for name in self.measurements():
            yield from self.series(name)

    def tag_keys(self, name: str) -> set[str]:
        """Return the tag keys of a measurement."""
        return {key for series in self.series(name) for key in series.tags}

    def remove(self, series: Series) -> None:
        """Forget a series, and its measurement with the last one."""
        known = self._measurements.get(series.name, {})
        known.pop(series.key, None)
        self._sorted.pop(series.name, None)
        if not known:
            self._measurements.pop(series.name, None)

    def __len__(self) -> int:
        return sum(len(known) for known in self._measurements.values())

    def dump(self) -> list[object]:
        """Return all series as JSON values."""
        return [[series.name, series.tags] for series in self.all_series()]


def strongest(kinds: Iterator[str]) -> str:
    """Return the type that wins where a field has several; empty when there is none."""
    return min(kinds, key=TYPES.index, default="")
